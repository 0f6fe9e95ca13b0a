"""The verbs of measure that write down what people define."""

from __future__ import annotations

from cxloop.definitions.measure.board_verbs import delete_dashboard, save_dashboard
from cxloop.definitions.measure.metric_verbs import define_metric, metric_versions, retire_metric

__all__ = ["define_metric", "delete_dashboard", "metric_versions", "retire_metric", "save_dashboard"]
