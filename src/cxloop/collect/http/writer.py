"""Group commit of events: see `collect.groups`. Each request is answered when its envelope is on the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cxloop.collect.groups import EndedError, Groups
from cxloop.collect.spool import Envelope, SpoolError

__all__ = ["Sink", "Writer"]


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
        self.failure: SpoolError | None = None
        self._groups: Groups[Envelope, None] = Groups(
            self._write, name="spool", size=lambda envelope: len(envelope.body)
        )

    async def keep(self, envelope: Envelope) -> None:
        """Returns once the envelope is on the disk.

        Raises:
            SpoolError: it is not; nothing of it was kept for sure.
        """
        try:
            await self._groups.put(envelope)
        except EndedError:
            raise SpoolError("The collector is about to end. Send it again.") from None

    def close(self) -> None:
        """Writes what waits, and ends."""
        self._groups.close()

    def _write(self, group: Sequence[Envelope]) -> Sequence[Exception | None]:
        failure: SpoolError | None = None
        try:
            self._sink.append(group)
            self._committed(len(group))
        except SpoolError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whoever waits gets an answer, whatever broke
            failure = SpoolError(f"The spool failed ({type(error).__name__}).")
        self.failure = failure
        return [failure] * len(group)
