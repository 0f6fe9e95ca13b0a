"""The queries of value: what customers have bought, one row each, and who joined and left a contract."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["HISTORIES", "LABELS", "MEMBERS", "ORDERED"]

_TABLES = ("interactions", "event_catalogue", "customer_keys", "customer_strength")

ORDERED = Query(
    name="measure.value_ordered",
    sql="""
        select
            i.currency as currency,
            max(i.occurred_at) filter (where i.kind = 'order') as last_at,
            min(i.occurred_at) filter (where i.kind = 'order') as first_at,
            count(*) filter (where i.key_id is null) as nobody,
            count(*) filter (where i.value is not null and i.value <> 0) as amounts
        from $log
        where $where and i.kind in ('order', 'return')
        group by i.currency
        order by currency
    """,
    inputs=_TABLES,
    slots=("log", "where"),
    output={
        "currency": "text",
        "last_at": "timestamp",
        "first_at": "timestamp",
        "nobody": "bigint",
        "amounts": "bigint",
    },
)
"""From when to when there are orders, in which currencies, and how many are of nobody."""

_EPOCH = "cast('1970-01-01' as date)"

HISTORIES = Query(
    name="measure.value_histories",
    sql=f"""
        select
            $keys,
            customer,
            date_diff('day', {_EPOCH}, cast(min(day) filter (where orders > 0) as date)) as first_day,
            date_diff('day', {_EPOCH}, cast(max(day) filter (where orders > 0) as date)) as last_day,
            count(*) filter (where orders > 0) as days,
            sum(gross) as gross,
            sum(refunds) as refunds,
            arg_min(gross, day) filter (where orders > 0) as first_gross,
            date_diff(
                'day', {_EPOCH}, cast(max(day) filter (where orders > 0 and day < cast($cutoff as date)) as date)
            ) as last_day_before,
            count(*) filter (where orders > 0 and day < cast($cutoff as date)) as days_before,
            coalesce(sum(gross) filter (where day < cast($cutoff as date)), 0) as gross_before,
            coalesce(sum(refunds) filter (where day < cast($cutoff as date)), 0) as refunds_before
        from (
            select
                $columns,
                $customer as customer,
                $day as day,
                count(*) filter (where i.kind = 'order' and coalesce(i.value, 0) >= 0) as orders,
                coalesce(sum(i.value) filter (where i.kind = 'order' and i.value > 0), 0) as gross,
                coalesce(sum(i.value) filter (where i.value < 0), 0) as refunds
            from $log
            where $where and i.key_id is not null and i.kind in ('order', 'return')
            group by customer, day
        ) as per_day
        where day >= cast('1970-01-01' as date)
        group by customer
        having count(*) filter (where orders > 0) > 0
    """,
    inputs=_TABLES,
    parameters={"cutoff": "timestamp"},
    slots=("keys", "columns", "customer", "day", "log", "where"),
    output={
        "customer": "bigint",
        "first_day": "bigint",
        "last_day": "bigint",
        "days": "bigint",
        "gross": "double",
        "refunds": "double",
        "first_gross": "double",
        "last_day_before": "bigint",
        "days_before": "bigint",
        "gross_before": "double",
        "refunds_before": "double",
    },
)
"""What each customer has bought: days since 1970 of the first and last order, days with one, amounts, and the same
before a cutoff, for the check."""

LABELS = Query(
    name="measure.value_labels",
    sql="select customer_id, label from customers where customer_id in (select unnest($customers))",
    inputs=("customers",),
    parameters={"customers": "bigints"},
    output={"customer_id": "bigint", "label": "text"},
)
"""What customers are called."""

MEMBERS = Query(
    name="measure.value_members",
    sql="""
        select customer, moment as joined_at, left_at
        from (
            select
                customer, moment, joins,
                lag(joins) over (partition by customer order by moment, joins) as joined_before,
                min(case when joins = 0 then moment end) over (
                    partition by customer order by moment, joins rows between 1 following and unbounded following
                ) as left_at
            from (
                select
                    $customer as customer, i.occurred_at as moment,
                    case when $joins then 1 else 0 end as joins
                from $log
                where $where and i.key_id is not null and ($joins or $leaves)
            ) as events
        ) as spells
        where joins = 1 and coalesce(joined_before, 0) = 0
    """,
    inputs=_TABLES,
    slots=("customer", "joins", "leaves", "log", "where"),
    output={"customer": "bigint", "joined_at": "timestamp", "left_at": "timestamp"},
)
"""Each time that somebody joined a contract, and when they left it; null where they have not."""
