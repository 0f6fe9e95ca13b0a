"""The verbs about metrics by name: those that come with cxloop, and people's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.results import Estimates
from cxloop.core.time import Period
from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.metrics.results import MetricList

__all__ = ["metric", "metrics"]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]
MetricName = Annotated[str, Field(min_length=1, max_length=64)]
Version = Annotated[int, Field(ge=1)]


@verb(part="measure", right="read")
def metric(
    ws: Analysis,
    name: MetricName,
    *,
    version: Version | None = None,
    by: Names = (),
    every: Period | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Estimates:
    """Any metric by its name, those that come with cxloop and your own, with interval, n and method.

    Args:
        name: The metric, such as repeat_purchase_90; `measure.metrics` lists them.
        version: A version of its definition, to see an old number as it was made then; by default the newest.
        by: Dimensions to split by, such as channel or region.
        every: One number per day, week, month, quarter or year.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only those of what is counted for which this holds, such as `channel == "web"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        UnknownNameError: there is no such metric.
        NotFoundError: it has no such version.
    """
    from cxloop.measure.estimate import Request, estimate

    return estimate(ws, Request(name, None, by, every, since, until, where, identity, certainty, version))


@verb(part="measure", right="read")
def metrics(ws: Analysis) -> MetricList:
    """The metrics that may be asked for: what each is, what it counts, and which are your own."""
    from cxloop.measure.metrics.listing import list_metrics

    return list_metrics(ws)
