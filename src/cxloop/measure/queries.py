"""The queries of measure: answers summed per customer, then per group."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["LOG_COUNTS", "SCALES", "SCORES", "SERIES", "VARIETY"]

SCORES = Query(
    name="measure.scores",
    sql="""
        select
            $keys,
            count(*) as customers,
            sum(answers) as n,
            sum($total * $total) as total_squares,
            sum($total * answers) as total_sizes,
            sum(answers * answers) as size_squares,
            $sums
        from (
            select $columns, $customer as customer, count(*) as answers, $parts
            from $log
            where $where
            group by $groups, customer
        ) as per_customer
        group by $keys
    """,
    inputs=("interactions", "event_catalogue", "customer_keys", "customer_strength"),
    slots=("keys", "columns", "groups", "customer", "total", "sums", "parts", "log", "where"),
    output={
        "customers": "bigint",
        "n": "bigint",
        "total_squares": "double",
        "total_sizes": "double",
        "size_squares": "bigint",
    },
)
"""Sufficient statistics per group, with sums over customers for those who answer repeatedly."""

SCALES = Query(
    name="measure.scales",
    sql="""
        select
            i.scale_min as low, i.scale_max as high, count(*) as n,
            count(*) filter (where i.score <> floor(i.score)) as broken,
            coalesce(min(i.survey_id) <> max(i.survey_id), false)
            or coalesce(min(i.question_id) <> max(i.question_id), false) as mixed
        from $log
        where $where
        group by i.scale_min, i.scale_max
        order by n desc, low, high
    """,
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where"),
    output={"low": "double", "high": "double", "n": "bigint", "broken": "bigint", "mixed": "bool"},
)
"""The scales of a selection, most used first; `broken` counts answers between whole points, `mixed` says that they come
from several surveys or questions."""

SERIES = Query(
    name="measure.series",
    sql="""
        select
            i.scale_min as low, i.scale_max as high, i.survey_id as survey, count(*) as n,
            count(*) filter (where i.score <> floor(i.score)) as broken
        from $log
        where $where
        group by i.scale_min, i.scale_max, i.survey_id
        order by n desc, low, high, survey
    """,
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where"),
    output={"low": "double", "high": "double", "survey": "text", "n": "bigint", "broken": "bigint"},
)
"""Scales and surveys of a selection, most used first."""

VARIETY = Query(
    name="measure.variety",
    sql="select $distinct from $log where $where",
    inputs=("interactions", "event_catalogue"),
    slots=("distinct", "log", "where"),
    output={},
)
"""How many values each dimension takes in a selection."""

LOG_COUNTS = Query(
    name="measure.log_counts",
    sql="""
        select
            (select count(*) from interactions where traffic is null) as interactions,
            (
                select count(distinct coalesce(k.customer_id, i.key_id))
                from (select distinct key_id from interactions where traffic is null) as i
                left join (
                    select key_id, customer_id from customer_keys where until is null and customer_id <> key_id
                ) as k on k.key_id = i.key_id
            ) as customers,
            (select count(*) from rejected where replayed_at is null) as rejected
    """,
    inputs=("interactions", "customer_keys", "rejected"),
    output={"interactions": "bigint", "customers": "bigint", "rejected": "bigint"},
)
"""How large the log is, and how many rows wait outside."""
