"""Pulls the connections that are due. How each pull ended is kept with its connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Pulls"]


@dataclass(frozen=True)
class Pulls:
    """Pulls; one that was under way when the process was killed goes on where it stopped."""

    host: LocalHost
    name: str = "pull"
    slow: bool = True
    every_seconds: float = 0.0

    def begin(self) -> None:
        """Pulls that the records take for running were those of a process that is gone."""
        from cxloop.store import connections

        connections.interrupted(self.host.workspace.store)

    def needed(self) -> bool:
        """Whether a system is connected."""
        from cxloop.store import connections

        return bool(connections.every_one(self.host.workspace.store))

    def due(self) -> Sequence[str]:
        """Returns the connections that are due."""
        from cxloop.store import connections

        return list(connections.due(self.host.workspace.store))

    def run(self, what: str) -> str:
        """Pulls one connection."""
        if what not in self.due():
            return "not due"
        try:
            self.host.run("collect.pull", {"name": what}, actor=SCHEDULE)
        except CxloopError as failure:
            return failure.code
        return "done"
