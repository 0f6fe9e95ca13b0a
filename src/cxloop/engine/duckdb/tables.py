"""The schema of `core.schema` as DuckDB tables, and the views that every part may read."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from cxloop.core.schema import TABLES, Column, Personal, Table, Type
from cxloop.engine.quoting import identifier

__all__ = ["ERASED", "INTERNAL", "META", "TYPES", "VIEWS", "create_tables"]

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

META = Table(
    "meta",
    "What the engine notes about its own file.",
    (
        Column("name", "text", Personal.NONE, "What is noted.", required=True),
        Column("value", "text", Personal.NONE, "Its value.", required=True),
    ),
    key=("name",),
)

ERASED = Table(
    "erased",
    "What must not come back: salted digests of the message ids and identifiers of who was erased.",
    (
        Column(
            "digest", "bigint", Personal.PSEUDONYM, "Salted digest of a message id or an identifier.", required=True
        ),
        Column(
            "before",
            "timestamp",
            Personal.NONE,
            "Of an identifier: what happened until then stays out, UTC; null for a message id.",
        ),
    ),
    key=("digest",),
)

INTERNAL = (META, ERASED)
"""Tables that no query reads and no part knows."""

VIEWS: Mapping[str, str] = {
    # A key that the ledger ties to no other is a customer of its own.
    "customer_of": """
        select k.key_id, coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k left join customer_keys as m on m.key_id = k.key_id and m.until is null
    """,
}


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
