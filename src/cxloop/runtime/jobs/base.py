"""What every job has in common, and who runs what nobody asks for at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cxloop.core.host import Actor

__all__ = ["SCHEDULE", "Job"]

SCHEDULE = Actor(account_id=None, name="schedule", role="owner")
"""Who runs what nobody asks for at that moment."""


class Job(Protocol):
    """One kind of work. Waits are rows: what is due stands in the records, and this only reads them."""

    @property
    def name(self) -> str:
        """Of the workflow: what was under way when a process was killed is found again by it."""

    @property
    def slow(self) -> bool:
        """Whether one piece may take hours, so that others must not wait behind it."""

    @property
    def every_seconds(self) -> float:
        """How often `due` is asked, at least; 0: at each look."""

    def begin(self) -> None:
        """Puts in order what a process that is gone has left; once, before anything is run."""

    def needed(self) -> bool:
        """Whether the workspace has any use for this job by now: without one, nothing is loaded."""

    def due(self) -> Sequence[str]:
        """Returns what is to run now, by name; "" where there is only one thing to do."""

    def run(self, what: str) -> str:
        """Does one piece of work, where it is still due, and says how it ended."""
