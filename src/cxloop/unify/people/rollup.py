"""Scores of a group: each customer counts once, with the latest answer to a metric, whatever groups lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from cxloop.core.results import Estimate, How, InsufficientData, Unit
from cxloop.unify.people.group_queries import SCORE_COUNTS
from cxloop.unify.people.results import GroupScore

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis
    from cxloop.stats.intervals import Intervals

__all__ = ["HOW", "scores_of_group"]

HOW = How(
    definition="Of each member the latest answer to a metric, each customer once: NPS is the share of promoters minus "
    "that of detractors, CSAT the share in the two highest points, anything else the mean.",
    method="Adjusted Wald (Rocks 2016), Wilson (1927), Student's t; under the minimum n it cannot be said.",
)
_MOST_POINTS = 11
_NPS_SCALE = (0.0, 10.0)
_Row: TypeAlias = Mapping[str, Any]


def scores_of_group(ws: Analysis, customers: Sequence[int]) -> tuple[GroupScore, ...]:
    """Returns the metrics of some customers, each on each of its scales."""
    rows = ws.engine.fetch(SCORE_COUNTS, {"customers": customers}).to_pylist() if customers else []
    return tuple(_scores(rows, ws.settings.measure.minimum_n, ws.settings.measure.level))


def _scores(rows: Sequence[_Row], minimum: int, level: float) -> Iterator[GroupScore]:
    for (metric, low, high), counts in groupby(rows, key=itemgetter("metric", "scale_min", "scale_max")):
        answers = {row["score"]: row["customers"] for row in counts}
        number = sum(answers.values())
        scale = None if low is None or high is None else (low, high)
        unit = _unit(metric, scale)
        if unit is None:
            continue
        result: Estimate | InsufficientData = InsufficientData(number, minimum)
        if number >= minimum:
            result = _estimate(_found(unit, scale, answers, level))
        yield GroupScore(metric, unit, scale, result)


def _unit(metric: str, scale: tuple[float, float] | None) -> Unit | None:
    """Returns how the number reads; None where none can be made on this scale."""
    if metric == "nps":
        return "points" if scale in (None, _NPS_SCALE) else None
    if metric == "csat":
        return None if scale is None else "share"
    return "score"


def _found(unit: Unit, scale: tuple[float, float] | None, answers: Mapping[float, int], level: float) -> Intervals:
    import numpy as np

    from cxloop.stats import intervals
    from cxloop.stats.sums import Cells, Moments

    number = sum(answers.values())

    def cells(values: Sequence[float], counts: Sequence[int]) -> Cells:
        return Cells(np.array(values, dtype=float), np.array([counts], dtype=float), _each_once(number))

    if unit == "points":
        low = sum(count for score, count in answers.items() if score <= 6)
        high = sum(count for score, count in answers.items() if score >= 9)
        return intervals.nps(cells(intervals.NPS_VALUES, [low, number - low - high, high]), level=level)
    if unit == "share" and scale is not None:
        top = scale[1] if scale[1] - scale[0] <= 1 else scale[1] - 1
        satisfied = sum(count for score, count in answers.items() if score >= top)
        return intervals.share(cells((0, 1), [number - satisfied, satisfied]), level=level)
    if scale is not None and scale[1] - scale[0] < _MOST_POINTS and all(value % 1 == 0 for value in (*answers, *scale)):
        points = [scale[0] + step for step in range(int(scale[1] - scale[0]) + 1)]
        return intervals.scale_mean(cells(points, [answers.get(point, 0) for point in points]), level=level)
    total = sum(score * count for score, count in answers.items())
    squares = sum(score**2 * count for score, count in answers.items())
    n, sums, sums_of_squares = (np.array([float(value)]) for value in (number, total, squares))
    return intervals.t_mean(Moments(n, sums, sums_of_squares, _each_once(number)), bounds=scale, level=level)


def _each_once(number: int) -> Any:
    """Sums over customers where everybody answered once; totals play no part then."""
    import numpy as np

    from cxloop.stats.sums import Clusters

    count = np.array([float(number)])
    return Clusters(count, count, count, count)


def _estimate(found: Intervals) -> Estimate:
    return Estimate(
        value=float(found.value[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        n=int(found.n[0]),
        customers=int(found.customers[0]),
        method=found.method_of(0),
        level=found.level,
    )
