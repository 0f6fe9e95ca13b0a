"""Journeys: ways from a start to an end, and whether the end was reached."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_CARTS = Query(
    name="measure.units.carts",
    # Of each touch: what the customer did before it on this way, and the next order; a tie in time is cart, then order.
    sql="""
        select $row, case when o.ordered_at <= o.occurred_at + $within then 1.0 else 0.0 end as score
        from (
            select
                w.*,
                lag(w.occurred_at) over (
                    partition by w.customer_id order by w.occurred_at, w.ends, w.interaction_id
                ) as before_at,
                lag(w.ends) over (
                    partition by w.customer_id order by w.occurred_at, w.ends, w.interaction_id
                ) as before_ends,
                min(case when w.ends = 1 then w.occurred_at end) over (
                    partition by w.customer_id order by w.occurred_at, w.ends, w.interaction_id
                    rows between 1 following and unbounded following
                ) as ordered_at
            from (
                select p.*, case when p.kind = 'order' then 1 else 0 end as ends
                from $log as p
                left join event_catalogue as c on c.event_code = p.event_code
                where p.customer_id is not null
                    and (p.kind = 'order' or (p.kind = 'touch' and c.touchpoint = 'cart'))
            ) as w
        ) as o
        where o.ends = 0 and o.occurred_at <= $horizon
            and (o.before_at is null or o.before_ends = 1 or o.before_at < o.occurred_at - $within)
    """,
    inputs=("interactions", "event_catalogue"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)

UNITS = (
    Units(
        name="carts",
        noun="cart",
        about="A way to an order begins when a customer touches the touchpoint `cart` of your catalogue, unless they "
        "did so before within a limit of days and have not ordered since. It scores 1 if they order within that limit, "
        "in whatever channel, else 0. Carts of nobody known are left out, and so are those that are younger than "
        "the limit.",
        rows=_CARTS,
    ),
)
