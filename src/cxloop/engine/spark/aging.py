"""Retention on the cluster: what is old goes by jobs, since it may be most of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.core.schema import TABLES, Table, table
from cxloop.engine.aging import OLD
from cxloop.engine.duckdb import suppression
from cxloop.engine.query import Query
from cxloop.engine.quoting import identifier
from cxloop.engine.spark.files import Draft, Manifest, Warehouse
from cxloop.engine.spark.jobs import written

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["LEFT", "discard", "known_again", "put_left"]


def _columns_of(name: str) -> str:
    return ", ".join(f"t.{identifier(column.name)}" for column in table(name).columns)


def _read_by(name: str, condition: str) -> tuple[str, ...]:
    return tuple(each.name for each in TABLES if f"{each.name} as" in condition or each.name == name)


LEFT: Mapping[str, Query] = {
    name: Query(
        f"engine.left_of_{name}",
        f"select {_columns_of(name)} from {identifier(name)} as t where not coalesce({condition}, false)",
        _read_by(name, condition),
        {column.name: column.type for column in table(name).columns},
        {"before": "timestamp"},
    )
    for name, condition in OLD.items()
}
"""Table to the query of the rows that are not old."""


def put_left(draft: Draft, name: str, left: DataFrame) -> int:
    """Puts what is left of a table in the place of all that it has; returns how many rows are gone."""
    held = draft.manifest.table(name)
    files = written(draft, name, left)
    gone = held.rows - sum(file.rows for file in files)
    if gone:
        draft.put(name, files, instead_of=held.files)
    return gone


def discard(
    rows: Callable[[Table], DataFrame | None],
    draft: Draft,
    kind: str | None,
    before: datetime,
    keep: Sequence[str],
) -> dict[str, int]:
    """Removes interactions of a kind that happened before a moment, with what hangs on them.

    Args:
        rows: of a table, as the draft sees it.
        draft: the commit.
        kind: which interactions; None for all kinds but those in `keep`.
        before: UTC.
        keep: kinds with a rule of their own.

    Returns:
        Table to rows removed, for the tables that lost any.
    """
    from pyspark.sql import functions as f

    log = rows(table("interactions"))
    if log is None:
        return {}
    which = f.col("kind") == kind if kind is not None else ~f.col("kind").isin(list(keep))
    old = (f.col("occurred_at") < f.lit(before).cast("timestamp_ntz")) & which
    gone = log.filter(old).select("interaction_id")
    removed = {}
    for each in sorted(TABLES, key=lambda each: each.name == "interactions"):
        held = rows(each) if "interaction_id" in each.names and each.name != "identity_links" else None
        if held is None:
            continue
        left = held.filter(~old) if each.name == "interactions" else held.join(gone, "interaction_id", "left_anti")
        removed[each.name] = put_left(draft, each.name, left.select(*each.names))
    return {name: count for name, count in removed.items() if count}


def known_again(warehouse: Warehouse, seen: Manifest, before: datetime) -> int:
    """Returns how many identifiers that were erased at a moment are keys again; the driver reads the files itself."""
    if not seen.table("erased").rows or not seen.table("keys").rows:
        return 0
    files = {
        name: [warehouse.path(file) for file in seen.table(name).files] for name in suppression.READ_BY_KNOWN_AGAIN
    }
    return suppression.known_again_in(files, before)
