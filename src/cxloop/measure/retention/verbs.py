"""The verbs of retention: who comes back, and who leaves what they had joined."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.retention.results import Churn, CohortRetention

__all__ = ["churn", "retention"]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, Field(max_length=63)]
Horizon = Annotated[str, Field(max_length=10)]
Events = Annotated[str, Field(min_length=1, max_length=4000)]


@verb(part="measure", right="read")
def retention(
    ws: Analysis,
    *,
    of: Literal["purchase", "interaction"] = "purchase",
    every: Literal["week", "month", "quarter"] = "month",
    counting: Literal["calendar", "rolling"] = "calendar",
    periods: Annotated[int, Field(ge=1, le=60)] = 12,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> CohortRetention:
    """Who comes back: of the customers who came first in a period, the share that came again, period by period.

    Args:
        of: What counts as coming: a purchase, or any interaction of the customer.
        every: Length of cohorts and periods.
        counting: By weeks, months and quarters of the calendar, or rolling: windows of exactly 7, 30 or 91 days after
            each customer's own first time.
        periods: Most periods after the first, up to 60.
        since: First cohort: a date, a date with time, or how far back (365d). Who came before is no newcomer.
        until: Nothing after this moment counts, written like `since`; by default the end of the log.
        where: Only purchases or interactions for which this holds, such as `brand == "A"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read.
    """
    from cxloop.measure.retention.cohorts import Request
    from cxloop.measure.retention.cohorts import retention as cohorts

    return cohorts(ws, Request(of, every, counting, periods, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def churn(
    ws: Analysis,
    *,
    contract: Name = "",
    joined: Events | None = None,
    cancelled: Events | None = None,
    by: Names = (),
    horizon: Horizon = "365d",
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Churn:
    """Who leaves what they had joined, and when: survival curves, by group with a test of whether they differ.

    Args:
        contract: Name of a [[contract]] of experience.toml; by default the first one.
        joined: Instead of a contract: the events that begin it, such as `name == "club_joined"`; with `cancelled`.
        cancelled: The events that end it, such as `name == "club_cancelled"`.
        by: Dimensions to split by, such as region or segment.regulars: those of the joining.
        horizon: After how long the share that is still there is told, such as 365d or 26w.
        since: Only who joined from this moment on: a date, a date with time, or how far back (365d).
        until: Nothing after this moment counts, written like `since`; by default the end of the log.
        where: Only events for which this holds, such as `region == "DE"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, or it is not said what begins and ends.
        UnknownNameError: there is no such contract or dimension.
    """
    from cxloop.measure.retention.leaving import Request
    from cxloop.measure.retention.leaving import churn as leaving

    return leaving(ws, Request(contract, joined, cancelled, by, horizon, since, until, where, identity, certainty))
