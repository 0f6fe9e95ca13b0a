"""Charts of estimates: dots with their intervals, or lines over time with theirs as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import altair as alt

from cxloop.charts.axes import ticks
from cxloop.charts.happenings import rules, told, within
from cxloop.charts.points import domain, dot, few_note, groups_of, is_split, largest, line_ends, moments, most
from cxloop.charts.theme import ACCENT, INK, INK_3, NEUTRAL, SERIES, config
from cxloop.charts.words import Notes, axis_label, description, group_name, subtitle, title
from cxloop.core.results import Estimate, EstimateRow, Estimates, Unit

__all__ = ["dots", "lines"]

ROW_HEIGHT = 30
NARROW, NARROW_ROW_HEIGHT = 420, 46
"""Plots narrower than this (a phone) have names and figures above each row and not beside it."""
_Chart = TypeVar("_Chart", alt.LayerChart, alt.FacetChart)


def dots(result: Estimates, *, width: int) -> alt.LayerChart:
    """Returns a row per group: the estimate as a dot on its interval, with the figures beside it."""
    rows, note = most(result.rows, result.noun)
    order = sorted(rows, key=lambda row: -row.result.value if isinstance(row.result, Estimate) else float("inf"))
    names = [group_name(row.group) or "everyone" for row in order]
    data = alt.InlineData(values=[dot(name, row, result.unit) for name, row in zip(names, order, strict=True)])
    low, high = domain(result.unit, rows, result.scale)
    narrow = width < NARROW
    axis = None if narrow else alt.Axis(labelLimit=180, labelColor=INK, labelPadding=12)
    x = _x_value(result.unit, low, high)
    base = alt.Chart(data).encode(y=alt.Y("group:N", sort=names, axis=axis, title=None))
    figures = (
        base.mark_text(align="left", dy=-15, color=INK).encode(x=alt.value(0), text="line:N")
        if narrow
        else base.mark_text(align="left", dx=12, color=INK_3).encode(x=alt.value(width), text="label:N")
    )
    layers = [
        *([_zero_line("x")] if low < 0 < high else []),
        base.mark_rule(strokeWidth=5, opacity=0.28, color=ACCENT, strokeCap="round").encode(x=x, x2="high:Q"),
        base.mark_circle(size=70, opacity=1, color=ACCENT).encode(x=alt.X("value:Q")),
        figures,
    ]
    height = alt.Step(NARROW_ROW_HEIGHT if narrow else ROW_HEIGHT)
    return _dressed(alt.LayerChart(layer=layers).properties(width=width, height=height), result, note, rows)


def lines(result: Estimates, *, width: int, notes: Notes = ()) -> alt.LayerChart | alt.FacetChart:
    """Returns the estimates over time, the interval as a band; one chart, or one per group where there are many.

    What happened on a day is a numbered rule, and its words stand below the title; small charts leave it out.
    """
    if is_split(result):
        return _small_multiples(result, width)
    names = [group_name(group) for group in groups_of(result)]
    colours = alt.Color("group:N", scale=alt.Scale(domain=names, range=list(SERIES[: len(names)])), legend=None)
    data = alt.InlineData(values=moments(result.rows, result.unit))
    low, high = domain(result.unit, result.rows, result.scale)
    ends = [end._asdict() for end in line_ends(result, low, high)]
    labels = (
        alt.Chart(alt.InlineData(values=ends))
        .mark_text(align="left", dx=10, fontWeight=500)
        .encode(x=alt.value(width), y=alt.Y("place:Q"), text="label:N", color=colours)
    )
    found = within(notes, (row.period for row in result.rows))
    chart = alt.LayerChart(data=data, layer=[*rules(found), *_over_time(result.unit, low, high, colours), labels])
    note = few_note(result.rows, result.noun)
    return _dressed(chart.properties(width=width, height=300), result, note, result.rows, told(found))


def _small_multiples(result: Estimates, width: int) -> alt.FacetChart:
    groups, rows, note = largest(result)
    names = [group_name(group) for group in groups]
    low, high = domain(result.unit, rows, result.scale)
    data = alt.InlineData(values=moments(rows, result.unit))
    columns = max(1, min(4, width // 200, len(names)))
    layered = alt.LayerChart(layer=_over_time(result.unit, low, high, alt.value(ACCENT)))
    one = layered.properties(width=width // columns - 30, height=130)
    facet = one.facet(alt.Facet("group:N", sort=names, title=None), columns=columns, data=data, spacing=24)
    return _dressed(facet, result, " · ".join(part for part in (note, few_note(rows, result.noun)) if part), rows)


def _over_time(unit: Unit, low: float, high: float, colours: alt.Color | Mapping[str, Any]) -> list[alt.Chart]:
    """Returns band, line, dots and the marks of periods with too few answers; the data is the whole chart's."""
    base = alt.Chart()
    time = alt.X("period:T", axis=alt.Axis(labelFlush=True, tickCount=6, grid=False), title=None)
    grid = _axis(unit, low, high, 4)
    y = alt.Y("low:Q", scale=alt.Scale(domain=[low, high], zero=False, nice=False), axis=grid, title=None)
    known = base.transform_filter("datum.value !== null").encode(x=time, color=colours, detail="run:N")
    few = base.transform_filter("datum.value === null").encode(x=time, y=alt.datum(low))
    return [
        *([_zero_line("y")] if low < 0 < high else []),
        known.mark_area(opacity=0.14).encode(y=y, y2="high:Q"),
        known.transform_filter("datum.alone").mark_rule(opacity=0.4, strokeWidth=1.8).encode(y=y, y2="high:Q"),
        known.mark_line(strokeWidth=1.8, strokeJoin="round").encode(y="value:Q"),
        known.mark_circle(size=14, opacity=1).encode(y="value:Q"),
        few.mark_text(text="×", color=INK_3, fontSize=13, dy=-6),
    ]


def _x_value(unit: Unit, low: float, high: float) -> alt.X:
    axis = _axis(unit, low, high, 5, orient="top")
    return alt.X("low:Q", scale=alt.Scale(domain=[low, high], zero=False, nice=False), axis=axis, title=None)


def _axis(unit: Unit, low: float, high: float, wanted: int, **more: Any) -> alt.Axis:
    """Returns the axis of the numbers; Vega knows round numbers, but no round durations."""
    places = {"values": ticks(low, high, wanted, unit)} if unit == "duration" else {"tickCount": wanted}
    return alt.Axis(grid=True, labelExpr=axis_label(unit, high - low), **places, **more)


def _zero_line(along: str) -> alt.Chart:
    rule: alt.Chart = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL, strokeWidth=1)
    return rule.encode(**{along: alt.datum(0)})


def _dressed(
    chart: _Chart, result: Estimates, note: str, rows: tuple[EstimateRow, ...], words: Sequence[str] = ()
) -> _Chart:
    under = subtitle(result, note)
    head = alt.TitleParams(title(result), subtitle=[under, *words] if words else under)
    dressed: _Chart = chart.properties(title=head, description=description(result, rows))
    dressed.config = config()
    return dressed
