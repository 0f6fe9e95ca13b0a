"""People's decisions about identity: entries of the ledger that take effect at once, and never destroy anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.wording import many
from cxloop.engine.derivation import derive
from cxloop.engine.query import Query
from cxloop.unify.identity.entries import all_undos
from cxloop.unify.identity.graph import PAIRS_OF
from cxloop.unify.identity.links import LAST_ENTRY
from cxloop.unify.identity.resolve import undone_decisions
from cxloop.unify.identity.results import Action, IdentityDecision
from cxloop.unify.identity.rules import HUB, Rules
from cxloop.unify.identity.step import IDENTITIES
from cxloop.unify.lookup import customer_id_of
from cxloop.unify.queries import KEYS_OF_CUSTOMER

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis
    from cxloop.store.context import Operations

__all__ = [
    "KEYS",
    "keep_apart",
    "key_of",
    "merge_customers",
    "set_aside",
    "split_customer",
    "undo_decision",
    "write_decision",
]

_MOST_DIGITS = 18
_ROUNDS = 50
"""A split is done when nothing ties the two sides any more; each round cuts at least one pair."""

KEYS = Query(
    name="unify.keys_of_customer",
    sql=f"""
        select k.key_id, k.namespace, k.type, k.value,
            coalesce(d.doubts, 0) as doubts
        from keys as k
        left join (
            select key_id, count(*) as doubts from identity_doubts where other_key is null group by key_id
        ) as d on d.key_id = k.key_id
        where k.key_id in ({KEYS_OF_CUSTOMER})
        order by k.key_id
    """,
    inputs=("keys", "identity_doubts", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text", "doubts": "bigint"},
)

_KEY_CALLED = Query(
    name="unify.key_called",
    sql="""
        select key_id from keys
        where concat(namespace, ':', type, ':', value) = $text or key_id = $number
    """,
    inputs=("keys",),
    parameters={"text": "text", "number": "bigint"},
    output={"key_id": "bigint"},
)

_DECISION = Query(
    name="unify.decision",
    sql="""
        select entry_id, action, key_a, key_b, refers_to from identity_links
        where decision_id = $decision order by entry_id
    """,
    inputs=("identity_links",),
    parameters={"decision": "bigint"},
    output={"entry_id": "bigint", "action": "text", "key_a": "bigint", "key_b": "bigint", "refers_to": "bigint"},
)

_CUSTOMERS_OF = Query(
    name="unify.customers_of_keys",
    sql="""
        select distinct coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        where k.key_id in (select unnest($keys))
        order by customer_id
    """,
    inputs=("keys", "customer_keys"),
    parameters={"keys": "bigints"},
    output={"customer_id": "bigint"},
)


def merge_customers(ws: Operations, customer: str, other: str, *, reason: str) -> IdentityDecision:
    """Links two customers; raises as `unify.merge` says."""
    with ws.engine.transaction():
        one, two = customer_id_of(ws, customer), customer_id_of(ws, other)
        if one == two:
            raise InputError(f"{customer!r} and {other!r} are one customer already: number {one}.")
        a, b = _anchor(ws, one), _anchor(ws, two)
        decision = write_decision(ws, "link", [(a, b)], reason)
        left = _customers_of(ws, [a, b])
        if len(left) > 1:
            raise InputError(
                f"Customers {one} and {two} cannot be merged: a person has said that they are never one, or that a key "
                "of theirs ties nobody. Look at `unify.identity` and undo that decision first."
            )
    return _done(decision, "link", 1, left, f"Customers {one} and {two} are one now: number {left[0]}.")


def keep_apart(ws: Operations, customer: str, other: str, *, reason: str) -> IdentityDecision:
    """Says that two customers are never one; raises as `unify.never` says."""
    with ws.engine.transaction():
        one, two = customer_id_of(ws, customer), customer_id_of(ws, other)
        if one == two:
            raise InputError(f"{customer!r} and {other!r} are one customer: number {one}. Split it first.")
        decision = write_decision(ws, "never", [(_anchor(ws, one), _anchor(ws, two))], reason)
    return _done(decision, "never", 1, (one, two), f"Customers {one} and {two} will never be taken for one.")


def split_customer(ws: Operations, customer: str, keys: Sequence[str], *, reason: str) -> IdentityDecision:
    """Cuts every link between some keys of a customer and the others; raises as `unify.split` says."""
    with ws.engine.transaction():
        one = customer_id_of(ws, customer)
        going = {key_of(ws, key) for key in keys}
        theirs = _real_keys(ws, one)
        if strangers := going - theirs:
            raise InputError(f"Key {min(strangers)} is none of customer {one}'s. Look at `unify.identity`.")
        if not going or going == theirs:
            raise InputError(f"Name some keys of customer {one}, and not all {len(theirs)} of them.")
        decision, cut = _cut_apart(ws, going, theirs - going, reason)
        left = _customers_of(ws, sorted(theirs))
    said = f"{many(len(going), 'key')} of customer {one} cut off: {_named(left)} now."
    return _done(decision, "cut", cut, left, said)


def undo_decision(ws: Operations, decision: int, *, reason: str) -> IdentityDecision:
    """Takes a decision back; raises as `unify.undo` says."""
    with ws.engine.transaction():
        entries = ws.engine.fetch(_DECISION, {"decision": decision}).to_pylist()
        if not entries:
            raise NotFoundError(f"There is no decision {decision}. Look at `unify.ledger`.")
        if decision in undone_decisions(all_undos(ws.engine)):
            raise InputError(f"Decision {decision} has been taken back already.")
        keys = sorted(_keys_of_decision(ws, decision))
        before = _customers_of(ws, keys)
        number = write_decision(ws, "undo", [(None, None)], reason, refers_to=decision)
        left = _customers_of(ws, keys)
    changed = f"{_named(before)} before, {_named(left)} now" if before != left else f"{_named(left)}, as before"
    return _done(number, "undo", 1, left, f"Decision {decision} is taken back: {changed}.")


def set_aside(ws: Operations, key: str, action: Action, *, reason: str) -> IdentityDecision:
    """Says that a key ties nobody, or that it does; raises as `unify.quarantine` says."""
    with ws.engine.transaction():
        number = key_of(ws, key)
        decision = write_decision(ws, action, [(number, None)], reason)
        left = _customers_of(ws, [number])
    said = f"Key {number} ties nobody together any more." if action == "quarantine" else f"Key {number} counts again."
    return _done(decision, action, 1, left, said)


def write_decision(
    ws: Operations,
    action: Action,
    pairs: Sequence[tuple[int | None, int | None]],
    reason: str,
    *,
    refers_to: int | None = None,
    decision: int = 0,
) -> int:
    """Writes what the person who asks has decided, and brings identities up to date; returns the decision's number.

    Args:
        ws: the workspace, inside of a transaction.
        action: what is said of each pair.
        pairs: keys in any order; the second is None where it is about one key, both are for an undo.
        reason: why, in that person's words; may be empty.
        refers_to: of an undo, the decision that it takes back.
        decision: an earlier decision that these entries belong to.
    """
    import pyarrow as pa

    first = int(ws.engine.fetch(LAST_ENTRY)["entry_id"][0].as_py()) + 1
    now, decision = ws.now(), decision or first
    rows = [
        {
            "entry_id": first + place,
            "decision_id": decision,
            "action": action,
            "key_a": a if b is None or a is None else min(a, b),
            "key_b": b if a is None or b is None else max(a, b),
            "refers_to": refers_to,
        }
        for place, (a, b) in enumerate(pairs)
    ]
    numbers = ("entry_id", "decision_id", "key_a", "key_b", "refers_to")
    kinds: dict[str, Any] = {**dict.fromkeys(numbers, pa.int64()), "action": pa.string()}
    schema = pa.schema(kinds)
    table = pa.Table.from_pylist(rows, schema=schema)
    constant: dict[str, Any] = {
        "evidence": pa.scalar("person"),
        "state": pa.scalar("accepted"),
        "known_at": pa.scalar(now, pa.timestamp("us")),
        "decided_at": pa.scalar(now, pa.timestamp("us")),
        "author": pa.scalar(ws.actor.name),
        "reason": pa.scalar(reason.strip() or None, pa.string()),
    }
    for name, value in constant.items():
        table = table.append_column(name, pa.repeat(value, len(rows)))
    ws.engine.append("identity_links", table)
    derive(ws, IDENTITIES, now=now)
    return decision


def key_of(ws: Analysis, wanted: str) -> int:
    """Returns the number of a key; raises NotFoundError where there is none, InputError where it means several.

    Args:
        ws: the workspace.
        wanted: its number, or namespace:type:value.
    """
    text = wanted.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
    found = [row["key_id"] for row in ws.engine.fetch(_KEY_CALLED, {"text": text, "number": number}).to_pylist()]
    if not found:
        raise NotFoundError(f"There is no key {text!r}. Give its number, or write namespace:type:value.")
    if len(found) > 1:
        raise InputError(f"{text!r} means {len(found)} keys. Give the number of one: {', '.join(map(str, found))}.")
    return int(found[0])


def _cut_apart(ws: Operations, going: set[int], staying: set[int], reason: str) -> tuple[int, int]:
    """Cuts until no key that goes has a customer in common with one that stays; returns decision and entries."""
    decision, done = 0, set[tuple[int, int]]()
    for _ in range(_ROUNDS):
        shared = set(_customers_of(ws, sorted(going))) & set(_customers_of(ws, sorted(staying)))
        crossing = sorted(_crossing(ws, shared, going) - done)
        if not shared or not crossing:
            break
        decision = write_decision(ws, "cut", crossing, reason, decision=decision)
        done.update(crossing)
    if shared:
        raise InputError("These keys could not be cut off, because people linked them to the others. Undo that first.")
    return decision, len(done)


def _crossing(ws: Analysis, customers: Iterable[int], going: set[int]) -> set[tuple[int, int]]:
    """Returns the pairs of the ledger between the keys that go and all others of some customers."""
    keys: dict[int, bool] = {}
    for customer in customers:
        for row in ws.engine.fetch(KEYS, {"customer": customer}).to_pylist():
            keys[row["key_id"]] = row["namespace"] == HUB
    table = ws.engine.fetch(PAIRS_OF, {"keys": sorted(keys)})
    pairs = [
        (a, b)
        for a, b in zip(table["key_a"].to_pylist(), table["key_b"].to_pylist(), strict=True)
        if a in keys and b in keys
    ]
    side = {key: key in going for key in keys}
    for hub in (key for key, is_hub in keys.items() if is_hub):  # a value goes along if nobody who stays has it
        around = [b if a == hub else a for a, b in pairs if hub in (a, b)]
        side[hub] = bool(around) and all(key in going for key in around)
    return {(a, b) for a, b in pairs if side[a] != side[b]}


def _anchor(ws: Analysis, customer: int) -> int:
    """Returns the key of a customer that a person's word is best about: one that names a person, the oldest of them."""
    rules = Rules.of(ws.experience)

    def worth(row: dict[str, object]) -> tuple[bool, bool, bool, object]:
        rule = rules[str(row["namespace"]), str(row["type"])]
        return bool(row["doubts"]), rule.rule != "unique", not rule.verified, row["key_id"]

    rows = [row for row in ws.engine.fetch(KEYS, {"customer": customer}).to_pylist() if row["namespace"] != HUB]
    return int(min(rows, key=worth)["key_id"])


def _real_keys(ws: Analysis, customer: int) -> set[int]:
    rows = ws.engine.fetch(KEYS, {"customer": customer}).to_pylist()
    return {row["key_id"] for row in rows if row["namespace"] != HUB}


def _customers_of(ws: Analysis, keys: Sequence[int]) -> tuple[int, ...]:
    return tuple(row["customer_id"] for row in ws.engine.fetch(_CUSTOMERS_OF, {"keys": list(keys)}).to_pylist())


def _keys_of_decision(ws: Analysis, decision: int) -> set[int]:
    keys: set[int] = set()
    for row in ws.engine.fetch(_DECISION, {"decision": decision}).to_pylist():
        keys |= {row["key_a"], row["key_b"]} - {None}
        if row["refers_to"] is not None:
            keys |= _keys_of_decision(ws, row["refers_to"])
    return keys


def _named(customers: Sequence[int]) -> str:
    listed = ", ".join(str(customer) for customer in customers[:5]) + (", …" if len(customers) > 5 else "")
    return f"customer {listed}" if len(customers) == 1 else f"customers {listed}"


def _done(decision: int, action: Action, entries: int, customers: Sequence[int], said: str) -> IdentityDecision:
    return IdentityDecision(decision, action, entries, tuple(customers), f"{said} Decision {decision}.")
