"""Measure: what customers say in numbers, each with its n, its interval and its method."""

from cxloop.measure.metrics import METRICS, Metric
from cxloop.measure.reference import metrics_reference

__all__ = ["METRICS", "Metric", "metrics_reference"]
