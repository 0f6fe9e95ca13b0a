"""Facts: what the conditions of a segment look at, taken out of the log once, and kept up with what comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cxloop.core.errors import InputError
from cxloop.engine.revisions import ANY_REVISION, current_node, row_number
from cxloop.unify.segments import queries
from cxloop.unify.segments.prepared import Prepared
from cxloop.unify.segments.sql import ENDS, EVERYBODY

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Engine, Value

__all__ = ["ALL_OF_IT", "MOST_FACTS", "check_size", "forget", "is_revised", "superseded", "take"]

ALL_OF_IT = -1
"""The batch before all others."""
MOST_FACTS = 10_000_000
"""A definition that would take more out of the log is refused: it would copy the log, and no answer be quick."""


def check_size(engine: Engine, prepared: Prepared) -> None:
    """Raises InputError where the conditions of a definition hold for too many interactions."""
    if engine.count("interactions") * len(prepared.sizes) <= MOST_FACTS:
        return
    facts = sum(engine.rows(query)[0]["facts"] for query in prepared.sizes)
    if facts > MOST_FACTS:
        raise InputError(
            f"The conditions of this definition hold for {facts:,} interactions, and at most {MOST_FACTS:,} can be "
            "followed. Narrow the widest one, for instance by kind or metric: "
            'latest(score, metric == "nps") and not latest(score).'
        )


def take(engine: Engine, segment: str, prepared: Prepared, batch: int, *, after_us: int, revised: bool) -> int | None:
    """Adds the facts of the batches after `batch`; with ALL_OF_IT there must be none before.

    Returns:
        The first moment after `after_us` at which the passing of time changes one of them, in microseconds.
    """
    anew, due = batch == ALL_OF_IT, list[int]()
    from_log = _of_log if anew else _of_new
    for leaf, rows in from_log(engine, prepared, batch, revised=revised):
        if rows.num_rows:
            engine.append("segment_facts", _named(segment, leaf, rows))
            due += _due(prepared, leaf, rows, after_us)
    for leaf, rows in _by_key(engine, prepared, batch):
        if rows.num_rows:
            write = engine.append if anew else engine.replace
            write("segment_facts", _named(segment, leaf, rows))
            due += _due(prepared, leaf, rows, after_us)
    return min(due, default=None)


def _due(prepared: Prepared, leaf: int, rows: pa.Table, after_us: int) -> Iterator[int]:
    happened = rows["at_us"].to_numpy()
    for later in prepared.changes.get(leaf, ()):
        to_come = happened[happened > after_us - later]
        if to_come.size:
            yield int(to_come.min()) + later


def is_revised(engine: Engine) -> bool:
    """Returns whether the log holds any revision."""
    return bool(engine.fetch(ANY_REVISION)["revisions"][0].as_py())


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


def _of_log(engine: Engine, prepared: Prepared, batch: int, *, revised: bool) -> Iterator[tuple[int, pa.Table]]:
    """Yields each condition's leaf with its facts."""
    for leaf, (column, query) in enumerate(prepared.facts(revised=revised)):
        yield leaf, engine.fetch(query, {"batch": batch}).rename_columns([*_FACT, column])


def _of_new(engine: Engine, prepared: Prepared, batch: int, *, revised: bool) -> Iterator[tuple[int, pa.Table]]:
    """Yields the same by one query, for few rows: the whole log is not held at once for all conditions."""
    if not prepared.columns:
        return
    rows = engine.fetch(prepared.news(revised=revised), {"batch": batch})
    for leaf, column in enumerate(prepared.columns):
        counted = rows.filter(rows[f"counts_{leaf}"]) if rows.num_rows else rows
        yield leaf, counted.select([*_FACT, f"value_{leaf}"]).rename_columns([*_FACT, column])


def _by_key(engine: Engine, prepared: Prepared, batch: int) -> Iterator[tuple[int, pa.Table]]:
    """Yields each leaf that has one fact of a key: that there is the key, its traits, its consents."""
    if prepared.read.everybody:
        yield EVERYBODY, engine.fetch(queries.PEOPLE, {"batch": batch})
    for each, leaf in prepared.told.items():
        if each.function == "trait":
            yield leaf, engine.fetch(queries.TRAIT_FACTS, {"name": each.name, "batch": batch})
        else:
            parameters: dict[str, Value] = {"purpose": each.name, "channel": each.channel or "", "batch": batch}
            said = engine.fetch(queries.CONSENT_FACTS, parameters)
            yield leaf, said.drop_columns(["ends_us"])
            # also of those that never end: it takes the place of an end that no longer is
            yield leaf + ENDS, said.select(["key_id", "fact_id", "ends_us"]).rename_columns(_FACT)


_FACT = ["key_id", "fact_id", "at_us"]


def _named(segment: str, leaf: int, rows: pa.Table) -> pa.Table:
    import pyarrow as pa

    rows = rows.append_column("segment", pa.repeat(pa.scalar(segment), rows.num_rows))
    return rows.append_column("leaf", pa.repeat(pa.scalar(leaf, pa.int32()), rows.num_rows))
