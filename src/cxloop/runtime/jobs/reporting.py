"""Mails dashboards that are due: killed midway, it is run again, and what was put up is not put up twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.runtime import logs, parts
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Reporting"]


@dataclass(frozen=True)
class Reporting:
    """Dashboards by mail."""

    host: LocalHost
    name: str = "report"
    slow: bool = False
    every_seconds: float = 15.0

    def begin(self) -> None:
        """That an occasion is done is written down last: nothing is left behind that the next run would not find."""

    def needed(self) -> bool:
        """Whether any mailing is due."""
        return bool(self.due())

    def due(self) -> Sequence[str]:
        """Returns the numbers of the mailings that are due."""
        from cxloop.definitions.measure import mailing_out

        return [str(number) for number in mailing_out.due(self.host.workspace)]

    def run(self, what: str) -> str:
        """Puts one mailing up for sending."""
        from cxloop.definitions.measure import mailing_out

        parts.load("measure")  # the tiles of a dashboard name its verbs
        try:
            with self.host.lanes.pages:
                return mailing_out.send_due(self.host.workspace.view(actor=SCHEDULE), int(what))
        except CxloopError as failure:
            logs.failure(self.host.workspace.folder.log, failure, where="reporting")
            return failure.code
