"""Facts: what the conditions of a segment look at, taken out of the log once, and kept up with what comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cxloop.engine.revisions import ANY_REVISION, current_node, row_number
from cxloop.unify.segments import queries
from cxloop.unify.segments.definition import Read
from cxloop.unify.segments.sql import ENDS, EVERYBODY, Leaves, fact_slots

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Engine, Value

__all__ = ["ALL_OF_IT", "forget", "superseded", "take"]

ALL_OF_IT = -1
"""The batch before all others."""


def take(engine: Engine, segment: str, read: Read, batch: int) -> int:
    """Adds the facts of the batches after `batch`; returns how many. With ALL_OF_IT there must be none before."""
    anew = batch == ALL_OF_IT
    taken = 0
    for leaf, rows in _of_log(engine, read, batch):
        taken += engine.append("segment_facts", _named(segment, leaf, rows)) if rows.num_rows else 0
    for leaf, rows in _by_key(engine, read, batch):
        if rows.num_rows:
            write = engine.append if anew else engine.replace
            taken += write("segment_facts", _named(segment, leaf, rows))
    return taken


def forget(engine: Engine, segment: str) -> None:
    """Removes the facts of a segment."""
    engine.delete("segment_facts", "segment", [segment])


def superseded(engine: Engine, batch: int) -> list[int]:
    """Removes the facts that stand no longer because of revisions after `batch`; returns the keys they were of."""
    rows = engine.fetch(queries.REVISING, {"batch": batch}).to_pylist()
    if not rows:
        return []
    older = engine.fetch(queries.SUPERSEDED, {"batch": batch}, {"current": current_node()})
    gone: list[int] = [
        *{row_number(row["source"], row["revises"]) for row in rows},
        *older.column("fact_id").to_numpy().tolist(),
    ]
    keys: list[int] = engine.fetch(queries.FACT_KEYS, {"facts": gone}).column("key_id").to_numpy().tolist()
    if keys:
        engine.delete("segment_facts", "fact_id", gone)
    return keys


def _of_log(engine: Engine, read: Read, batch: int) -> Iterator[tuple[int, pa.Table]]:
    """Yields each condition's leaf with its facts."""
    revised = bool(engine.fetch(ANY_REVISION)["revisions"][0].as_py())
    for leaf, fact in enumerate(Leaves(read).facts):
        slots = fact_slots(read, fact, revised=revised)
        rows = engine.fetch(queries.FACTS, {"batch": batch}, slots)
        is_text = read.values.get(fact) == "text"
        yield leaf, rows.rename_columns(["key_id", "fact_id", "at_us", "said" if is_text else "value"])


def _by_key(engine: Engine, read: Read, batch: int) -> Iterator[tuple[int, pa.Table]]:
    """Yields each leaf that has one fact of a key: that there is the key, its traits, its consents."""
    if read.everybody:
        yield EVERYBODY, engine.fetch(queries.PEOPLE, {"batch": batch})
    for each, leaf in Leaves(read).told.items():
        if each.function == "trait":
            yield leaf, engine.fetch(queries.TRAIT_FACTS, {"name": each.name, "batch": batch})
        else:
            parameters: dict[str, Value] = {"purpose": each.name, "channel": each.channel or "", "batch": batch}
            said = engine.fetch(queries.CONSENT_FACTS, parameters)
            yield leaf, said.drop_columns(["ends_us"])
            # also of those that never end: it takes the place of an end that no longer is
            ends = said.drop_columns(["at_us", "value"]).rename_columns(["key_id", "fact_id", "at_us"])
            yield leaf + ENDS, ends


def _named(segment: str, leaf: int, rows: pa.Table) -> pa.Table:
    import pyarrow as pa

    rows = rows.append_column("segment", pa.repeat(pa.scalar(segment), rows.num_rows))
    return rows.append_column("leaf", pa.repeat(pa.scalar(leaf, pa.int32()), rows.num_rows))
