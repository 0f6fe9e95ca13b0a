"""The queries of money: what customers brought before and after an answer, and what stands at risk."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["AFTER", "AMOUNTS", "ANSWERED", "RISK"]

_TABLES = ("interactions", "event_catalogue", "customer_keys", "customer_strength", "customer_of")

AMOUNTS = Query(
    name="measure.money_amounts",
    sql="""
        select i.currency as currency, count(*) as n
        from $log
        where $where and i.kind in ('order', 'return') and i.value <> 0
        group by i.currency
        order by n desc, currency
    """,
    inputs=_TABLES,
    slots=("log", "where"),
    output={"currency": "text", "n": "bigint"},
)
"""The currencies of what was paid."""

ANSWERED = Query(
    name="measure.money_answered",
    sql="select count(distinct $customer) as customers from $log where $where and i.key_id is not null",
    inputs=_TABLES,
    slots=("customer", "log", "where"),
    output={"customers": "bigint"},
)
"""How many customers answered."""

AFTER = Query(
    name="measure.money_after",
    sql="""
        select
            a.customer as customer, a.score as score, a.region as region, a.channel as channel,
            date_diff('microsecond', cast('1970-01-01' as timestamp), a.moment) / 86400000000.0 as day,
            count(*) filter (where e.ordered = 1 and e.moment > a.moment) as orders_after,
            coalesce(sum(e.amount) filter (where e.moment > a.moment), 0) as revenue_after,
            count(*) filter (where e.referred = 1 and e.moment > a.moment) as referrals_after,
            count(*) filter (where e.ordered = 1 and e.moment <= a.moment) as orders_before,
            count(*) filter (
                where e.ordered = 1 and e.moment <= a.moment and e.moment > a.moment - interval '90' day
            ) as orders_lately,
            coalesce(sum(e.amount) filter (
                where e.moment <= a.moment and e.moment > a.moment - interval '365' day
            ), 0) as revenue_before,
            count(*) filter (
                where e.contacted = 1 and e.moment <= a.moment and e.moment > a.moment - interval '365' day
            ) as contacts_before,
            count(*) filter (where e.referred = 1 and e.moment <= a.moment) as referrals_before,
            date_diff(
                'microsecond', max(e.moment) filter (where e.ordered = 1 and e.moment <= a.moment), a.moment
            ) / 86400000000.0 as recency,
            date_diff(
                'microsecond', min(e.moment) filter (where e.moment <= a.moment), a.moment
            ) / 86400000000.0 as tenure
        from (
            select customer, moment, score, region, channel
            from (
                select
                    $customer as customer, i.occurred_at as moment, i.score as score, i.region as region,
                    c.channel as channel,
                    row_number() over (
                        partition by $customer order by i.occurred_at desc, i.interaction_id desc
                    ) as place
                from $answers_log
                where $answers and i.key_id is not null
            ) as ranked
            where place = 1
        ) as a
        left join (
            select
                $customer as customer, i.occurred_at as moment,
                case when i.kind in ('order', 'return') then i.value end as amount,
                case when i.kind = 'order' then 1 else 0 end as ordered,
                case when i.kind in ('call', 'message', 'case', 'return') then 1 else 0 end as contacted,
                case when $referred then 1 else 0 end as referred
            from $log
            where $where and i.key_id is not null
                and (i.kind in ('order', 'return', 'call', 'message', 'case') or $referred)
        ) as e on e.customer = a.customer and e.moment <= a.moment + $horizon
        group by a.customer, a.score, a.region, a.channel, a.moment
        order by a.customer
    """,
    inputs=_TABLES,
    slots=("customer", "answers_log", "answers", "referred", "log", "where", "horizon"),
    output={
        "customer": "bigint",
        "score": "double",
        "region": "text",
        "channel": "text",
        "day": "double",
        "orders_after": "bigint",
        "revenue_after": "double",
        "referrals_after": "bigint",
        "orders_before": "bigint",
        "orders_lately": "bigint",
        "revenue_before": "double",
        "contacts_before": "bigint",
        "referrals_before": "bigint",
        "recency": "double",
        "tenure": "double",
    },
)
"""The last answer of each customer that is old enough, what they did until then, and what after it."""

RISK = Query(
    name="measure.money_risk",
    sql="""
        select
            $keys, mood, gone, count(*) as customers, sum(revenue) as revenue, sum(revenue * revenue) as squares
        from (
            select
                $keys, revenue,
                case
                    when score <= $low then 'unhappy'
                    when last_at <= cast($quiet_since as timestamp) then 'silent'
                    else 'others'
                end as mood,
                orders_after = 0 as gone
            from (
                select
                    $picked, customer,
                    greatest(
                        coalesce(sum(amount) filter (where moment <= cast($moment as timestamp)), 0), 0
                    ) as revenue,
                    max(moment) filter (where ordered = 1 and moment <= cast($moment as timestamp)) as last_at,
                    arg_max(score, moment) filter (
                        where score is not null and moment <= cast($moment as timestamp)
                    ) as score,
                    count(*) filter (where ordered = 1 and moment > cast($moment as timestamp)) as orders_after
                from (
                    select
                        $columns, $customer as customer, i.occurred_at as moment,
                        case when i.kind in ('order', 'return') then i.value end as amount,
                        case when i.kind = 'order' then 1 else 0 end as ordered,
                        case when $answers then i.score end as score
                    from $log
                    where $where and i.key_id is not null and (i.kind in ('order', 'return') or $answers)
                ) as events
                group by customer
            ) as each_customer
            where last_at is not null
        ) as judged
        group by $keys, mood, gone
    """,
    inputs=_TABLES,
    parameters={"low": "double", "moment": "timestamp", "quiet_since": "timestamp"},
    slots=("keys", "picked", "columns", "customer", "answers", "log", "where"),
    output={
        "mood": "text",
        "gone": "bool",
        "customers": "bigint",
        "revenue": "double",
        "squares": "double",
    },
)
"""Customers who bought within the log that is given, by mood at a moment and by whether they bought after it."""
