"""The queries of matching: records, who is one customer already, and what the ledger says of pairs."""

from __future__ import annotations

from cxloop.core.schema import Type
from cxloop.engine.query import Query

__all__ = [
    "CERTAIN_CUSTOMERS",
    "KEYS_OF",
    "LABELS",
    "LAST_RUN",
    "MATCHED",
    "PAIR_ENTRIES",
    "PRESENT",
    "TOLD",
    "TOLD_OF",
    "UNDOS",
]

TOLD = Query(
    name="unify.match_traits",
    # accounts and households are no persons, and hub keys have no traits of their own
    sql="""
        select t.key_id, t.name, arg_max(t.value, t.occurred_at) as value
        from traits as t
        left join (select distinct account_key from interactions where account_key is not null) as a
            on a.account_key = t.key_id
        where t.value is not null and a.account_key is null
        group by t.key_id, t.name
        order by t.key_id, t.name
    """,
    inputs=("traits", "interactions"),
    output={"key_id": "bigint", "name": "text", "value": "text"},
)

TOLD_OF = Query(
    name="unify.match_traits_of",
    sql="""
        select t.key_id, t.name, arg_max(t.value, t.occurred_at) as value
        from traits as t
        where t.value is not null and t.key_id in (select unnest($keys))
        group by t.key_id, t.name
        order by t.key_id, t.name
    """,
    inputs=("traits",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "name": "text", "value": "text"},
)

KEYS_OF = Query(
    name="unify.match_keys",
    sql="""
        select k.key_id, k.namespace, k.type, k.value
        from keys as k
        inner join (select distinct key_id from traits) as t on t.key_id = k.key_id
        order by k.key_id
    """,
    inputs=("keys", "traits"),
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)

CERTAIN_CUSTOMERS = Query(
    name="unify.match_certain_customers",
    # whose keys are by what was not estimated
    sql="""
        select m.key_id, coalesce(s.customer_id, m.customer_id) as customer_id
        from customer_keys as m
        left join customer_strength as s on s.key_id = m.key_id and s.above < 1.0 and s.up_to >= 1.0
        where m.until is null
        order by m.key_id
    """,
    inputs=("customer_keys", "customer_strength"),
    output={"key_id": "bigint", "customer_id": "bigint"},
)

_ENTRY: dict[str, Type] = {
    "entry_id": "bigint",
    "decision_id": "bigint",
    "action": "text",
    "key_a": "bigint",
    "key_b": "bigint",
    "evidence": "text",
    "state": "text",
    "decided_at": "timestamp",
    "author": "text",
    "probability": "double",
    "weight": "double",
    "comparison": "json",
}

_COLUMNS = ", ".join(_ENTRY)

PAIR_ENTRIES = Query(
    name="unify.match_entries",
    sql=f"""
        select {_COLUMNS}
        from identity_links
        where key_b is not null
            and (evidence = 'probabilistic' or (evidence = 'person' and action in ('link', 'cut', 'never')))
        order by entry_id
    """,
    inputs=("identity_links",),
    output=_ENTRY,
)

UNDOS = Query(
    name="unify.match_undos",
    sql="select entry_id, decision_id, refers_to, evidence from identity_links where action = 'undo' order by entry_id",
    inputs=("identity_links",),
    output={"entry_id": "bigint", "decision_id": "bigint", "refers_to": "bigint", "evidence": "text"},
)

MATCHED = Query(
    name="unify.matched_records",
    sql="select key_id, content_hash, run from matched_records order by key_id",
    inputs=("matched_records",),
    output={"key_id": "bigint", "content_hash": "bigint", "run": "text"},
)

LAST_RUN = Query(
    name="unify.last_match_run",
    sql="select max(run) as run, count(*) as records from matched_records",
    inputs=("matched_records",),
    output={"run": "text", "records": "bigint"},
)

PRESENT = Query(
    name="unify.match_keys_present",
    sql="select key_id from keys where key_id in (select unnest($keys)) order by key_id",
    inputs=("keys",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint"},
)

LABELS = Query(
    name="unify.match_labels",
    sql="""
        select
            k.key_id, k.namespace, k.type, k.value, coalesce(m.customer_id, k.key_id) as customer_id,
            coalesce(c.label, k.value) as label
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        left join customers as c on c.customer_id = coalesce(m.customer_id, k.key_id)
        where k.key_id in (select unnest($keys))
        order by k.key_id
    """,
    inputs=("keys", "customer_keys", "customers"),
    parameters={"keys": "bigints"},
    output={
        "key_id": "bigint",
        "namespace": "text",
        "type": "text",
        "value": "text",
        "customer_id": "bigint",
        "label": "text",
    },
)
