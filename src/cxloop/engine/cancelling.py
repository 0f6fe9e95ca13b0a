"""Questions that can be stopped from outside: nobody waits for their answers any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cxloop.core.errors import EngineError

__all__ = ["Cancelling"]


class Cancelling:
    """Which threads ask under which names; a name stands for all that one thread asks meanwhile."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._asking: dict[str, Callable[[], object]] = {}
        self._cancelled: set[str] = set()
        self._own = threading.local()

    @contextmanager
    def under(self, name: str, interrupt: Callable[[], object]) -> Iterator[None]:
        """Lets what this thread asks inside be cancelled.

        Args:
            name: of these questions; no other thread's.
            interrupt: stops the question that runs; called from another thread.
        """
        with self._guard:
            self._asking[name] = interrupt
        self._own.name = name
        try:
            yield
        finally:
            self._own.name = None
            with self._guard:
                del self._asking[name]
                self._cancelled.discard(name)

    def cancel(self, name: str) -> None:
        """Stops the question that runs under a name, and has every further one refused."""
        with self._guard:
            interrupt = self._asking.get(name)
            if interrupt is None:
                return
            self._cancelled.add(name)
            # in here: afterwards the thread may ask something that is none of this
            interrupt()

    def check(self) -> None:
        """Raises EngineError where this thread's questions have been cancelled; called before each."""
        if getattr(self._own, "name", None) in self._cancelled:
            raise EngineError("Nobody waits for this answer any more.")
