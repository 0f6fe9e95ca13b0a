"""What metrics count: answers, orders, matters, customers, promises."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.measure.units import invitations, journeys, log, promises, purchases, referrals, service
from cxloop.measure.units.base import Units

__all__ = ["ANSWERS", "UNITS", "Units"]

ANSWERS = "answers"
"""What most metrics count; those to the question that a metric is called after are read from the log directly."""

_EACH = (log, purchases, invitations, referrals, journeys, service, promises)
UNITS: Mapping[str, Units] = {units.name: units for each in _EACH for units in each.UNITS}
"""Every way to count, by name."""
