"""The queries of retention: cohorts by what came after, and how long members stayed."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["CALENDAR", "ROLLING", "STAYS"]

_TABLES = ("interactions", "event_catalogue", "customer_keys", "customer_strength", "customer_of")

CALENDAR = Query(
    name="measure.retention_calendar",
    sql="""
        select cohort, at, count(*) as customers
        from (
            select at, min(at) over (partition by customer) as cohort
            from (
                select $customer as customer, $period as at
                from $log
                where $where and i.key_id is not null
                group by customer, at
            ) as active
        ) as placed
        group by cohort, at
        order by cohort, at
    """,
    inputs=_TABLES,
    slots=("customer", "period", "log", "where"),
    output={"cohort": "date", "at": "date", "customers": "bigint"},
)
"""How many customers of each cohort were active in each period; the cohort is the first period with anything in it."""

ROLLING = Query(
    name="measure.retention_rolling",
    sql="""
        select cohort, place, count(*) as customers
        from (
            select customer, $cohort as cohort, place
            from (
                select
                    customer, first_at,
                    case
                        when moment = first_at then -1
                        else cast(floor(date_diff('microsecond', first_at, moment) / $length) as bigint)
                    end as place
                from (
                    select customer, moment, min(moment) over (partition by customer) as first_at
                    from (
                        select $customer as customer, i.occurred_at as moment
                        from $log
                        where $where and i.key_id is not null
                    ) as events
                ) as known
            ) as placed
            group by customer, first_at, place
        ) as seen
        group by cohort, place
        order by cohort, place
    """,
    inputs=_TABLES,
    parameters={"length": "double"},
    slots=("cohort", "customer", "log", "where"),
    output={"cohort": "date", "place": "bigint", "customers": "bigint"},
)
"""How many customers of each cohort were active in each window of `$length` microseconds after their first moment,
which itself is place -1."""

STAYS = Query(
    name="measure.retention_stays",
    sql="""
        select $keys, lasted, ended, count(*) as members
        from (
            select
                $keys,
                left_at is not null as ended,
                cast(floor(
                    date_diff('microsecond', moment, coalesce(left_at, cast($until as timestamp))) / 86400000000.0
                ) as bigint) as lasted
            from (
                select
                    $keys, moment, joins,
                    lag(joins) over (partition by customer order by moment, joins) as joined_before,
                    min(case when joins = 0 then moment end) over (
                        partition by customer order by moment, joins rows between 1 following and unbounded following
                    ) as left_at
                from (
                    select
                        $columns, $customer as customer, i.occurred_at as moment,
                        case when $joins then 1 else 0 end as joins
                    from $log
                    where $where and i.key_id is not null and ($joins or $leaves)
                ) as events
            ) as spells
            where joins = 1 and coalesce(joined_before, 0) = 0 and moment >= cast($since as timestamp)
        ) as stays
        group by $keys, lasted, ended
    """,
    inputs=_TABLES,
    parameters={"since": "timestamp", "until": "timestamp"},
    slots=("keys", "columns", "customer", "joins", "leaves", "log", "where"),
    output={"lasted": "bigint", "ended": "bool", "members": "bigint"},
)
"""How many stayed for how many whole days, by what the joining said; who has not left lasts until `$until` so far."""
