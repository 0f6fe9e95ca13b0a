"""What is being worked out at this moment: who asks for the same waits for the same, as long as they care to.

Work that somebody asked for and nobody comes back to is given up: on a cluster it would cost others their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLateError
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeAlias, TypeVar
from uuid import uuid4

__all__ = ["Flights"]

ABANDONED_SECONDS = 60.0
"""A page that shows "being worked out" asks again every few seconds; one that does not for so long has been left."""

T = TypeVar("T")
Work: TypeAlias = Callable[[str], T]
"""Told under which name it can be cancelled."""


@dataclass
class _Flight(Generic[T]):
    """One piece of work, and who waits for it."""

    name: str = field(default_factory=lambda: f"cxloop-{uuid4().hex}")
    future: Future[T] = field(default_factory=Future)
    waiting: int = 0
    asked_at: float = field(default_factory=monotonic)


class Flights(Generic[T]):
    """Work that runs once, however many ask for it meanwhile."""

    def __init__(
        self, cancel: Callable[[str], object] = lambda _name: None, abandoned_seconds: float = ABANDONED_SECONDS
    ) -> None:
        """Knows of no work yet.

        Args:
            cancel: stops work by its name.
            abandoned_seconds: after so long without anybody who waits or asks again, it is.
        """
        self._cancel = cancel
        self._abandoned_seconds = abandoned_seconds
        self._guard = Lock()
        self._flying: dict[Hashable, _Flight[T]] = {}

    def join(self, key: Hashable, work: Work[T]) -> T:
        """Returns what `work` gives: done here, or by whoever began the same before; raises what it raised."""
        flight, begun = self._board(key)
        try:
            if begun:
                self._fly(key, flight, work)
            return self._outcome(key, flight)
        finally:
            self._leave(flight)

    def wait(self, key: Hashable, work: Work[T], patience_seconds: float) -> T | None:
        """Returns what `work` gives where it ends in time, else None: it goes on, and whoever asks again waits on.

        A failure that nobody waited for is told to the first who asks afterwards. Where nobody asks again, the work is
        given up, and whoever asks after that begins anew.
        """
        flight, begun = self._board(key)
        try:
            if begun:
                for target, given in ((self._fly, (key, flight, work)), (self._watch, (key, flight))):
                    Thread(target=target, args=given, name=str(key), daemon=True).start()
            try:
                flight.future.exception(patience_seconds)
            except TooLateError:
                return None
            return self._outcome(key, flight)
        finally:
            self._leave(flight)

    def _board(self, key: Hashable) -> tuple[_Flight[T], bool]:
        with self._guard:
            known = self._flying.get(key)
            flight = known or self._flying.setdefault(key, _Flight())
            flight.waiting += 1
            return flight, known is None

    def _leave(self, flight: _Flight[T]) -> None:
        with self._guard:
            flight.waiting -= 1
            flight.asked_at = monotonic()

    def _fly(self, key: Hashable, flight: _Flight[T], work: Work[T]) -> None:
        try:
            result = work(flight.name)
        except BaseException as failure:  # noqa: BLE001 - raised again where somebody waits for it
            flight.future.set_exception(failure)
        else:
            self._land(key, flight)  # kept elsewhere by now: who comes later finds it there
            flight.future.set_result(result)

    def _watch(self, key: Hashable, flight: _Flight[T]) -> None:
        """Gives work up that nobody has asked for long enough."""
        while True:
            try:
                flight.future.exception(self._abandoned_seconds)
            except TooLateError:
                with self._guard:
                    if flight.waiting or monotonic() - flight.asked_at < self._abandoned_seconds:
                        continue
                    if self._flying.get(key) is flight:
                        del self._flying[key]
                self._cancel(flight.name)
            return

    def _outcome(self, key: Hashable, flight: _Flight[T]) -> T:
        try:
            return flight.future.result()
        except BaseException:
            self._land(key, flight)
            raise

    def _land(self, key: Hashable, flight: _Flight[T]) -> None:
        with self._guard:
            if self._flying.get(key) is flight:
                del self._flying[key]
