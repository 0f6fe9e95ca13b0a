"""The metrics that come with cxloop, and how one of them is found by its name."""

from __future__ import annotations

from cxloop.measure.metrics import answers, boxes, journeys, purchases, service
from cxloop.measure.metrics.model import Metric, Statistic

__all__ = ["ANSWERED", "METRICS", "metric"]

ANSWERED: tuple[Metric, ...] = answers.METRICS
"""Those made of answers to the question that they are called after."""
METRICS: tuple[Metric, ...] = (
    *ANSWERED,
    *boxes.METRICS,
    *purchases.METRICS,
    *journeys.METRICS,
    *service.METRICS,
)
"""Every metric of this release, in the order of the reference; the first of a name is its default."""


def metric(name: str, statistic: Statistic | None = None) -> Metric:
    """Returns the metric called `name`; raises KeyError where there is none.

    Example:
        >>> metric("csat").statistic, metric("csat", "mean").unit
        ('share', 'score')
    """
    for candidate in METRICS:
        if candidate.name == name and statistic in (None, candidate.statistic):
            return candidate
    raise KeyError(name)
