"""Runs waves and reminders that are due: decides who is asked, and puts their messages up for sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.runtime import logs
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Inviting"]


@dataclass(frozen=True)
class Inviting:
    """Waves, triggers and reminders."""

    host: LocalHost
    name: str = "invite"
    slow: bool = False
    every_seconds: float = 0.0

    def begin(self) -> None:
        """A batch is written with how far its wave has come: nothing is left behind."""

    def needed(self) -> bool:
        """Whether anything is due."""
        return bool(self.due())

    def due(self) -> Sequence[str]:
        """Returns the one thing to do, where anything is due."""
        from cxloop.collect.surveys.inviting import running

        return [""] if running.due(self.host.workspace) else []

    def run(self, what: str) -> str:
        """Decides about everybody who is due."""
        from cxloop.collect.surveys.inviting import running

        if what not in self.due():
            return "not due"
        try:
            running.run_due(self.host.workspace.view(actor=SCHEDULE))
        except CxloopError as failure:
            logs.failure(self.host.workspace.folder.log, failure, where="inviting")
            return failure.code
        return "done"
