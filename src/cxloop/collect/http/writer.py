"""Group commit: requests that wait are written together by one thread, and each is answered after that.

The thread takes whatever has gathered while the disk was busy with the last group; nobody waits for a group to fill.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from cxloop.collect.spool import Envelope, SpoolError

__all__ = ["Sink", "Writer"]

MOST_GROUP = 500
"""Requests of one transaction: bounds how long other processes wait for their turn."""
MOST_GROUP_BYTES = 8_000_000


class Sink(Protocol):
    """Where envelopes go: the spool."""

    def append(self, envelopes: Sequence[Envelope]) -> None:
        """Keeps all or none; durable on return."""


class Writer:
    """One thread that writes for all requests of a process.

    Args:
        sink: the spool.
        committed: called with the size of each group that was written.
    """

    def __init__(self, sink: Sink, committed: Callable[[int], object] = lambda _size: None) -> None:
        self._sink = sink
        self._committed = committed
        self._waiting: list[tuple[Envelope, asyncio.Future[None]]] = []
        self._changed = threading.Condition()
        self._ended = False
        self.failure: SpoolError | None = None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    async def keep(self, envelope: Envelope) -> None:
        """Returns once the envelope is on the disk.

        Raises:
            SpoolError: it is not; nothing of it was kept for sure.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._ended:
                raise SpoolError("The collector is about to end. Send it again.")
            self._waiting.append((envelope, future))
            if len(self._waiting) == 1:
                self._changed.notify()
        await future

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
                group, self._waiting = _first(self._waiting)
            if not group:
                return
            self._write(group)

    def _write(self, group: list[tuple[Envelope, asyncio.Future[None]]]) -> None:
        failure: SpoolError | None = None
        try:
            self._sink.append([envelope for envelope, _ in group])
            self._committed(len(group))
        except SpoolError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whoever waits gets an answer, whatever broke
            failure = SpoolError(f"The spool failed ({type(error).__name__}).")
        self.failure = failure
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, future in group:
            by_loop.setdefault(future.get_loop(), []).append(future)
        for loop, futures in by_loop.items():
            with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
                loop.call_soon_threadsafe(_settle, futures, failure)


def _first(
    waiting: list[tuple[Envelope, asyncio.Future[None]]],
) -> tuple[list[tuple[Envelope, asyncio.Future[None]]], list[tuple[Envelope, asyncio.Future[None]]]]:
    """Splits off the group that is written next; at least one where there is one."""
    size = 0
    for place, (envelope, _) in enumerate(waiting):
        size += len(envelope.body)
        if place and (place >= MOST_GROUP or size > MOST_GROUP_BYTES):
            return waiting[:place], waiting[place:]
    return waiting, []


def _settle(futures: list[asyncio.Future[None]], failure: SpoolError | None) -> None:
    for future in futures:
        if future.done():  # its client has gone away
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
