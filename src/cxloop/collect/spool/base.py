"""What every spool can do, wherever it keeps its requests; the package says what it guarantees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cxloop.collect.spool.damage import Damage
from cxloop.collect.spool.records import Envelope, Spooled, SpoolState

__all__ = ["AnySpool"]


class AnySpool(Protocol):
    """A spool: a file in the workspace's folder, or tables in PostgreSQL."""

    def close(self) -> None:
        """Lets go of files and connections."""

    def append(self, envelopes: Sequence[Envelope]) -> None:
        """Keeps requests, all or none of them, durable on return.

        Raises:
            SpoolFullError: the spool's limit would be passed.
            DiskFullError: the disk is full.
            SpoolError: nothing can be written just now.
        """

    def read(self, after: int, most_bytes: int) -> list[Spooled]:
        """Returns requests above a seq, in order: at least one where there is one, and up to `most_bytes` of bodies.

        Raises:
            SpoolError: nothing can be read just now.
        """
        ...

    def forget(self, through: int) -> None:
        """Deletes the requests up to a seq; only for the loader, after it has committed them.

        Raises:
            SpoolError: nothing can be written just now.
        """

    def scrub(self) -> None:
        """Leaves nothing of deleted requests in the spool's own files.

        Raises:
            SpoolError: nothing can be written just now.
        """
        ...

    def continue_after(self, seq: int) -> None:
        """Lets every further request have a higher number than `seq`; the loader calls it with its position.

        Raises:
            SpoolError: nothing can be written just now.
        """

    def state(self) -> SpoolState:
        """Returns how much waits, and since when.

        Raises:
            SpoolError: nothing can be read just now.
        """
        ...

    def damages(self) -> list[Damage]:
        """Returns every damage there has been, the oldest first.

        Raises:
            SpoolError: nothing can be read just now.
        """
        ...
