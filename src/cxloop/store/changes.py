"""Whether the records have changed, for those who keep a copy of some in memory and may not ask at every use."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["EVERY_SECONDS", "Watch"]

EVERY_SECONDS = 0.25
"""How often the file is asked at most; between two questions `changed` costs a look at the clock."""


class Watch:
    """Notices commits to a store, by whichever process. Safe to use from several threads.

    It asks for SQLite's `data_version`, which grows with every commit of any other connection: a few microseconds, no
    lock, and never wrong, as the time of a file would be for two commits within its granularity.
    """

    def __init__(
        self, store: Store, *, every: float = EVERY_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Opens a connection of its own to the store's file; it is closed with the object.

        Args:
            store: the records.
            every: seconds between two questions.
            clock: seconds that never run backwards.
        """
        # a connection that never writes: one's own commits would not count
        self._connection = sqlite3.connect(
            str(store.engine.url.database), isolation_level=None, check_same_thread=False, timeout=5.0
        )
        self._close = weakref.finalize(self, self._connection.close)
        self._guard = threading.Lock()
        self._every = every
        self._clock = clock
        self._ask_at = 0.0
        self._version: int | None = None

    def changed(self) -> bool:
        """Whether somebody may have committed since this was last True; True the first time.

        Who gets True has to read again. Of several threads that ask, one gets it.
        """
        now = self._clock()
        if now < self._ask_at:
            return False
        with self._guard:
            if now < self._ask_at:
                return False
            self._ask_at = now + self._every
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            changed = version != self._version
            self._version = version
            return changed

    def close(self) -> None:
        """Closes the connection; afterwards `changed` may not be asked."""
        self._close()
