"""Charts: results in, Altair charts out, and their SVG, PNG and PDF without a browser; pictures for pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.charts.counts import day_bars
from cxloop.charts.draw import draw
from cxloop.charts.falls import fall_bars
from cxloop.charts.picture import picture
from cxloop.charts.render import pdf, png, svg
from cxloop.charts.shares import share_bar
from cxloop.charts.sizes import size_history, size_line
from cxloop.charts.sparkline import sparkline

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "coverage_chart",
    "day_bars",
    "draw",
    "fall_bars",
    "pdf",
    "picture",
    "png",
    "share_bar",
    "size_history",
    "size_line",
    "sparkline",
    "svg",
]


def coverage_chart(rows: Sequence[dict[str, str | int | float]]) -> alt.HConcatChart:
    """Returns the chart of how often intervals hold the truth; see `cxloop.charts.coverage`."""
    from cxloop.charts import coverage

    return coverage.coverage_chart(rows)
