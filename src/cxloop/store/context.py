"""What a part that acts (collect, unify, act, improve) sees of a workspace, beyond what a quiet part sees."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cxloop.core.host import Actor
from cxloop.engine.base import Analysis

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Operations"]


class Operations(Analysis, Protocol):
    """A workspace with its folder and a clock."""

    @property
    def path(self) -> Path:
        """The folder of the workspace."""

    @property
    def store(self) -> Store:
        """The operational records of the workspace."""

    @property
    def actor(self) -> Actor:
        """Who asks."""

    @property
    def heavy(self) -> AbstractContextManager[object]:
        """The lane of who changes the log, for a verb that `waits`; any other is in the lane that it needs."""

    def now(self) -> datetime:
        """The present moment, UTC without zone."""
