"""The queries that show segments: sizes, comings and goings, members, labels and overlaps."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = [
    "HISTORY",
    "LABELS",
    "MEMBERS",
    "MEMBER_COUNTS",
    "MOVES",
    "OF_CUSTOMER",
    "OVERLAP",
]

MEMBER_COUNTS = Query(
    name="unify.segment_member_counts",
    sql="""
        select
            segment,
            count(*) filter (where until is null) as members,
            count(*) filter (where since >= $since and (until is null or until > since)) as entered,
            count(*) filter (where until >= $since and until > since) as gone
        from segment_members
        group by segment
    """,
    inputs=("segment_members",),
    parameters={"since": "timestamp"},
    output={"segment": "text", "members": "bigint", "entered": "bigint", "gone": "bigint"},
)
"""Size of each segment, and how many came and went since a moment."""

HISTORY = Query(
    name="unify.segment_history",
    sql="""
        select day, cast(sum(came) as bigint) as came, cast(sum(gone) as bigint) as gone
        from (
            select $entered as day, 1 as came, 0 as gone
            from segment_members as m
            where m.segment = $segment and (m.until is null or m.until > m.since)
            union all
            select $left as day, 0 as came, 1 as gone
            from segment_members as m
            where m.segment = $segment and m.until > m.since
        ) as moved
        group by day
        order by day
    """,
    inputs=("segment_members",),
    parameters={"segment": "text"},
    slots=("entered", "left"),
    output={"day": "date", "came": "bigint", "gone": "bigint"},
)
"""How many came in and went out of a segment on each day."""

MOVES = Query(
    name="unify.segment_moves",
    sql="""
        select min(since) as first_at, max(coalesce(until, since)) as last_at
        from segment_members
        where segment = $segment
    """,
    inputs=("segment_members",),
    parameters={"segment": "text"},
    output={"first_at": "timestamp", "last_at": "timestamp"},
)
"""First and last move of a segment."""

MEMBERS = Query(
    name="unify.segment_members_at",
    sql="""
        select
            m.customer_id, coalesce(c.label, cast(m.customer_id as varchar)) as label, m.since, m.until,
            count(*) over () as total
        from segment_members as m
        left join customers as c on c.customer_id = m.customer_id
        where m.segment = $segment and m.since <= $moment and (m.until is null or m.until > $moment)
        order by m.since desc, m.customer_id
        limit $rows offset $first
    """,
    inputs=("segment_members", "customers"),
    parameters={"segment": "text", "moment": "timestamp", "rows": "bigint", "first": "bigint"},
    output={
        "customer_id": "bigint",
        "label": "text",
        "since": "timestamp",
        "until": "timestamp",
        "total": "bigint",
    },
)
"""One page of the members of a segment at a moment."""

LABELS = Query(
    name="unify.segment_labels",
    sql="select customer_id, label from customers where customer_id in (select unnest($customers))",
    inputs=("customers",),
    parameters={"customers": "bigints"},
    output={"customer_id": "bigint", "label": "text"},
)
"""What to call some customers."""

OF_CUSTOMER = Query(
    name="unify.segments_of_customer",
    sql="""
        select segment, since from segment_members
        where customer_id = $customer and until is null
        order by segment
    """,
    inputs=("segment_members",),
    parameters={"customer": "bigint"},
    output={"segment": "text", "since": "timestamp"},
)
"""The segments that a customer is in, and since when."""

OVERLAP = Query(
    name="unify.segment_overlap",
    sql="""
        select a.segment as first_segment, b.segment as second_segment, count(*) as both_in
        from segment_members as a
        inner join segment_members as b on b.customer_id = a.customer_id and b.segment > a.segment
        where a.until is null and b.until is null
            and (a.segment = $segment or b.segment = $segment or $segment = '')
        group by a.segment, b.segment
    """,
    inputs=("segment_members",),
    parameters={"segment": "text"},
    output={"first_segment": "text", "second_segment": "text", "both_in": "bigint"},
)
"""How many customers are in two segments at once: of one segment and each other, or of all."""
