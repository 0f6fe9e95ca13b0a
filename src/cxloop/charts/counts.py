"""The small chart of a row: one bar a day, built as a text because a table has many."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["day_bars"]

HEIGHT, WIDTH, GAP = 20.0, 9.0, 2.0
LEAST = 1.0
"""A day on which nothing came is a line on the ground, so that a gap is seen as one."""


def day_bars(counts: Sequence[int], *, label: str) -> str:
    """Returns an SVG that uses the page's CSS variables; empty where there is no day.

    Args:
        counts: one number a day, the oldest first.
        label: what it is, for screen readers.

    Example:
        >>> day_bars([0, 10], label="web").count("<rect")
        2
    """
    if not counts:
        return ""
    most = max(*counts, 1)
    bars = "".join(_bar(place, count, most) for place, count in enumerate(counts))
    said = ", ".join(str(count) for count in counts)
    width = len(counts) * (WIDTH + GAP) - GAP
    return (
        f'<svg class="day-bars" viewBox="0 0 {width:g} {HEIGHT:g}" width="{width:g}" height="{HEIGHT:g}" role="img" '
        f'aria-label="{escape(label)}: {said}">{bars}</svg>'
    )


def _bar(place: int, count: int, most: int) -> str:
    height = max(HEIGHT * count / most, LEAST)
    tone = "var(--accent)" if count else "var(--line-strong)"
    return (
        f'<rect x="{place * (WIDTH + GAP):g}" y="{HEIGHT - height:.1f}" '
        f'width="{WIDTH:g}" height="{height:.1f}" fill="{tone}"/>'
    )
