"""A request for a page: who asks, in which language, and whether a program rather than a person does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Container, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from cxloop.collect.http.answers import RefusalError
from cxloop.collect.http.request import BODY_SECONDS, address_of, body_of

__all__ = ["Receive", "Request", "Scope", "Send"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

PROGRAMS = re.compile(
    r"bot\b|crawl|spider|slurp|preview|prerender|scann|proofpoint|mimecast|barracuda|safelinks|fireeye|symantec|"
    r"imageproxy|externalhit|headless|python|curl/|wget/|okhttp|java/|go-http|libwww|httpclient|axios|node-fetch",
    re.IGNORECASE,
)
"""Programs that say so. Those that pretend to be a browser record nothing either: a GET never does."""
AHEAD = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
"""Headers by which browsers say that they load a page before anybody asked for it."""
PHONE = re.compile(r"iphone|ipod|android.*mobile|windows phone", re.IGNORECASE)
TABLET = re.compile(r"ipad|android|tablet|kindle|silk", re.IGNORECASE)
MOST_QUERY = 4_000
MOST_LANGUAGES = 20
MOST_DROPPED = 100_000_000
"""Bytes of a body that is too large that are read all the same, and kept nowhere."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        scope: of ASGI.
        receive: of ASGI.
        proxies: whose word is taken for the address of somebody.
    """

    scope: Scope
    receive: Receive
    proxies: Container[str] = frozenset()

    @property
    def path(self) -> str:
        """The path, decoded."""
        return str(self.scope["path"])

    @property
    def method(self) -> str:
        """GET, HEAD, POST, ..."""
        return str(self.scope["method"])

    @cached_property
    def headers(self) -> dict[bytes, bytes]:
        """The headers by name; of several with one name the last."""
        return dict(self.scope["headers"])

    @cached_property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark; of several with one name the last."""
        given = self.scope.get("query_string", b"")
        if not given or len(given) > MOST_QUERY:
            return {}
        try:
            return dict(parse_qsl(given.decode("latin-1"), max_num_fields=100, errors="replace"))
        except ValueError:
            return {}

    @property
    def agent(self) -> str:
        """What the browser calls itself."""
        return self.headers.get(b"user-agent", b"")[:500].decode("latin-1")

    @property
    def device(self) -> str:
        """What kind of device it is, as far as it says: all that is kept of the agent."""
        agent = self.agent
        if self.is_program:
            return "program"
        return "phone" if PHONE.search(agent) else "tablet" if TABLET.search(agent) else "computer"

    @property
    def is_program(self) -> bool:
        """Whether it says that it is a scanner, a crawler or a preview; a browser says who it is."""
        return not self.agent or PROGRAMS.search(self.agent) is not None

    @property
    def is_ahead(self) -> bool:
        """Whether nobody has asked for the page yet."""
        return any(
            b"prefetch" in self.headers.get(name, b"") or name == b"x-moz" for name in AHEAD if name in self.headers
        )

    @property
    def address(self) -> str:
        """Where it came from."""
        return address_of(self.scope, self.headers, self.proxies)

    @property
    def packed(self) -> bool:
        """Whether gzip is taken."""
        return b"gzip" in self.headers.get(b"accept-encoding", b"")

    @property
    def wants_json(self) -> bool:
        """Whether a script asks."""
        return self.headers.get(b"accept", b"").startswith(b"application/json")

    def cookie(self, name: str) -> str:
        """Returns a cookie, or nothing."""
        given = self.headers.get(b"cookie")
        if not given:
            return ""
        try:
            found = SimpleCookie(given.decode("latin-1")).get(name)
        except CookieError:
            return ""
        return found.value if found else ""

    def language(self, spoken: Collection[str]) -> str:
        """Returns the first language that somebody reads and a survey speaks; empty where there is none.

        Args:
            spoken: the languages that there are.
        """
        asked = self.query.get("lang", "")
        return next((each for wanted in (asked, *self._accepted) if (each := _among(wanted, spoken))), "")

    @cached_property
    def _accepted(self) -> list[str]:
        given = self.headers.get(b"accept-language", b"")[:1000].decode("latin-1")
        ranked: list[tuple[float, str]] = []
        for part in given.split(",")[:MOST_LANGUAGES]:
            tag, _, weight = part.partition(";q=")
            try:
                ranked.append((-float(weight or 1), tag.strip()))
            except ValueError:
                continue
        return [tag for _, tag in sorted(ranked, key=lambda each: each[0])]

    async def body(self, most: int) -> bytes:
        """Returns the whole body; raises RefusalError where it is larger than `most` bytes or breaks off."""
        ended = False

        async def receive() -> Any:
            nonlocal ended
            message = await self.receive()
            ended = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        try:
            return await body_of(self.headers, receive, most)
        except RefusalError as failure:
            # a browser that is cut off while it sends says that the site is down, and not what was too large
            if failure.answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                dropped = 0
                with suppress(TimeoutError):
                    async with asyncio.timeout(BODY_SECONDS):
                        while not ended and dropped < MOST_DROPPED:
                            dropped += len((await receive()).get("body", b""))
            raise


def _among(wanted: str, spoken: Collection[str]) -> str:
    by_small = {each.lower(): each for each in spoken}
    small = wanted.lower()
    return by_small.get(small) or by_small.get(small.partition("-")[0]) or ""
