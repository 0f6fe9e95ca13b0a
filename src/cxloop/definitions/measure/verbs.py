"""The verbs of measure that write down what people define."""

from __future__ import annotations

from cxloop.definitions.measure.annotation_verbs import annotate, remove_annotation
from cxloop.definitions.measure.board_verbs import dashboard_pdf, delete_dashboard, save_dashboard
from cxloop.definitions.measure.metric_verbs import define_metric, metric_versions, retire_metric
from cxloop.definitions.measure.passing_verbs import (
    mail_dashboard,
    schedule_dashboard,
    scheduled_dashboards,
    share_dashboard,
    shared_dashboard,
    shared_dashboards,
    stop_sharing,
    unschedule_dashboard,
)
from cxloop.definitions.measure.reference_verbs import remove_reference, set_reference

__all__ = [
    "annotate",
    "dashboard_pdf",
    "define_metric",
    "delete_dashboard",
    "mail_dashboard",
    "metric_versions",
    "remove_annotation",
    "remove_reference",
    "retire_metric",
    "save_dashboard",
    "schedule_dashboard",
    "scheduled_dashboards",
    "set_reference",
    "share_dashboard",
    "shared_dashboard",
    "shared_dashboards",
    "stop_sharing",
    "unschedule_dashboard",
]
