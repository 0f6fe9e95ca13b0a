"""Differences with their intervals, one row per group, around the line of no difference; for pages and notebooks."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from cxloop.charts.axes import Scale, text_width, tick_label, ticks, without_overlap
from cxloop.charts.theme import ACCENT, INK, INK_2, INK_3, LINE, NEUTRAL, config, page_colour
from cxloop.core.comparing import Comparison, SideBySide, limits
from cxloop.core.wording import count, group_label

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Row", "described", "difference_picture", "difference_rows", "heading", "rows_of", "under"]

NARROW, ROW, NARROW_ROW, TOP, EDGE, PADDING = 340, 30, 46, 45, 24, 4
MOST_ROWS, LONGEST = 40, 180
SHOWN = ("changed", "differs")


class Row(NamedTuple):
    """One row: what it is called, its difference with limits, what stands beside it, whether it is shown to differ."""

    name: str
    value: float
    low: float
    high: float
    label: str
    shown: bool


def rows_of(result: Comparison) -> list[Row]:
    """Returns the rows that can be said, what is shown first."""
    found = [_row(row, result) for row in result.rows if row.change is not None]
    return found[:MOST_ROWS]


def _row(row: SideBySide, result: Comparison) -> Row:
    assert row.change is not None  # only what can be said is drawn
    name = group_label(row.group) if result.by else result.label
    change = row.change
    return Row(name, change.value, change.low, change.high, limits(change, result.unit), row.verdict in SHOWN)


def heading(result: Comparison) -> str:
    """Returns the title."""
    return f"{result.label} by {result.title}" if result.by else result.label


def under(result: Comparison) -> str:
    """Returns what stands below the title."""
    few = sum(row.change is None for row in result.rows)
    more = max(len(result.rows) - few - MOST_ROWS, 0)
    against = f"against {'the ' if result.against in ('before', 'year') else ''}{result.other_label}"
    parts = (against, f"{count(few)} cannot be said" if few else "", f"{count(more)} more in the table" if more else "")
    return " · ".join(part for part in parts if part)


def described(result: Comparison) -> str:
    """Returns the picture in words, for those who do not see it."""
    told = "; ".join(f"{row.name} {row.label}{'' if row.shown else ', not shown'}" for row in rows_of(result))
    return f"{heading(result)}, {under(result)}: {told or 'nothing can be said'}."


def difference_picture(result: Comparison, *, width: int) -> str:
    """Returns the differences as one SVG element in the page's CSS variables; empty where none can be said.

    Args:
        result: a comparison.
        width: pixels of the plot, without labels.
    """
    rows = rows_of(result)
    if not rows:
        return ""
    narrow = width < NARROW
    step = NARROW_ROW if narrow else ROW
    low, high = _ends(rows)
    x = Scale(low, high, 0, width)
    deep = step * len(rows)
    marks = [(x(value), tick_label(value, result.unit, high - low)) for value in ticks(low, high, 5, result.unit)]
    if narrow:
        marks = [(max(middle, text_width(label) / 2), label) for middle, label in marks]
    body = [
        *(f'<path d="M{middle:.1f},0V{deep}" stroke="{page_colour(LINE)}"/>' for middle, _ in marks),
        *(_text(middle, -8, label, INK_3, anchor="middle") for middle, label in without_overlap(marks)),
        f'<path d="M{x(0):.1f},0V{deep}" stroke="{page_colour(NEUTRAL)}" stroke-width="1.6"/>',
    ]
    for place, row in enumerate(rows):
        body += _drawn(row, x, step * (place + 0.5), narrow=narrow)
    beside = max(text_width(f"{row.name}  {row.label}" if narrow else row.label) for row in rows)
    left = 0.0 if narrow else max(text_width(_cut(row.name)) for row in rows) + 12
    right = max(beside - width, 14.0) if narrow else beside + 12
    return _framed(result, body, left, width + right, deep)


def _ends(rows: list[Row]) -> tuple[float, float]:
    low, high = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    air = max(0.06 * (high - low), 1e-6)
    return low - air, high + air


def _drawn(row: Row, x: Scale, middle: float, *, narrow: bool) -> list[str]:
    colour = page_colour(ACCENT if row.shown else INK_3)
    hollow = f'fill="{colour}"' if row.shown else f'stroke="{colour}" stroke-width="1.6"'
    marks = [
        (
            f'<path d="M{x(row.low):.1f},{middle:g}H{x(row.high):.1f}" stroke="{colour}" stroke-width="5" '
            'stroke-linecap="round" opacity=".28"/>'
        ),
        f'<circle cx="{x(row.value):.1f}" cy="{middle:g}" r="4.7" {hollow}/>',
    ]
    if narrow:
        return [*marks, _text(0, middle - 10, f"{row.name}  {row.label}", INK)]
    return [
        *marks,
        _text(-12, middle + 4, _cut(row.name), INK, anchor="end"),
        _text(x.end + 12, middle + 4, row.label, INK_3),
    ]


def _cut(name: str) -> str:
    if text_width(name) <= LONGEST:
        return name
    while name and text_width(name) > LONGEST - 12:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{page_colour(colour)}"{side}>{escape(text)}</text>'


def _framed(result: Comparison, body: list[str], left: float, right: float, deep: float) -> str:
    title, said = heading(result), under(result)
    wide = max(left + right, 1.06 * text_width(title, 14), text_width(said)) + 2 * PADDING
    high = TOP + EDGE + deep + 2 * PADDING
    inside = "".join(body)
    mark = sha256(inside.encode()).hexdigest()[:8]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t{mark} d{mark}" width="{wide:.0f}" '
        f'height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" font-size="12" fill="none">'
        f'<title id="t{mark}">{escape(title)}</title><desc id="d{mark}">{escape(described(result))}</desc>'
        f'<text x="{PADDING}" y="16" fill="{page_colour(INK)}" font-size="14" font-weight="600">{escape(title)}</text>'
        f"{_text(PADDING, 34, said, INK_2)}"
        f'<g transform="translate({PADDING + left:.1f},{PADDING + TOP + EDGE})">{inside}</g></svg>'
    )


def difference_rows(result: Comparison, *, width: int) -> alt.LayerChart:
    """Returns the same as an Altair chart, for notebooks and files."""
    import altair as alt

    rows = [{**row._asdict(), "colour": ACCENT if row.shown else INK_3} for row in rows_of(result)]
    low, high = _ends(rows_of(result)) if rows else (-1.0, 1.0)
    form = {"share": "+.0%", "points": "+.0f"}.get(result.unit, "+.2f")
    axis = alt.Axis(labelLimit=LONGEST, labelColor=INK, labelPadding=12)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", sort=[str(row["name"]) for row in rows], axis=axis, title=None)
    )
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    x = alt.X("low:Q", scale=scale, axis=alt.Axis(format=form, orient="top", title=None), title=None)
    colour = alt.Color("colour:N", scale=None)
    layers = [
        alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL).encode(x=alt.datum(0)),
        base.mark_rule(strokeWidth=5, opacity=0.28, strokeCap="round").encode(x=x, x2="high:Q", color=colour),
        base.mark_circle(size=70, opacity=1).encode(x=alt.X("value:Q"), color=colour),
        base.mark_text(align="left", dx=12, color=INK_3).encode(x=alt.value(width), text="label:N"),
    ]
    title = alt.TitleParams(heading(result), subtitle=under(result))
    chart = alt.LayerChart(layer=layers).properties(
        width=width, height=alt.Step(ROW), title=title, description=described(result)
    )
    chart.config = config()
    return chart
