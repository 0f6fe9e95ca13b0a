"""The verbs of understand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.verbs import Condition, verb
from cxloop.engine.base import Analysis
from cxloop.understand.results import Verbatims

__all__ = ["verbatims"]

Moment = Annotated[str, Field(max_length=40)]


@verb(part="understand", right="read", personal=True)
def verbatims(
    ws: Analysis,
    *,
    metric: Annotated[str, Field(max_length=60)] | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    order: Literal["newest", "lowest", "highest"] = "newest",
    limit: Annotated[int, Field(ge=1, le=1000)] = 20,
) -> Verbatims:
    """Read what customers say in their own words, with score, touchpoint and channel.

    Args:
        metric: Only texts that came with an answer to this metric, such as nps.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only texts for which this holds, such as `channel == "web" and score <= 6`.
        order: The newest first, or those with the lowest or highest score.
        limit: Most texts to return, up to 1000.
    """
    from cxloop.understand.voice import read

    return read(ws, metric=metric, since=since, until=until, where=where, order=order, limit=limit)
