"""The portable types of `core.columns` in Arrow: the form in which rows go from one engine, or file, to another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import EngineError
from cxloop.core.schema import Table, Type

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_schema", "arrow_type", "fitted"]


@cache
def arrow_type(kind: Type) -> Any:
    """Returns a portable type as Arrow's."""
    import pyarrow as pa

    known: Mapping[Type, Any] = {
        "bool": pa.bool_(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "text": pa.string(),
        "timestamp": pa.timestamp("us"),
        "date": pa.date32(),
        "bigints": pa.list_(pa.int64()),
        "texts": pa.list_(pa.string()),
        "json": pa.string(),
    }
    return known[kind]


def arrow_schema(table: Table) -> pa.Schema:
    """Returns the columns of a table, in order."""
    import pyarrow as pa

    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


def fitted(table: Table, rows: pa.Table) -> pa.Table:
    """Returns rows with exactly the columns of a table, in its order and types; a missing one is null.

    Raises:
        EngineError: a value does not fit its column, or a required one is missing.
    """
    import pyarrow as pa

    columns = []
    for column in table.columns:
        kind = arrow_type(column.type)
        if column.name not in rows.column_names:
            made = pa.nulls(rows.num_rows, kind)
        else:
            try:
                made = rows[column.name].cast(kind)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as failure:
                raise EngineError(
                    f"{rows.num_rows} rows do not fit the table {table.name}: {column.name}: {failure}"
                ) from None
        if column.required and made.null_count:
            told = f"{column.name} is missing in {made.null_count}"
            raise EngineError(f"{rows.num_rows} rows do not fit the table {table.name}: {told}.")
        columns.append(made)
    return pa.table(columns, schema=arrow_schema(table))
