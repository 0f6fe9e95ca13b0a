"""What a part that acts (collect, unify, act, improve) sees of a workspace, beyond what a quiet part sees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from cxloop.engine.base import Analysis

__all__ = ["Operations"]


class Operations(Analysis, Protocol):
    """A workspace with its folder and a clock."""

    @property
    def path(self) -> Path:
        """The folder of the workspace."""

    def now(self) -> datetime:
        """The present moment, UTC without zone."""
