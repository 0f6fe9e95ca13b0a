"""How unlike two groups are, before and after weighting: one row for each thing, for pages as a text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cxloop.charts.axes import Scale, numbers, text_width, tick_label
from cxloop.charts.theme import ACCENT, INK_2, INK_3, LINE, NEUTRAL, page_colour
from cxloop.core.results import Estimate, Unit
from cxloop.core.wording import minus, number

__all__ = ["balance_picture", "foreseen_picture"]

ROW, ABOVE, BELOW, LONGEST_NAME = 26.0, 28.0, 10.0, 190.0
SMALL = 0.1
"""Up to so many standard deviations a difference counts as small (Austin 2009)."""
Row = tuple[str, float, float]
"""A name, and the difference before and after."""


def balance_picture(rows: Sequence[Row], *, width: int) -> str:
    """Returns an SVG with a row per thing: a ring for the difference before weighting, a dot for that after it.

    Args:
        rows: name, difference before and after, in standard deviations.
        width: pixels of the whole picture.

    Example:
        >>> balance_picture([("region is DE", -0.2, 0.01)], width=400).startswith("<svg")
        True
    """
    if not rows:
        return ""
    reach = max(SMALL * 1.5, *(abs(value) for _, *both in rows for value in both)) * 1.1
    left = min(max(text_width(name) for name, _, _ in rows) + 12, LONGEST_NAME, width * 0.48)
    across = Scale(-reach, reach, left, width - 8.0)
    tall = ABOVE + ROW * len(rows) + BELOW
    body = [_band(across, tall), *(_row(row, ABOVE + ROW * (at + 0.5), across, left) for at, row in enumerate(rows))]
    said = "; ".join(
        f"{name}: before {minus(f'{before:+.2f}')}, after {minus(f'{after:+.2f}')}" for name, before, after in rows
    )
    return (
        f'<svg class="balance" viewBox="0 0 {width} {tall:g}" width="{width}" height="{tall:g}" role="img" '
        f'font-size="12" fill="none" aria-label="{escape(said)}">{"".join(body)}</svg>'
    )


def foreseen_picture(rows: Sequence[tuple[str, float, Estimate]], unit: Unit, *, width: int) -> str:
    """Returns an SVG with a row per group: a ring for what was expected, a dot with its interval for what came.

    Args:
        rows: name, what was expected, and what came.
        unit: how the numbers read.
        width: pixels of the whole picture.
    """
    if not rows:
        return ""
    ends = [value for _, expected, came in rows for value in (expected, came.low, came.high)]
    left = max(text_width(name) for name, _, _ in rows) + 12
    across = Scale(min(ends), max(ends), left + 8, width - 16.0)
    tall = ABOVE + ROW * len(rows) + BELOW
    span = max(ends) - min(ends)
    ticks = "".join(
        f'<path d="M{across(value):.1f},{ABOVE - 6:g}V{tall - BELOW:g}" stroke="{page_colour(LINE)}"/>'
        f'<text x="{across(value):.1f}" y="{ABOVE - 12:g}" fill="{page_colour(INK_3)}" text-anchor="middle">'
        f"{escape(tick_label(value, unit, span))}</text>"
        for value in numbers(min(ends), max(ends), max(int(width / 110), 2))
    )
    body = [_foreseen(row, ABOVE + ROW * (at + 0.5), across, left) for at, row in enumerate(rows)]
    said = "; ".join(f"{name}: expected {number(e, unit)}, said {number(came.value, unit)}" for name, e, came in rows)
    return (
        f'<svg class="foreseen" viewBox="0 0 {width} {tall:g}" width="{width}" height="{tall:g}" role="img" '
        f'font-size="12" fill="none" aria-label="{escape(said)}">{ticks}{"".join(body)}</svg>'
    )


def _foreseen(row: tuple[str, float, Estimate], y: float, across: Scale, left: float) -> str:
    name, expected, came = row
    return (
        f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" fill="{page_colour(INK_2)}" text-anchor="end">{escape(name)}</text>'
        f'<path d="M{across(came.low):.1f},{y:.1f}H{across(came.high):.1f}" stroke="{page_colour(ACCENT)}" '
        f'stroke-width="4" stroke-opacity=".3"/>'
        f'<circle cx="{across(came.value):.1f}" cy="{y:.1f}" r="4.5" fill="{page_colour(ACCENT)}"/>'
        f'<circle cx="{across(expected):.1f}" cy="{y:.1f}" r="5.5" stroke="{page_colour(NEUTRAL)}" stroke-width="1.8"/>'
    )


def _band(across: Scale, tall: float) -> str:
    """What counts as small, and no difference at all."""
    low, high, none = across(-SMALL), across(SMALL), across(0.0)
    edges = "".join(
        f'<path d="M{x:.1f},{ABOVE - 6:g}V{tall - BELOW:g}" stroke="{page_colour(LINE)}" stroke-dasharray="3 3"/>'
        for x in (low, high)
    )
    words = "".join(
        f'<text x="{x:.1f}" y="{ABOVE - 12:g}" fill="{page_colour(INK_3)}" text-anchor="middle">{text}</text>'
        for x, text in ((low, f"−{SMALL:g}"), (none, "alike"), (high, f"+{SMALL:g}"))
        if high - none > 44 or text == "alike"
    )
    return f'{edges}<path d="M{none:.1f},{ABOVE - 6:g}V{tall - BELOW:g}" stroke="{page_colour(LINE)}"/>{words}'


def _row(row: Row, y: float, across: Scale, left: float) -> str:
    name, before, after = row
    short = name
    while text_width(short) > left - 10 and len(short) > 2:
        short = short[:-2].rstrip() + "…"
    return (
        f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" fill="{page_colour(INK_2)}" text-anchor="end">{escape(short)}</text>'
        f'<path d="M{across(before):.1f},{y:.1f}H{across(after):.1f}" stroke="{page_colour(LINE)}"/>'
        f'<circle cx="{across(before):.1f}" cy="{y:.1f}" r="4" stroke="{page_colour(NEUTRAL)}" stroke-width="1.8"/>'
        f'<circle cx="{across(after):.1f}" cy="{y:.1f}" r="4.5" fill="{page_colour(ACCENT)}"/>'
    )
