"""The queries of matching: records, who is one customer already, and what the ledger says of pairs."""

from __future__ import annotations

from cxloop.core.schema import Type
from cxloop.engine.query import Query
from cxloop.unify.matching.fields import FIELDS, WHOLE

__all__ = [
    "BETWEEN",
    "CHANGED",
    "FIELD_NAMES",
    "KEPT",
    "KEYS_OF",
    "LABELS",
    "LAST_RUN",
    "NEXT_WAITING",
    "PAIR_ENTRIES",
    "PAIR_OF_ENTRY",
    "PRESENT",
    "TOLD_OF",
    "TRAIT_NAMES",
    "UNDONE_UNDOS",
    "UNDOS",
    "UNTOUCHED",
    "WAITING",
    "WAITING_COUNT",
]

TRAIT_NAMES = Query(
    name="unify.match_trait_names",
    sql="select distinct name from traits where value is not null order by name",
    inputs=("traits",),
    output={"name": "text"},
)

CHANGED = Query(
    name="unify.match_changed",
    # accounts and households are no persons, and hub keys have no traits of their own
    sql="""
        select coalesce(t.key_id, m.key_id) as key_id, t.content_hash
        from (
            select
                r.key_id,
                bit_xor(cx_fingerprint(r.name, r.value, r.source, r.occurred_at)) - $version as content_hash
            from traits as r
            left join (select distinct account_key from interactions where account_key is not null) as a
                on a.account_key = r.key_id
            where r.value is not null and a.account_key is null and r.name in (select unnest($names))
            group by r.key_id
        ) as t
        full outer join matched_records as m on m.key_id = t.key_id
        where $whole or t.content_hash is distinct from m.content_hash
        order by key_id
    """,
    inputs=("traits", "interactions", "matched_records"),
    parameters={"names": "texts", "version": "bigint", "whole": "bool"},
    output={"key_id": "bigint", "content_hash": "bigint"},
)
"""Keys of which sources tell something else than what was read last; without a hash where they tell nothing more."""

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

BETWEEN = "\x1f"
"""Stands between namespace and type of a key."""
_CERTAIN = """
    select m.key_id, coalesce(s.customer_id, m.customer_id) as customer_id
    from customer_keys as m
    left join customer_strength as s on s.key_id = m.key_id and s.above < 1.0 and s.up_to >= 1.0
    where m.until is null
"""
"""SQL of whose keys are by what was not estimated."""

KEYS_OF = Query(
    name="unify.match_keys",
    sql=f"""
        select
            k.key_id, concat(k.namespace, '{BETWEEN}', k.type) as source,
            coalesce(c.customer_id, k.key_id) as customer_id, k.type, k.value
        from keys as k
        left join ({_CERTAIN}) as c on c.key_id = k.key_id
        where k.key_id in (select unnest($keys))
        order by k.key_id
    """,
    inputs=("keys", "customer_keys", "customer_strength"),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "source": "text", "customer_id": "bigint", "type": "text", "value": "text"},
)

FIELD_NAMES = tuple(field.name for field in FIELDS if field.name != WHOLE)
"""The columns of `matched_records` that are fields."""
_FIELDS = ", ".join(f"m.{name}" for name in FIELD_NAMES)

KEPT = Query(
    name="unify.match_kept",
    sql=f"""
        select
            m.key_id, concat(k.namespace, '{BETWEEN}', k.type) as source,
            coalesce(c.customer_id, m.key_id) as customer_id,
            {_FIELDS}
        from matched_records as m
        inner join keys as k on k.key_id = m.key_id
        left join ({_CERTAIN}) as c on c.key_id = m.key_id
    """,
    inputs=("matched_records", "keys", "customer_keys", "customer_strength"),
    output={"key_id": "bigint", "source": "text", "customer_id": "bigint", **dict.fromkeys(FIELD_NAMES, "text")},
)
"""The records as matching read them last, in no order."""

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

_COLUMNS = ", ".join(f"l.{name}" for name in _ENTRY)

_UNDONE_ONCE = "select distinct refers_to from identity_links where action = 'undo'"
_SAID_OF_PAIRS = """
    select distinct key_a, key_b from identity_links
    where evidence = 'person' and action in ('link', 'cut', 'never') and key_b is not null
"""

UNTOUCHED = Query(
    name="unify.match_untouched_links",
    sql=f"""
        select l.decision_id, l.key_a, l.key_b, l.probability, l.weight
        from identity_links as l
        left join ({_UNDONE_ONCE}) as u on u.refers_to = l.decision_id
        left join ({_SAID_OF_PAIRS}) as p on p.key_a = l.key_a and p.key_b = l.key_b
        where l.evidence = 'probabilistic' and l.state = 'accepted' and l.key_b is not null
            and u.refers_to is null and p.key_a is null
        order by l.decision_id
    """,
    inputs=("identity_links",),
    output={
        "decision_id": "bigint",
        "key_a": "bigint",
        "key_b": "bigint",
        "probability": "double",
        "weight": "double",
    },
)
"""Links that matching made and nobody touched since: nearly all there are."""

PAIR_ENTRIES = Query(
    name="unify.match_entries",
    sql=f"""
        select {_COLUMNS}
        from identity_links as l
        left join ({_UNDONE_ONCE}) as u on u.refers_to = l.decision_id
        left join ({_SAID_OF_PAIRS}) as p on p.key_a = l.key_a and p.key_b = l.key_b
        where l.key_b is not null
            and (
                (
                    l.evidence = 'probabilistic'
                    and (l.state is distinct from 'accepted' or u.refers_to is not null or p.key_a is not null)
                )
                or (l.evidence = 'person' and l.action in ('link', 'cut', 'never'))
            )
        order by l.entry_id
    """,
    inputs=("identity_links",),
    output=_ENTRY,
)
"""All other entries about pairs."""

UNDOS = Query(
    name="unify.match_undos",
    sql="select entry_id, decision_id, refers_to, evidence from identity_links where action = 'undo' order by entry_id",
    inputs=("identity_links",),
    output={"entry_id": "bigint", "decision_id": "bigint", "refers_to": "bigint", "evidence": "text"},
)

UNDONE_UNDOS = Query(
    name="unify.match_undone_undos",
    sql="""
        select entry_id, decision_id, refers_to, evidence from identity_links
        where action = 'undo' and refers_to in (select decision_id from identity_links where action = 'undo')
        order by entry_id
    """,
    inputs=("identity_links",),
    output={"entry_id": "bigint", "decision_id": "bigint", "refers_to": "bigint", "evidence": "text"},
)
"""Undos of undos: all that it takes to know which undos count, and few, since only persons write them."""

UNDONE = """
    select refers_to, arg_max(evidence, entry_id) as undone_by from identity_links
    where action = 'undo' and decision_id not in (select unnest($void))
    group by refers_to
"""
"""SQL of the decisions that do not count, and who took them back; `void` are the undos that do not count themselves."""

PAIR_OF_ENTRY = Query(
    name="unify.match_pair_of_entry",
    sql=f"""
        select
            l.entry_id, l.decision_id, l.action, l.key_a, l.key_b, l.evidence, l.state, l.decided_at, l.author,
            l.probability, l.weight, l.comparison, u.undone_by
        from identity_links as l
        inner join (
            select key_a, key_b from identity_links
            where entry_id = $entry and evidence = 'probabilistic' and key_b is not null
        ) as p on p.key_a = l.key_a and p.key_b = l.key_b
        left join ({UNDONE}) as u on u.refers_to = l.decision_id
        where l.evidence = 'probabilistic' or (l.evidence = 'person' and l.action in ('link', 'cut', 'never'))
        order by l.entry_id
    """,
    inputs=("identity_links",),
    parameters={"entry": "bigint", "void": "bigints"},
    output={**_ENTRY, "undone_by": "text"},
)
"""All that the ledger says of the pair of an entry that matching wrote."""

WAITS = f"""
    select l.entry_id, l.key_a, l.key_b, l.probability, l.weight, l.decided_at
    from identity_links as l
    left join ({UNDONE}) as u on u.refers_to = l.decision_id
    left join (
        select distinct d.key_a, d.key_b from identity_links as d
        left join ({UNDONE}) as v on v.refers_to = d.decision_id
        where d.evidence = 'person' and d.action in ('link', 'cut', 'never') and v.refers_to is null
    ) as p on p.key_a = l.key_a and p.key_b = l.key_b
    where l.evidence = 'probabilistic' and l.state = 'proposed' and l.key_b is not null
        and u.refers_to is null and p.key_a is null
"""
"""SQL of the pairs that wait for a person: proposed, not taken back, and without a word of a person that counts."""

WAITING = Query(
    name="unify.match_waiting",
    sql=f"""
        select w.entry_id, w.key_a, w.key_b, w.probability, w.weight, w.decided_at
        from ({WAITS}) as w
        order by
            case $order
                when 'newest' then -cast(w.entry_id as double)
                when 'likely' then -coalesce(w.probability, 0.0)
                else abs(coalesce(w.probability, 0.0) - 0.5)
            end,
            w.entry_id
        limit $rows offset $first
    """,
    inputs=("identity_links",),
    parameters={"order": "text", "rows": "bigint", "first": "bigint", "void": "bigints"},
    output={
        "entry_id": "bigint",
        "key_a": "bigint",
        "key_b": "bigint",
        "probability": "double",
        "weight": "double",
        "decided_at": "timestamp",
    },
)

WAITING_COUNT = Query(
    name="unify.match_waiting_count",
    sql=f"select count(*) as pairs from ({WAITS}) as w",
    inputs=("identity_links",),
    parameters={"void": "bigints"},
    output={"pairs": "bigint"},
)

NEXT_WAITING = Query(
    name="unify.match_next_waiting",
    sql=f"""
        select w.entry_id
        from ({WAITS}) as w
        left join ({WAITS}) as o on o.entry_id = $entry
        where w.entry_id <> $entry
        order by
            case
                when o.entry_id is null then 0
                when coalesce(w.probability, 0.0) > coalesce(o.probability, 0.0) then 1
                when coalesce(w.probability, 0.0) = coalesce(o.probability, 0.0) and w.entry_id < o.entry_id then 1
                else 0
            end,
            -coalesce(w.probability, 0.0),
            w.entry_id
        limit 1
    """,
    inputs=("identity_links",),
    parameters={"entry": "bigint", "void": "bigints"},
    output={"entry_id": "bigint"},
)
"""The pair after another one, the likeliest first; behind the last one, and after one that waits no more, the first."""

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
