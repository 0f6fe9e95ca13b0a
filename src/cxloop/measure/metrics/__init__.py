"""The metrics, as data: definition, unit and scale of each. The reference pages are written from these."""

from __future__ import annotations

from cxloop.measure.metrics.builtin import ANSWERED, METRICS, metric
from cxloop.measure.metrics.model import Metric, Statistic

__all__ = ["ANSWERED", "METRICS", "Metric", "Statistic", "metric"]
