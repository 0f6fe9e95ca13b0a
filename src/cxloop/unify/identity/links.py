"""New links from the log: keys that one interaction names together, and equal values of verified types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.unify.identity.rules import HUB, Rules, normalised_sql

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from cxloop.engine.base import Analysis, Engine, Value

__all__ = ["BY_THE_LOG", "LAST_ENTRY", "discover"]

BY_THE_LOG = "the log"
"""Author of the links that interactions tell."""

LAST_ENTRY = Query(
    name="unify.last_entry",
    sql="select coalesce(max(entry_id), 0) as entry_id from identity_links",
    inputs=("identity_links",),
    output={"entry_id": "bigint"},
)

# What is in the ledger already; an interaction that comes late but was known earlier adds an entry.
_NOT_YET = """
    left join (
        select l.key_a, l.key_b, l.evidence, min(l.known_at) as known_at
        from identity_links as l
        inner join (select distinct key_a, key_b from found) as f on f.key_a = l.key_a and f.key_b = l.key_b
        where l.action = 'link'
        group by l.key_a, l.key_b, l.evidence
    ) as o on o.key_a = n.key_a and o.key_b = n.key_b and o.evidence = n.evidence
    where o.known_at is null or n.known_at < o.known_at
"""

PAIRS = Query(
    name="unify.pairs_of_log",
    # An interaction without a key of its own is that of the first of its other keys. Bots and tests tie nobody.
    sql=f"""
        with seen as (
            select
                i.interaction_id, i.known_at, i.source, i.event_code,
                coalesce(i.key_id, i.other_keys[1]) as key_id,
                unnest(i.other_keys) as other_key
            from interactions as i
            where i.batch > $batch and i.other_keys is not null and i.traffic is null
        ),
        found as (
            select
                least(s.key_id, s.other_key) as key_a,
                greatest(s.key_id, s.other_key) as key_b,
                case when e.kind = 'profile' and e.name = 'alias' then 'alias' else 'identify' end as evidence,
                min(s.known_at) as known_at,
                arg_min(s.source, s.known_at) as source,
                arg_min(s.interaction_id, s.known_at) as interaction_id,
                arg_min(s.other_key, s.known_at) as told
            from seen as s
            inner join event_codes as e on e.event_code = s.event_code
            where s.key_id <> s.other_key
            group by 1, 2, 3
        )
        select
            n.key_a, n.key_b, n.evidence, n.known_at, n.source, n.interaction_id,
            case when n.evidence <> 'alias' then null
                when n.told = n.key_a then '{{"previous": "a"}}'
                else '{{"previous": "b"}}'
            end as comparison
        from found as n
        {_NOT_YET}
        order by n.known_at, n.key_a, n.key_b, n.evidence
    """,
    inputs=("interactions", "event_codes", "identity_links"),
    parameters={"batch": "bigint"},
    output={
        "key_a": "bigint",
        "key_b": "bigint",
        "evidence": "text",
        "known_at": "timestamp",
        "source": "text",
        "interaction_id": "bigint",
        "comparison": "json",
    },
)

_OF_TYPES = "contains($types, concat('/', {type}, '/'))"
_HUB_OUTPUT: dict[str, Any] = {
    "key_id": "bigint",
    "namespace": "text",
    "type": "text",
    "value": "text",
    "hub": "bigint",
    "known_at": "timestamp",
    "source": "text",
    "interaction_id": "bigint",
}
_HUB_OF = f"""
    select n.key_id, n.namespace, n.type, n.value, h.key_id as hub, n.known_at, n.source, n.interaction_id
    from named as n
    left join keys as h on h.namespace = '{HUB}' and h.type = n.type and h.value = n.value
    left join identity_links as l
        on l.action = 'link' and l.evidence = '{{evidence}}' and l.known_at <= n.known_at
        and l.key_a = least(n.key_id, h.key_id) and l.key_b = greatest(n.key_id, h.key_id)
    where l.entry_id is null and n.value <> ''
    order by n.known_at, n.key_id, n.type, n.value
"""

KEY_VALUE, TRAIT_VALUE = normalised_sql("k.type", "k.value"), normalised_sql("t.name", "t.value")
OF_KEY_TYPES, OF_TRAIT_TYPES = (_OF_TYPES.format(type=name) for name in ("k.type", "t.name"))
EXACT_HUB, PROFILE_HUB = (_HUB_OF.format(evidence=name) for name in ("exact", "profile"))

EXACT = Query(
    name="unify.verified_keys_of_log",
    sql=f"""
        with named as (
            select
                k.key_id, k.namespace, k.type, {KEY_VALUE} as value,
                min(s.known_at) as known_at,
                arg_min(s.source, s.known_at) as source,
                arg_min(s.interaction_id, s.known_at) as interaction_id
            from (
                select i.key_id, i.known_at, i.source, i.interaction_id
                from interactions as i where i.batch > $batch and i.traffic is null
                union all
                select unnest(i.other_keys) as key_id, i.known_at, i.source, i.interaction_id
                from interactions as i where i.batch > $batch and i.traffic is null and i.other_keys is not null
            ) as s
            inner join keys as k on k.key_id = s.key_id
            where k.namespace <> '{HUB}' and {OF_KEY_TYPES}
            group by 1, 2, 3, 4
        )
        {EXACT_HUB}
    """,
    inputs=("interactions", "keys", "identity_links"),
    parameters={"batch": "bigint", "types": "text"},
    output=_HUB_OUTPUT,
)

PROFILE = Query(
    name="unify.verified_traits_of_log",
    sql=f"""
        with named as (
            select
                k.key_id, k.namespace, t.name as type, {TRAIT_VALUE} as value,
                min(t.known_at) as known_at,
                arg_min(t.source, t.known_at) as source,
                cast(null as bigint) as interaction_id
            from traits as t
            inner join (
                select distinct key_id from interactions where batch > $batch and traffic is null
            ) as i on i.key_id = t.key_id
            inner join keys as k on k.key_id = t.key_id
            where t.value is not null and {OF_TRAIT_TYPES}
            group by 1, 2, 3, 4
        )
        {PROFILE_HUB}
    """,
    inputs=("interactions", "traits", "keys", "identity_links"),
    parameters={"batch": "bigint", "types": "text"},
    output=_HUB_OUTPUT,
)


def discover(ws: Analysis, rules: Rules, batch: int, now: datetime) -> int:
    """Writes the links that batches after `batch` tell into the ledger.

    Asking again adds nothing. The caller holds the transaction.

    Args:
        ws: the workspace.
        rules: which types are verified.
        batch: the last batch that was looked at; -1 for none.
        now: when this happens, UTC without zone.

    Returns:
        How many entries were written.
    """
    engine = ws.engine
    written = _write(engine, engine.fetch(PAIRS, {"batch": batch}), None, now)
    asked: dict[str, Value] = {"batch": batch, "types": "/" + "/".join(rules.verified_types) + "/"}
    for evidence, query in (("exact", EXACT), ("profile", PROFILE)):
        written += _write(engine, _to_hubs(engine, rules, query, asked), evidence, now)
    return written


def _to_hubs(engine: Engine, rules: Rules, query: Query, asked: Mapping[str, Value]) -> pa.Table:
    """Returns the pairs (key, hub) of verified values, after interning hubs that are new."""
    import pyarrow.compute as pc

    named = _verified(rules, engine.fetch(query, asked))
    if named["hub"].null_count:
        _intern(engine, named.filter(pc.is_null(named["hub"])))
        named = _verified(rules, engine.fetch(query, asked))
    a, b = named["key_id"], named["hub"]
    pairs = named.select(["known_at", "source", "interaction_id"])
    return pairs.append_column("key_a", pc.min_element_wise(a, b)).append_column("key_b", pc.max_element_wise(a, b))


def _verified(rules: Rules, named: pa.Table) -> pa.Table:
    """Returns the rows of a type that is verified in their namespace."""
    import pyarrow.compute as pc

    for row in named.group_by(["namespace", "type"]).aggregate([]).to_pylist():
        namespace, name = row["namespace"], row["type"]
        if not rules[namespace, name].verified:
            named = named.filter((pc.field("namespace") != namespace) | (pc.field("type") != name))
    return named


def _intern(engine: Engine, named: pa.Table) -> None:
    import pyarrow as pa

    hubs = named.select(["type", "value"]).append_column("namespace", pa.array([HUB] * named.num_rows))
    engine.intern(hubs)


def _write(engine: Engine, pairs: pa.Table, evidence: str | None, now: datetime) -> int:
    import numpy as np
    import pyarrow as pa

    count = pairs.num_rows
    if not count:
        return 0
    first = int(engine.fetch(LAST_ENTRY)["entry_id"][0].as_py()) + 1
    numbers = pa.array(first + np.arange(count, dtype=np.int64))
    entries: dict[str, Any] = {name: pairs[name] for name in pairs.column_names}
    entries |= {"entry_id": numbers, "decision_id": numbers}
    constant: dict[str, Any] = {"action": "link", "state": "accepted", "decided_at": now, "author": BY_THE_LOG}
    if evidence is not None:
        constant["evidence"] = evidence
    entries |= {name: pa.repeat(pa.scalar(value), count) for name, value in constant.items()}
    return engine.append("identity_links", pa.table(entries))
