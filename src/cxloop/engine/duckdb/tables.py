"""The schema of `core.schema` as DuckDB tables and views."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from cxloop.core.schema import TABLES, Table, Type
from cxloop.engine.quoting import identifier
from cxloop.engine.tables import INTERNAL, VIEWS

__all__ = ["TYPES", "create_tables"]

TYPES: Mapping[Type, str] = {
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "bigints": "BIGINT[]",
    "json": "VARCHAR",
}
"""Portable type to DuckDB's. JSON is a text on every engine, so that a table means the same on each."""


def create_tables(cursor: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Creates every table and view of the schema in the database attached as `catalog`."""
    for table in (*TABLES, *INTERNAL):
        cursor.execute(f"create table {identifier(catalog)}.main.{identifier(table.name)} ({_columns(table)})")
    for name, sql in VIEWS.items():
        cursor.execute(f"create view {identifier(catalog)}.main.{identifier(name)} as {sql}")


def _columns(table: Table) -> str:
    return ", ".join(
        f"{identifier(column.name)} {TYPES[column.type]}{' not null' if column.required else ''}"
        for column in table.columns
    )
