"""The queries of privacy: whose keys, what was said about purposes, what was sealed, and how old things are."""

from __future__ import annotations

from cxloop.core.schema import CONSENTS
from cxloop.engine.aging import OLD
from cxloop.engine.query import Query

__all__ = [
    "CONSENTS_OF",
    "CONSENT_COUNTS",
    "KEYS_OF",
    "KINDS",
    "LAST_RETAINED",
    "OLD_CONSENTS",
    "OLD_INTERACTIONS",
    "OLD_REJECTED",
    "OLD_SNAPSHOTS",
    "OLD_TRAITS",
    "SEALED",
    "SEALED_COUNT",
]

_CONSENT = ", ".join(CONSENTS.names)

KEYS_OF = Query(
    name="unify.keys_shown_of_customer",
    sql="""
        select k.key_id, k.namespace, k.type, k.value
        from customer_of as c
        inner join keys as k on k.key_id = c.key_id
        where c.customer_id = $customer and k.namespace <> '*'
        order by k.key_id
    """,
    inputs=("customer_of", "keys"),
    parameters={"customer": "bigint"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)

CONSENTS_OF = Query(
    name="unify.consents_of",
    sql=f"""
        select {_CONSENT}
        from consents
        where key_id in (select unnest($keys))
        order by occurred_at, known_at, purpose, channel, source
    """,
    inputs=("consents",),
    parameters={"keys": "bigints"},
    output={column.name: column.type for column in CONSENTS.columns},
)

CONSENT_COUNTS = Query(
    name="unify.consent_counts",
    # what each customer said last about a purpose; of two at the same moment the refusal
    sql="""
        with said as (
            select
                coalesce(m.customer_id, c.key_id) as customer_id, c.purpose, c.occurred_at,
                case when c.granted then 1 else 0 end as granted
            from consents as c
            left join customer_keys as m on m.key_id = c.key_id and m.until is null
        ),
        latest as (
            select customer_id, purpose, max(occurred_at) as occurred_at from said group by customer_id, purpose
        ),
        stands as (
            select s.customer_id, s.purpose, min(s.granted) as granted
            from said as s
            inner join latest as l
                on l.customer_id = s.customer_id and l.purpose = s.purpose and l.occurred_at = s.occurred_at
            group by s.customer_id, s.purpose
        )
        select purpose, cast(sum(granted) as bigint) as granted, cast(count(*) - sum(granted) as bigint) as refused
        from stands
        group by purpose
        order by purpose
    """,
    inputs=("consents", "customer_keys"),
    output={"purpose": "text", "granted": "bigint", "refused": "bigint"},
)

SEALED_COUNT = Query(
    name="unify.sealed_count",
    sql="select count(sealed) as sealed from interactions",
    inputs=("interactions",),
    output={"sealed": "bigint"},
)

SEALED = Query(
    name="unify.sealed",
    sql="select source, message_id, sealed from interactions where interaction_id = $interaction",
    inputs=("interactions",),
    parameters={"interaction": "bigint"},
    output={"source": "text", "message_id": "text", "sealed": "text"},
)

OLD_INTERACTIONS = Query(
    name="unify.old_interactions",
    sql="""
        select count(*) as rows, min(occurred_at) as oldest
        from interactions
        where occurred_at < $before and (kind = $kind or ($kind = '' and not list_contains($keep, kind)))
    """,
    inputs=("interactions",),
    parameters={"before": "timestamp", "kind": "text", "keep": "texts"},
    output={"rows": "bigint", "oldest": "timestamp"},
)
"""Interactions of a kind from before a moment; without a kind, of all kinds but those in `$keep`."""

OLD_REJECTED = Query(
    name="unify.old_rejected",
    sql="select rejected_id, rejected_at as at from rejected where rejected_at < $before",
    inputs=("rejected",),
    parameters={"before": "timestamp"},
    output={"rejected_id": "bigint", "at": "timestamp"},
)

_OLD_TRAITS, _OLD_CONSENTS, _OLD_SNAPSHOTS = (OLD[table] for table in ("traits", "consents", "snapshots"))

OLD_TRAITS = Query(
    name="unify.old_traits",
    sql=f"select count(*) as rows, min(t.occurred_at) as oldest from traits as t where {_OLD_TRAITS}",
    inputs=("traits",),
    parameters={"before": "timestamp"},
    output={"rows": "bigint", "oldest": "timestamp"},
)

OLD_CONSENTS = Query(
    name="unify.old_consents",
    sql=f"select count(*) as rows, min(t.occurred_at) as oldest from consents as t where {_OLD_CONSENTS}",
    inputs=("consents",),
    parameters={"before": "timestamp"},
    output={"rows": "bigint", "oldest": "timestamp"},
)

OLD_SNAPSHOTS = Query(
    name="unify.old_snapshots",
    sql=f"select count(*) as rows, min(t.computed_at) as oldest from snapshots as t where {_OLD_SNAPSHOTS}",
    inputs=("snapshots",),
    parameters={"before": "timestamp"},
    output={"rows": "bigint", "oldest": "timestamp"},
)

LAST_RETAINED = Query(
    name="unify.last_retained",
    sql="select updated_at from watermarks where derivation = $derivation",
    inputs=("watermarks",),
    parameters={"derivation": "text"},
    output={"updated_at": "timestamp"},
)

KINDS = Query(
    name="unify.kinds",
    sql="select distinct kind from event_codes order by kind",
    inputs=("event_codes",),
    output={"kind": "text"},
)
