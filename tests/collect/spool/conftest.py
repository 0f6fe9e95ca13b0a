"""A spool of each kind, empty and of the test's own, and requests to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.collect.connectors.postgres import Postgres, running

from cxloop.collect.spool import AnySpool, Envelope, Spool
from cxloop.collect.spool.file import LIMIT_BYTES
from cxloop.collect.spool.postgres import PostgresSpool


def request(number: int, *, body: bytes | None = None) -> Envelope:
    """A request that can be told from every other."""
    return Envelope("shop", "segment", 1_000_000 + number, body or b'{"n": %d}' % number, 1, {"endpoint": "track"})


@dataclass
class Place:
    """Where one spool is: a folder, or a database; whoever opens it finds what the others see."""

    folder: Path
    server: Postgres | None = None
    opened: list[AnySpool] = field(default_factory=list)

    def open(self, limit_bytes: int = LIMIT_BYTES) -> AnySpool:
        """Opens the spool once more; the test's end closes it."""
        found: AnySpool
        if self.server is None:
            found = Spool(self.folder, limit_bytes=limit_bytes, reserve_bytes=0)
        else:
            found = PostgresSpool(self.server.url(), limit_bytes=limit_bytes)
        self.opened.append(found)
        return found

    def clear(self) -> None:
        """Closes what was opened, and empties the database for the next test."""
        while self.opened:
            self.opened.pop().close()
        if self.server is not None:
            self.server.run("drop schema if exists cxloop_spool cascade")


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with running() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    made = Place(folder, request.getfixturevalue("server") if request.param == "postgres" else None)
    yield made
    made.clear()


@pytest.fixture
def spool(place: Place) -> AnySpool:
    return place.open()


@pytest.fixture
def file_spool(folder: Path) -> Iterator[Spool]:
    opened = Spool(folder, reserve_bytes=0)
    yield opened
    opened.close()


@pytest.fixture
def tables(server: Postgres) -> Iterator[Place]:
    made = Place(Path(), server)
    yield made
    made.clear()
