"""A store with a clock that tests turn, and a fixed cast: owner, team-mate, outsider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.collect.connectors.postgres import Postgres, running

from cxloop.store.accounts import create_account, disable
from cxloop.store.base import Store
from cxloop.store.database import Database


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 5, 1, 12))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        """Moves the hands on."""
        self.now += timedelta(**much)


@dataclass(frozen=True)
class Cast:
    """Account numbers. The outsider has left: the account exists and is locked out."""

    owner: int
    mate: int
    outsider: int


@pytest.fixture
def clock() -> Clock:
    """The clock of the store."""
    return Clock()


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL."""
    with running() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store, in a file and in PostgreSQL."""
    if request.param == "sqlite":
        opened = Store.open(tmp_path / "app.sqlite", clock)
    else:
        opened = Store.open_database(request.getfixturevalue("server").new_database(), tmp_path, clock)
    yield opened
    opened.close()


@pytest.fixture
def again(store: Store) -> Callable[[], Store]:
    """Opens the same records once more, as another process would."""
    return Opening.of(store)


@dataclass(frozen=True)
class Opening:
    """Where records are; it can be handed to another process."""

    folder: Path
    database: Database | None

    @classmethod
    def of(cls, store: Store) -> Opening:
        """That of an open store."""
        url = store.engine.url
        if url.get_backend_name() == "sqlite":
            return cls(store.folder, None)
        return cls(store.folder, Database(store.named, url.password or ""))

    def __call__(self) -> Store:
        if self.database is None:
            return Store.open(self.folder / "app.sqlite")
        return Store.open_database(self.database, self.folder)


def everything_in(store: Store) -> bytes:
    """All that the records hold: the bytes of the files, or what the server says of each row."""
    if store.engine.dialect.name == "sqlite":
        return b"".join(path.read_bytes() for path in sorted(store.folder.glob("app.sqlite*")))
    with store.engine.connect() as connection:
        names = connection.execute(text("select relname from pg_stat_user_tables")).scalars().all()
        rows = [row for name in names for row in connection.execute(text(f"select t::text from {name} t")).scalars()]
    return "\n".join(rows).encode()


@pytest.fixture
def cast(store: Store, clock: Clock) -> Cast:
    """Owner, team-mate and outsider."""
    now = clock()
    cast = Cast(
        owner=create_account(store, name="Olga", email="olga@example.org", role="owner", now=now),
        mate=create_account(store, name="Max", email="max@example.org", role="analyst", now=now),
        outsider=create_account(store, name="Oskar", email="oskar@example.org", role="analyst", now=now),
    )
    disable(store, cast.outsider, now=now)
    return cast
