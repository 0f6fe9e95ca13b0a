"""Group commit: what waits is written together by one thread, and whoever waits for it is answered after that.

The thread takes whatever has gathered while the disk was busy with the last group; nobody waits for a group to fill.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["MOST_GROUP", "MOST_GROUP_SIZE", "EndedError", "Groups"]

MOST_GROUP = 500
"""Items of one transaction: bounds how long other processes wait for their turn."""
MOST_GROUP_SIZE = 8_000_000
Item = TypeVar("Item")
Result = TypeVar("Result")
Waiting = list[tuple[Item, "asyncio.Future[Result]"]]


class EndedError(Exception):
    """Nothing is taken any more: the process is about to end."""


class Groups(Generic[Item, Result]):
    """One thread that writes for all requests of a process.

    Args:
        write: writes a group, durable on return, and returns for each item its result, or what it failed with.
        name: of the thread.
        size: how large an item is.
        most: items of one group.
        most_size: of one group, where it has more than one item.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        name: str,
        size: Callable[[Item], int] = lambda _item: 0,
        most: int = MOST_GROUP,
        most_size: int = MOST_GROUP_SIZE,
    ) -> None:
        self._do = write
        self._size, self._most, self._most_size = size, most, most_size
        self._waiting: Waiting[Item, Result] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def put(self, item: Item) -> Result:
        """Returns the result once the item is on the disk, or raises what it failed with.

        Raises:
            EndedError: nothing is taken any more.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._ended:
                raise EndedError
            self._waiting.append((item, future))
            if len(self._waiting) == 1:
                self._changed.notify()
        return await future

    def close(self) -> None:
        """Writes what waits, and ends."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                group, self._waiting = self._first(self._waiting)
            if not group:
                return
            self._write(group)

    def _first(self, waiting: Waiting[Item, Result]) -> tuple[Waiting[Item, Result], Waiting[Item, Result]]:
        """Splits off the group that is written next; at least one where there is one."""
        size = 0
        for place, (item, _) in enumerate(waiting):
            size += self._size(item)
            if place and (place >= self._most or size > self._most_size):
                return waiting[:place], waiting[place:]
        return waiting, []

    def _write(self, group: Waiting[Item, Result]) -> None:
        try:
            found = list(self._do([item for item, _ in group]))
        except Exception as failure:  # noqa: BLE001 - whoever waits gets an answer, whatever broke
            found = [failure] * len(group)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result | Exception]]] = {}
        for (_, future), result in zip(group, found, strict=True):
            by_loop.setdefault(future.get_loop(), []).append((future, result))
        for loop, settled in by_loop.items():
            with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
                loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple[asyncio.Future[Result], Result | Exception]]) -> None:
    for future, result in settled:
        if future.done():  # its client has gone away
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
