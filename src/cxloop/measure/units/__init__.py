"""What metrics count: answers, orders, matters, customers, promises."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.measure.units import log, promises, purchases
from cxloop.measure.units.base import Units

__all__ = ["ANSWERS", "UNITS", "Units"]

ANSWERS = "answers"
"""What most metrics count; those to the question that a metric is called after are read from the log directly."""

UNITS: Mapping[str, Units] = {units.name: units for units in (*log.UNITS, *purchases.UNITS, *promises.UNITS)}
"""Every way to count, by name."""
