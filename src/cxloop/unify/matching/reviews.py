"""Clerical review: the pairs that wait, two records side by side with their waterfall, and what a person decides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.waterfall import WaterfallStep
from cxloop.store.context import Operations
from cxloop.unify.identity.ledger import write_decision
from cxloop.unify.identity.results import Action
from cxloop.unify.matching import queries
from cxloop.unify.matching.comparisons import MISSING, TITLES
from cxloop.unify.matching.ledger import Found, Said, read_pair, void_undos
from cxloop.unify.matching.records import prepare
from cxloop.unify.matching.results import Answer, Compared, Order, Review, Reviewed, ReviewPair
from cxloop.unify.matching.told import a_name, told_columns

if TYPE_CHECKING:
    from cxloop.engine.base import Engine, Value

__all__ = ["compare_entry", "decide_entry", "list_review"]

OTHERS = "others"
"""Name of the step that says what further records of the two persons add to the comparison of these two."""
_NAMES = ("given", "family")


def list_review(ws: Operations, *, limit: int, offset: int, order: Order) -> Review:
    """Returns one page of the pairs that wait."""
    void = void_undos(ws.engine)
    asked: dict[str, Value] = {"order": order, "rows": limit, "first": offset, "void": void}
    page = ws.engine.rows(queries.WAITING, asked)
    named = _named(ws.engine, [row[side] for row in page for side in ("key_a", "key_b")])
    rows = tuple(
        ReviewPair(
            entry=row["entry_id"],
            key_a=row["key_a"],
            key_b=row["key_b"],
            customer_a=named[row["key_a"]]["customer_id"],
            customer_b=named[row["key_b"]]["customer_id"],
            label_a=named[row["key_a"]]["label"],
            label_b=named[row["key_b"]]["label"],
            probability=row["probability"] or 0.0,
            weight=row["weight"] or 0.0,
            found_at=row["decided_at"],
        )
        for row in page
        if row["key_a"] in named and row["key_b"] in named
    )
    return Review(_waiting_count(ws.engine, void), offset, order, rows)


def compare_entry(ws: Operations, entry: int) -> Compared:
    """Returns two records side by side with what each comparison weighs; raises NotFoundError as the verb says."""
    said = read_pair(ws.engine, entry)
    found = _entry(said, entry)
    named = _named(ws.engine, found.pair)
    if len(named) < 2:
        raise NotFoundError(f"The records of entry {entry} are no longer there: one of them was erased.")
    told = json.loads(found.comparison or "{}")
    left, right = _values(ws.engine, found.key_a, found.key_b)
    one, other = named[found.key_a], named[found.key_b]
    return Compared(
        title=f"{one['label']} and {other['label']}",
        start=float(told.get("start", 0.0)),
        total=float(told.get("total", found.weight or 0.0)),
        steps=tuple(_steps(told, left, right)),
        entry=entry,
        key_a=found.key_a,
        key_b=found.key_b,
        customer_a=one["customer_id"],
        customer_b=other["customer_id"],
        label_a=one["label"],
        label_b=other["label"],
        state=_state(said, found),
        probability=found.probability or 0.0,
        found_at=found.decided_at,
        run=found.author.removeprefix("match:"),
        others_a=(_called(one),),
        others_b=(_called(other),),
        next_entry=_next(ws.engine, entry, void_undos(ws.engine)),
    )


def decide_entry(ws: Operations, entry: int, answer: Answer) -> Reviewed:
    """Writes what a person decided on a pair; raises as the verb says."""
    with ws.engine.transaction():
        said = read_pair(ws.engine, entry)
        found = _entry(said, entry)
        decision = None
        if answer != "skip":
            if found.pair in said.persons:
                raise InputError(
                    f"Entry {entry} was decided already: {said.persons[found.pair]}. "
                    "`unify.undo` takes a decision back."
                )
            decision = _decided(ws, "link" if answer == "accept" else "never", found)
    void = void_undos(ws.engine)
    return Reviewed(entry, answer, decision, _waiting_count(ws.engine, void), _next(ws.engine, entry, void))


def _entry(said: Said, entry: int) -> Found:
    if entry not in said.found:
        raise NotFoundError(f"There is no entry {entry} of matching. `unify.review` lists those that wait.")
    return said.found[entry]


def _state(said: Said, found: Found) -> str:
    word = said.persons.get(found.pair)
    if word is not None:
        return "accepted" if word == "link" else "rejected"
    return found.state if found.entry_id in said.counted else "undone"


def _waiting_count(engine: Engine, void: Sequence[int]) -> int:
    return int(engine.rows(queries.WAITING_COUNT, {"void": void})[0]["pairs"])


def _next(engine: Engine, entry: int, void: Sequence[int]) -> int | None:
    """Returns the pair that comes after `entry` among those that wait, the first one behind the last."""
    rows = engine.rows(queries.NEXT_WAITING, {"entry": entry, "void": void})
    return int(rows[0]["entry_id"]) if rows else None


def _values(engine: Engine, left: int, right: int) -> tuple[dict[str, str], dict[str, str]]:
    """What the two records say, as their sources wrote it; parts of a name or an address that stands whole as read."""
    import numpy as np
    import pyarrow as pa

    keys = sorted({left, right})
    columns = told_columns(engine.fetch(queries.TOLD_OF, {"keys": keys}), np.array(keys))
    if not columns:
        return {}, {}
    read = prepare(pa.table({a_name(name): values for name, values in columns.items()})).to_pylist()
    written = pa.table(columns).to_pylist()
    both = {
        key: {name: value.title() if name in _NAMES else value for name, value in parts.items() if value}
        | {name: value for name, value in told.items() if value is not None}
        for key, parts, told in zip(keys, read, written, strict=True)
    }
    return both[left], both[right]


def _steps(told: dict[str, Any], left: dict[str, str], right: dict[str, str]) -> list[WaterfallStep]:
    steps = [
        WaterfallStep(
            name=step["field"],
            title=TITLES.get(step["field"], step["field"]),
            left=left.get(step["field"]),
            right=right.get(step["field"]),
            level=step["level"],
            weight=float(step["weight"]),
            counted=step["level"] != MISSING,
        )
        for step in told.get("steps", ())
    ]
    rest = float(told.get("total", 0.0)) - float(told.get("start", 0.0)) - sum(step.weight for step in steps)
    if abs(rest) > 0.01:
        said = "they agree" if rest > 0 else "they differ"
        steps.append(WaterfallStep(OTHERS, "Their other records", None, None, said, round(rest, 4)))
    return steps


def _named(engine: Engine, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = engine.fetch(queries.LABELS, {"keys": sorted(set(keys))}).to_pylist()
    return {row["key_id"]: row for row in rows}


def _called(row: dict[str, Any]) -> str:
    return f"{row['namespace']}:{row['type']}:{row['value']}"


def _decided(ws: Operations, action: Action, found: Found) -> int:
    """Writes a person's word on a pair, and sees that it took effect; returns the decision."""
    number = write_decision(ws, action, [found.pair], "reviewed")
    customers = {row["customer_id"] for row in _named(ws.engine, found.pair).values()}
    if action == "link" and len(customers) > 1:
        raise InputError(
            f"The records of entry {found.entry_id} cannot be linked: a person has said that they are never one, or "
            "that a key of theirs ties nobody. Look at `unify.identity` and undo that decision first."
        )
    return number
