"""What travels through the server's socket: one JSON object per line, one request per connection.

Request: {"ask": "run" | "snapshot" | "hello", "verb": ..., "arguments": {...}}. Answers: any number of
{"progress": [what, share]}, then {"result": ...} or {"error": {code, message, ...}}.
"""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from cxloop.core.errors import InputError

__all__ = ["MOST_BYTES", "Stream", "address", "connect", "read", "write"]

Stream: TypeAlias = "io.BufferedRWPair[Any, Any]"
MOST_BYTES = 64_000_000
"""A line longer than this is no request and no result; reading on would fill the memory."""
LONGEST_ADDRESS = 107
"""Bytes of a path that the system takes as the address of a socket (108 with its end, in sockaddr_un)."""


@contextmanager
def address(path: Path) -> Iterator[str]:
    """Gives an address for the socket at `path` that the system takes, however long the path is.

    A long one is reached through an open handle on its folder.
    """
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        open_folder = Path(f"/proc/self/fd/{folder}")
        if not open_folder.is_dir():
            raise InputError(f"The path {path} is too long for a socket on this system. Move the workspace up.")
        yield str(open_folder / path.name)
    finally:
        os.close(folder)


def write(stream: Stream, message: Mapping[str, Any]) -> None:
    """Writes one message and sends it off."""
    stream.write(json.dumps(message, default=_plain, ensure_ascii=False).encode() + b"\n")
    stream.flush()


def read(stream: Stream) -> dict[str, Any] | None:
    """Returns the next message, or None where the other side has closed.

    Raises:
        InputError: it is longer than allowed, or no JSON object.
    """
    line = stream.readline(MOST_BYTES + 1)
    if not line:
        return None
    if len(line) > MOST_BYTES:
        raise InputError(f"A message of more than {MOST_BYTES:,} bytes came through the socket; it was not read.")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):  # the second: brackets in brackets without end
        message = None
    if not isinstance(message, dict):
        raise InputError("What came through the socket is no JSON object.")
    return message


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def connect(path: Path, timeout_seconds: float) -> socket.socket:
    """Returns a connection to the socket at `path`; raises OSError where nobody listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_seconds)
    try:
        with address(path) as where:
            connection.connect(where)
    except BaseException:
        connection.close()
        raise
    connection.settimeout(None)
    return connection
