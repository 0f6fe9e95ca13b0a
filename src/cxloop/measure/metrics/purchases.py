"""Metrics of purchases: who buys again, after how long, who comes back, and what customers pay."""

from __future__ import annotations

from dataclasses import replace

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

_REPEAT_90 = Metric(
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
)


def _repeat(days: int) -> Metric:
    return replace(
        _REPEAT_90,
        name=f"repeat_purchase_{days}",
        label=f"Repeat purchase within {days} days",
        definition=f"Share of orders that the same customer follows with another one within {days} days.",
        days=days,
    )


METRICS = (
    _repeat(30),
    _repeat(60),
    _REPEAT_90,
    Metric(
        name="time_between_purchases",
        label="Time between purchases",
        statistic="median",
        unit="duration",
        question="",
        definition="Median time from a customer's last order to the next one, over orders of those who had ordered "
        "before.",
        reading="Half of the repeat orders come sooner. Who never came back is not in it: read it beside repeat "
        "purchase. Those who buy often count often, and in the first months of a log only short times can be seen.",
        source="Interpurchase time as in Ehrenberg (1988), Repeat-buying, 2nd edition; the median, since a "
        "few long pauses would move a mean.",
        direction=-1,
        units="orders_repeated",
    ),
    Metric(
        name="reactivation_180",
        label="Reactivated after 180 days",
        statistic="share",
        unit="share",
        question="",
        definition="Share of customers without an order for 180 days who order again within the next 180 days.",
        reading="Some would have come back anyway: what an action to win them back has brought, only a comparison with "
        "customers who were left alone says. Where people buy once a year, 180 days of silence are no loss.",
        source="Reactivation rate as in Kumar and Reinartz (2018), Customer Relationship Management, 3rd edition, "
        "per lapse.",
        units="lapses",
        days=180,
    ),
    Metric(
        name="revenue_per_customer",
        label="Revenue per customer",
        statistic="per_customer",
        unit="money",
        question="",
        definition="Mean over customers of what each one paid for orders, refunds taken off.",
        reading="It is of those who bought or got money back in the time that was asked for, not of everybody known, "
        "and grows with the length of that time. Revenue is not profit. A few large customers raise the mean, and "
        "where there are few customers beside them, Student's interval is a rough one.",
        source="Average revenue per user as in Farris et al. (2010), Marketing Metrics, 2nd edition, of those who "
        "bought.",
        units="payments",
    ),
)
