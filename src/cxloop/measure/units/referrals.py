"""Referrals: customers who bring others, after they bought and after they said that they would."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]


_FOLLOWED = """
    select $row, case when o.referred_at <= o.occurred_at + $within then 1.0 else 0.0 end as score
    from (
        select
            i.*,
            case when {which} then 1 else 0 end as counts,
            min(case when $referred then i.occurred_at end) over (
                partition by i.customer_id order by i.occurred_at
                range between interval '1' second following and unbounded following
            ) as referred_at
        from $log as i
        where i.customer_id is not null and ({which} or $referred)
    ) as o
    where o.counts = 1 and o.occurred_at <= $horizon
"""
"""The interactions for which `which` holds, and whether the customer brings somebody after each."""
_SLOTS = ("row", "within", "referred", "log", "horizon")
_ORDERS = Query(
    name="measure.units.orders_referred",
    sql=_FOLLOWED.format(which="i.kind = 'order'"),
    inputs=("interactions",),
    slots=_SLOTS,
    output={"score": "double"},
)
_PROMOTERS = Query(
    name="measure.units.promoters_referred",
    sql=_FOLLOWED.format(which="(i.metric = 'nps' and i.score between 9 and 10)"),
    inputs=("interactions",),
    slots=_SLOTS,
    output={"score": "double"},
)

_BROUGHT = (
    "brings somebody within a limit of days, else 0: an event called `friend_invited`, or one at the touchpoint "
    "`referral`. "
)
UNITS = (
    Units(
        name="orders_referred",
        noun="order",
        about=f"An order scores 1 if the same customer {_BROUGHT}Orders of nobody known are left out, and so are those "
        "that are younger than that limit.",
        rows=_ORDERS,
    ),
    Units(
        name="promoters_referred",
        noun="promoter answer",
        about=f"An NPS answer of 9 or 10 scores 1 if the same customer {_BROUGHT}Answers of nobody known are left out, "
        "and so are those that are younger than that limit.",
        rows=_PROMOTERS,
    ),
)
