"""The picture of whichever result stands in one place, such as a tile, so that it fits the room that is there."""

from __future__ import annotations

from cxloop.charts.differences import difference_picture
from cxloop.charts.grids import grid_picture
from cxloop.charts.league_pictures import caterpillar
from cxloop.charts.over_time import control_picture
from cxloop.charts.pairs import pair_picture
from cxloop.charts.picture import picture
from cxloop.charts.stairs import stairs_picture
from cxloop.charts.words import Notes
from cxloop.core.comparing import Comparison
from cxloop.core.control import ControlChart
from cxloop.core.league import League
from cxloop.core.pairs import Paired
from cxloop.core.pictured import Estimated, Gridded, Stepped
from cxloop.core.results import Result

__all__ = ["result_picture"]

BESIDE, STACKED, AXIS = 270, 24, 64
"""Pixels that names and figures take beside rows, where they stand above their rows, and beside an axis."""
ROWS_NARROW = 330
"""Plots of rows below this width have their names above the rows."""


def result_picture(result: Result, *, room: int, notes: Notes = ()) -> str:
    """Returns the page's own SVG of a result; empty where its kind has none, or where there is nothing to draw.

    Args:
        result: what a verb returned.
        room: pixels of the whole picture, about: names and figures beside the plot included.
        notes: what happened on which day, for control charts.
    """
    if isinstance(result, League):
        return caterpillar(result, width=_rows(room))
    if isinstance(result, Comparison):
        return difference_picture(result, width=_rows(room))
    if isinstance(result, ControlChart):
        return control_picture(result, width=room - AXIS, notes=notes)
    if isinstance(result, Gridded):
        return grid_picture(result.grid(), width=room)
    if isinstance(result, Stepped):
        return stairs_picture(result.stairs(), width=room)
    if isinstance(result, Paired):
        pairs = result.pairs()
        return pair_picture(pairs, width=room) if pairs is not None else ""
    if isinstance(result, Estimated):
        return picture(result.estimates(), width=_rows(room))
    return ""


def _rows(room: int) -> int:
    return room - BESIDE if room - BESIDE >= ROWS_NARROW else min(room - STACKED, ROWS_NARROW)
