"""Measure: what customers say in numbers, each with its n, its interval and its method."""

from cxloop.measure.metrics import METRICS, Metric
from cxloop.measure.reference import metric_pages, metrics_reference

__all__ = ["METRICS", "Metric", "metric_pages", "metrics_reference"]
