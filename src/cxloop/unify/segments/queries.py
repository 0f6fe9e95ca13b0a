"""The queries of segments: facts out of the log, members out of facts, and what the passing of time will change."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.unify.identity.queries import TOUCHED_KEYS

__all__ = [
    "CHANGED",
    "CONSENT_FACTS",
    "DUE",
    "DUE_AT",
    "FACTS",
    "FACTS_OF_NEW",
    "FACT_COUNT",
    "FACT_KEYS",
    "KIN",
    "KNOWN",
    "NEXT_DUE",
    "OPEN",
    "OPEN_OF",
    "PEOPLE",
    "REVISING",
    "SEEN",
    "SIZE",
    "STATE",
    "STATE_AT",
    "STATE_OF",
    "SUPERSEDED",
    "TRAIT_FACTS",
]

_SINCE_1970 = "'microsecond', timestamp '1970-01-01'"
_NOW = "select key_id, customer_id from customer_keys where until is null and customer_id <> key_id"

FACTS = Query(
    name="unify.segment_facts_of_log",
    sql=f"""
        select i.key_id, i.interaction_id as fact_id, date_diff({_SINCE_1970}, i.occurred_at) as at_us, $value as value
        from $log
        where i.batch > $batch and i.key_id is not null and i.traffic is null and $counts
        order by i.key_id
    """,
    inputs=("interactions", "event_catalogue", "event_codes"),
    parameters={"batch": "bigint"},
    slots=("value", "log", "counts"),
    output={"key_id": "bigint", "fact_id": "bigint", "at_us": "bigint", "value": "double"},
)
"""What one condition counts of the log. Sorted: the facts of few keys are then read without the others."""

FACT_COUNT = Query(
    name="unify.segment_fact_count",
    sql="""
        select count(*) as facts
        from $log
        where i.key_id is not null and i.traffic is null and $counts
    """,
    inputs=("interactions", "event_catalogue", "event_codes"),
    slots=("log", "counts"),
    output={"facts": "bigint"},
)
"""How many rows of the log one condition counts, revised ones too."""

FACTS_OF_NEW = Query(
    name="unify.segment_facts_of_new",
    sql=f"""
        select i.key_id, i.interaction_id as fact_id, date_diff({_SINCE_1970}, i.occurred_at) as at_us, $taken
        from $log
        where i.batch > $batch and i.key_id is not null and i.traffic is null and $counts
        order by i.key_id
    """,
    inputs=("interactions", "event_catalogue", "event_codes"),
    parameters={"batch": "bigint"},
    slots=("taken", "log", "counts"),
    output={"key_id": "bigint", "fact_id": "bigint", "at_us": "bigint"},
)
"""What all conditions count of new rows: to plan a query for each of them takes longer than to run it."""

PEOPLE = Query(
    name="unify.segment_people",
    sql=f"""
        select i.key_id, i.key_id as fact_id, date_diff({_SINCE_1970}, min(i.occurred_at)) as at_us
        from interactions as i
        where i.batch > $batch and i.key_id is not null and i.traffic is null
        group by i.key_id
        order by i.key_id
    """,
    inputs=("interactions",),
    parameters={"batch": "bigint"},
    output={"key_id": "bigint", "fact_id": "bigint", "at_us": "bigint"},
)
"""Every key that is a person's, for definitions that hold also where nothing happened."""

_NEW = "select distinct n.key_id from interactions as n where n.batch > $batch and n.key_id is not null"

TRAIT_FACTS = Query(
    name="unify.segment_traits",
    sql=f"""
        select
            t.key_id, t.key_id as fact_id, date_diff({_SINCE_1970}, max(t.occurred_at)) as at_us,
            arg_max(t.value, {{'at': t.occurred_at, 'known': t.known_at, 'source': t.source}}) as said
        from traits as t
        inner join ({_NEW}) as n on n.key_id = t.key_id
        where t.name = $name and t.value is not null
        group by t.key_id
        order by t.key_id
    """,
    inputs=("traits", "interactions"),
    parameters={"name": "text", "batch": "bigint"},
    output={"key_id": "bigint", "fact_id": "bigint", "at_us": "bigint", "said": "text"},
)
"""What was told last under a name, per key."""

_NEVER = "9000000000000000000"
_ENDS = f"coalesce(date_diff({_SINCE_1970}, c.expires_at), {_NEVER})"

CONSENT_FACTS = Query(
    name="unify.segment_consents",
    # Of a yes and a no at the same moment the no counts.
    sql=f"""
        select
            c.key_id, c.key_id as fact_id, date_diff({_SINCE_1970}, max(c.occurred_at)) as at_us,
            cast(arg_max(
                case when c.granted then {_ENDS} else 0 end,
                {{'at': c.occurred_at, 'refused': case when c.granted then 0 else 1 end}}
            ) as double) as value,
            arg_max(
                case when c.granted then {_ENDS} else {_NEVER} end,
                {{'at': c.occurred_at, 'refused': case when c.granted then 0 else 1 end}}
            ) as ends_us
        from consents as c
        inner join ({_NEW}) as n on n.key_id = c.key_id
        where c.purpose = $purpose and (c.channel is null or c.channel = $channel)
        group by c.key_id
        order by c.key_id
    """,
    inputs=("consents", "interactions"),
    parameters={"purpose": "text", "channel": "text", "batch": "bigint"},
    output={"key_id": "bigint", "fact_id": "bigint", "at_us": "bigint", "value": "double", "ends_us": "bigint"},
)
"""What was said last about a purpose, per key: 0 for a no, for a yes until when it holds."""

REVISING = Query(
    name="unify.segment_revising",
    sql="select source, revises from interactions where batch > $batch and revises is not null",
    inputs=("interactions",),
    parameters={"batch": "bigint"},
    output={"source": "text", "revises": "text"},
)
"""New rows that are the newer state of older ones."""

SUPERSEDED = Query(
    name="unify.segment_superseded",
    sql="""
        select i.interaction_id as fact_id
        from interactions as i
        inner join (
            select distinct source, revises from interactions where batch > $batch and revises is not null
        ) as n on n.source = i.source and n.revises = i.revises
        where i.revises is not null and i.batch <= $batch and not $current
    """,
    inputs=("interactions",),
    parameters={"batch": "bigint"},
    slots=("current",),
    output={"fact_id": "bigint"},
)
"""Older revisions that stand no longer because of new rows."""

FACT_KEYS = Query(
    name="unify.segment_fact_keys",
    sql="select distinct key_id from segment_facts where fact_id in (select unnest($facts))",
    inputs=("segment_facts",),
    parameters={"facts": "bigints"},
    output={"key_id": "bigint"},
)
"""Of whom facts are."""

_OF_KEYS = "inner join (select unnest($keys) as key_id) as k on k.key_id = f.key_id"


def _holding(chosen: str = "") -> str:
    """Returns the SQL behind `select`: customers, one row `s` each, of whom the condition holds.

    Args:
        chosen: a join that leaves only the facts `f` of some keys.
    """
    return f"""
        from (
            select coalesce(m.customer_id, f.key_id) as customer_id, $aggregates
            from segment_facts as f
            {chosen}
            left join ({_NOW}) as m on m.key_id = f.key_id
            where f.segment = $segment and $at is not null
            group by coalesce(m.customer_id, f.key_id)
        ) as s
        where $holds
    """


_HOLDING, _HOLDING_OF_KEYS = _holding(), _holding(_OF_KEYS)

STATE = Query(
    name="unify.segment_state",
    sql=f"select s.customer_id {_HOLDING}",
    inputs=("segment_facts", "customer_keys"),
    parameters={"segment": "text", "at": "bigint"},
    slots=("aggregates", "holds"),
    output={"customer_id": "bigint"},
)
"""Who is in a segment."""

SIZE = Query(
    name="unify.segment_size",
    sql=f"select count(*) as members {_HOLDING}",
    inputs=("segment_facts", "customer_keys"),
    parameters={"segment": "text", "at": "bigint"},
    slots=("aggregates", "holds"),
    output={"members": "bigint"},
)
"""How many are in a segment."""

STATE_OF = Query(
    name="unify.segment_state_of",
    sql=f"select s.customer_id {_HOLDING_OF_KEYS}",
    inputs=("segment_facts", "customer_keys"),
    parameters={"segment": "text", "at": "bigint", "keys": "bigints"},
    slots=("aggregates", "holds"),
    output={"customer_id": "bigint"},
)
"""Who of the customers with some keys is in a segment."""

STATE_AT = Query(
    name="unify.segment_state_at",
    sql=f"""
        with own as (
            select
                coalesce(m.customer_id, f.key_id) as customer_id, f.leaf, f.fact_id, f.at_us, f.value, f.said
            from segment_facts as f
            inner join (select unnest($keys) as key_id) as k on k.key_id = f.key_id
            left join ({_NOW}) as m on m.key_id = f.key_id
            where f.segment = $segment
        ),
        points as (
            select distinct o.customer_id, o.at_us + b.later as moment_us
            from own as o
            inner join $changes on b.leaf = o.leaf
            where o.at_us + b.later > $after and o.at_us + b.later <= $through
        )
        select s.customer_id, s.moment_us, coalesce($holds, false) as holds
        from (
            select p.customer_id, p.moment_us, $aggregates
            from points as p
            inner join own as f on f.customer_id = p.customer_id
            group by p.customer_id, p.moment_us
        ) as s
        order by s.customer_id, s.moment_us
    """,
    inputs=("segment_facts", "customer_keys"),
    parameters={"segment": "text", "keys": "bigints", "after": "bigint", "through": "bigint"},
    slots=("changes", "aggregates", "holds"),
    output={"customer_id": "bigint", "moment_us": "bigint", "holds": "bool"},
)
"""Whether customers were in a segment at each moment between two at which the passing of time may have changed it."""

DUE = Query(
    name="unify.segment_due",
    sql="""
        select f.key_id, f.at_us + b.later as moment_us
        from segment_facts as f
        inner join $changes on b.leaf = f.leaf
        where f.segment = $segment and f.at_us + b.later > $after and f.at_us + b.later <= $through
    """,
    inputs=("segment_facts",),
    parameters={"segment": "text", "after": "bigint", "through": "bigint"},
    slots=("changes",),
    output={"key_id": "bigint", "moment_us": "bigint"},
)
"""Keys of whom the passing of time changes something between two moments."""

NEXT_DUE = Query(
    name="unify.segment_next_due",
    sql="""
        select min(f.at_us + b.later) as moment_us
        from segment_facts as f
        inner join $changes on b.leaf = f.leaf
        where f.segment = $segment and f.at_us + b.later > $after
    """,
    inputs=("segment_facts",),
    parameters={"segment": "text", "after": "bigint"},
    slots=("changes",),
    output={"moment_us": "bigint"},
)
"""When the passing of time may change somebody next."""

DUE_AT = Query(
    name="unify.segments_due_at",
    sql="select min(due_at) as due_at from segments",
    inputs=("segments",),
    output={"due_at": "timestamp"},
)
"""When the passing of time may change any segment next."""

CHANGED = Query(
    name="unify.segment_changed",
    # Of keys that moved the former customers as well; a key that was alone is its own former customer.
    sql=f"""
        select key_id as customer_id from ({TOUCHED_KEYS}) as touched
        union
        select customer_id from customer_keys where changed > $entry
        limit $most
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"batch": "bigint", "entry": "bigint", "most": "bigint"},
    output={"customer_id": "bigint"},
)
"""Keys and former customers whom something new concerns."""

KIN = Query(
    name="unify.segment_kin",
    sql=f"""
        select m.key_id, m.customer_id
        from ({_NOW}) as m
        where m.customer_id in (
            select coalesce(o.customer_id, k.key_id)
            from (select unnest($keys) as key_id) as k
            left join ({_NOW}) as o on o.key_id = k.key_id
        )
    """,
    inputs=("customer_keys",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "customer_id": "bigint"},
)
"""The further keys of the customers that some keys are of; those that are alone have none."""

OPEN = Query(
    name="unify.segment_open",
    sql="select customer_id, since from segment_members where segment = $segment and until is null",
    inputs=("segment_members",),
    parameters={"segment": "text"},
    output={"customer_id": "bigint", "since": "timestamp"},
)
"""Members, and since when."""

OPEN_OF = Query(
    name="unify.segment_open_of",
    sql="""
        select m.customer_id, m.since
        from segment_members as m
        where m.segment = $segment and m.until is null and m.customer_id in (select unnest($customers))
    """,
    inputs=("segment_members",),
    parameters={"segment": "text", "customers": "bigints"},
    output={"customer_id": "bigint", "since": "timestamp"},
)
"""Members among some customers, and since when."""

KNOWN = Query(
    name="unify.segments_known",
    sql="select segment, version, definition, digest, clock, due_at, problem from segments order by segment",
    inputs=("segments",),
    output={
        "segment": "text",
        "version": "bigint",
        "definition": "text",
        "digest": "text",
        "clock": "timestamp",
        "due_at": "timestamp",
        "problem": "text",
    },
)
"""The segments that are computed."""

SEEN = Query(
    name="unify.segments_seen",
    sql="""
        select
            (select max(position) from watermarks where derivation = $derivation) as position,
            (select count(*) from interactions where revises is not null) as revisions
    """,
    inputs=("watermarks", "interactions"),
    output={"position": "bigint", "revisions": "bigint"},
    parameters={"derivation": "text"},
)
"""How far segments have come, null where everything is to be made anew; and how many rows revise others."""
