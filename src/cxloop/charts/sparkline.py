"""The small chart of a card: a line with its interval as a band, built as a text because a page has many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

from cxloop.core.results import Estimate, EstimateRow, Unit
from cxloop.core.wording import number

__all__ = ["sparkline"]

WIDTH, HEIGHT, MARGIN = 236.0, 56.0, 4.0
_Point = tuple[float, Estimate]


def sparkline(rows: Sequence[EstimateRow], unit: Unit, *, label: str) -> str:
    """Returns an SVG that uses the page's CSS variables; empty where nothing can be drawn.

    Weeks without a number leave a gap. The last number carries a dot.

    Args:
        rows: estimates over time, oldest first, of one group.
        unit: how the number reads, for the description.
        label: what it is, for screen readers.
    """
    runs = _runs(rows)
    known = [estimate for run in runs for _, estimate in run]
    if len(known) < 2:
        return ""
    low, high = min(found.low for found in known), max(found.high for found in known)
    rise = (HEIGHT - 2 * MARGIN) / max(high - low, 1e-9)

    def at(value: float) -> float:
        return HEIGHT - MARGIN - (value - low) * rise

    shapes = "".join(_run(run, at) for run in runs)
    x, last = runs[-1][-1]
    ends = f"from {number(known[0].value, unit)} to {number(last.value, unit)} over {len(rows)} weeks"
    return (
        f'<svg class="sparkline" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="100%" role="img" '
        f'aria-label="{escape(label)}: {ends}">{shapes}'
        f'<circle cx="{x:.1f}" cy="{at(last.value):.1f}" r="3" fill="var(--accent)"/></svg>'
    )


def _runs(rows: Sequence[EstimateRow]) -> list[list[_Point]]:
    """Returns the stretches without a gap, each point with its place from left to right."""
    step = (WIDTH - 2 * MARGIN) / max(len(rows) - 1, 1)
    placed = [(MARGIN + step * place, row.result) for place, row in enumerate(rows)]
    return [
        [(x, found) for x, found in run if isinstance(found, Estimate)]
        for said, run in groupby(placed, key=lambda point: isinstance(point[1], Estimate))
        if said
    ]


def _run(run: Sequence[_Point], at: Callable[[float], float]) -> str:
    upper = [f"{x:.1f},{at(found.high):.1f}" for x, found in run]
    lower = [f"{x:.1f},{at(found.low):.1f}" for x, found in reversed(run)]
    line = " ".join(f"{x:.1f},{at(found.value):.1f}" for x, found in run)
    return (
        f'<polygon points="{" ".join([*upper, *lower])}" fill="var(--accent)" opacity=".14"/>'
        f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="1.8" stroke-linejoin="round"/>'
    )
