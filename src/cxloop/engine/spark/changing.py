"""Rows that go and rows that come, file by file: what of a table has to be written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cxloop.engine.spark.files import DataFile, Draft, Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["keys_among", "merge_small", "remove", "rows_among", "values_among"]

SMALL = 20_000
"""Rows of a file that is too small to stay for good: a job opens each file by itself."""
MANY = 50
"""So many small files of a table become one: each row is written anew a few times in all, not with each commit."""

Chosen: TypeAlias = "Callable[[pa.Table], Any]"
"""Given some columns of a file, whether each of its rows is chosen: a boolean array without nulls."""


def remove(warehouse: Warehouse, draft: Draft, table: str, columns: Sequence[str], chosen: Chosen) -> pa.Table:
    """Takes rows out of a table: files that hold any are written anew without them.

    Args:
        warehouse: where the files are.
        draft: the commit.
        table: the table.
        columns: what `chosen` has to see of a row.
        chosen: which rows go.

    Returns:
        The rows that went, with all columns.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    gone, old, new = [], [], list[DataFile]()
    for file in draft.manifest.table(table).files:
        path = warehouse.path(file)
        seen = pq.read_table(path, columns=list(columns), partitioning=None)
        goes: Any = chosen(seen)
        if not pc.any(goes, min_count=0).as_py():
            continue
        rows = pq.read_table(path, partitioning=None)
        gone.append(rows.filter(goes))
        old.append(file)
        new += draft.write(table, rows.filter(pc.invert(goes)))
    draft.put(table, new, instead_of=old)
    return pa.concat_tables(gone) if gone else warehouse.empty(table)


def merge_small(warehouse: Warehouse, draft: Draft, table: str) -> None:
    """Puts one file in place of many small ones, where a table has gathered as many as that.

    Args:
        warehouse: where the files are.
        draft: the commit.
        table: the table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    small = [file for file in draft.manifest.table(table).files if file.rows < SMALL]
    if len(small) < MANY:
        return
    rows = pa.concat_tables([pq.read_table(warehouse.path(file), partitioning=None) for file in small])
    draft.put(table, draft.write(table, rows), instead_of=small)


def values_among(column: str, values: Sequence[object]) -> Chosen:
    """Chooses rows whose `column` is one of `values`; null is none of them."""

    def chosen(rows: pa.Table) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = rows.schema.field(column).type
        wanted = pa.array([value for value in values if value is not None], kind)
        return pc.is_in(rows[column], value_set=wanted)

    return chosen


def rows_among(key: Sequence[str], others: pa.Table) -> Chosen:
    """Chooses rows whose key is that of a row of `others`, where null is like null: what was read before."""
    wanted = set(zip(*(others[name].to_pylist() for name in key), strict=True))

    def chosen(rows: pa.Table) -> Any:
        import pyarrow as pa

        found = zip(*(rows[name].to_pylist() for name in key), strict=True)
        return pa.array([each in wanted for each in found], pa.bool_())

    if len(key) == 1 and None not in others[key[0]].to_pylist():
        return values_among(key[0], others[key[0]].to_pylist())
    return chosen


def keys_among(key: Sequence[str], others: pa.Table) -> Chosen:
    """Chooses rows whose key is that of a row of `others`; a key with a null in it is like no other."""

    def chosen(rows: pa.Table) -> Any:
        import pyarrow as pa

        wanted = set(zip(*(others[name].to_pylist() for name in key), strict=True))
        wanted = {each for each in wanted if None not in each}
        found = zip(*(rows[name].to_pylist() for name in key), strict=True)
        return pa.array([each in wanted for each in found], pa.bool_())

    if len(key) == 1:
        return values_among(key[0], others[key[0]].to_pylist())
    return chosen
