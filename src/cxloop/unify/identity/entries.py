"""Entries of the ledger as `resolve` takes them, each with the undos that concern it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.unify.identity.resolve import Entry

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Engine

__all__ = ["all_undos", "entries_of"]

ENTRIES_OF = Query(
    name="unify.entries_of",
    sql="""
        select
            entry_id, decision_id, action, key_a, key_b, evidence, state, known_at, probability, refers_to, comparison
        from identity_links
        where key_a in (select unnest($keys)) or key_b in (select unnest($keys))
    """,
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output={
        "entry_id": "bigint",
        "decision_id": "bigint",
        "action": "text",
        "key_a": "bigint",
        "key_b": "bigint",
        "evidence": "text",
        "state": "text",
        "known_at": "timestamp",
        "probability": "double",
        "refers_to": "bigint",
        "comparison": "json",
    },
)

UNDOS = Query(
    name="unify.undos",
    sql="""
        select entry_id, decision_id, action, evidence, state, known_at, refers_to
        from identity_links where action = 'undo'
    """,
    inputs=("identity_links",),
    output={
        "entry_id": "bigint",
        "decision_id": "bigint",
        "action": "text",
        "evidence": "text",
        "state": "text",
        "known_at": "timestamp",
        "refers_to": "bigint",
    },
)


def entries_of(engine: Engine, keys: Sequence[int], pairs: set[tuple[int, int]] | None) -> dict[int, list[Entry]]:
    """Returns entries by their first key, each with the undos that concern it.

    Args:
        engine: of the workspace.
        keys: whose entries.
        pairs: of entries about two keys, only those about these pairs; None for all.
    """
    if not keys:
        return {}
    undos: dict[int, list[Entry]] = defaultdict(list)
    for entry in _read(engine.fetch(UNDOS)):
        undos[entry.refers_to or 0].append(entry)
    found: dict[int, list[Entry]] = defaultdict(list)
    known: dict[int, set[int]] = defaultdict(set)
    for entry in _read(engine.fetch(ENTRIES_OF, {"keys": keys})):
        if pairs is None or not entry.key_b or (entry.key_a, entry.key_b) in pairs:
            found[entry.key_a].append(entry)
            for undo in _about(undos, entry.decision_id):
                if undo.entry_id not in known[entry.key_a]:
                    known[entry.key_a].add(undo.entry_id)
                    found[entry.key_a].append(undo)
    return found


def all_undos(engine: Engine) -> list[Entry]:
    """Returns every undo in the ledger, in the order in which they count."""
    return sorted(_read(engine.fetch(UNDOS)), key=lambda entry: (entry.known_at, entry.entry_id))


def _about(undos: Mapping[int, Sequence[Entry]], decision: int) -> Iterable[Entry]:
    """Yields the undos of a decision, those of these undos, and so on."""
    for undo in undos.get(decision, ()):
        yield undo
        yield from _about(undos, undo.decision_id)


def _read(table: pa.Table) -> Iterable[Entry]:
    import pyarrow as pa
    import pyarrow.compute as pc

    moments: Any = pc.cast(table["known_at"], pa.int64()).to_pylist()
    for row, known_at in zip(table.to_pylist(), moments, strict=True):
        said = row.get("comparison") if row["evidence"] == "alias" else None
        yield Entry(
            row["entry_id"],
            row["decision_id"],
            row["action"],
            row.get("key_a") or 0,
            row.get("key_b") or 0,
            row["evidence"],
            row["state"],
            known_at,
            row.get("probability"),
            row["refers_to"],
            ("b" if '"b"' in said else "a") if said else None,
        )
