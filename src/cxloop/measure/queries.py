"""The queries of measure: answers summed per customer, then per group."""

from __future__ import annotations

from cxloop.core.schema import Type
from cxloop.engine.query import Query

__all__ = [
    "LAST_CHANGE",
    "LAST_DECISION",
    "LAST_KNOWN",
    "LOG_COUNTS",
    "MOVED",
    "MOVED_ANYHOW",
    "MOVES",
    "MOVES_ANYHOW",
    "SCALES",
    "SCORES",
    "SEGMENT_BEGAN",
    "SERIES",
    "VARIETY",
    "WEAK",
]

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
            i.scale_min as low, i.scale_max as high, count(*) filter (where $counted) as n,
            count(*) filter (where i.score <> floor(i.score) and $counted) as broken,
            coalesce(
                min(case when $counted then i.survey_id end) <> max(case when $counted then i.survey_id end), false
            ) or coalesce(
                min(case when $counted then i.question_id end) <> max(case when $counted then i.question_id end), false
            ) as mixed
        from $log
        where $where
        group by i.scale_min, i.scale_max
        order by n desc, low, high
    """,
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where", "counted"),
    output={"low": "double", "high": "double", "n": "bigint", "broken": "bigint", "mixed": "bool"},
)
"""The scales of a selection, most used first; `n` counts the answers that stand on them, `broken` those of them between
whole points, `mixed` says that they come from several surveys or questions."""

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

WEAK = Query(
    name="measure.weak_links",
    sql="""
        select count(*) as weak
        from $log
        where $where and $customer in (
            select w.customer_id
            from customer_strength as s
            inner join customer_keys as w on w.key_id = s.key_id
            where w.until is null and s.above < $certainty and s.up_to >= $certainty
                and s.customer_id <> w.customer_id
        )
    """,
    inputs=("interactions", "event_catalogue", "customer_keys", "customer_strength"),
    parameters={"certainty": "double"},
    slots=("log", "where", "customer"),
    output={"weak": "bigint"},
)
"""Answers of customers that would fall apart if only links of at least `$certainty` counted."""

LAST_CHANGE = Query(
    name="measure.last_change_of_identities",
    sql="""
        select max(coalesce(k.until, k.since)) as last_at from customer_keys as k
        where k.customer_id <> k.key_id
    """,
    inputs=("customer_keys",),
    output={"last_at": "timestamp"},
)
"""When a key last went from one customer to another."""

LAST_KNOWN = Query(
    name="measure.last_known",
    sql="select max(i.known_at) as last_at from $log where $where",
    inputs=("interactions", "event_catalogue"),
    slots=("log", "where"),
    output={"last_at": "timestamp"},
)
"""When the last answer of a selection was known."""

_DECIDES = "d.action <> 'link' or d.evidence in ('person', 'probabilistic', 'alias')"
# Keys that one visit ties to another are no decision: persons decide, matching does, and an alias call says so.

LAST_DECISION = Query(
    name="measure.last_decision",
    sql=f"select max(d.known_at) as last_at from identity_links as d where {_DECIDES}",
    inputs=("identity_links",),
    output={"last_at": "timestamp"},
)
"""When the last decision on who is who began to count."""

# A key without a row, or with one of its own number, is itself the customer: only other rows begin or end a merge.
_BORDERS = """
    select b.key_id, b.since as at from customer_keys as b where b.customer_id <> b.key_id
    union all
    select e.key_id, e.until as at from customer_keys as e where e.customer_id <> e.key_id and e.until is not null
"""
_DECIDED = f"m.at in (select d.known_at from identity_links as d where {_DECIDES})"
_MOVED = """
    select count(*) as answers, count(distinct $customer) as customers, max(moved.at) as last_at
    from $log
    inner join (
        select m.key_id, max(m.at) as at
        from ({borders}) as m
        where m.at > $after and {decided}
        group by m.key_id
    ) as moved on moved.key_id = i.key_id
    where $where
"""
_MOVED_OUTPUT: dict[str, Type] = {"answers": "bigint", "customers": "bigint", "last_at": "timestamp"}

MOVED = Query(
    name="measure.moved_answers",
    sql=_MOVED.format(borders=_BORDERS, decided=_DECIDED),
    inputs=("interactions", "event_catalogue", "customer_keys", "identity_links"),
    parameters={"after": "timestamp"},
    slots=("log", "where", "customer"),
    output=_MOVED_OUTPUT,
)
"""Answers that decisions after a moment gave to another customer."""

MOVED_ANYHOW = Query(
    name="measure.moved_answers_anyhow",
    sql=_MOVED.format(borders=_BORDERS, decided="true"),
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"after": "timestamp"},
    slots=("log", "where", "customer"),
    output=_MOVED_OUTPUT,
)
"""The same, whatever moved them."""

_MOVES = """
    select distinct m.at
    from ({borders}) as m
    where m.at > $after and {decided} and m.key_id in (select i.key_id from $log where $where)
    order by m.at desc
    limit 1000
"""

MOVES = Query(
    name="measure.moves",
    sql=_MOVES.format(borders=_BORDERS, decided=_DECIDED),
    inputs=("interactions", "event_catalogue", "customer_keys", "identity_links"),
    parameters={"after": "timestamp"},
    slots=("log", "where"),
    output={"at": "timestamp"},
)
"""When decisions after a moment gave answers to another customer, latest first."""

MOVES_ANYHOW = Query(
    name="measure.moves_anyhow",
    sql=_MOVES.format(borders=_BORDERS, decided="true"),
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"after": "timestamp"},
    slots=("log", "where"),
    output={"at": "timestamp"},
)
"""The same, whatever moved them."""

SEGMENT_BEGAN = Query(
    name="measure.segment_began",
    sql="""
        select m.segment, min(m.since) as since
        from segment_members as m
        where m.segment in (select unnest($segments))
        group by m.segment
    """,
    inputs=("segment_members",),
    parameters={"segments": "texts"},
    output={"segment": "text", "since": "timestamp"},
)
"""Since when segments have held anybody."""
