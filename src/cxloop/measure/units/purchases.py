"""Purchases: orders and what came after them."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_FOLLOWED = Query(
    name="measure.units.orders_followed",
    sql="""
        select
            $row,
            case when o.next_at <= o.occurred_at + $within then 1.0 else 0.0 end as score
        from (
            select
                p.*,
                min(p.occurred_at) over (
                    partition by p.customer_id order by p.occurred_at
                    range between interval '1' second following and unbounded following
                ) as next_at
            from $log as p
            where p.kind = 'order' and p.customer_id is not null
        ) as o
        where o.occurred_at <= $horizon
    """,
    inputs=("interactions",),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)

UNITS = (
    Units(
        name="orders_followed",
        noun="order",
        about="An order scores 1 if the same customer orders again within a limit of days, else 0. Orders of nobody "
        "known are left out, and so are those that are younger than that limit.",
        rows=_FOLLOWED,
    ),
)
