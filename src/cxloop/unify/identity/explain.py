"""Why a customer is one customer: each link with its evidence, whether it counts, and why not where it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import NotFoundError
from cxloop.engine.query import Query
from cxloop.unify.identity.entries import all_undos, entries_of
from cxloop.unify.identity.graph import NEVER, load
from cxloop.unify.identity.resolve import Entry, Settled, settle, undone_decisions
from cxloop.unify.identity.results import (
    Identity,
    IdentityDoubt,
    IdentityDoubts,
    IdentityKey,
    IdentityLedger,
    IdentityLink,
    LedgerEntry,
    LinkStanding,
)
from cxloop.unify.identity.rules import HUB, Rules
from cxloop.unify.lookup import customer_id_of
from cxloop.unify.queries import CUSTOMER_BY_ID, KEYS_OF_CUSTOMER

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["doubts_of", "identity_of", "ledger_of"]

_MOST_LINKS = 1000
"""Of one customer; the strongest come first."""

_NAME = """
    case {k}.namespace when '*' then concat({k}.type, ':', {k}.value)
    else concat({k}.namespace, ':', {k}.type, ':', {k}.value) end
"""

NAME_A, NAME_B, NAME_K, NAME_O = (_NAME.format(k=alias) for alias in "abko")

KEYS = Query(
    name="unify.identity_keys",
    sql=f"""
        with mine as (select distinct key_id from ({KEYS_OF_CUSTOMER}))
        select
            k.key_id, k.namespace, k.type, k.value, m.since,
            count(i.interaction_id) as interactions,
            min(i.occurred_at) as first_seen_at,
            max(i.occurred_at) as last_seen_at
        from keys as k
        inner join mine as x on x.key_id = k.key_id
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        left join interactions as i on i.key_id = k.key_id
        group by k.key_id, k.namespace, k.type, k.value, m.since
        order by k.key_id
    """,
    inputs=("keys", "customer_keys", "interactions"),
    parameters={"customer": "bigint"},
    output={
        "key_id": "bigint",
        "namespace": "text",
        "type": "text",
        "value": "text",
        "since": "timestamp",
        "interactions": "bigint",
        "first_seen_at": "timestamp",
        "last_seen_at": "timestamp",
    },
)

LINKS = Query(
    name="unify.identity_links_of",
    sql=f"""
        select
            l.entry_id, l.decision_id, l.action, l.key_a, l.key_b,
            {NAME_A} as a, {NAME_B} as b,
            l.evidence, l.state, l.probability, l.weight, l.source, l.interaction_id, l.author, l.reason,
            l.known_at, l.decided_at
        from (
            select n.* from identity_links as n where n.key_a in ({KEYS_OF_CUSTOMER})
            union
            select n.* from identity_links as n where n.key_b in ({KEYS_OF_CUSTOMER})
        ) as l
        inner join keys as a on a.key_id = l.key_a
        inner join keys as b on b.key_id = l.key_b
        order by l.known_at desc, l.entry_id desc
        limit {_MOST_LINKS}
    """,
    inputs=("identity_links", "keys", "customer_keys"),
    parameters={"customer": "bigint"},
    output={
        "entry_id": "bigint",
        "decision_id": "bigint",
        "action": "text",
        "key_a": "bigint",
        "key_b": "bigint",
        "a": "text",
        "b": "text",
        "evidence": "text",
        "state": "text",
        "probability": "double",
        "weight": "double",
        "source": "text",
        "interaction_id": "bigint",
        "author": "text",
        "reason": "text",
        "known_at": "timestamp",
        "decided_at": "timestamp",
    },
)

FORMER = Query(
    name="unify.former_numbers",
    sql="""
        select distinct m.key_id
        from customer_keys as m
        inner join keys as k on k.key_id = m.key_id
        where m.customer_id = $customer and m.until is null and m.key_id <> $customer and k.namespace <> '*'
        order by m.key_id
    """,
    inputs=("customer_keys", "keys"),
    parameters={"customer": "bigint"},
    output={"key_id": "bigint"},
)

DOUBTS = Query(
    name="unify.doubts",
    sql=f"""
        select
            d.key_id, {NAME_K} as key, d.other_key,
            case when d.other_key is not null then {NAME_O} end as other,
            d.doubt, d.links, d.since, count(*) over () as total
        from identity_doubts as d
        inner join keys as k on k.key_id = d.key_id
        left join keys as o on o.key_id = d.other_key
        where $customer = 0 or d.key_id in ({KEYS_OF_CUSTOMER}) or d.other_key in ({KEYS_OF_CUSTOMER})
        order by d.links desc, d.since desc, d.key_id, d.other_key, d.doubt
        limit $rows offset $first
    """,
    inputs=("identity_doubts", "keys", "customer_keys"),
    parameters={"customer": "bigint", "rows": "bigint", "first": "bigint"},
    output={
        "key_id": "bigint",
        "key": "text",
        "other_key": "bigint",
        "other": "text",
        "doubt": "text",
        "links": "bigint",
        "since": "timestamp",
        "total": "bigint",
    },
)

LEDGER = Query(
    name="unify.ledger",
    sql=f"""
        with mine as (
            select distinct decision_id from identity_links
            where ($customer = 0 and evidence = 'person')
                or key_a in ({KEYS_OF_CUSTOMER}) or key_b in ({KEYS_OF_CUSTOMER})
        ),
        about as (
            select decision_id from mine
            union
            select u.decision_id from identity_links as u inner join mine as m on m.decision_id = u.refers_to
        ),
        decisions as (
            select
                l.decision_id,
                min(l.action) as action, min(l.evidence) as evidence, min(l.state) as state,
                count(*) as entries,
                arg_min(l.key_a, l.entry_id) as key_a, arg_min(l.key_b, l.entry_id) as key_b,
                min(l.refers_to) as refers_to, min(l.author) as author, min(l.reason) as reason,
                min(l.source) as source, min(l.probability) as probability, min(l.decided_at) as decided_at
            from identity_links as l
            inner join about as t on t.decision_id = l.decision_id
            group by l.decision_id
        )
        select
            d.decision_id, d.action, d.evidence, d.state, d.entries,
            case when a.key_id is not null then {NAME_A} end as a,
            case when b.key_id is not null then {NAME_B} end as b,
            d.refers_to, d.author, d.reason, d.source, d.probability, d.decided_at, count(*) over () as total
        from decisions as d
        left join keys as a on a.key_id = d.key_a
        left join keys as b on b.key_id = d.key_b
        order by d.decision_id desc
        limit $rows offset $first
    """,
    inputs=("identity_links", "customer_keys", "keys"),
    parameters={"customer": "bigint", "rows": "bigint", "first": "bigint"},
    output={
        "decision_id": "bigint",
        "action": "text",
        "evidence": "text",
        "state": "text",
        "entries": "bigint",
        "a": "text",
        "b": "text",
        "refers_to": "bigint",
        "author": "text",
        "reason": "text",
        "source": "text",
        "probability": "double",
        "decided_at": "timestamp",
        "total": "bigint",
    },
)

_WHY_DOUBTED = {
    "shared": "several people use it, so it ties nobody together",
    "placeholder": "it stands for no identifier at all, so it ties nobody together",
    "degree": "too many keys are tied to it for it to be one person's",
    "conflict": "it would bring together two people",
    "never": "a person said that these two are never one",
    "quarantined": "a person said that it ties nobody together",
}


def identity_of(ws: Analysis, customer: str) -> Identity:
    """Returns why a customer is one; raises as `unify.identity` says."""
    number = customer_id_of(ws, customer)
    rules = Rules.of(ws.experience)
    asked = {"customer": number}
    rows = ws.engine.fetch(KEYS, asked).to_pylist()
    keys = tuple(
        IdentityKey(**row, **rules[row["namespace"], row["type"]]._asdict()) for row in rows if row["namespace"] != HUB
    )
    if not keys:
        raise NotFoundError(f"There is no customer {customer!r}. Look for one with `cxloop unify customers`.")
    settled = _settled(ws, rules, [row["key_id"] for row in rows])
    return Identity(
        customer_id=number,
        label=_label(ws, number, keys),
        keys=keys,
        links=_links(ws, number, settled),
        doubts=_doubts(ws, number, _MOST_LINKS, 0)[1],
        decisions=_decisions(ws, number, _MOST_LINKS, 0)[1],
        former=tuple(row["key_id"] for row in ws.engine.fetch(FORMER, asked).to_pylist()),
    )


def ledger_of(ws: Analysis, customer: str | None, *, limit: int, offset: int) -> IdentityLedger:
    """Returns one page of decisions; raises as `unify.ledger` says."""
    number = None if customer is None or not customer.strip() else customer_id_of(ws, customer)
    total, rows = _decisions(ws, number or 0, limit, offset)
    return IdentityLedger(number, total, offset, rows)


def doubts_of(ws: Analysis, *, limit: int, offset: int) -> IdentityDoubts:
    """Returns one page of what is in doubt."""
    total, rows = _doubts(ws, 0, limit, offset)
    return IdentityDoubts(total, offset, rows)


def _sure(probability: float | None) -> str:
    """A share that never claims to be sure."""
    share = 100 * (probability or 0.0)
    return "over 99.9 %" if share > 99.94 else f"{share:.1f} %"


def _label(ws: Analysis, number: int, keys: Sequence[IdentityKey]) -> str:
    """What lists call the customer; a customer without any interaction is called by an identifier."""
    known = ws.engine.fetch(CUSTOMER_BY_ID, {"customer": number}).to_pylist()
    if known:
        return str(known[0]["label"])
    named = [key for key in keys if key.type == "email"] or [key for key in keys if key.rule == "unique"] or keys
    return named[0].value


def _settled(ws: Analysis, rules: Rules, keys: Sequence[int]) -> Settled:
    graph = load(ws.engine, rules, keys)
    pairs = set(zip(graph.keys[graph.a].tolist(), graph.keys[graph.b].tolist(), strict=True))
    found: dict[tuple[int, int], Entry] = {}
    for entries in entries_of(ws.engine, graph.keys.tolist(), pairs).values():
        found |= {(entry.entry_id, entry.decision_id): entry for entry in entries}
    places = range(len(graph.keys))
    natures = {int(graph.keys[place]): graph.nature(place) for place in places}
    known = {int(graph.keys[place]): graph.end(place)[1] for place in places if graph.off[place] != NEVER}
    told = sorted(found.values(), key=lambda entry: (entry.known_at, entry.entry_id))
    return settle(told, natures, known=known, ties=Counter(graph.dropped.tolist()))


def _links(ws: Analysis, customer: int, settled: Settled) -> tuple[IdentityLink, ...]:
    rows = ws.engine.fetch(LINKS, {"customer": customer}).to_pylist()
    undone = undone_decisions(all_undos(ws.engine))
    holding = {(link.key_a, link.key_b) for link in settled.links}
    names = {row[key]: row[name] for row in rows for key, name in (("key_a", "a"), ("key_b", "b"))}
    found = []
    for row in rows:
        standing, note = _standing(row, settled, undone, holding, names)
        said = f"{_told(row)}{note}."
        shown = {name: value for name, value in row.items() if name not in ("action", "state")}
        found.append(IdentityLink(**shown, standing=standing, why=said[0].upper() + said[1:]))
    return tuple(sorted(found, key=lambda link: link.standing != "counts"))


def _standing(
    row: Mapping[str, Any],
    settled: Settled,
    undone: Mapping[int, str],
    holding: set[tuple[int, int]],
    names: Mapping[int, str],
) -> tuple[LinkStanding, str]:
    """Returns whether an entry counts, and what is to be added about that."""
    pair = (row["key_a"], row["key_b"])
    if row["decision_id"] in undone:
        return "undone", "; this was taken back"
    if row["action"] in ("cut", "never"):
        return "cut", ""
    if row["state"] == "proposed":
        return "proposed", "; a person has to decide"
    if row["state"] == "rejected":
        return "rejected", ""
    guarded = [key for key in pair if key in settled.guards]
    if guarded and (row["evidence"] != "person" or "quarantined" in {settled.guards[key] for key in guarded}):
        doubt = _WHY_DOUBTED[settled.guards[guarded[0]]]
        return "guarded", f"; does not count, because of {names[guarded[0]]}: {doubt}"
    if pair in settled.held:
        return "held", _against(settled, pair, names)
    if pair not in holding:
        return "cut", "; does not count: a person has cut the two apart, or the type is not verified any more"
    return "counts", ""


def _against(settled: Settled, pair: tuple[int, int], names: Mapping[int, str]) -> str:
    if settled.held[pair] == "never":
        return "; held back: a person said that these two are never one"
    x, y = (names.get(key, f"key {key}") for key in settled.against[pair])
    return f"; held back: it would bring together {x} and {y}, and each of them names a person"


def _told(row: Mapping[str, Any]) -> str:
    """Returns in words who or what said so."""
    source, author = row["source"] or "a source", row["author"]
    if row["action"] == "never":
        return f"{author} said that the two are never one person"
    if row["action"] == "cut":
        return f"{author} cut the two apart"
    return {
        "identify": f"{source} named both on one interaction",
        "alias": f"{source} said that the one is the other's new name",
        "exact": f"{source} knows this key by the same {_type(row)}",
        "profile": f"{source} told this {_type(row)} as a trait",
        "probabilistic": f"the records are alike: {_sure(row['probability'])} that they are one person",
        "person": f"{author} said that the two are one person",
    }.get(row["evidence"], f"{author} said so")


def _type(row: Mapping[str, Any]) -> str:
    hub = next((name for name in (row["a"], row["b"]) if name and name.count(":") == 1), "")
    kind = hub.partition(":")[0]
    return {"email": "e-mail address", "phone": "telephone number"}.get(kind, kind or "value")


def _doubts(ws: Analysis, customer: int, limit: int, offset: int) -> tuple[int, tuple[IdentityDoubt, ...]]:
    asked = {"customer": customer, "rows": limit, "first": offset}
    rows = ws.engine.fetch(DOUBTS, asked).to_pylist()
    total = int(rows[0]["total"]) if rows else 0
    found = []
    for row in rows:
        del row["total"]
        what = row["key"] if row["other"] is None else f"The link between {row['key']} and {row['other']}"
        held = "" if row["other"] is None else "is held back: "
        found.append(IdentityDoubt(**row, why=f"{what}{' ' if held else ': '}{held}{_WHY_DOUBTED[row['doubt']]}."))
    return total, tuple(found)


def _decisions(ws: Analysis, customer: int, limit: int, offset: int) -> tuple[int, tuple[LedgerEntry, ...]]:
    rows = ws.engine.fetch(LEDGER, {"customer": customer, "rows": limit, "first": offset}).to_pylist()
    undone = undone_decisions(all_undos(ws.engine))
    total = int(rows[0]["total"]) if rows else 0
    found = []
    for row in rows:
        said = _decided(row)
        shown = {name: row[name] for name in row if name not in ("total", "source", "probability")}
        found.append(LedgerEntry(**shown, undone=row["decision_id"] in undone, why=f"{said[0].upper()}{said[1:]}."))
    return total, tuple(found)


def _decided(row: Mapping[str, Any]) -> str:
    author = row["author"]
    match row["action"]:
        case "undo":
            return f"{author} took decision {row['refers_to']} back"
        case "quarantine":
            return f"{author} said that {row['a']} ties nobody together"
        case "release":
            return f"{author} said that {row['a']} is one person's"
        case _:
            return _told(row)
