"""Grids of shares and curves that fall by steps as Altair charts, for notebooks."""

from __future__ import annotations

import altair as alt

from cxloop.charts.stairs import MOST_GROUPS
from cxloop.charts.theme import ACCENT, INK, INK_2, LINE, config
from cxloop.core.pictured import Grid, Stairs

__all__ = ["grid_chart", "stairs_chart"]

ROW_HEIGHT, PANEL = 24, 110


def grid_chart(grid: Grid, *, width: int) -> alt.LayerChart:
    """Returns the grid: darker is more, and each cell says its number in percent."""
    rows = [*grid.rows, grid.total]
    cells = [
        {"row": f"{row.name} ({row.size:,})", "column": column, "share": value, "label": f"{100 * value:.0f}"}
        for row in rows
        for column, value in zip(grid.columns, row.cells, strict=False)
        if value is not None
    ]
    names = [f"{row.name} ({row.size:,})" for row in rows]
    base = alt.Chart(alt.InlineData(values=cells)).encode(
        x=alt.X("column:N", sort=list(grid.columns), title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("row:N", sort=names, title=None, axis=alt.Axis(labelLimit=200, labelColor=INK)),
    )
    opacity = alt.Opacity("share:Q", scale=alt.Scale(range=[0.06, 0.62], domainMin=0), legend=None)
    layers = [
        base.mark_rect(color=ACCENT, stroke="white").encode(opacity=opacity),
        base.mark_text(color=INK).encode(text="label:N"),
    ]
    chart = alt.LayerChart(layer=layers).properties(
        width=width, height=alt.Step(ROW_HEIGHT), title=grid.title, description=grid.title
    )
    chart.config = config()
    return chart


def stairs_chart(stairs: Stairs, *, width: int) -> alt.FacetChart:
    """Returns a small chart per group, with its interval as a band and how many still count as it goes on."""
    groups = [group for group in stairs.groups if group.points][:MOST_GROUPS]
    points = [
        {"group": group.name, "day": day, "share": share, "low": low, "high": high}
        for group in groups
        for day, share, low, high in (
            (0, 1.0, 1.0, 1.0),
            *((point.day, point.share, point.low, point.high) for point in group.points),
        )
    ]
    base = alt.Chart().encode(x=alt.X("day:Q", title="days", axis=alt.Axis(titleColor=INK_2)))
    up = alt.Y("share:Q", title=None, axis=alt.Axis(format="%", grid=True, gridColor=LINE))
    band = base.mark_area(color=ACCENT, opacity=0.18, interpolate="step-after").encode(
        y=alt.Y("low:Q", title=None), y2="high:Q"
    )
    line = base.mark_line(color=ACCENT, interpolate="step-after", strokeWidth=1.8).encode(y=up)
    layered = alt.LayerChart(layer=[band, line]).properties(width=width, height=PANEL)
    names = [group.name for group in groups]
    chart = alt.FacetChart(
        data=alt.InlineData(values=points),
        spec=layered,
        facet=alt.Row("group:N", sort=names, title=None),
        title=stairs.title,
    )
    chart.config = config()
    return chart
