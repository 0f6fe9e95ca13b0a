"""The portable types of `core.columns` in Spark."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.schema import Table, Type

__all__ = ["SPARK", "spark_schema"]

SPARK: Mapping[Type, str] = {
    "bool": "BOOLEAN",
    "int": "INT",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "text": "STRING",
    "timestamp": "TIMESTAMP_NTZ",
    "date": "DATE",
    "bigints": "ARRAY<BIGINT>",
    "texts": "ARRAY<STRING>",
    "json": "STRING",
}
"""Portable type to Spark's; times have no zone there either."""


def spark_schema(table: Table) -> str:
    """Returns the columns of a table as Spark writes them in DDL."""
    return ", ".join(f"`{column.name}` {SPARK[column.type]}" for column in table.columns)
