"""How many answers a survey needs, and how many invitations bring them at its own response rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from cxloop.collect.surveys.answer_results import SamplePlan
from cxloop.core.errors import InputError
from cxloop.engine.query import Query
from cxloop.engine.revisions import current_node
from cxloop.stats import intervals
from cxloop.stats.samples import invitations_for, n_for_change, n_for_precision
from cxloop.stats.sums import tally
from cxloop.store.surveys import invitations, surveys

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["Metric", "plan"]

Metric = Literal["nps", "csat", "ces", "rating"]
LEAST_SENT = 50
"""Invitations below which a response rate is not told."""
LEAST_ANSWERS = 30
"""Answers below which their spread is no better than an assumption."""
TIME_TO_ANSWER = timedelta(days=7)
"""Whoever was asked later may still answer."""
WIDEST: Mapping[Metric, float] = {"nps": 100.0, "csat": 50.0, "ces": 3.0, "rating": 2.0}
"""The largest spread that is possible: half of the answers at each end; of scales from 1 to 7 and from 1 to 5."""
UNITS: Mapping[Metric, str] = {
    "nps": "NPS points",
    "csat": "points of CSAT",
    "ces": "points of CES",
    "rating": "points",
}

SCORES = Query(
    name="collect.survey_scores",
    sql="""
        select i.score, i.scale_min, i.scale_max, count(*) as n
        from interactions as i
        where i.metric = $metric and i.score is not null and i.traffic is null
            and ($survey is null or i.source = 'surveys' and i.survey_id = $survey) and $current
        group by i.score, i.scale_min, i.scale_max
    """,
    inputs=("interactions",),
    parameters={"metric": "text", "survey": "text"},
    slots=("current",),
    output={"score": "double", "scale_min": "double", "scale_max": "double", "n": "bigint"},
)


def plan(
    ws: Operations,
    survey: str | None,
    *,
    metric: Metric,
    change: float | None,
    precision: float | None,
    power: float,
    rate: float | None,
) -> SamplePlan:
    """Returns how many answers and invitations are needed.

    Raises:
        InputError: not exactly one of `change` and `precision` is given.
        UnknownNameError: there is no such survey.
    """
    if (change is None) == (precision is None):
        raise InputError("Say what is to be seen: a change, or how precise a score has to be. Give one of the two.")
    if survey is not None:
        surveys.get(ws.store, survey)
    level = ws.settings.measure.level
    spread, known = _spread(ws, survey, metric)
    if change is not None:
        answers = n_for_change(spread, change, power=power, level=level)
    else:
        answers = n_for_precision(spread, precision or 0.0, level=level)
    sent, finished = (0, 0) if survey is None else _asked(ws, survey)
    rates = _rates(sent, finished, rate, level)
    return SamplePlan(
        metric=metric,
        unit=UNITS[metric],
        change=change,
        precision=precision,
        power=power if change is not None else None,
        level=level,
        spread=round(spread, 3),
        spread_from=known,
        answers=answers,
        sent=sent,
        finished=finished,
        needed_for_rate=LEAST_SENT,
        rate=None if rates is None else round(rates[0], 4),
        rate_low=None if rates is None else round(rates[1], 4),
        rate_high=None if rates is None else round(rates[2], 4),
        invitations=None if rates is None else invitations_for(answers, rates[0]),
        invitations_low=None if rates is None else invitations_for(answers, rates[2]),
        invitations_high=None if rates is None else invitations_for(answers, rates[1]),
    )


def _asked(ws: Operations, survey: str) -> tuple[int, int]:
    return invitations.answered_of(ws.store, survey, before=ws.now() - TIME_TO_ANSWER)


def _spread(ws: Operations, survey: str | None, metric: Metric) -> tuple[float, int]:
    """The standard deviation of an answer and from how many answers it is; the widest possible where they are few."""
    rows = ws.engine.fetch(SCORES, {"metric": metric, "survey": survey}, {"current": current_node()}).to_pylist()
    total = sum(row["n"] for row in rows)
    if total < LEAST_ANSWERS:
        return WIDEST[metric], 0
    worth = np.array([_worth(metric, row["score"], row["scale_max"]) for row in rows])
    n = np.array([row["n"] for row in rows], dtype=float)
    mean = float(n @ worth / total)
    return math.sqrt(float(n @ (worth - mean) ** 2) / (total - 1)), total


def _worth(metric: Metric, score: float, top: float | None) -> float:
    """What an answer adds to the metric's mean, in the metric's unit."""
    if metric == "nps":
        return 100.0 if score >= 9 else -100.0 if score <= 6 else 0.0
    if metric == "csat":
        return 100.0 if top is not None and score >= top - 1 else 0.0
    return score


def _rates(sent: int, finished: int, given: float | None, level: float) -> tuple[float, float, float] | None:
    """The response rate with its interval; the given one has none."""
    if given is not None:
        return given, given, given
    if sent < LEAST_SENT or finished == 0:
        return None
    found = intervals.share(tally([1] * finished + [0] * (sent - finished), (0, 1)), level=level)
    return finished / sent, float(found.low[0]), float(found.high[0])
