"""What metrics count: answers, orders, matters, customers, promises."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.measure.units import purchases
from cxloop.measure.units.base import Units

__all__ = ["ANSWERS", "UNITS", "Units"]

ANSWERS = "answers"
"""Answers to the question that a metric is called after: they need no relation, the log has them as rows."""

UNITS: Mapping[str, Units] = {units.name: units for units in purchases.UNITS}
"""Every other way to count, by name."""
