"""The step from log and ledger to customers: new links, then whose each key is, was, and would be with less doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxloop.engine.derivation import Step
from cxloop.engine.query import Query
from cxloop.unify.identity.entries import entries_of
from cxloop.unify.identity.graph import NEVER, Graph, components, load
from cxloop.unify.identity.history import History, Plain, follow, is_odd, trace
from cxloop.unify.identity.links import discover
from cxloop.unify.identity.queries import POSITION, batch_of, entry_of
from cxloop.unify.identity.resolve import Entry, Nature
from cxloop.unify.identity.rules import Rules
from cxloop.unify.identity.writing import write

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from cxloop.engine.base import Analysis, Engine

__all__ = ["IDENTITIES", "identity_version"]

_CODE = "1"

TOUCHED = Query(
    name="unify.keys_of_new_entries",
    # Of an undo those of the decision that it takes back, of an undo of an undo those of the first. A decision refers
    # to an earlier one, so that this ends; Spark knows no recursion that drops what it has found before.
    sql="""
        with recursive undone as (
            select distinct l.refers_to as decision_id
            from identity_links as l
            where l.entry_id > $entry and l.refers_to is not null
            union all
            select d.refers_to
            from undone as u
            inner join (
                select distinct e.decision_id, e.refers_to from identity_links as e where e.refers_to is not null
            ) as d on d.decision_id = u.decision_id
        ),
        told as (
            select t.key_a, t.key_b
            from identity_links as t
            where t.entry_id > $entry or t.decision_id in (select decision_id from undone)
        )
        select key_a as key_id from told where key_a is not null
        union
        select key_b as key_id from told where key_b is not null
    """,
    inputs=("identity_links",),
    parameters={"entry": "bigint"},
    output={"key_id": "bigint"},
)


def identity_version(ws: Analysis) -> str:
    """Returns the version of how identities are resolved: whatever rests on them is derived anew when it changes."""
    return f"{_CODE}.{Rules.of(ws.experience).version}"


def _run(ws: Analysis, since: int | None, now: datetime) -> None:
    rules, engine = Rules.of(ws.experience), ws.engine
    discover(ws, rules, batch_of(since), now)
    touched: list[int] | None = None
    if since is not None:
        rows = engine.fetch(TOUCHED, {"entry": entry_of(since)}).to_pylist()
        touched = [row["key_id"] for row in rows]
        if not touched:
            return
    graph = load(engine, rules, touched)
    write(engine, graph, *_resolved(engine, graph), whole=touched is None)


IDENTITIES = Step(
    name="unify.identities",
    table="customer_keys",
    inputs=("interactions", "event_codes", "traits", "keys", "identity_links"),
    version=identity_version,
    run=_run,
    position=POSITION,
)


def _resolved(engine: Engine, graph: Graph) -> tuple[Plain, History]:
    """Returns the history of regular components, and that of the odd ones."""
    label = components(graph)
    graph = graph.pairs(label[graph.a] == label[graph.b])  # of two that nothing ties it matters not that they are apart
    odd = is_odd(graph, label)
    in_odd = odd[label[graph.a]] if graph.a.size else graph.plain
    plain = follow(graph.pairs(~in_odd), label)
    history = History()
    for case in _cases(engine, graph.pairs(in_odd), label, odd):
        found = trace(case.entries, case.natures, case.ends, ties=case.ties)
        history.rows += found.rows
        history.doubts += found.doubts
        history.strength += found.strength
    return plain, history


@dataclass
class _Case:
    """An odd component: what `trace` takes."""

    entries: list[Entry] = field(default_factory=list)
    natures: dict[int, Nature] = field(default_factory=dict)
    ends: dict[int, tuple[int, str]] = field(default_factory=dict)
    ties: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def _cases(engine: Engine, graph: Graph, label: NDArray[np.int64], odd: NDArray[np.bool_]) -> Iterable[_Case]:
    """Returns the odd components."""
    import numpy as np

    cases: dict[int, _Case] = defaultdict(_Case)
    whose: dict[int, _Case] = {}
    places = np.flatnonzero(odd[label]) if odd.size else np.empty(0, np.int64)
    for place in places.tolist():
        key, case = int(graph.keys[place]), cases[int(label[place])]
        whose[key] = case
        case.natures[key] = graph.nature(place)
        if graph.off[place] != NEVER:
            case.ends[key] = graph.end(place)
    for a, b, known_at in _plain_pairs(graph):
        whose[a].entries.append(Entry(0, 0, "link", a, b, "identify", "accepted", known_at))
    order = np.argsort(graph.dropped_at, kind="stable")
    for key, known_at in zip(graph.dropped[order].tolist(), graph.dropped_at[order].tolist(), strict=True):
        if key in whose:
            whose[key].ties[key].append(known_at)
    special = ~graph.plain
    a, b = graph.keys[graph.a[special]].tolist(), graph.keys[graph.b[special]].tolist()
    wanted = {*a, *b, *graph.keys[places[graph.said[places]]].tolist()}
    for key, found in entries_of(engine, sorted(wanted), set(zip(a, b, strict=True))).items():
        if key in whose:
            whose[key].entries += found
    return cases.values()


def _plain_pairs(graph: Graph) -> Iterable[tuple[int, int, int]]:
    plain = graph.plain
    a, b, known_at = graph.keys[graph.a[plain]], graph.keys[graph.b[plain]], graph.known_at[plain]
    return zip(a.tolist(), b.tolist(), known_at.tolist(), strict=True)
