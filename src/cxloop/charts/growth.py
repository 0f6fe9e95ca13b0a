"""The chart of growth: seconds against the size of the log, both on logarithmic axes, a panel for each operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from cxloop.charts.theme import INK_2, INK_3, NEUTRAL, SERIES, config

__all__ = ["growth_chart"]

WIDTH, HEIGHT = 236, 150
COLUMNS = 3
TICKS_N = (1e6, 1e7, 1e8, 1e9)
TICKS_SECONDS = (0.01, 0.1, 1, 10, 100, 1000)
AMOUNT = "datum.value >= 1e9 ? datum.value / 1e9 + ' bn' : datum.value / 1e6 + ' m'"
SECONDS = "datum.value + ' s'"


def growth_chart(rows: Sequence[dict[str, Any]], *, limit: float, clock: str = "seconds") -> alt.VConcatChart:
    """Returns how seconds grow with interactions: what was measured, the line through it, and where that would lead.

    Args:
        rows: operation, engine, n (interactions), seconds and part ("measured", "fitted" or "extrapolated") of each.
        limit: seconds that are drawn as a line across.
        clock: what is counted upwards, in words.
    """
    operations = list(dict.fromkeys(str(row["operation"]) for row in rows))
    engines = list(dict.fromkeys(str(row["engine"]) for row in rows))
    ends = [float(row["seconds"]) for row in rows if row["seconds"] > 0]
    low = max([tick for tick in TICKS_SECONDS if tick <= min(ends)], default=TICKS_SECONDS[0])
    high = min([tick for tick in TICKS_SECONDS if tick >= max(*ends, limit)], default=TICKS_SECONDS[-1])
    most = max(float(row["n"]) for row in rows)
    panels = [
        _panel([row for row in rows if row["operation"] == name], name, engines, (low, high), most, limit)
        for name in operations
    ]
    lines = [alt.hconcat(*panels[at : at + COLUMNS], spacing=28) for at in range(0, len(panels), COLUMNS)]
    chart = alt.vconcat(*lines, spacing=26).properties(
        title=alt.TitleParams(
            "How long things take as the log grows",
            subtitle=[
                "Dots: median of the runs. Full line: fixed + slope x interactions, fitted. Dashed: extrapolated.",
                f"Grey line across: {limit:g} s. Interactions to the right, {clock} upwards, both logarithmic.",
            ],
        ),
        description=f"Seconds of {', '.join(operations)} against interactions, on {' and '.join(engines)}.",
    )
    chart.config = config()
    return chart


def _panel(
    rows: Sequence[dict[str, Any]],
    name: str,
    engines: Sequence[str],
    seconds: tuple[float, float],
    most: float,
    limit: float,
) -> alt.LayerChart:
    least = min(float(row["n"]) for row in rows)
    numbers = alt.Axis(values=[tick for tick in TICKS_N if tick <= most], labelExpr=AMOUNT, grid=True)
    times = alt.Axis(values=[t for t in TICKS_SECONDS if seconds[0] <= t <= seconds[1]], labelExpr=SECONDS, grid=True)
    x = alt.X(
        "n:Q", scale=alt.Scale(type="log", domain=[least / 1.3, most * 1.1], nice=False), axis=numbers, title=None
    )
    y = alt.Y("seconds:Q", scale=alt.Scale(type="log", domain=list(seconds), nice=False), axis=times, title=None)
    colour = alt.Color(
        "engine:N", scale=alt.Scale(domain=list(engines), range=list(SERIES[: len(engines)])), legend=None
    )

    def part(*wanted: str) -> alt.Chart:
        return alt.Chart(alt.InlineData(values=[row for row in rows if row["part"] in wanted]))

    measured = {engine: [r for r in rows if r["engine"] == engine and r["part"] == "measured"] for engine in engines}
    labels = [max(found, key=lambda row: float(row["n"])) for found in measured.values() if found]
    layers = [
        alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=NEUTRAL, strokeWidth=1.5).encode(y=alt.datum(limit)),
        part("fitted").mark_line(strokeWidth=2, clip=True).encode(x=x, y=y, color=colour),
        part("extrapolated").mark_line(strokeWidth=1.5, strokeDash=[4, 4], clip=True).encode(x=x, y=y, color=colour),
        part("measured").mark_circle(size=55, opacity=1, clip=True).encode(x=x, y=y, color=colour),
        *(
            alt.Chart(alt.InlineData(values=[label]))
            .mark_text(align="left", dx=8 if place == 0 else -8, dy=12 if place == 0 else -14, fontWeight=600)
            .encode(x=x, y=y, color=colour, text="engine:N")
            for place, label in enumerate(labels)
        ),
    ]
    head = alt.TitleParams(name, fontSize=12, offset=6, frame="group", color=INK_2, subtitleColor=INK_3)
    return alt.LayerChart(layer=layers).properties(width=WIDTH, height=HEIGHT, title=head)
