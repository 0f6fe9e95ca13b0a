"""The list of metrics."""

from __future__ import annotations

from cxloop.engine.base import Analysis
from cxloop.measure.metrics.model import Metric
from cxloop.measure.metrics.resolving import known_metrics
from cxloop.measure.metrics.results import MetricEntry, MetricList, UnitsEntry
from cxloop.measure.units import UNITS
from cxloop.measure.units.words import counted_in_words

__all__ = ["entry", "list_metrics"]


def list_metrics(ws: Analysis) -> MetricList:
    """Returns every metric that may be asked for."""
    units = (UnitsEntry(item.name, item.noun, item.about, item.timed, item.scored) for item in UNITS.values())
    return MetricList(tuple(map(entry, known_metrics(ws))), tuple(units))


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
        method=item.method,
        counted=" ".join(counted_in_words(item)),
        question=item.question,
        source=item.source,
    )
