"""The verbs of money: what goes with a better score, and what stands at risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.money.results import PointValue, RevenueAtRisk

__all__ = ["point_value", "revenue_at_risk"]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]
Horizon = Annotated[str, Field(max_length=10)]
Events = Annotated[str, Field(min_length=1, max_length=4000)]
Scored = Literal["nps", "csat", "ces", "rating"]


@verb(part="measure", right="read")
def point_value(
    ws: Analysis,
    *,
    metric: Scored = "nps",
    horizon: Horizon = "365d",
    referred: Events | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> PointValue:
    """What a point is worth: money, staying and recommending after good and bad answers, of customers alike before.

    It is observed and not caused: nobody was given their score by chance.

    Args:
        metric: Whose answers: nps, csat, ces or rating.
        horizon: How long after the answer is looked at, such as 365d; younger answers are left out.
        referred: Events by which customers bring others; by default `name == "friend_invited"` and the touchpoint
            referral.
        since: Only answers from this moment on: a date, a date with time, or how far back (730d).
        until: Nothing after this moment counts, written like `since`; by default the end of the log.
        where: Only answers for which this holds, such as `region == "DE"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, answers are on several scales, or amounts in several currencies.
    """
    from cxloop.measure.money.worth import Request
    from cxloop.measure.money.worth import point_value as worth

    return worth(ws, Request(metric, horizon, referred, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def revenue_at_risk(
    ws: Analysis,
    *,
    metric: Scored = "nps",
    by: Names = (),
    silent: Horizon = "120d",
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> RevenueAtRisk:
    """Money at risk: what unhappy and silent customers brought in twelve months, and how much of it is expected to go.

    Args:
        metric: Whose low answers mean unhappy: nps, csat, ces or rating.
        by: Dimensions to split by, such as region or segment.regulars: those of a customer's latest purchase or answer.
        silent: After how long without a purchase somebody counts as silent, such as 120d; below 365d.
        until: Nothing after this moment counts: a date, a date with time, or how far back; by default the log's end.
        where: Only purchases and answers for which this holds, such as `brand == "A"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, answers are on several scales, or amounts in several currencies.
    """
    from cxloop.measure.money.risk import Request
    from cxloop.measure.money.risk import revenue_at_risk as at_risk

    return at_risk(ws, Request(metric, by, silent, until, where, identity, certainty))
