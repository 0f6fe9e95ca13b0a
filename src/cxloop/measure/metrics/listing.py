"""The list of metrics."""

from __future__ import annotations

from cxloop.engine.base import Analysis
from cxloop.measure.metrics.model import Metric
from cxloop.measure.metrics.resolving import known_metrics
from cxloop.measure.metrics.results import MetricEntry, MetricList

__all__ = ["entry", "list_metrics"]


def list_metrics(ws: Analysis) -> MetricList:
    """Returns every metric that may be asked for."""
    return MetricList(tuple(map(entry, known_metrics(ws))))


def entry(item: Metric) -> MetricEntry:
    """Returns what a list says of a metric."""
    return MetricEntry(
        name=item.name,
        version=item.version,
        label=item.label,
        definition=item.definition,
        unit=item.unit,
        statistic=item.statistic,
        direction=item.direction,
        noun=item.noun,
        own=item.own,
        scale=item.scale,
        reading=item.reading,
    )
