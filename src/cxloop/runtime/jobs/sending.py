"""Sends messages that are due, round by round, and leaves a way out alone whose other side is down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.outreach.delivery import Pauses
from cxloop.runtime import logs
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Sending"]


@dataclass(frozen=True)
class Sending:
    """Sending.

    Attributes:
        host: of the workspace.
        stopped: whether the process ends.
        pauses: of ways out whose other side takes nothing just now.
    """

    host: LocalHost
    stopped: Callable[[], bool]
    name: str = "deliver"
    slow: bool = False
    every_seconds: float = 0.0
    pauses: Pauses = field(default_factory=Pauses)

    def begin(self) -> None:
        """What was on its way when the last process ended is in doubt from now on."""
        from cxloop.collect.sending import running

        running.begin(self.host.workspace)

    def needed(self) -> bool:
        """Whether anything is due."""
        return bool(self.due())

    def due(self) -> Sequence[str]:
        """Returns the one thing to do, where anything is due."""
        from cxloop.collect.sending import running

        return [""] if running.due(self.host.workspace, self.pauses) else []

    def run(self, what: str) -> str:
        """Sends until nothing more is due, or nothing more goes through."""
        from cxloop.collect.sending import running

        view = self.host.workspace.view(actor=SCHEDULE, heavy=self.host.lanes.heavy)
        try:
            while what in self.due() and not self.stopped():
                done = running.run_due(view, self.pauses, self.stopped)
                for channel, why in done.trouble.items():
                    logs.logger(self.host.workspace.folder.log).error("sending", channel=channel, why=why)
                if not done.moved:
                    break
        except CxloopError as failure:
            logs.failure(self.host.workspace.folder.log, failure, where="sending")
            return failure.code
        return "done"
