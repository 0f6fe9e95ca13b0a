"""The chart of how time grows with the log: both engines, both axes in powers of ten."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from cxloop.charts.theme import INK_2, SERIES, config

__all__ = ["growth_chart"]

WIDTH, HEIGHT = 200, 220


def growth_chart(rows: Sequence[dict[str, str | float]]) -> alt.HConcatChart:
    """Returns seconds by size of the log, a panel per question and a line per engine.

    Args:
        rows: engine, operation, millions of interactions and seconds of each measurement.
    """
    engines = list(dict.fromkeys(str(row["engine"]) for row in rows))
    operations = list(dict.fromkeys(str(row["operation"]) for row in rows))
    seconds = [float(row["seconds"]) for row in rows]
    domain = [min(seconds) / 1.5, max(seconds) * 1.5]
    panels = [
        _panel([row for row in rows if row["operation"] == operation], operation, engines, domain, first=not place)
        for place, operation in enumerate(operations)
    ]
    chart = alt.hconcat(*panels, spacing=28).properties(
        title=alt.TitleParams(
            "Seconds by millions of interactions",
            subtitle="Middle of three runs on two cores, one year of events; both axes in powers of ten",
        ),
        description="Seconds of " + ", ".join(operations) + " by size of the log, on " + " and ".join(engines) + ".",
    )
    chart.config = config()
    return chart


def _panel(
    rows: Sequence[dict[str, str | float]], operation: str, engines: list[str], domain: list[float], *, first: bool
) -> alt.LayerChart:
    data = alt.InlineData(values=list(rows))
    x = alt.X("millions:Q", scale=alt.Scale(type="log", nice=False, padding=12), axis=_axis("~g", _ticks(rows)))
    lines = _axis("~g", (0.01, 0.1, 1, 10, 100), grid=True, labels=first)
    y = alt.Y("seconds:Q", scale=alt.Scale(type="log", domain=domain), axis=lines)
    colour = alt.Color("engine:N", scale=alt.Scale(domain=engines, range=list(SERIES[: len(engines)])), legend=None)
    last = max(float(row["millions"]) for row in rows)
    ends = [
        max((row for row in rows if row["engine"] == engine), key=lambda row: float(row["millions"]))
        for engine in engines
        if any(row["engine"] == engine for row in rows)
    ]
    named = alt.Chart(alt.InlineData(values=ends))
    base = alt.Chart(data)
    layers = [
        base.mark_line(strokeWidth=1.5).encode(x=x, y=y, color=colour),
        base.mark_circle(size=60, opacity=1).encode(x=x, y=y, color=colour),
        named.mark_text(dy=-12, align="right" if last > 1 else "center", dx=4, fontWeight=600).encode(
            x=x, y=y, color=colour, text="engine:N"
        ),
    ]
    head = alt.TitleParams(operation, fontSize=12, offset=6, frame="group", color=INK_2)
    return alt.LayerChart(layer=layers).properties(width=WIDTH, height=HEIGHT, title=head)


def _ticks(rows: Sequence[dict[str, str | float]]) -> tuple[float, ...]:
    return tuple(sorted({float(row["millions"]) for row in rows}))


def _axis(form: str, values: Sequence[float], *, grid: bool = False, labels: bool = True) -> alt.Axis:
    return alt.Axis(format=form, values=list(values), grid=grid, labels=labels)
