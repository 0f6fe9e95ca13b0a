"""What people define, as quiet parts get it: a value with a name and a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Defined"]


@dataclass(frozen=True, slots=True)
class Defined:
    """One version of something that somebody defined: a metric, a dashboard, a reference value.

    Attributes:
        name: unique within its kind.
        version: 1 and up; a version never changes.
        content: the definition, as plain JSON values.
        created_at: since when there is this version, UTC without zone.
    """

    name: str
    version: int
    content: Mapping[str, Any]
    created_at: datetime
