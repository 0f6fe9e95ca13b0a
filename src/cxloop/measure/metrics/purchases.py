"""Metrics of purchases: who buys again."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

METRICS = (
    Metric(
        name="repeat_purchase_90",
        label="Repeat purchase within 90 days",
        statistic="share",
        unit="share",
        question="",
        definition="Share of orders that the same customer follows with another one within 90 days.",
        reading="It says nothing of why, and a business of yearly purchases has a low one without losing anybody.",
        source="Repeat rate as in Farris et al. (2010), Marketing Metrics, 2nd edition, chapter 2, per order.",
        units="orders_followed",
        days=90,
    ),
)
