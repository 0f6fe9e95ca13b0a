"""A collector on a spool of its own, and clients that talk to it without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cxloop.collect.http.app import Collector
from cxloop.collect.http.counters import Counters
from cxloop.collect.http.writer import Writer
from cxloop.collect.spool import Envelope, Spool

KEY, TEST_KEY, BOUND_KEY = "cxw_shop", "cxw_test", "cxw_bound"


@dataclass(frozen=True)
class Known:
    """A write key."""

    key_id: int
    source: str
    origins: tuple[str, ...] = ()
    test: bool = False


@dataclass
class Keys:
    """The keys that exist."""

    known: dict[str, Known] = field(
        default_factory=lambda: {
            KEY: Known(1, "shop"),
            TEST_KEY: Known(2, "shop", test=True),
            BOUND_KEY: Known(3, "site", origins=("https://shop.example.org",)),
        }
    )

    def find(self, secret: str) -> Known | None:
        return self.known.get(secret)


@dataclass(frozen=True)
class Verdict:
    """What a plan says."""

    mode: str
    reason: str


@dataclass
class Plans:
    """A plan that rejects events of one name, and flags those of another."""

    rejected: str = ""
    flagged: str = ""

    def enforced(self, source: str) -> bool:
        return bool(self.rejected or self.flagged)

    def check(self, source: str, event: Mapping[str, Any]) -> Verdict | None:
        if event.get("event") == self.rejected:
            return Verdict("reject", "The plan knows no such event.")
        return Verdict("flag", "Odd.") if event.get("event") == self.flagged else None


@dataclass(frozen=True)
class HookRefusal:
    """Why a message is refused."""

    status: int
    code: str
    reason: str


class Hooks:
    """One connection, whose messages are signed with the word `right`."""

    def check(self, name: str, headers: Mapping[str, str], body: bytes) -> HookRefusal | None:
        if name != "desk":
            return HookRefusal(404, "unknown", "There is nothing here.")
        return None if headers.get("x-signature") == "right" else HookRefusal(401, "signature", "It is wrong.")

    def about(self, name: str, headers: Mapping[str, str]) -> dict[str, Any]:
        return {"delivery": headers.get("x-delivery")}


@dataclass
class Desk:
    """The collector, and whoever sends to it."""

    app: Collector
    spool: Spool
    folder: Path

    def send(self, path: str, content: Any = None, **more: Any) -> httpx.Response:
        """Sends one request; `content` becomes JSON unless it is bytes."""
        return self.ask("POST", path, content, **more)

    def ask(self, method: str, path: str, content: Any = None, **more: Any) -> httpx.Response:
        more.setdefault("auth", (KEY, ""))
        body = {"content": content} if isinstance(content, bytes) else {"json": content} if content is not None else {}

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=("203.0.113.77", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://collect.test") as client:
                return await client.request(method, path, **body, **more)

        return asyncio.run(exchange())

    def kept(self) -> list[Envelope]:
        """What is in the spool."""
        return [item.envelope for item in self.spool.read(0, 1 << 40)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "spool"
    spool = Spool(folder, reserve_bytes=0)
    counters = Counters(folder, "test")
    writer = Writer(spool, lambda _size: counters.add("commits"))
    app = Collector(folder, Keys(), Plans(), Hooks(), writer, counters, proxies=frozenset({"203.0.113.77"}))
    yield Desk(app, spool, folder)
    writer.close()
    counters.close()
    spool.close()
