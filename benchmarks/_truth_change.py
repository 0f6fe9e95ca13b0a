"""Is "changed" said where nothing did? See `measure_truth`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["judge", "verdicts"]


def judge(company: Any, workspace: Any) -> dict[str, Any]:
    """Returns what was said of one company."""
    return {}


def verdicts(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Yields whether each promise holds, and its sentence."""
    yield True, f"{len(rows)} companies were judged"
