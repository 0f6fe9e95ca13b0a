"""Metrics of service: whether what was promised comes in time."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

METRICS = (
    Metric(
        name="promises_kept",
        label="Promises kept",
        statistic="share",
        unit="share",
        question="",
        definition="Share of promises with a date that were kept by that date, of those whose date is over.",
        reading="It says nothing of how late the others came, nor of what customers expected without being told a "
        "date; whoever promises later dates keeps more of them.",
        source="Delivery to commit date as in the SCOR model (RL.2.2, Supply Chain Council, 2012), per promise.",
        units="promises_due",
    ),
)
