"""From a result to its chart, the same on a page and in a notebook."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from cxloop.charts.words import Notes
from cxloop.core.comparing import Comparison
from cxloop.core.control import ControlChart
from cxloop.core.errors import InputError
from cxloop.core.league import League
from cxloop.core.pairs import Paired
from cxloop.core.pictured import Estimated, Gridded, Stepped
from cxloop.core.results import Estimates, Result
from cxloop.core.waterfall import Waterfall

if TYPE_CHECKING:
    import altair as alt

__all__ = ["WIDTH", "draw"]

WIDTH = 640
_UNCHECKED = Lock()
"""Altair's switch is one for the process: two threads that turned it at once could leave it off."""


def draw(result: Result, *, width: int = WIDTH, notes: Notes = ()) -> alt.LayerChart | alt.FacetChart:
    """Returns the chart of a result.

    Estimates are dots on their intervals, one row per group; over time they are lines with the interval as a band, and
    many groups get a small chart each. Groups and periods with too few answers are shown as such. Evidence that adds up
    is a waterfall. A league table has a row per group, what it is worth on its interval beside what it is.
    What was expected stands beside what came as two lines. A comparison has a row per difference, a control chart the
    line of its points over the band of what is usual. Cohorts are a grid, and who stays is curves that fall.

    Args:
        result: what a verb returned.
        width: width of the plot in pixels, without labels.
        notes: what happened on which days, such as `ws.measure.annotations().notes`; charts over time show them.

    Raises:
        InputError: there is no chart for this kind of result.
    """
    if isinstance(result, Estimated):
        result = result.estimates()
    if not isinstance(result, Comparison | ControlChart | Estimates | Gridded | League | Paired | Stepped | Waterfall):
        raise InputError(f"{type(result).__name__} has no chart. Use its table: .table, .to_pandas() or .to_dict().")
    from altair.utils import schemapi

    from cxloop.charts.cohort_charts import grid_chart, stairs_chart
    from cxloop.charts.differences import difference_rows
    from cxloop.charts.estimates import dots, lines
    from cxloop.charts.league_charts import caterpillar_chart
    from cxloop.charts.over_time import control_lines
    from cxloop.charts.waterfall import waterfall

    # Altair would check every part as it is made, which takes longer than drawing; tests check whole charts instead.
    with _UNCHECKED, schemapi.debug_mode(False):
        if isinstance(result, Comparison):
            return difference_rows(result, width=width)
        if isinstance(result, ControlChart):
            return control_lines(result, width=width, notes=notes)
        if isinstance(result, Paired):
            return _pairs(result, width)
        if isinstance(result, Gridded):
            return grid_chart(result.grid(), width=width)
        if isinstance(result, Stepped):
            return stairs_chart(result.stairs(), width=width)
        if isinstance(result, Waterfall):
            return waterfall(result, width=width)
        if isinstance(result, League):
            return caterpillar_chart(result, width=width)
        return dots(result, width=width) if result.every is None else lines(result, width=width, notes=notes)


def _pairs(result: Paired, width: int) -> alt.LayerChart:
    from cxloop.charts.pairs import pair_lines

    pairs = result.pairs()
    if pairs is None or len(pairs.rows) < 2:
        raise InputError(f"This {type(result).__name__} has nothing to draw: too little has come to compare it with.")
    return pair_lines(pairs, width=width)
