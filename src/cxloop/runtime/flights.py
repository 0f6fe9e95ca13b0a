"""What is being worked out at this moment: who asks for the same waits for the same, as long as they care to."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLateError
from threading import Lock, Thread
from typing import Generic, TypeVar

__all__ = ["Flights"]

T = TypeVar("T")


class Flights(Generic[T]):
    """Work that runs once, however many ask for it meanwhile."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._flying: dict[Hashable, Future[T]] = {}

    def join(self, key: Hashable, work: Callable[[], T]) -> T:
        """Returns what `work` gives: done here, or by whoever began the same before; raises what it raised."""
        future, begun = self._board(key)
        if not begun:
            return self._outcome(key, future)
        self._fly(key, future, work)
        return self._outcome(key, future)

    def wait(self, key: Hashable, work: Callable[[], T], patience_seconds: float) -> T | None:
        """Returns what `work` gives where it ends in time, else None: it goes on, and whoever asks again waits on.

        A failure that nobody waited for is told to the first who asks afterwards.
        """
        future, begun = self._board(key)
        if begun:
            Thread(target=self._fly, args=(key, future, work), name=str(key), daemon=True).start()
        try:
            future.exception(patience_seconds)
        except TooLateError:
            return None
        return self._outcome(key, future)

    def _board(self, key: Hashable) -> tuple[Future[T], bool]:
        with self._guard:
            known = self._flying.get(key)
            if known is not None:
                return known, False
            future = self._flying[key] = Future()
            return future, True

    def _fly(self, key: Hashable, future: Future[T], work: Callable[[], T]) -> None:
        try:
            result = work()
        except BaseException as failure:  # noqa: BLE001 - raised again where somebody waits for it
            future.set_exception(failure)
        else:
            self._land(key, future)  # kept elsewhere by now: who comes later finds it there
            future.set_result(result)

    def _outcome(self, key: Hashable, future: Future[T]) -> T:
        try:
            return future.result()
        except BaseException:
            self._land(key, future)
            raise

    def _land(self, key: Hashable, future: Future[T]) -> None:
        with self._guard:
            if self._flying.get(key) is future:
                del self._flying[key]
