"""The addresses under /s/ that widget and kiosk ask: what may be shown, the kiosk's page, and what it sends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Protocol

import msgspec

from cxloop.collect.http.answers import Answer, RefusalError
from cxloop.collect.surveys.audience import Audience
from cxloop.collect.surveys.pages import kiosk, widget, words
from cxloop.collect.surveys.pages.answering import COMMON, plain, policy
from cxloop.collect.surveys.pages.files import Files
from cxloop.collect.surveys.pages.rendering import Assets, Told, tell
from cxloop.collect.surveys.pages.request import Request
from cxloop.collect.surveys.pages.shelf import Shelf
from cxloop.collect.surveys.pages.visits import Keys
from cxloop.collect.surveys.responding.taking import Live
from cxloop.store.base import Store
from cxloop.store.keys import WriteKey
from cxloop.store.surveys.responses import Writing

__all__ = ["Further"]

KIOSK = re.compile(r"/s/(?P<survey>[a-z0-9][a-z0-9-]{0,79})/kiosk")
ALLOWED = (b"access-control-allow-origin", b"*")
JSON = b"application/json"
KEPT = b"public, max-age=%d" % widget.KEPT_SECONDS
WORKER = "/s/-/kioskworker.js"
LONGEST_HEARD = 100
"""Characters of what somebody asks with that are looked at."""


class Group(Protocol):
    """Does jobs of several requests in one transaction."""

    async def put(self, job: Callable[[Writing], Any]) -> Any:
        """Returns what a job returned."""


@dataclass
class Further:
    """Answers what widget and kiosk ask, and nothing else.

    Attributes:
        store: of the workspace.
        keys: knows write keys.
        audience: knows who is in the segments of widgets.
        shelf: the surveys.
        group: writes responses.
        files: style sheet and scripts.
    """

    store: Store
    keys: Keys
    audience: Audience
    shelf: Shelf
    group: Group
    files: Files = field(default_factory=Files)

    async def __call__(self, request: Request) -> Answer | None:
        """Returns the answer to a request; None where it is for another page."""
        path, reading = request.path, request.method in ("GET", "HEAD")
        if path == WORKER and reading:
            return self._worker(request)
        if path == "/s/-/widget.json" and reading:
            return await asyncio.to_thread(self._offers, request)
        if path == "/s/-/widget-member.json" and reading:
            return await asyncio.to_thread(self._member, request)
        found = KIOSK.fullmatch(path)
        if found and reading:
            return await self._kiosk(found["survey"])
        if found and request.method == "POST":
            return await self._sent(found["survey"], request)
        return None

    def _key(self, request: Request) -> WriteKey | None:
        """The write key that somebody asks with, where pages of their site may use it."""
        key = self.keys.find(request.query.get("key", "")[:LONGEST_HEARD])
        origin = request.headers.get(b"origin", b"").decode("latin-1")
        return key if key is not None and (not origin or widget.fitting_origin(key, origin)) else None

    def _offers(self, request: Request) -> Answer:
        asked = request.query
        found = widget.offers(
            self.store, key=self._key(request), survey=asked.get("survey", "")[:80], language=asked.get("lang", "")[:20]
        )
        # what a site may show depends on which site asks
        return plain(200, msgspec.json.encode(found), JSON, KEPT, (ALLOWED, (b"vary", b"origin")))

    def _member(self, request: Request) -> Answer:
        found = widget.is_member(self.store, self.audience, request.query, self._key(request))
        return plain(200, msgspec.json.encode({"member": found}), JSON, headers=(ALLOWED,))

    def _worker(self, request: Request) -> Answer | None:
        found = self.files.answer(WORKER.rpartition("/")[2], packed=request.packed)
        # without the header a worker could only serve addresses below its own
        return found and Answer(found.status, (*found.headers, (b"service-worker-allowed", b"/s/")), found.body)

    async def _live(self, name: str) -> Live | None:
        shelved = await self.shelf.find(name)
        return shelved.live if shelved and shelved.live.settings.kiosk is not None else None

    async def _kiosk(self, name: str) -> Answer | None:
        live = await self._live(name)
        if live is None:
            return None
        if cannot := kiosk.cannot(live.definition):
            return self._told(live, cannot)
        return plain(200, await asyncio.to_thread(self._drawn, live), HTML, headers=self._headers(live))

    def _drawn(self, live: Live) -> bytes:
        salt = self.store.vault.sign(f"kiosk {live.record.name}")[:32]
        assets = Assets(self.files.address("survey", "css"), self.files.address("kiosk", "js"))
        now, own = self.store.clock().replace(tzinfo=UTC), self.files.address("kiosk", "css")
        return kiosk.draw(live, salt=salt, now=now, assets=assets, own_css=own).encode()

    def _told(self, live: Live, why: str) -> Answer:
        language = live.definition.own_language
        told = Told("no_kiosk", words.words(language)["broken"], (why,))
        page = tell(told, language, live.settings.theme, self.files.assets)
        return plain(409, page.encode(), HTML, headers=self._headers(live))

    def _headers(self, live: Live) -> Sequence[tuple[bytes, bytes]]:
        return ((b"content-security-policy", policy(live)), *COMMON)

    async def _sent(self, name: str, request: Request) -> Answer:
        live = await self._live(name)
        if live is None:
            return _refusal(404, "There is no kiosk of this survey any more.")
        try:
            body = await request.body(kiosk.MOST_BYTES)
        except RefusalError as failure:
            return failure.answer
        batch = kiosk.read(body)
        if batch is None:
            return _refusal(400, "It is not what a kiosk of this version sends.")
        jobs = kiosk.storing(live, batch, now=self.store.clock().replace(tzinfo=UTC))
        outcomes = await asyncio.gather(*(self.group.put(job) for job in jobs))
        refused = {each.client_id: each.refused for each in outcomes if each.refused}
        stored = [each.client_id for each in outcomes if not each.refused]
        return plain(200, msgspec.json.encode({"stored": stored, "refused": refused}), JSON)


HTML = b"text/html; charset=utf-8"


def _refusal(status: int, message: str) -> Answer:
    return plain(status, msgspec.json.encode({"success": False, "message": message}), JSON)
