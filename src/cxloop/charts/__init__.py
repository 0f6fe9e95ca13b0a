"""Charts: results in, Altair charts out, and their SVG, PNG and PDF without a browser; pictures for pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.charts.balances import balance_picture, foreseen_picture
from cxloop.charts.counts import day_bars
from cxloop.charts.differences import difference_picture
from cxloop.charts.draw import draw
from cxloop.charts.falls import fall_bars
from cxloop.charts.grids import grid_picture
from cxloop.charts.league_pictures import caterpillar, funnel
from cxloop.charts.over_time import control_picture
from cxloop.charts.pairs import pair_picture
from cxloop.charts.picture import picture
from cxloop.charts.render import pdf, png, svg
from cxloop.charts.shares import share_bar
from cxloop.charts.sizes import size_history, size_line
from cxloop.charts.sparkline import sparkline
from cxloop.charts.stairs import stairs_picture
from cxloop.charts.trees import Branch, tree_picture
from cxloop.charts.whichever import result_picture

if TYPE_CHECKING:
    import altair as alt

    from cxloop.core.league import League

__all__ = [
    "Branch",
    "balance_picture",
    "caterpillar",
    "control_picture",
    "coverage_chart",
    "day_bars",
    "difference_picture",
    "draw",
    "fall_bars",
    "foreseen_picture",
    "funnel",
    "funnel_chart",
    "grid_picture",
    "growth_chart",
    "pair_picture",
    "pdf",
    "picture",
    "png",
    "result_picture",
    "share_bar",
    "size_history",
    "size_line",
    "sparkline",
    "stairs_picture",
    "svg",
    "tree_picture",
]


def funnel_chart(result: League, *, width: int = 640) -> alt.LayerChart:
    """Returns the groups of a league table by size, between the lines that luck alone keeps them in."""
    from cxloop.charts import league_charts

    return league_charts.funnel_chart(result, width=width)


def coverage_chart(rows: Sequence[dict[str, str | int | float]]) -> alt.HConcatChart:
    """Returns the chart of how often intervals hold the truth; see `cxloop.charts.coverage`."""
    from cxloop.charts import coverage

    return coverage.coverage_chart(rows)


def growth_chart(rows: Sequence[dict[str, str | float]]) -> alt.HConcatChart:
    """Returns the chart of how time grows with the log; see `cxloop.charts.growth`."""
    from cxloop.charts import growth

    return growth.growth_chart(rows)
