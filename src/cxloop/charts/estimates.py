"""Charts of estimates: dots with their intervals, or lines over time with theirs as a band."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import altair as alt

from cxloop.charts.theme import ACCENT, INK, INK_3, NEUTRAL, SERIES, config
from cxloop.charts.words import axis_label, description, group_name, row_label, subtitle, title
from cxloop.core.results import Estimate, EstimateRow, Estimates, Unit, Value
from cxloop.core.wording import count, number

__all__ = ["dots", "lines"]

MOST_ROWS = 40
"""Rows of a dot chart: more are a table."""
MOST_LINES = 3
"""Lines whose bands can be told apart in one chart; more get a small chart each."""
MOST_GAPS = 0.2
"""Share of periods without a number from which several lines are only pieces, and get a small chart each too."""
MOST_SMALL = 24
ROW_HEIGHT = 30
NARROW, NARROW_ROW_HEIGHT = 420, 46
"""Plots narrower than this (a phone) have names and figures above each row and not beside it."""
LABEL_SPACE = 230
Point = dict[str, Value]
_Chart = TypeVar("_Chart", alt.LayerChart, alt.FacetChart)


def dots(result: Estimates, *, width: int) -> alt.LayerChart:
    """Returns a row per group: the estimate as a dot on its interval, with the figures beside it."""
    rows, note = _most(result.rows, MOST_ROWS, "groups")
    order = sorted(rows, key=lambda row: -row.result.value if isinstance(row.result, Estimate) else float("inf"))
    names = [group_name(row.group) or "everyone" for row in order]
    data = alt.InlineData(values=[_dot(name, row, result.unit) for name, row in zip(names, order, strict=True)])
    low, high = _domain(result.unit, rows, result.scale)
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


def lines(result: Estimates, *, width: int) -> alt.LayerChart | alt.FacetChart:
    """Returns the estimates over time, the interval as a band; one chart, or one per group where there are many."""
    groups = list(dict.fromkeys(row.group for row in result.rows))
    gaps = sum(not isinstance(row.result, Estimate) for row in result.rows)
    if len(groups) > MOST_LINES or (len(groups) > 1 and gaps > MOST_GAPS * len(result.rows)):
        return _small_multiples(result, groups, width)
    names = [group_name(group) for group in groups]
    colours = alt.Color("group:N", scale=alt.Scale(domain=names, range=list(SERIES[: len(names)])), legend=None)
    data = alt.InlineData(values=_moments(result.rows, result.unit))
    low, high = _domain(result.unit, result.rows, result.scale)
    ends = _line_ends(result, low, high)
    labels = (
        alt.Chart(alt.InlineData(values=ends))
        .mark_text(align="left", dx=10, fontWeight=500)
        .encode(x=alt.value(width), y=alt.Y("place:Q"), text="label:N", color=colours)
    )
    chart = alt.LayerChart(data=data, layer=[*_over_time(result.unit, low, high, colours), labels])
    return _dressed(chart.properties(width=width, height=300), result, _few_note(result.rows), result.rows)


def _small_multiples(result: Estimates, groups: Sequence[tuple[str | None, ...]], width: int) -> alt.FacetChart:
    sizes = {group: sum(row.result.n for row in result.rows if row.group == group) for group in groups}
    kept = sorted(groups, key=lambda group: -sizes[group])[:MOST_SMALL]
    names = [group_name(group) for group in groups if group in kept]
    rows = tuple(row for row in result.rows if row.group in kept)
    note = f"{len(kept)} of {count(len(groups))} groups, those with most answers" if len(kept) < len(groups) else ""
    low, high = _domain(result.unit, rows, result.scale)
    data = alt.InlineData(values=_moments(rows, result.unit))
    columns = max(1, min(4, width // 200, len(names)))
    layered = alt.LayerChart(layer=_over_time(result.unit, low, high, alt.value(ACCENT)))
    one = layered.properties(width=width // columns - 30, height=130)
    facet = one.facet(alt.Facet("group:N", sort=names, title=None), columns=columns, data=data, spacing=24)
    return _dressed(facet, result, " · ".join(part for part in (note, _few_note(rows)) if part), rows)


def _over_time(unit: Unit, low: float, high: float, colours: alt.Color | Mapping[str, Any]) -> list[alt.Chart]:
    """Returns band, line, dots and the marks of periods with too few answers; the data is the whole chart's."""
    base = alt.Chart()
    time = alt.X("period:T", axis=alt.Axis(labelFlush=True, tickCount=6, grid=False), title=None)
    grid = alt.Axis(grid=True, tickCount=4, labelExpr=axis_label(unit, high - low))
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


def _dot(name: str, row: EstimateRow, unit: Unit) -> Point:
    found = row.result
    limits = (found.value, found.low, found.high) if isinstance(found, Estimate) else (None, None, None)
    point: Point = dict(zip(("value", "low", "high"), limits, strict=True))
    label = row_label(found, unit)
    return {"group": name, **point, "label": label, "line": f"{name}  {label}"}


def _moments(rows: Sequence[EstimateRow], unit: Unit) -> list[Point]:
    """Returns a point per row; `run` changes where a period could not be said, so that no line bridges it.

    A point that is `alone` in its run has no band; its interval is drawn as a rule.
    """
    points: list[Point] = []
    runs: dict[str, int] = {}
    for row in rows:
        assert row.period is not None  # rows of a chart over time have one
        point = _dot(group_name(row.group), row, unit)
        name = str(point["group"])
        runs[name] = runs.get(name, 0) + (point["value"] is None)
        points.append({**point, "period": row.period.isoformat(), "run": f"{name} {runs[name]}"})
    lengths = Counter(point["run"] for point in points if point["value"] is not None)
    return [{**point, "alone": lengths[point["run"]] == 1} for point in points]


def _line_ends(result: Estimates, low: float, high: float) -> list[Point]:
    """Returns a label for the end of each line, moved apart where they would touch; an old value is left out."""
    last = {row.group: row for row in result.rows if isinstance(row.result, Estimate)}
    found = [(row, row.result) for row in last.values() if isinstance(row.result, Estimate)]
    found.sort(key=lambda item: item[1].value)
    gap, place = (high - low) * 0.055, low - (high - low)
    ends: list[Point] = []
    latest = max((row.period for row in result.rows if row.period is not None), default=None)
    for row, estimate in found:
        place = max(estimate.value, place + gap)
        name = group_name(row.group)
        value = number(estimate.value, result.unit) if row.period == latest else ""
        label = " ".join(part for part in (name, value) if part)
        ends.append({"place": place, "group": name, "label": label})
    return ends


def _most(rows: tuple[EstimateRow, ...], most: int, what: str) -> tuple[tuple[EstimateRow, ...], str]:
    if len(rows) <= most:
        return rows, ""
    kept = sorted(rows, key=lambda row: -row.result.n)[:most]
    return tuple(kept), f"{most} of {count(len(rows))} {what}, those with most answers"


def _few_note(rows: Sequence[EstimateRow]) -> str:
    return "" if all(isinstance(row.result, Estimate) for row in rows) else "× too few answers"


def _domain(unit: Unit, rows: Sequence[EstimateRow], scale: tuple[float, float] | None) -> tuple[float, float]:
    """Returns the range of the axis: what the intervals need and a little air, inside what is possible."""
    known = [row.result for row in rows if isinstance(row.result, Estimate)]
    ends = {"points": (-100.0, 100.0), "share": (0.0, 1.0)}.get(unit, scale or (float("-inf"), float("inf")))
    if not known:
        return ends if ends[0] > float("-inf") else (0.0, 1.0)
    low, high = min(found.low for found in known), max(found.high for found in known)
    air = max(0.06 * (high - low), 1e-6)
    return max(low - air, ends[0]), min(high + air, ends[1])


def _x_value(unit: Unit, low: float, high: float) -> alt.X:
    axis = alt.Axis(grid=True, tickCount=5, labelExpr=axis_label(unit, high - low), orient="top")
    return alt.X("low:Q", scale=alt.Scale(domain=[low, high], zero=False, nice=False), axis=axis, title=None)


def _zero_line(along: str) -> alt.Chart:
    rule: alt.Chart = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL, strokeWidth=1)
    return rule.encode(**{along: alt.datum(0)})


def _dressed(chart: _Chart, result: Estimates, note: str, rows: tuple[EstimateRow, ...]) -> _Chart:
    head = alt.TitleParams(title(result), subtitle=subtitle(result, note))
    dressed: _Chart = chart.properties(title=head, description=description(result, rows))
    dressed.config = config()
    return dressed
