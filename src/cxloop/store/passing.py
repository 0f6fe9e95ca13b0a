"""Taking all records from one store to another: counted and compared, in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text

from cxloop.core.errors import InputError, WorkspaceError
from cxloop.core.host import Progress, no_progress
from cxloop.store.base import Store

__all__ = ["Passed", "pass_on"]

_TOGETHER = 1_000
"""Rows in one statement."""
_BITS = 64


class Passed(NamedTuple):
    """One table that was taken."""

    table: str
    rows: int
    digest: str


def pass_on(source: Store, target: Store, progress: Progress = no_progress) -> list[Passed]:
    """Copies every record of a store into an empty one, with its number.

    Args:
        source: stays as it is.
        target: has no records, or has exactly those of `source` since an earlier attempt.
        progress: told what is done.

    Returns:
        Each table with its rows and a digest that is the same on both sides: the sum, modulo 2^64, of 64 bits of the
        SHA-256 of each row. It does not depend on the order, in which databases differ.

    Raises:
        InputError: the target has records of its own.
        WorkspaceError: the target has something else afterwards; then nothing of it stays.
    """
    tables = _tables()
    with source.read() as reading, target.work() as writing:
        old, new = reading.connection(), writing.connection()
        wanted = [_digest(old, table) for table in tables]
        if [_digest(new, table) for table in tables] == wanted:
            return wanted
        _refuse_records(new, tables, target.named)
        for place, table in enumerate(tables):
            progress(f"Taking {table.name}", place / len(tables))
            for rows in _batches(old, table):
                new.execute(insert(table), rows)
            _count_on(new, table)
        for table, before in zip(tables, wanted, strict=True):
            _refuse_difference(before, _digest(new, table))
    return wanted


def _tables() -> list[Table]:
    """Every table, those that others refer to first."""
    from cxloop.store.models import Base

    return list(Base.metadata.sorted_tables)


def _batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    # by number: a row may refer to an earlier one of its own table
    asked = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_TOGETHER)
    found = connection.execute(asked)
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _digest(connection: Connection, table: Table) -> Passed:
    rows, total = 0, 0
    for batch in _batches(connection, table):
        rows += len(batch)
        for row in batch:
            total += int.from_bytes(hashlib.sha256(_canonical(row)).digest()[: _BITS // 8])
    return Passed(table.name, rows, f"{total % 2**_BITS:016x}")


def _canonical(row: dict[str, Any]) -> bytes:
    return json.dumps(row, sort_keys=True, default=_written).encode()


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"A record holds a {type(value).__name__}, which has no written form.")


def _refuse_records(connection: Connection, tables: list[Table], named: str) -> None:
    for table in tables:
        if rows := connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise InputError(
                f"{named} holds other records already: {rows:,} of {table.name}. Give an empty database, or remove "
                "them if nobody needs them."
            )


def _refuse_difference(before: Passed, after: Passed) -> None:
    if after != before:
        raise WorkspaceError(
            f"{before.table} has {before.rows:,} rows (digest {before.digest}), and {after.rows:,} (digest "
            f"{after.digest}) arrived. Nothing was changed. Report this."
        )


def _count_on(connection: Connection, table: Table) -> None:
    """Lets PostgreSQL number the next row after the highest; SQLite does by itself."""
    numbered = table.autoincrement_column
    if connection.dialect.name != "postgresql" or numbered is None:
        return
    highest = connection.execute(select(func.max(numbered))).scalar_one()
    if highest is not None:
        connection.execute(
            text("select setval(pg_get_serial_sequence(:named, :column), :highest)"),
            {"named": f"cxloop.{table.name}", "column": numbered.name, "highest": highest},
        )
