"""Control charts: the line, what was to be expected with its band, and what is unusual; for pages and notebooks."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from cxloop.charts.axes import Scale, dates, text_width, tick_label, ticks, without_overlap
from cxloop.charts.happenings import Happened, happened, rules, told, within
from cxloop.charts.theme import ACCENT, INK, INK_2, INK_3, LINE, NEUTRAL, SERIES, config, page_colour
from cxloop.charts.words import Notes
from cxloop.core.control import ControlChart, ControlPoint
from cxloop.core.wording import count, number, period, plural

if TYPE_CHECKING:
    import altair as alt

__all__ = ["control_lines", "control_picture", "described", "heading", "under", "value_range"]

HEIGHT, TOP, BELOW, PADDING = 280, 58, 26, 4
UNUSUAL = SERIES[1]


def heading(result: ControlChart) -> str:
    """Returns the title: the metric and the length of a point."""
    return f"{result.label} by {result.every}"


def under(result: ControlChart) -> str:
    """Returns what stands below the title."""
    band = "expected, by season" if result.expect == "season" else "usual"
    return f"{result.chart} chart · shaded: {band} · orange: unusual"


def described(result: ControlChart) -> str:
    """Returns the picture in words, for those who do not see it."""
    unusual = [point for point in result.points if point.signals and point.value is not None]
    told = "; ".join(
        f"{period(point.period, result.every)} {number(point.value or 0.0, result.unit)}" for point in unusual
    )
    return f"{heading(result)}, {count(len(result.points))} {plural(result.every)}. Unusual: {told or 'none'}."


def value_range(result: ControlChart) -> tuple[float, float]:
    """Returns the ends of the axis: what points and band need, with a little air."""
    known = [value for point in result.points for value in (point.value, point.low, point.high) if value is not None]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    air = max(0.06 * (high - low), 1e-6)
    return low - air, high + air


def control_picture(result: ControlChart, *, width: int, notes: Notes = ()) -> str:
    """Returns a control chart as one SVG element in the page's CSS variables; empty with fewer than two points.

    Args:
        result: a control chart.
        width: pixels of the plot, without labels.
        notes: what happened on which day: a rule with its number stands on that day.
    """
    said = [point for point in result.points if point.value is not None]
    if len(said) < 2:
        return ""
    x = Scale(result.points[0].period.toordinal(), result.points[-1].period.toordinal(), 0, width)
    y = Scale(*value_range(result), HEIGHT, 0)
    values = ticks(y.low, y.high, 5, result.unit)
    labels = [tick_label(value, result.unit, y.high - y.low) for value in values]
    body = [
        *(f'<path d="M0,{y(value):.1f}H{width}" stroke="{page_colour(LINE)}"/>' for value in values),
        *(_text(-8, y(value) + 4, label, INK_3, anchor="end") for value, label in zip(values, labels, strict=True)),
        *_dates(result, x, width),
        *happened(_shown(result, notes), x, HEIGHT),
        *_band(result, x, y),
        *_line(result, x, y),
        *_unusual(result, x, y, width),
    ]
    return _framed(result, body, max(map(text_width, labels), default=0.0) + 12, width)


def _shown(result: ControlChart, notes: Notes) -> tuple[Happened, ...]:
    return within(notes, (point.period for point in result.points))


def _dates(result: ControlChart, x: Scale, width: int) -> list[str]:
    marks = dates(result.points[0].period, result.points[-1].period, max(width // 90, 2))
    placed = without_overlap([(x(day.toordinal()), text) for day, text in marks])
    return [_text(middle, HEIGHT + 18, text, INK_3, anchor="middle") for middle, text in placed]


def _runs(result: ControlChart) -> list[list[ControlPoint]]:
    """Returns the stretches of points that have limits."""
    found = groupby(result.points, key=lambda point: point.centre is not None)
    return [list(run) for known, run in found if known]


def _band(result: ControlChart, x: Scale, y: Scale) -> list[str]:
    shapes = []
    for run in _runs(result):
        across = [x(point.period.toordinal()) for point in run]
        upper = "L".join(f"{at:.1f},{y(p.high or 0.0):.1f}" for at, p in zip(across, run, strict=True))
        lower = "L".join(f"{at:.1f},{y(p.low or 0.0):.1f}" for at, p in zip(across[::-1], run[::-1], strict=True))
        centre = "L".join(f"{at:.1f},{y(p.centre or 0.0):.1f}" for at, p in zip(across, run, strict=True))
        shapes.append(f'<path d="M{upper}L{lower}Z" fill="{page_colour(NEUTRAL)}" opacity=".22"/>')
        shapes.append(
            f'<path d="M{centre}" stroke="{page_colour(NEUTRAL)}" stroke-width="1.3" stroke-dasharray="5 4"/>'
        )
    return shapes


def _line(result: ControlChart, x: Scale, y: Scale) -> list[str]:
    stretches = [list(run) for said, run in groupby(result.points, key=lambda point: point.value is not None) if said]
    placed = [[f"{x(p.period.toordinal()):.1f},{y(p.value or 0.0):.1f}" for p in run] for run in stretches]
    line = "".join(f"M{'L'.join(run)}" for run in placed if len(run) > 1)
    dots = "".join(f"M{point}h0" for run in placed for point in run)
    return [
        (
            f'<g stroke="{page_colour(ACCENT)}" stroke-linejoin="round" stroke-linecap="round">'
            f'<path d="{line}" stroke-width="1.8"/><path d="{dots}" stroke-width="4.2"/></g>'
        )
    ]


def _unusual(result: ControlChart, x: Scale, y: Scale, width: int) -> list[str]:
    """Rings around what is unusual, and the figure beside the latest of them."""
    found = [point for point in result.points if point.signals and point.value is not None]
    colour = page_colour(UNUSUAL)
    rings = [
        f'<circle cx="{x(p.period.toordinal()):.1f}" cy="{y(p.value or 0.0):.1f}" r="5.5" stroke="{colour}" '
        'stroke-width="2.2"/>'
        for p in found
    ]
    if not found or found[-1].value is None:
        return rings
    last = found[-1]
    text = number(last.value or 0.0, result.unit)
    middle = min(max(x(last.period.toordinal()), text_width(text) / 2), width - text_width(text) / 2)
    above = y(last.value or 0.0) - 12
    place = above if above > 10 else y(last.value or 0.0) + 22
    return [*rings, _text(middle, place, text, UNUSUAL, anchor="middle", weight=600)]


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", weight: int = 400) -> str:
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    thick = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{page_colour(colour)}"{side}{thick}>{escape(text)}</text>'


def _framed(result: ControlChart, body: list[str], left: float, width: int) -> str:
    title, said = heading(result), under(result)
    wide = max(left + width + 14, 1.06 * text_width(title, 14), text_width(said)) + 2 * PADDING
    high = TOP + HEIGHT + BELOW + 2 * PADDING
    inside = "".join(body)
    mark = sha256(inside.encode()).hexdigest()[:8]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t{mark} d{mark}" width="{wide:.0f}" '
        f'height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" font-size="12" fill="none">'
        f'<title id="t{mark}">{escape(title)}</title><desc id="d{mark}">{escape(described(result))}</desc>'
        f'<text x="{PADDING}" y="16" fill="{page_colour(INK)}" font-size="14" font-weight="600">{escape(title)}</text>'
        f'{_text(PADDING, 34, said, INK_2)}<g transform="translate({PADDING + left:.1f},{TOP + PADDING})">'
        f"{inside}</g></svg>"
    )


def control_lines(result: ControlChart, *, width: int, notes: Notes = ()) -> alt.LayerChart:
    """Returns the same as an Altair chart, for notebooks and files; what happened stands below its title."""
    import altair as alt

    rows = [
        {
            "period": point.period.isoformat(),
            "value": point.value,
            "centre": point.centre,
            "low": point.low,
            "high": point.high,
            "unusual": bool(point.signals),
        }
        for point in result.points
    ]
    low, high = value_range(result)
    form = {"share": ".0%", "points": "+.0f"}.get(result.unit, ".2f")
    axis = alt.Axis(format=form, title=None)
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=alt.X("period:T", title=None))
    y = alt.Y("value:Q", scale=alt.Scale(domain=[low, high], nice=False, zero=False), axis=axis, title=None)
    rings = base.transform_filter("datum.unusual").mark_point(size=120, color=UNUSUAL, strokeWidth=2.2)
    found = _shown(result, notes)
    layers = [
        *rules(found),
        base.mark_area(color=NEUTRAL, opacity=0.22).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color=NEUTRAL, strokeDash=[5, 4], strokeWidth=1.3).encode(y=alt.Y("centre:Q")),
        base.mark_line(color=ACCENT, strokeWidth=1.8, point={"color": ACCENT, "size": 18}).encode(y=y),
        rings.encode(y=alt.Y("value:Q")),
    ]
    title = alt.TitleParams(heading(result), subtitle=[under(result), *told(found)] if found else under(result))
    chart = alt.LayerChart(layer=layers).properties(
        width=width, height=HEIGHT, title=title, description=described(result)
    )
    chart.config = config()
    return chart
