"""What Explore offers to ask: every metric, built in or own, and the verb that answers it."""

from __future__ import annotations

from typing import Any

from cxloop.core.results import Estimates
from cxloop.core.verbs import registry
from cxloop.measure.results import MetricEntry, MetricList
from cxloop.web.access import Door
from cxloop.web.questions import Question
from cxloop.web.words import _

__all__ = ["METRICS", "asked_of", "is_question", "known", "label_of", "offered"]

METRICS = "/explore/metrics"
"""The page of all metrics."""


def known(door: Door) -> tuple[MetricEntry, ...]:
    """Returns every metric that may be asked for."""
    found = door.snapshot("measure.metrics", {}).result
    assert isinstance(found, MetricList)
    return found.metrics


def offered(door: Door) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns names and labels of the metrics in the groups of the form."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in known(door):
        what = _("What customers say") if item.noun == "answer" else _("What happens")
        groups.setdefault(_("Your own") if item.own else what, []).append((item.name, item.label))
    return list(groups.items())


def label_of(door: Door, name: str) -> str:
    """Returns what a metric is called; its name where there is none of that name."""
    return next((item.label for item in known(door) if item.name == name), name)


def is_question(name: str) -> bool:
    """Whether a metric is what a question asks for, so that the log knows its answers by its name."""
    return any(verb.name == name and verb.result is Estimates for verb in registry.of("measure"))


def asked_of(question: Question) -> tuple[str, dict[str, Any]]:
    """Returns the verb that answers a question, with its arguments."""
    if is_question(question.metric) and not question.version:
        return f"measure.{question.metric}", question.arguments()
    return "measure.metric", {"name": question.metric, **question.arguments()}
