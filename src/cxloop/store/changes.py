"""Values kept in memory that follow the records: read again within a moment of any change, by whichever process.

SQLite counts the commits of other connections (`PRAGMA data_version`). Asking for the count takes microseconds and no
lock, so a collector can afford it where it could not afford a query for each request; and unlike the time of a file
it is never wrong. In PostgreSQL writers count themselves, in a row that is read instead.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import text

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["LOOK_SECONDS", "Following"]

LOOK_SECONDS = 0.25
"""How long a kept value may be behind: what was revoked works no longer than this."""

_Value = TypeVar("_Value")


class Following(Generic[_Value]):
    """A value that is read from the store, and read again after the store has changed. Threads may share it."""

    def __init__(
        self, store: Store, read: Callable[[], _Value], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Reads nothing yet.

        Args:
            store: whose changes count.
            read: gives the value.
            monotonic: seconds that only go forward.
        """
        self._version_now, close = _watch(store)
        self._close = weakref.finalize(self, close)
        self._read = read
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._value: _Value
        self._version: int | None = None
        self._looked_at = float("-inf")

    @property
    def value(self) -> _Value:
        """The value, at most LOOK_SECONDS behind the records."""
        if self._monotonic() - self._looked_at >= LOOK_SECONDS:
            with self._guard:
                self._look()
        return self._value

    def _look(self) -> None:
        now = self._monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return  # another thread has looked meanwhile
        # asked before the value is read: a change in between is found the next time
        version = self._version_now()
        if version != self._version:
            self._value = self._read()
        self._version, self._looked_at = version, now

    def forget(self) -> None:
        """Looks again at the next use: for who has just changed the records and wants to see it at once."""
        self._looked_at = float("-inf")

    def close(self) -> None:
        """Closes the connection that it watches with; it is also closed with the object."""
        self._close()


def _watch(store: Store) -> tuple[Callable[[], int], Callable[[], None]]:
    """Returns what gives the count of changes, and what ends it."""
    if store.engine.dialect.name == "postgresql":
        return partial(_counted, store), lambda: None
    # a connection that never writes: one's own commits are not counted
    connection = sqlite3.connect(
        str(store.engine.url.database), isolation_level=None, check_same_thread=False, timeout=5.0
    )
    return lambda: int(connection.execute("pragma data_version").fetchone()[0]), connection.close


def _counted(store: Store) -> int:
    with store.read() as work:
        return int(work.execute(text("select number from cxloop.changes")).scalar_one())
