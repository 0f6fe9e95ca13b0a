"""The verbs of measure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.results import Estimates
from cxloop.core.time import Period
from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.annotations.verbs import annotations_
from cxloop.measure.boards.verbs import dashboard, dashboard_changes, dashboards
from cxloop.measure.comparing.verbs import compare, control_chart, references
from cxloop.measure.drill.verbs import rows
from cxloop.measure.league.verbs import league, rollup
from cxloop.measure.metrics.verbs import metric, metrics
from cxloop.measure.money.verbs import point_value, revenue_at_risk
from cxloop.measure.results import Pulse
from cxloop.measure.retention.verbs import churn, retention
from cxloop.measure.surveys.verbs import (
    crosstab,
    survey,
    survey_funnel,
    survey_questions,
    survey_rows,
    survey_verbatims,
)
from cxloop.measure.value.verbs import contract_value, customer_values, lifetime_value, probability_alive
from cxloop.measure.whole_base.verbs import whole_base

__all__ = [
    "annotations_",
    "ces",
    "churn",
    "compare",
    "contract_value",
    "control_chart",
    "crosstab",
    "csat",
    "customer_values",
    "dashboard",
    "dashboard_changes",
    "dashboards",
    "league",
    "lifetime_value",
    "metric",
    "metrics",
    "nps",
    "point_value",
    "probability_alive",
    "pulse",
    "rating",
    "references",
    "retention",
    "revenue_at_risk",
    "rollup",
    "rows",
    "survey",
    "survey_funnel",
    "survey_questions",
    "survey_rows",
    "survey_verbatims",
    "whole_base",
]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]


@verb(part="measure", right="read")
def nps(
    ws: Analysis,
    *,
    by: Names = (),
    every: Period | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Estimates:
    """Net Promoter Score: promoters minus detractors, in points.

    Args:
        by: Dimensions to split by, such as channel or region.
        every: One number per day, week, month, quarter or year.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "web"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.
    """
    from cxloop.measure.estimate import Request, estimate

    return estimate(ws, Request("nps", "score", by, every, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def csat(
    ws: Analysis,
    *,
    statistic: Literal["share", "mean"] = "share",
    by: Names = (),
    every: Period | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Estimates:
    """Customer satisfaction: the share of answers in the top two boxes, or their mean.

    Args:
        statistic: The share in the two highest points of the scale, or the mean on the scale.
        by: Dimensions to split by, such as channel or region.
        every: One number per day, week, month, quarter or year.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "web"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.
    """
    from cxloop.measure.estimate import Request, estimate

    return estimate(ws, Request("csat", statistic, by, every, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def ces(
    ws: Analysis,
    *,
    by: Names = (),
    every: Period | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Estimates:
    """Customer effort score: the mean on its own scale, where more means easier.

    Args:
        by: Dimensions to split by, such as channel or touchpoint.
        every: One number per day, week, month, quarter or year.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `touchpoint == "returns"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.
    """
    from cxloop.measure.estimate import Request, estimate

    return estimate(ws, Request("ces", "mean", by, every, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def rating(
    ws: Analysis,
    *,
    by: Names = (),
    every: Period | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Estimates:
    """Rating: the mean number of stars, on the answers' own scale.

    Args:
        by: Dimensions to split by, such as product or late.
        every: One number per day, week, month, quarter or year.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `product == "kettle"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.
    """
    from cxloop.measure.estimate import Request, estimate

    return estimate(ws, Request("rating", "mean", by, every, since, until, where, identity, certainty))


@verb(part="measure", right="read")
def pulse(ws: Analysis, *, period: Moment = "30d") -> Pulse:
    """How customers are: every metric against the period before, what changed, and how sure that is.

    Args:
        period: Length of the period, such as 30d or 12w; it ends with the last day that has data.
    """
    from cxloop.measure.pulse import take_pulse

    return take_pulse(ws, period)
