"""A store with a clock that tests turn, and a fixed cast: owner, team-mate, outsider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cxloop.store.accounts import create_account, disable
from cxloop.store.base import Store


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


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "app.sqlite", clock)
    yield opened
    opened.close()


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
