"""A first page that is the same for everybody but for its token: cut where the token goes, and put together again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from cxloop.collect.http.answers import Answer
from cxloop.collect.surveys.pages.answering import milliseconds
from cxloop.collect.surveys.pages.visits import new_id
from cxloop.outreach.links import sign_link
from cxloop.store.secrets import Vault

__all__ = ["AT", "TOKEN", "Common", "Commons", "filled"]

TOKEN, AT = "00-token-00", "00-at-00"
"""What stands in a page that is drawn for many, until it is sent to one."""
MOST = 2_000


def filled(page: bytes, token: str) -> bytes:
    """Returns a page for one person."""
    return page.replace(TOKEN.encode(), token.encode()).replace(AT.encode(), b"%d" % milliseconds())


@dataclass(frozen=True, slots=True)
class Common:
    """A page in three parts, its headers (every token is as long as every other), and until when it may be sent."""

    parts: tuple[bytes, bytes, bytes]
    headers: tuple[tuple[bytes, bytes], ...]
    until: float


class Commons:
    """The pages that are sent as they are, by address and languages.

    Args:
        vault: signs tokens.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._found: dict[tuple[str, bytes], Common] = {}

    def keep(self, path: str, languages: bytes, page: bytes, like: Answer, until: float) -> None:
        """Keeps a page; `like` is how it was sent to the first who asked, unpacked."""
        before, _, rest = page.partition(TOKEN.encode())
        between, at, after = rest.partition(AT.encode())
        if TOKEN.encode() in rest or not at or AT.encode() in after:
            return
        if len(self._found) > MOST:
            self._found.clear()
        self._found[path, languages] = Common((before, between, after), tuple(like.headers), until)

    def answer(self, scope: Any) -> Answer | None:
        """Returns the answer to somebody who asks for such a page and brings nothing along, or None."""
        if scope["method"] != "GET" or scope["query_string"]:
            return None
        headers = dict(scope["headers"])
        found = self._found.get((scope["path"], headers.get(b"accept-language", b"")))
        if found is None or b"cookie" in headers or found.until < time.monotonic():
            return None
        before, between, after = found.parts
        token = sign_link(self._vault, "response", new_id()).encode()
        return Answer(200, found.headers, b"".join((before, token, between, b"%d" % milliseconds(), after)))
