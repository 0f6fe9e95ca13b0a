"""Removes what is past its term, once a day: killed midway, it is run again and finds less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.runtime import logs
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Retention"]


@dataclass(frozen=True)
class Retention:
    """Retention, by the rules of [[retention]]."""

    host: LocalHost
    name: str = "retain"
    slow: bool = True
    every_seconds: float = 3600.0

    def begin(self) -> None:
        """Nothing is left behind that the next run would not find."""

    def needed(self) -> bool:
        """Whether anything has a term that is over."""
        return bool(self.due())

    def due(self) -> Sequence[str]:
        """Returns the one thing to do, where it is due."""
        from cxloop.unify.privacy import retention

        return [""] if retention.due(self.host.workspace) else []

    def run(self, what: str) -> str:
        """Removes what is past its term."""
        if what not in self.due():
            return "not due"
        try:
            self.host.run("unify.retain", {}, actor=SCHEDULE)
        except CxloopError as failure:
            logs.failure(self.host.workspace.folder.log, failure, where="schedule")
            return failure.code
        return "done"
