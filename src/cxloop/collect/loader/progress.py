"""What the loader of this process is doing: for the verb, the pages and Prometheus, without a query."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.collect.loader.loading import Loaded

__all__ = ["Progress", "progress_of", "running"]

RATE_SECONDS = 30.0
"""The rate is that of this many last seconds."""


class Progress:
    """Counts since the loader started. Written by its thread, read by any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._guard = threading.Lock()
        self._recent: deque[tuple[float, int]] = deque()
        self.requests = 0
        self.events = 0
        self.rejected = 0
        self.seconds = 0.0
        self.failure: str | None = None
        self.failing_since: float | None = None
        self.is_alive: Callable[[], bool] = lambda: True

    @property
    def failing_seconds(self) -> float:
        """For how long every attempt to load has failed; 0 where the last one did not."""
        since = self.failing_since
        return 0.0 if since is None else self._clock() - since

    def note(self, loaded: Loaded) -> None:
        """Counts one step."""
        now = self._clock()
        with self._guard:
            self.requests += loaded.requests
            self.events += loaded.events
            self.rejected += loaded.rejected
            self.seconds += loaded.seconds
            self._recent.append((now, loaded.events))
            self._forget_old(now)
            self.failure = self.failing_since = None

    def failed(self, failure: str) -> None:
        """Notes that a step failed, and since when they do."""
        with self._guard:
            self.failure = failure
            self.failing_since = self._clock() if self.failing_since is None else self.failing_since

    @property
    def events_a_second(self) -> float:
        """Events loaded in a second, over the last half minute."""
        now = self._clock()
        with self._guard:
            self._forget_old(now)
            span = min(RATE_SECONDS, now - self._began)
            return sum(events for _, events in self._recent) / span if span > 0 else 0.0

    def _forget_old(self, now: float) -> None:
        while self._recent and self._recent[0][0] < now - RATE_SECONDS:
            self._recent.popleft()


_running: dict[Path, Progress] = {}


def progress_of(workspace: Path) -> Progress | None:
    """Returns what the loader of a workspace does; None where none runs in this process."""
    return _running.get(workspace.resolve())


def running(workspace: Path, progress: Progress | None) -> None:
    """Says that a loader runs in this process, or, with None, that it has stopped."""
    if progress is None:
        _running.pop(workspace.resolve(), None)
    else:
        _running[workspace.resolve()] = progress
