"""What was expected beside what came: one line for each, for pages as a text and for notebooks by Altair."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from cxloop.charts.axes import Scale, numbers, text_width, tick_label
from cxloop.charts.theme import ACCENT, INK_2, INK_3, LINE, NEUTRAL, config, page_colour
from cxloop.core.pairs import Pair, Pairs
from cxloop.core.wording import number

if TYPE_CHECKING:
    import altair as alt

__all__ = ["pair_lines", "pair_picture", "told"]

HEIGHT, ABOVE, BELOW, MOST_LABELS = 170.0, 16.0, 44.0, 12
EXPECTED, ACTUAL = "expected", "actual"


def told(pairs: Pairs) -> str:
    """Returns the picture in a sentence, for those who do not see it.

    Example:
        >>> told(Pairs("Orders", "bought before", "count", (Pair("0", 0.2, 0.25),)))
        'Orders, by bought before: 0: expected 0.20, actual 0.25.'
    """
    each = [
        f"{row.label}: {EXPECTED} {number(row.expected, pairs.unit)}"
        + ("" if row.actual is None else f", {ACTUAL} {number(row.actual, pairs.unit)}")
        for row in pairs.rows
    ]
    return f"{pairs.title}, by {pairs.across}: {'; '.join(each)}."


def top_of(rows: Sequence[Pair]) -> float:
    """Returns the largest number that is drawn."""
    return max((value for row in rows for value in (row.expected, row.actual) if value is not None), default=1.0) or 1.0


def pair_picture(pairs: Pairs, *, width: int) -> str:
    """Returns an SVG of both lines from zero, each with its name at its end; empty with fewer than two places.

    Args:
        pairs: what is drawn.
        width: pixels of the whole picture.
    """
    rows = pairs.rows
    if len(rows) < 2:
        return ""
    top = top_of(rows)
    ticks = numbers(0, top, 4)
    left = max(text_width(tick_label(value, pairs.unit, top)) for value in ticks) + 12
    right = width - text_width(EXPECTED) - 14
    across, up = Scale(0, len(rows) - 1, left, right), Scale(0, max(top, ticks[-1]), ABOVE + HEIGHT, ABOVE)
    body = [
        *(_level(value, pairs, up(value), left, right, top) for value in ticks),
        *_labels(pairs, across, width),
        _line([(across(at), up(row.expected)) for at, row in enumerate(rows)], NEUTRAL, dashed=True),
        _line([(across(at), up(row.actual)) for at, row in enumerate(rows) if row.actual is not None], ACCENT),
        *_ends(rows, up, right),
    ]
    tall = ABOVE + HEIGHT + BELOW
    return (
        f'<svg class="pairs" viewBox="0 0 {width} {tall:g}" width="{width}" height="{tall:g}" role="img" '
        f'font-size="12" fill="none" aria-label="{escape(told(pairs))}">{"".join(body)}</svg>'
    )


def _level(value: float, pairs: Pairs, y: float, left: float, right: float, span: float) -> str:
    label = escape(tick_label(value, pairs.unit, span))
    return (
        f'<path d="M{left:.1f},{y:.1f}H{right:.1f}" stroke="{page_colour(LINE)}"/>'
        f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" fill="{page_colour(INK_3)}" text-anchor="end">{label}</text>'
    )


def _labels(pairs: Pairs, across: Scale, width: int) -> list[str]:
    """The names of the places, as many as there is room for, and below them what they are."""
    step = -(-len(pairs.rows) // min(MOST_LABELS, max(int(width / 42), 2)))
    y = ABOVE + HEIGHT + 18
    look = f'y="{y:g}" fill="{page_colour(INK_3)}" text-anchor="middle"'
    shown = [
        f'<text x="{across(at):.1f}" {look}>{escape(row.label)}</text>'
        for at, row in enumerate(pairs.rows)
        if at % step == 0
    ]
    middle = (across.start + across.end) / 2
    below = f'<text x="{middle:.1f}" y="{y + 20:g}" fill="{page_colour(INK_2)}" text-anchor="middle">'
    return [*shown, f"{below}{escape(pairs.across)}</text>"]


def _line(places: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f"M{x:.1f},{y:.1f}h0" for x, y in places)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    few = f'<path d="{dots}" stroke-width="6"/>' if len(places) <= MOST_LABELS else ""
    return (
        f'<g stroke="{page_colour(colour)}" stroke-linecap="round" stroke-linejoin="round">'
        f'<polyline points="{path}" stroke-width="1.8"{dash}/>{few}</g>'
    )


def _ends(rows: Sequence[Pair], up: Scale, right: float) -> list[str]:
    """The names of the lines at their ends, moved apart where they would touch."""
    last = next((row.actual for row in reversed(rows) if row.actual is not None), 0.0)
    places = {EXPECTED: up(rows[-1].expected), ACTUAL: up(last)}
    if abs(places[EXPECTED] - places[ACTUAL]) < 15:
        middle = sum(places.values()) / 2
        higher = EXPECTED if rows[-1].expected >= last else ACTUAL
        places = {name: middle + (-7.5 if name == higher else 7.5) for name in places}
    colours = {EXPECTED: INK_2, ACTUAL: ACCENT}
    return [
        f'<text x="{right + 10:.1f}" y="{y + 4:.1f}" fill="{page_colour(colours[name])}" '
        f'font-weight="500">{name}</text>'
        for name, y in places.items()
    ]


def pair_lines(pairs: Pairs, *, width: int) -> alt.LayerChart:
    """Returns the same for a notebook."""
    import altair as alt

    rows = [
        {"place": row.label, "order": at, "series": series, "value": value}
        for at, row in enumerate(pairs.rows)
        for series, value in ((EXPECTED, row.expected), (ACTUAL, row.actual))
        if value is not None
    ]
    last = max(at for at, row in enumerate(pairs.rows) if row.actual is not None)
    ends = [row for row in rows if row["order"] == (last if row["series"] == ACTUAL else len(pairs.rows) - 1)]
    tones = alt.Color("series:N", scale=alt.Scale(domain=[EXPECTED, ACTUAL], range=[NEUTRAL, ACCENT]), legend=None)
    x = alt.X("place:N", sort=[row.label for row in pairs.rows], axis=alt.Axis(title=pairs.across, labelAngle=0))
    y = alt.Y("value:Q", scale=alt.Scale(domainMin=0), axis=alt.Axis(grid=True))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y, color=tones)
    named = alt.Chart(alt.InlineData(values=ends)).mark_text(align="left", dx=10, fontWeight=500)
    dash = alt.StrokeDash("series:N", scale=alt.Scale(domain=[EXPECTED, ACTUAL], range=[[5, 4], [1, 0]]), legend=None)
    layers = [
        base.mark_line(point=True).encode(strokeDash=dash),
        named.encode(x=x, y=y, text="series:N", color=tones),
    ]
    chart = alt.LayerChart(layer=layers).properties(
        width=width, height=240, title=alt.TitleParams(pairs.title), description=told(pairs)
    )
    chart.config = config()
    return chart
