"""The chart of the promise about intervals: how often they hold the truth."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from cxloop.charts.theme import INK_3, NEUTRAL, SERIES, config

__all__ = ["coverage_chart"]

PROMISED = (0.93, 0.975)
LEAST = 0.90


def coverage_chart(rows: Sequence[dict[str, str | int | float]]) -> alt.HConcatChart:
    """Returns the coverage of every population, a panel per n, against what is promised.

    Args:
        rows: family, population, n and coverage (0 to 1) of each.
    """
    sizes = sorted({int(row["n"]) for row in rows})
    families = list(dict.fromkeys(str(row["family"]) for row in rows))
    order = list(dict.fromkeys(_name(row) for row in rows))
    panels = [_panel([row for row in rows if row["n"] == n], n, order, families, first=n == sizes[0]) for n in sizes]
    chart = alt.hconcat(*panels, spacing=24).properties(
        title=alt.TitleParams(
            "How often 95 % intervals hold the truth",
            subtitle="Each dot is a population; dark line 95 %, band what is promised on average (93 to 97.5 %)",
        ),
        description="Coverage of the 95 % intervals of NPS, CSAT and means at n = " + ", ".join(map(str, sizes)) + ".",
    )
    chart.config = config()
    return chart


def _name(row: dict[str, str | int | float]) -> str:
    return f"{row['family']}  {row['population']}"


def _panel(
    rows: Sequence[dict[str, str | int | float]], n: int, order: list[str], families: list[str], *, first: bool
) -> alt.LayerChart:
    data = alt.InlineData(values=[{"name": _name(row), **row} for row in rows])
    axis = alt.Axis(grid=True, tickCount=3, values=[0.9, 0.95, 1.0], labelExpr="format(100 * datum.value, '') + ' %'")
    x = alt.X("coverage:Q", scale=alt.Scale(domain=[0.885, 1.0], clamp=True, nice=False), axis=axis, title=None)
    y = alt.Y("name:N", sort=order, axis=alt.Axis(labels=first, labelLimit=260), title=None)
    band = alt.Chart(alt.InlineData(values=[{"coverage": PROMISED[0], "high": PROMISED[1]}]))
    once = alt.Chart(alt.InlineData(values=[{}]))
    colours = alt.Color("family:N", scale=alt.Scale(domain=families, range=list(SERIES[: len(families)])), legend=None)
    layers = [
        band.mark_rect(color=NEUTRAL, opacity=0.22).encode(x=x, x2="high:Q"),
        once.mark_rule(color=INK_3, strokeWidth=1).encode(x=alt.datum(0.95)),
        alt.Chart(data).mark_circle(size=60, opacity=1).encode(x=x, y=y, color=colours),
    ]
    head = alt.TitleParams(f"n = {n}", fontSize=12, offset=4, frame="group")
    return alt.LayerChart(layer=layers).properties(width=150, height=alt.Step(20), title=head)
