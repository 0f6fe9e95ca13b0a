"""The verbs that write down metrics."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.results import Unit
from cxloop.core.verbs import Condition, verb
from cxloop.measure.metrics.model import Statistic
from cxloop.measure.metrics.results import DefinedMetric, MetricVersions, RetiredMetric
from cxloop.store.context import Operations

__all__ = ["define_metric", "metric_versions", "retire_metric"]

MetricName = Annotated[str, Field(min_length=1, max_length=64)]
_OUTDATED = ("measure.metric", "measure.metrics", "measure.metric_versions")


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def define_metric(
    ws: Operations,
    name: MetricName,
    *,
    label: Annotated[str, Field(min_length=1, max_length=60)],
    definition: Annotated[str, Field(min_length=1, max_length=1000)],
    units: Annotated[str, Field(max_length=64)] = "interactions",
    counts: Condition = "",
    value: Condition = "",
    statistic: Statistic = "share",
    unit: Unit | None = None,
    better: Literal["more", "less"] = "more",
    scale_min: float | None = None,
    scale_max: float | None = None,
    days: Annotated[int, Field(ge=1, le=3660)] | None = None,
    minimum_n: Annotated[int, Field(ge=2, le=1_000_000)] | None = None,
    question: Annotated[str, Field(max_length=400)] = "",
    dry_run: bool = False,
) -> DefinedMetric:
    """Define a metric of your own, or a new version of one; what it means is shown first.

    A version never changes: an old number can always be asked for as it was defined then, with `version`.

    Args:
        name: Small letters, digits and underscores, such as answered_in_a_day.
        label: What people call it.
        definition: What the number is, in a sentence.
        units: What is counted: interactions, answers, or what else a metric can count (see the reference of metrics).
        counts: Which of them count, such as `kind == "case"`; none means all.
        value: What each scores: for a share a condition, such as `duration_seconds <= 86400`, else a number, such as
          `value`. Answers, orders and the like have a score of their own.
        statistic: A share, a mean, a median, the mean of what each customer's come to (per_customer), or promoters
          minus detractors (score).
        unit: How the number reads; by default a share, points or a score.
        better: Whether more of it is better, or less.
        scale_min: Lowest value of its scale, where it has one.
        scale_max: Highest value of its scale.
        days: Within how many days something has to follow, where what is counted knows such a limit.
        minimum_n: Fewest for a number; by default the workspace's setting.
        question: The question that it stands for, where it is asked.
        dry_run: Show what it means, and write nothing.

    Raises:
        InputError: it cannot be called so: the name is taken, or cannot be used.
        MistakesError: something in the definition is wrong; names every mistake.
    """
    from cxloop.definitions.measure.metrics import define

    scale = None if scale_min is None and scale_max is None else (scale_min, scale_max)
    content = {
        "label": label,
        "definition": definition,
        "units": units,
        "counts": counts,
        "value": value,
        "statistic": statistic,
        "unit": unit,
        "direction": 1 if better == "more" else -1,
        "scale": scale,
        "minimum_n": minimum_n,
        "days": days,
        "question": question,
    }
    return define(ws, name, content, dry_run=dry_run)


@verb(part="measure", right="read", limited="refuse")
def metric_versions(ws: Operations, name: MetricName) -> MetricVersions:
    """Every version of a metric of your own: what it said, since when, and what changed.

    Args:
        name: The metric.

    Raises:
        UnknownNameError: nobody defined such a metric.
    """
    from cxloop.definitions.measure.metrics import versions

    return versions(ws, name)


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def retire_metric(ws: Operations, name: MetricName) -> RetiredMetric:
    """Retire a metric of your own: it is offered no more, and its versions can still be asked for.

    Args:
        name: The metric.

    Raises:
        UnknownNameError: nobody defined such a metric.
        InputError: it was retired before.
    """
    from cxloop.definitions.measure.metrics import retire

    return retire(ws, name)
