"""Keeps what the collectors know of segments that widgets ask for: written anew every few minutes while one does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.runtime import logs
from cxloop.runtime.jobs.base import SCHEDULE

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Audiences"]

STALE_SECONDS = 300.0


@dataclass(frozen=True)
class Audiences:
    """The members of widgets' segments, as files that a collector can ask."""

    host: LocalHost
    name: str = "audiences"
    slow: bool = True
    every_seconds: float = 20.0

    def begin(self) -> None:
        """A file takes the place of the one before it in one step: nothing is left behind half."""

    def needed(self) -> bool:
        """Whether a widget asks for a segment, or files of one that did are left."""
        return bool(self.due())

    def due(self) -> Sequence[str]:
        """Returns the one thing to do, where files are missing, old, or of no widget any more."""
        from cxloop.collect.surveys import audience

        workspace = self.host.workspace
        there = audience.Audience.of(workspace.folder.path, workspace.store.vault)
        old = time.time() - STALE_SECONDS
        return [""] if audience.is_stale(there, audience.wanted(workspace.store), old) else []

    def run(self, what: str) -> str:
        """Writes the files."""
        from cxloop.collect.surveys import audience

        if what not in self.due():
            return "not due"
        view = self.host.workspace.view(actor=SCHEDULE)
        there = audience.Audience.of(self.host.workspace.folder.path, self.host.workspace.store.vault)
        try:
            audience.refresh(view.engine, there, audience.wanted(view.store))
        except CxloopError as failure:
            logs.failure(self.host.workspace.folder.log, failure, where="audiences")
            return failure.code
        return "done"
