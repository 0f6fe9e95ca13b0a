"""The verb that leads from a number to the rows that it counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Condition, verb
from cxloop.engine.base import Analysis
from cxloop.measure.drill.results import RowsBehind

__all__ = ["rows"]

Moment = Annotated[str, Field(max_length=40)]


@verb(part="measure", right="read", personal=True)
def rows(
    ws: Analysis,
    metric: Annotated[str, Field(min_length=1, max_length=64)],
    *,
    version: Annotated[int, Field(ge=1)] | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    page: Annotated[int, Field(ge=1, le=100_000)] = 1,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 50,
) -> RowsBehind:
    """The rows that a number counts, the newest first, each with its customer and what was written.

    They are chosen as the number chooses them: by metric, window and condition.

    Args:
        metric: The metric, such as nps; `measure.metrics` lists them.
        version: A version of its definition; by default the newest.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only those of what is counted for which this holds, such as `channel == "web"`.
        page: Which page, from 1.
        limit: Most rows on a page, up to 100000.

    Raises:
        UnknownNameError: there is no such metric.
    """
    from cxloop.measure.drill.reading import Wanted, read_rows_behind

    return read_rows_behind(ws, Wanted(metric, version, since, until, where, page, limit))
