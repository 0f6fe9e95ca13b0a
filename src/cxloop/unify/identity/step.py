"""The step from log and ledger to customers: new links, then whose each key is, was, and would be with less doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cxloop.engine.derivation import Step
from cxloop.engine.query import Query
from cxloop.unify.identity.entries import entries_of
from cxloop.unify.identity.graph import Graph, components, load
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
    # of an undo those of the decision that it takes back, of an undo of an undo those of the first
    sql="""
        with recursive told as (
            select l.key_a, l.key_b, l.refers_to from identity_links as l where l.entry_id > $entry
            union
            select d.key_a, d.key_b, d.refers_to
            from told as t
            inner join identity_links as d on d.decision_id = t.refers_to
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
        touched = engine.fetch(TOUCHED, {"entry": entry_of(since)})["key_id"].to_pylist()
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
    odd = is_odd(graph, label)
    in_odd = odd[label[graph.a]] if graph.a.size else graph.plain
    plain = follow(graph.pairs(~in_odd), label)
    history = History()
    for entries, natures in _cases(engine, graph.pairs(in_odd), label, odd):
        found = trace(entries, natures)
        history.rows += found.rows
        history.doubts += found.doubts
        history.strength += found.strength
    return plain, history


def _cases(
    engine: Engine, graph: Graph, label: NDArray[np.int64], odd: NDArray[np.bool_]
) -> Iterable[tuple[list[Entry], dict[int, Nature]]]:
    """Yields the entries and keys of each odd component."""
    import numpy as np

    places = np.flatnonzero(odd[label]) if odd.size else np.empty(0, np.int64)
    if not places.size:
        return
    natures: dict[int, dict[int, Nature]] = defaultdict(dict)
    for place in places.tolist():
        natures[int(label[place])][int(graph.keys[place])] = graph.nature(place)
    entries: dict[int, list[Entry]] = defaultdict(list)
    component = {int(graph.keys[place]): int(label[place]) for place in places.tolist()}
    for a, b, known_at in _plain_pairs(graph):
        entries[component[a]].append(Entry(0, 0, "link", a, b, "identify", "accepted", known_at))
    special = ~graph.plain
    told = {(int(graph.keys[a]), int(graph.keys[b])) for a, b in zip(graph.a[special], graph.b[special], strict=True)}
    wanted = np.unique(
        np.concatenate([graph.keys[graph.a[special]], graph.keys[graph.b[special]], graph.keys[graph.decided]])
    )
    for group in entries_of(engine, wanted.tolist(), told).items():
        key, found = group
        if key in component:
            entries[component[key]] += found
    for number, known in natures.items():
        yield entries[number], known


def _plain_pairs(graph: Graph) -> Iterable[tuple[int, int, int]]:
    plain = graph.plain
    a, b, known_at = graph.keys[graph.a[plain]], graph.keys[graph.b[plain]], graph.known_at[plain]
    return zip(a.tolist(), b.tolist(), known_at.tolist(), strict=True)
