"""One thing that is wrong, or doubtful, in a survey that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem", "Severity"]

Severity = Literal["error", "warning"]
"""An error keeps a survey from being published; a warning does not."""


@dataclass(frozen=True)
class Problem:
    """Where something is wrong (a JSON path), and a sentence that says what to do."""

    severity: Severity
    path: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.message}"
