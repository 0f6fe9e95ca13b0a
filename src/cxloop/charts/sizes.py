"""How large something was over time: a line for a row of a list, and a chart with axes for a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from cxloop.charts.axes import Scale, dates, numbers, text_width, without_overlap
from cxloop.core.wording import MONTHS, count, day

__all__ = ["size_history", "size_line"]

Point = tuple[date, int]
LINE_WIDTH, LINE_HEIGHT = 120.0, 24.0
HEIGHT, ABOVE, BELOW = 150.0, 14.0, 24.0
LABELS = 110.0
"""Pixels that a date takes on its axis, with air."""


def size_line(points: Sequence[Point], *, label: str) -> str:
    """Returns a small SVG of sizes, oldest first, from zero; empty with fewer than two.

    Example:
        >>> size_line([(date(2026, 5, 1), 3), (date(2026, 5, 2), 5)], label="late").count("polyline")
        1
    """
    if len(points) < 2:
        return ""
    across, up = _scales(points, (2.0, LINE_WIDTH - 4.0), (LINE_HEIGHT - 2.0, 3.0))
    line = _line(points, across, up)
    end = f'<circle cx="{across(points[-1][0].toordinal()):.1f}" cy="{up(points[-1][1]):.1f}" r="2.5"/>'
    return (
        f'<svg class="size-line" viewBox="0 0 {LINE_WIDTH:g} {LINE_HEIGHT:g}" width="{LINE_WIDTH:g}" '
        f'height="{LINE_HEIGHT:g}" role="img" aria-label="{escape(_told(points, label))}">'
        f'<g fill="var(--accent)">{end}</g>{_stroke(line, 1.6)}</svg>'
    )


def size_history(points: Sequence[Point], *, label: str, width: int) -> str:
    """Returns an SVG of sizes with axes and the last one written beside its end; empty with fewer than two.

    Args:
        points: day and size, oldest first.
        label: what it is, for screen readers.
        width: pixels of the whole picture.
    """
    if len(points) < 2:
        return ""
    last = count(points[-1][1])
    top = max(size for _, size in points)
    left, right = text_width(count(top)) + 12, text_width(last) + 16
    across, up = _scales(points, (left, width - right), (ABOVE + HEIGHT, ABOVE))
    levels = sorted({round(level) for level in numbers(0, max(top, 1), 3)})
    grid = "".join(_level(level, up(level), left, width - right) for level in levels)
    end = (
        f'<circle cx="{across(points[-1][0].toordinal()):.1f}" cy="{up(points[-1][1]):.1f}" r="3.5" '
        f'fill="var(--accent)"/><text x="{width - right + 10:.1f}" y="{up(points[-1][1]) + 4:.1f}" fill="var(--ink)" '
        f'font-weight="600">{last}</text>'
    )
    return (
        f'<svg class="size-history" viewBox="0 0 {width} {ABOVE + HEIGHT + BELOW:g}" width="{width}" '
        f'height="{ABOVE + HEIGHT + BELOW:g}" role="img" font-size="12" aria-label="{escape(_told(points, label))}">'
        f"{grid}{_dates(points, across, width)}{_stroke(_line(points, across, up), 1.8)}{end}</svg>"
    )


def _scales(points: Sequence[Point], across: tuple[float, float], up: tuple[float, float]) -> tuple[Scale, Scale]:
    days = (points[0][0].toordinal(), points[-1][0].toordinal())
    top = max(1, *(size for _, size in points))
    return Scale(*days, *across), Scale(0, top, *up)


def _line(points: Sequence[Point], across: Scale, up: Scale) -> str:
    return " ".join(f"{across(at.toordinal()):.1f},{up(size):.1f}" for at, size in points)


def _stroke(line: str, width: float) -> str:
    return (
        f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="{width:g}" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _level(level: int, y: float, left: float, right: float) -> str:
    stroke = "var(--line-strong)" if level == 0 else "var(--line)"
    return (
        f'<path d="M{left:.1f},{y:.1f}H{right:.1f}" stroke="{stroke}"/>'
        f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" fill="var(--ink-3)" text-anchor="end">{count(level)}</text>'
    )


def _dates(points: Sequence[Point], across: Scale, width: int) -> str:
    first, last = points[0][0], points[-1][0]
    marks = dates(first, last, max(round(width / LABELS), 2))
    if len(marks) < 2:  # one date alone says nothing of how long the others are
        marks = [(at, f"{at.day} {MONTHS[at.month - 1][:3]}") for at in (first, last)]
    placed = without_overlap([(_inside(across(at.toordinal()), text, width), text) for at, text in marks])
    y = ABOVE + HEIGHT + 18
    return "".join(
        f'<text x="{x:.1f}" y="{y:g}" fill="var(--ink-3)" text-anchor="middle">{escape(text)}</text>'
        for x, text in placed
    )


def _inside(middle: float, text: str, width: int) -> float:
    """The middle of a label, moved so far that the picture does not cut it off."""
    half = text_width(text) / 2
    return min(max(middle, half), width - half)


def _told(points: Sequence[Point], label: str) -> str:
    first, last = points[0], points[-1]
    return f"{label}: {count(first[1])} on {day(first[0])}, {count(last[1])} on {day(last[0])}"
