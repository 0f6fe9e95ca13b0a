"""Writing very many rows at once: column by column to what the driver takes, and then one statement for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

__all__ = ["insert_new"]


def insert_new(work: Work, table: Any, columns: Mapping[str, Sequence[Any]]) -> None:
    """Adds rows that no other row of the table forbids; one that is there already is passed over.

    SQLAlchemy turns values into what the driver takes row by row, which takes longer than writing them. Here each
    column is turned at once, and equal moments once.

    Args:
        work: the unit of work.
        table: of a model.
        columns: every column that has no default of the database, with a value for each row.
    """
    if not isinstance(table, Table):
        raise TypeError("insert_new writes into tables")
    connection = work.connection()
    dialect = connection.dialect
    kind = postgresql if dialect.name == "postgresql" else sqlite
    statement = kind.insert(table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    ready = {name: _ready(table, name, values, dialect) for name, values in columns.items()}
    order = list(getattr(compiled, "positiontup", None) or columns)
    rows: Iterable[Any] = zip(*(ready[name] for name in order), strict=True)
    if not getattr(compiled, "positional", False):
        rows = (dict(zip(order, row, strict=True)) for row in rows)
    if found := list(rows):
        connection.exec_driver_sql(str(compiled), found)


def _ready(table: Table, name: str, values: Sequence[Any], dialect: Any) -> Sequence[Any]:
    turn = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    if turn is None:
        return values
    if all(value is None or isinstance(value, datetime) for value in values):
        known = {value: turn(value) for value in set(values)}
        return [known[value] for value in values]
    return [turn(value) for value in values]
