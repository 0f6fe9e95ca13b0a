"""League tables as Altair charts, for notebooks, reports and files; pages have `charts.league_pictures`."""

from __future__ import annotations

from typing import Any

import altair as alt

from cxloop.charts.league_points import LIMITS, described, ends, figures, heading, limits, outside, shown, under
from cxloop.charts.theme import ACCENT, INK, INK_3, NEUTRAL, config
from cxloop.charts.words import axis_label
from cxloop.core.errors import InputError
from cxloop.core.league import League
from cxloop.core.results import Estimate, Unit

__all__ = ["caterpillar_chart", "funnel_chart"]

ROW_HEIGHT = 28


def caterpillar_chart(result: League, *, width: int) -> alt.LayerChart:
    """Returns the groups of a league table with their intervals, the best first; see `league_pictures.caterpillar`.

    Raises:
        InputError: no group has enough answers.
    """
    rows, note = shown(result)
    mean = _mean(result)
    data: list[dict[str, Any]] = [
        {
            "group": row.label,
            "value": row.shrunk.value,
            "low": row.shrunk.low,
            "high": row.shrunk.high,
            "raw": row.raw,
            "label": figures(row, result),
            "colour": ACCENT if row.standing in ("better", "worse") else INK_3,
        }
        for row in rows
        if row.shrunk is not None
    ]
    low, high = ends(rows, mean)
    axis = alt.Axis(labelLimit=180, labelColor=INK, labelPadding=12)
    base = alt.Chart(alt.InlineData(values=data)).encode(
        y=alt.Y("group:N", sort=[row["group"] for row in data], axis=axis, title=None)
    )
    numbers = _axis(result.unit, low, high, orient="top")
    x = alt.X("low:Q", scale=alt.Scale(domain=[low, high], zero=False, nice=False), axis=numbers, title=None)
    colour = alt.Color("colour:N", scale=None)
    layers = [
        alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL).encode(x=alt.datum(mean)),
        base.mark_rule(strokeWidth=5, opacity=0.28, strokeCap="round").encode(x=x, x2="high:Q", color=colour),
        base.mark_point(size=55, color=INK_3, strokeWidth=1.3).encode(x=alt.X("raw:Q")),
        base.mark_circle(size=70, opacity=1).encode(x=alt.X("value:Q"), color=colour),
        base.mark_text(align="left", dx=12, color=INK_3).encode(x=alt.value(width), text="label:N"),
    ]
    chart = alt.LayerChart(layer=layers).properties(width=width, height=alt.Step(ROW_HEIGHT))
    return _dressed(chart, heading(result), under(result, note), result)


def funnel_chart(result: League, *, width: int) -> alt.LayerChart:
    """Returns the groups of a league table by size, between the lines of luck; see `league_pictures.funnel`.

    Raises:
        InputError: no group has enough answers.
    """
    mean = _mean(result)
    data: list[dict[str, Any]] = [
        {"group": row.label if outside(row, result) else "", "n": row.n, "value": row.adjusted.value,
         "colour": ACCENT if outside(row, result) else NEUTRAL}
        for row in result.judged
        if isinstance(row.adjusted, Estimate)
    ]  # fmt: skip
    curves: list[dict[str, Any]] = [
        {"n": item.n, "end": end, "line": f"{item.share} {side}", "dash": item.share}
        for item in limits(result)
        for side, end in (("low", item.low), ("high", item.high))
    ]
    values = [*(float(row["end"]) for row in curves), *(float(row["value"]) for row in data)]
    low, high = min(values), max(values)
    x = alt.X(
        "n:Q", scale=alt.Scale(type="sqrt", zero=False, nice=False), title=None, axis=alt.Axis(grid=False, tickCount=6)
    )
    y = alt.Scale(domain=[low, high], zero=False, nice=False)
    points = alt.Chart(alt.InlineData(values=data)).encode(x=x, y=alt.Y("value:Q", scale=y, title=None))
    lines = alt.Chart(alt.InlineData(values=curves)).mark_line(color=INK_3, strokeWidth=1.2)
    layers = [
        alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL).encode(y=alt.datum(mean)),
        lines.encode(
            x=x,
            y=alt.Y("end:Q", scale=y, axis=_axis(result.unit, low, high), title=None),
            detail="line:N",
            strokeDash=alt.StrokeDash(
                "dash:N", legend=None, scale=alt.Scale(domain=[share for _, share in LIMITS], range=[[4, 4], [1, 0]])
            ),
        ),
        points.mark_circle(size=60, opacity=1).encode(color=alt.Color("colour:N", scale=None)),
        points.mark_text(align="left", dx=8, color=INK).encode(text="group:N"),
    ]
    chart = alt.LayerChart(layer=layers).properties(width=width, height=300)
    said = f"same cases · dashed 95 %, solid 99.8 % of groups if luck were all · across: {result.noun}s"
    return _dressed(chart, f"{heading(result)}, by size", said, result)


def _mean(result: League) -> float:
    if result.mean is None:
        raise InputError("No group has enough answers for a chart. Choose a longer period, or larger groups.")
    return result.mean


def _axis(unit: Unit, low: float, high: float, **more: Any) -> alt.Axis:
    return alt.Axis(grid=True, tickCount=5, labelExpr=axis_label(unit, high - low), **more)


def _dressed(chart: alt.LayerChart, first: str, under_it: str, result: League) -> alt.LayerChart:
    head = alt.TitleParams(first, subtitle=under_it)
    dressed: alt.LayerChart = chart.properties(title=head, description=described(result))
    dressed.config = config()
    return dressed
