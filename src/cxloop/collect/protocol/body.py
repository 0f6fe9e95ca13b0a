"""From the bytes of a request to its JSON, within bounds: a small body may unpack to a large one."""

from __future__ import annotations

import re
import zlib

from cxloop.collect.protocol.events import MOST_BODY_BYTES, MOST_DEPTH
from cxloop.core.errors import CxloopError

__all__ = ["UnreadableError", "depth", "holds_nul", "shallow", "unpacked"]

GZIP = 31
"""What zlib calls a gzip header with the largest window."""
MOST_STREAMS = 64
"""Each costs a look at all that follow it."""
MARK = b"\xef\xbb\xbf"
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class UnreadableError(CxloopError, ValueError):
    """Nothing in a request can be read; carries a code of its own and the HTTP status that says so."""

    code = "unreadable"

    def __init__(self, why: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.why = why
        self.status = status


def unpacked(body: bytes, encoding: str) -> bytes:
    """Returns the JSON of a body.

    Args:
        body: as received.
        encoding: the Content-Encoding of the request: "gzip", or "" or "identity" for none.

    Raises:
        UnreadableError: it is too large, no gzip, or packed in another way.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnreadableError("encoding", "The body may be packed with gzip, or not at all.", 415)
    if len(body) > MOST_BODY_BYTES:
        raise _too_large()
    if encoding in ("gzip", "x-gzip"):
        body = _unzipped(body)
    if len(body) > MOST_BODY_BYTES:
        raise _too_large()
    return body.removeprefix(MARK)


def _unzipped(body: bytes) -> bytes:
    parts: list[bytes] = []
    room = MOST_BODY_BYTES + 1
    try:
        while body and room > 0:
            if len(parts) == MOST_STREAMS:
                raise UnreadableError("gzip", f"The gzip of the body has more than {MOST_STREAMS} streams.")
            stream = zlib.decompressobj(GZIP)
            part = stream.decompress(body, room)
            parts.append(part)
            room -= len(part)
            if room > 0 and not stream.eof:
                raise UnreadableError("gzip", "The gzip of the body breaks off. Send it whole.")
            body = stream.unused_data  # gzip allows one stream after the other
    except zlib.error:
        raise UnreadableError("gzip", "The body is no gzip, though Content-Encoding says so.") from None
    return b"".join(parts)


def _too_large() -> UnreadableError:
    return UnreadableError("too_large", f"A request may have {MOST_BODY_BYTES:,} bytes. Send smaller batches.", 413)


def depth(text: bytes) -> int:
    """Returns how deep lists and objects are nested in JSON."""
    if text.count(b"{") + text.count(b"[") <= MOST_DEPTH:
        return 0  # as good as exact: it cannot be too deep
    now = most = 0
    for token in TOKEN.finditer(text):
        first = text[token.start()]
        if first in b"{[":
            now += 1
            most = max(most, now)
        elif first in b"}]":
            now -= 1
    return most


def shallow(text: bytes) -> bytes:
    """Returns JSON without what is nested so deep that reading it would not end; still too deep to be accepted."""
    parts, start, now, most = [], 0, 0, 2 * MOST_DEPTH
    for token in TOKEN.finditer(text):
        first = text[token.start()]
        if first in b"{[":
            now += 1
            if now == most:
                parts += [text[start : token.start()], b"0"]
        elif first in b"}]":
            if now == most:
                start = token.end()
            now -= 1
    return b"".join([*parts, text[start:]])


def holds_nul(text: bytes) -> bool:
    """Whether a text in JSON holds the character NUL."""
    return b"\\u0000" in text and NUL.search(text) is not None
