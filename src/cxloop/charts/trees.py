"""Places below each other with their intervals, indented as they belong together; for a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from cxloop.charts.axes import Scale, text_width, tick_label, ticks, without_overlap
from cxloop.charts.theme import ACCENT, INK, INK_2, INK_3, LINE, NEUTRAL, page_colour
from cxloop.core.results import Estimate, InsufficientData, Unit
from cxloop.core.wording import interval, number

__all__ = ["Branch", "tree_picture"]

MOST = 60
ROW, TALL, TOP, BELOW, STEP, AIR = 28, 46, 26, 8, 16, 12
NARROW = 420
LONGEST = 200


class Branch(NamedTuple):
    """One place: its own name, how deep it stands, and its number."""

    name: str
    depth: int
    result: Estimate | InsufficientData


def tree_picture(title: str, branches: Sequence[Branch], total: float | None, unit: Unit, *, width: int) -> str:
    """Returns an SVG with a row per place, in the order given; empty where no place has a number.

    Args:
        title: what it is, for screen readers.
        branches: the places, each before those below it; of more than 60 the first.
        total: the number of everything, which is drawn as a line; None for none.
        unit: how numbers read.
        width: pixels of the whole picture; below 420 names stand above their intervals.
    """
    rows = list(branches[:MOST])
    known = [row.result for row in rows if isinstance(row.result, Estimate)]
    if not known:
        return ""
    narrow, step = width < NARROW, TALL if width < NARROW else ROW
    names = max(text_width(_cut(row.name)) + STEP * row.depth for row in rows)
    beside = max(text_width(_said(row, unit)) for row in rows)
    start, end = (0.0, width - 14.0) if narrow else (names + AIR, width - beside - AIR)
    low, high = min(each.low for each in known), max(each.high for each in known)
    air = 0.04 * (high - low) or 0.5
    x = Scale(low - air, high + air, start, max(end, start + 60))
    height = TOP + step * len(rows) + BELOW
    body = [*_axis(x, height, unit), *_line_of(total, x, height)]
    for place, row in enumerate(rows):
        body += _row(row, unit, x, TOP + step * (place + 0.5), narrow=narrow)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tree-picture" viewBox="0 0 {width} {height:g}" '
        f'width="{width}" height="{height:g}" role="img" font-size="12" fill="none" aria-label="{escape(title)}">'
        f"{''.join(body)}</svg>"
    )


def _axis(x: Scale, height: float, unit: Unit) -> list[str]:
    span = x.high - x.low
    values = ticks(x.low, x.high, 4, unit)
    labels = without_overlap([(x(value), tick_label(value, unit, span)) for value in values])
    return [
        *(f'<path d="M{x(value):.1f},{TOP - 4}V{height - BELOW:g}" stroke="{page_colour(LINE)}"/>' for value in values),
        *(_text(middle, TOP - 12, label, INK_3, "middle") for middle, label in labels),
    ]


def _line_of(total: float | None, x: Scale, height: float) -> list[str]:
    if total is None or not x.low <= total <= x.high:
        return []
    path = f"M{x(total):.1f},{TOP - 4}V{height - BELOW:g}"
    return [f'<path d="{path}" stroke="{page_colour(NEUTRAL)}" stroke-width="1.4"/>']


def _row(row: Branch, unit: Unit, x: Scale, middle: float, *, narrow: bool) -> list[str]:
    colour = page_colour(ACCENT)
    said, indent = _said(row, unit), STEP * row.depth
    ink = INK if row.depth == 0 else INK_2
    words = (
        [_text(indent, middle - 12, f"{row.name}  {said}", ink)]
        if narrow
        else [_text(indent, middle + 4, _cut(row.name), ink), _text(x.end + AIR, middle + 4, said, INK_3)]
    )
    if not isinstance(row.result, Estimate):
        return words
    found, thick = row.result, 5 if row.depth == 0 else 3
    line = f"M{x(found.low):.1f},{middle:g}H{x(found.high):.1f}"
    return [
        *words,
        f'<path d="{line}" stroke="{colour}" stroke-width="{thick}" stroke-linecap="round" opacity=".28"/>',
        f'<circle cx="{x(found.value):.1f}" cy="{middle:g}" r="{4.7 if row.depth == 0 else 3.6}" fill="{colour}"/>',
    ]


def _said(row: Branch, unit: Unit) -> str:
    if isinstance(row.result, Estimate):
        return f"{number(row.result.value, unit)} {interval(row.result, unit)} · n {row.result.n:,}"
    return f"cannot say · n {row.result.n:,}"


def _cut(name: str) -> str:
    while text_width(name) > LONGEST:
        name = f"{name.rstrip('…')[:-1].rstrip()}…"
    return name


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{page_colour(colour)}"{side}>{escape(text)}</text>'
