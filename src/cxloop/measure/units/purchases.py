"""Purchases: orders, what came before and after them, and what was paid."""

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

_REPEATED = Query(
    name="measure.units.orders_repeated",
    sql="""
        select
            $row,
            date_diff('microsecond', o.last_at, o.occurred_at) / 1000000.0 as score
        from (
            select
                p.*,
                max(p.occurred_at) over (
                    partition by p.customer_id order by p.occurred_at
                    range between unbounded preceding and interval '1' second preceding
                ) as last_at
            from $log as p
            where p.kind = 'order' and p.customer_id is not null
        ) as o
        where o.last_at is not null and o.occurred_at <= $now
    """,
    inputs=("interactions",),
    slots=("row", "log", "now"),
    output={"score": "double"},
)
_LAPSED = Query(
    name="measure.units.lapses",
    # It begins when the customer has been silent for the days, and is looked at for as many days more.
    sql="""
        select
            $row,
            o.occurred_at + $within as occurred_at,
            case when o.next_at <= o.occurred_at + $within + $within then 1.0 else 0.0 end as score
        from (
            select
                p.*,
                min(p.occurred_at) over (
                    partition by p.customer_id order by p.occurred_at
                    range between interval '1' second following and unbounded following
                ) as next_at,
                row_number() over (
                    partition by p.customer_id, p.occurred_at order by p.interaction_id
                ) as place
            from $log as p
            where p.kind = 'order' and p.customer_id is not null
        ) as o
        where o.place = 1 and o.occurred_at + $within <= $horizon
            and (o.next_at is null or o.next_at > o.occurred_at + $within)
    """,
    inputs=("interactions",),
    slots=("row", "within", "log", "horizon"),
    output={"occurred_at": "timestamp", "score": "double"},
)
_PAID = Query(
    name="measure.units.payments",
    # A refund stands on the row of the order it is for, so that a split by channel takes it off where it was earned.
    sql="""
        select $row, o.moment as occurred_at, o.amount as score
        from (
            select p.*, p.occurred_at as moment, p.value as amount
            from $log as p
            where p.kind = 'order' and p.customer_id is not null
            union all
            select p.*, m.moment, m.amount
            from $log as p
            inner join (
                select
                    r.occurred_at as moment, r.value as amount,
                    coalesce(min(d.interaction_id), r.interaction_id) as stands_on
                from $log as r
                left join interaction_objects as a on a.interaction_id = r.interaction_id and a.type = 'order'
                left join interaction_objects as b on b.type = a.type and b.id = a.id
                left join $log as d on d.interaction_id = b.interaction_id and d.kind = 'order'
                    and d.customer_id = r.customer_id
                where r.kind = 'return' and r.customer_id is not null
                group by r.interaction_id, r.occurred_at, r.value
            ) as m on m.stands_on = p.interaction_id
        ) as o
        where o.amount is not null and o.moment <= $now
    """,
    inputs=("interactions", "interaction_objects"),
    slots=("row", "log", "now"),
    output={"occurred_at": "timestamp", "score": "double"},
)

UNITS = (
    Units(
        name="orders_followed",
        noun="order",
        about="An order scores 1 if the same customer orders again within a limit of days, else 0. Orders of nobody "
        "known are left out, and so are those that are younger than that limit.",
        rows=_FOLLOWED,
    ),
    Units(
        name="orders_repeated",
        noun="repeat order",
        about="An order of a customer who had ordered before scores the seconds since their last one, and counts when "
        "it was made. First orders have no time and are left out, and so are orders of nobody known.",
        rows=_REPEATED,
    ),
    Units(
        name="lapses",
        noun="lapse",
        about="A customer who has ordered nothing for a limit of days lapses. That scores 1 if they order again within "
        "as many days more, else 0, and counts on the day the limit is over, with channel, region and whatever else "
        "the last order before it had. Lapses that are younger than the limit are left out, and so are orders of "
        "nobody known.",
        rows=_LAPSED,
    ),
    Units(
        name="payments",
        noun="payment",
        about="An order scores its amount, a refund what was given back, as a negative number. A refund counts on its "
        "own day, and for channel, region and the like as part of the order it is for, where both name that order. "
        "What has no amount is left out, and so is what belongs to nobody known.",
        rows=_PAID,
    ),
)
