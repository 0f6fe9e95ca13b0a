"""Promises: what customers were told with a date, and whether it came by then."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_DUE = Query(
    name="measure.units.promises_due",
    # Kept is looked up per promise and customer, so that an order number of two shops keeps only its own promise.
    sql="""
        select
            $row,
            o.due_at as occurred_at,
            case
                when o.kept_at is null then 0.0
                when o.due_precision = 'day' then case when $kept_day <= $due_day then 1.0 else 0.0 end
                when o.kept_at <= o.due_at then 1.0
                else 0.0
            end as score
        from (
            select p.*, m.due_at, m.due_precision, k.kept_at
            from $log as p
            inner join promises as m on m.interaction_id = p.interaction_id
            left join (
                select d.interaction_id, f.customer_id, min(f.occurred_at) as kept_at
                from promises as d
                inner join interaction_objects as a on a.interaction_id = d.interaction_id
                inner join interaction_objects as b on b.type = a.type and b.id = a.id
                inner join $log as f on f.interaction_id = b.interaction_id
                where $keeps and f.interaction_id <> d.interaction_id
                    and f.occurred_at >= d.made_at and f.occurred_at <= $now
                group by d.interaction_id, f.customer_id
            ) as k on k.interaction_id = p.interaction_id and k.customer_id = p.customer_id
            where p.customer_id is not null
        ) as o
        where case when o.due_precision = 'day' then $due_day < $today else o.due_at < $now end
    """,
    inputs=("interactions", "promises", "interaction_objects"),
    slots=("row", "kept_day", "due_day", "log", "keeps", "now", "today"),
    output={"occurred_at": "timestamp", "score": "double"},
)

UNITS = (
    Units(
        name="promises_due",
        noun="promise",
        about="A promise to a customer whose time is over scores 1 if what keeps it happened in time to the same "
        "customer about the same object (the order, the ticket), else 0. Where a day was promised, the whole of that "
        "day counts as in time. What keeps it is said by the catalogue's `[[promise]]`. It counts on the date it was "
        "due. Promises that are not due yet are left out, also those that are kept already, and so are those to "
        "nobody known.",
        rows=_DUE,
    ),
)
