"""The queries about one customer in full: what was told of them, how they stand, and what is open."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.unify.identity.rules import HUB
from cxloop.unify.queries import KEYS_OF_CUSTOMER

__all__ = [
    "ACCOUNTS_OF",
    "CUSTOMER_OF_KEY",
    "KEYS_OF_CUSTOMERS",
    "KEYS_SEEN",
    "OBJECTS_OF",
    "OWN_KEYS",
    "PROMISES_OF",
    "REPLYING_SOURCES",
    "SCORES_OF",
    "SERVICE_OF",
    "TOLD_OF",
]

_OF_KEYS = "i.key_id in (select unnest($keys))"
# Their own revisions are enough: a newer state of something comes under a key of the same customer.
_CURRENT = """
    not exists (
        select 1 from interactions as r
        where r.key_id in (select unnest($keys)) and r.revises is not null
            and r.source = i.source and r.revises = i.message_id and r.interaction_id <> i.interaction_id
    )
"""

CUSTOMER_OF_KEY = Query(
    name="unify.customer_of_key",
    sql="select customer_id from customer_of where key_id = $key",
    inputs=("customer_of",),
    parameters={"key": "bigint"},
    output={"customer_id": "bigint"},
)
"""Whose a key is now; nothing for a key that is not there, or not to be seen."""

KEYS_SEEN = Query(
    name="unify.keys_seen",
    sql=f"select i.key_id, max(i.occurred_at) as last_at from interactions as i where {_OF_KEYS} group by i.key_id",
    inputs=("interactions",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "last_at": "timestamp"},
)
"""When each key was last used."""

TOLD_OF = Query(
    name="unify.told_of_customer",
    sql="""
        select
            t.key_id, t.name, t.value, t.source,
            max(t.occurred_at) as occurred_at, max(t.known_at) as known_at, count(*) as times_told
        from traits as t
        where t.key_id in (select unnest($keys)) and t.value is not null
        group by t.key_id, t.name, t.value, t.source
    """,
    inputs=("traits",),
    parameters={"keys": "bigints"},
    output={
        "key_id": "bigint",
        "name": "text",
        "value": "text",
        "source": "text",
        "occurred_at": "timestamp",
        "known_at": "timestamp",
        "times_told": "bigint",
    },
)
"""What sources told of some keys: each value once, with when it was told last."""

SCORES_OF = Query(
    name="unify.scores_of_customer",
    sql=f"""
        with ranked as (
            select
                i.metric, i.score, i.scale_min, i.scale_max, i.occurred_at, c.channel, c.touchpoint, i.interaction_id,
                row_number() over (
                    partition by i.metric order by i.occurred_at desc, i.ordinal desc, i.interaction_id
                ) as place
            from interactions as i
            left join event_catalogue as c on c.event_code = i.event_code
            where {_OF_KEYS} and i.metric is not null and i.score is not null and i.traffic is null and {_CURRENT}
        )
        select metric, score, scale_min, scale_max, occurred_at, channel, touchpoint, interaction_id
        from ranked
        where place = 1
        order by metric
    """,
    inputs=("interactions", "event_catalogue"),
    parameters={"keys": "bigints"},
    output={
        "metric": "text",
        "score": "double",
        "scale_min": "double",
        "scale_max": "double",
        "occurred_at": "timestamp",
        "channel": "text",
        "touchpoint": "text",
        "interaction_id": "bigint",
    },
)
"""The latest score of some keys in each metric."""

SERVICE_OF = Query(
    name="unify.service_of_customer",
    sql=f"""
        select
            i.interaction_id, i.source, i.message_id, i.revises, i.refers_to, i.kind, i.occurred_at, i.ordinal,
            i.outcome, e.name, c.channel, left(i.text, 200) as text
        from interactions as i
        left join event_codes as e on e.event_code = i.event_code
        left join event_catalogue as c on c.event_code = i.event_code
        where {_OF_KEYS} and i.traffic is null
            and (i.kind in ('case', 'message', 'reply', 'call') or i.outcome is not null)
        order by i.occurred_at desc, i.ordinal desc, i.interaction_id
        limit $most
    """,
    inputs=("interactions", "event_codes", "event_catalogue"),
    parameters={"keys": "bigints", "most": "bigint"},
    output={
        "interaction_id": "bigint",
        "source": "text",
        "message_id": "text",
        "revises": "text",
        "refers_to": "text",
        "kind": "text",
        "occurred_at": "timestamp",
        "ordinal": "bigint",
        "outcome": "text",
        "name": "text",
        "channel": "text",
        "text": "text",
    },
)
"""What may be open with a customer: cases, messages, calls, and the replies that settle them."""

OBJECTS_OF = Query(
    name="unify.objects_of_interactions",
    sql="""
        select o.interaction_id, o.type, o.id from interaction_objects as o
        where o.interaction_id in (select unnest($interactions))
        order by o.interaction_id, o.type, o.id
    """,
    inputs=("interaction_objects",),
    parameters={"interactions": "bigints"},
    output={"interaction_id": "bigint", "type": "text", "id": "text"},
)

REPLYING_SOURCES = Query(
    name="unify.replying_sources",
    sql="select distinct e.source from event_codes as e where e.kind = 'reply' order by e.source",
    inputs=("event_codes",),
    output={"source": "text"},
)
"""Sources that tell of replies: only with these a message without one is known to wait."""

PROMISES_OF = Query(
    name="unify.promises_of_customer",
    sql=f"""
        select p.interaction_id, p.what, p.made_at, p.due_at, p.due_precision, c.channel
        from promises as p
        inner join interactions as i on i.interaction_id = p.interaction_id
        left join event_catalogue as c on c.event_code = i.event_code
        where {_OF_KEYS} and i.traffic is null and {_CURRENT}
        order by p.due_at, p.interaction_id
    """,
    inputs=("promises", "interactions", "event_catalogue"),
    parameters={"keys": "bigints"},
    output={
        "interaction_id": "bigint",
        "what": "text",
        "made_at": "timestamp",
        "due_at": "timestamp",
        "due_precision": "text",
        "channel": "text",
    },
)

ACCOUNTS_OF = Query(
    name="unify.accounts_of_customer",
    sql=f"""
        select i.account_key, max(i.occurred_at) as last_at
        from interactions as i
        where {_OF_KEYS} and i.account_key is not null and i.traffic is null
        group by i.account_key
        order by last_at desc, i.account_key
    """,
    inputs=("interactions",),
    parameters={"keys": "bigints"},
    output={"account_key": "bigint", "last_at": "timestamp"},
)
"""The accounts under which some keys came, the latest first."""

OWN_KEYS = Query(
    name="unify.own_keys",
    sql=f"""
        select k.key_id, k.namespace, k.type, k.value from keys as k
        where k.key_id in ({KEYS_OF_CUSTOMER}) and k.namespace <> '{HUB}'
        order by k.key_id
    """,
    inputs=("keys", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)
"""The keys of a present customer as sources gave them."""

KEYS_OF_CUSTOMERS = Query(
    name="unify.keys_of_customers",
    # a customer without a row is one key
    sql="""
        select h.key_id from customer_keys as h
        where h.until is null and h.customer_id in (select unnest($customers))
        union
        select k.key_id from keys as k where k.key_id in (select unnest($customers))
        order by key_id
    """,
    inputs=("customer_keys", "keys"),
    parameters={"customers": "bigints"},
    output={"key_id": "bigint"},
)
"""All keys of some customers, hubs included."""
