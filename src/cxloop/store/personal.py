"""What each column of the records says about a customer, and how a customer is taken out of them.

Every column is declared, in `declared` or with `info={"personal": ...}` where it stands; one without a class fails a
test and keeps an erasure from beginning. What is said of staff (accounts, sessions) is no customer's and stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, LargeBinary, Table, delete, func, select, update

from cxloop.core.errors import EngineError
from cxloop.core.schema import Personal
from cxloop.store.declared import DECLARED, STAFF
from cxloop.store.models import Base

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["REMOVED", "class_of", "forget_keys", "forget_words", "require_declared", "undeclared", "whose_column"]

REMOVED = "[removed]"
ROWS_AT_ONCE = 2_000
_OF_CUSTOMERS = ("key_id", "customer_id")
"""Columns that say whose a row is."""


def class_of(table: str, column: Column[Any]) -> Personal | None:
    """Returns what a column says about a customer; None where nobody has declared it."""
    own = column.info.get("personal")
    if own is not None:
        return Personal(own)
    return Personal.NONE if table in STAFF else DECLARED.get(table, {}).get(column.name)


def undeclared(tables: Sequence[Table] | None = None) -> list[str]:
    """Returns the columns without a class, as table.column."""
    known = Base.metadata.sorted_tables if tables is None else tables
    return [f"{table.name}.{column.name}" for table in known for column in table.c if _class(table, column) is None]


def require_declared(tables: Sequence[Table] | None = None) -> None:
    """Raises EngineError for a column without a class: erasure would not know what to do with it."""
    missing = undeclared(tables)
    if missing:
        raise EngineError(
            f"Nobody has said what {', '.join(missing)} of the records tells about a customer. Nothing was erased. "
            "Declare the class of personal data in store/personal.py."
        )


def forget_keys(store: Store, key_ids: Sequence[int]) -> dict[str, int]:
    """Deletes the rows about some keys; returns table to number of rows."""
    removed: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        whose = whose_column(table)
        if whose is None:
            continue
        for some in _parts(key_ids):
            with store.work() as work:
                there = select(func.count()).select_from(table).where(whose.in_(some))
                rows = work.scalar(there) or 0
                work.execute(delete(table).where(whose.in_(some)))
            removed[table.name] = removed.get(table.name, 0) + rows
    return {name: rows for name, rows in removed.items() if rows}


def forget_words(store: Store, values: Sequence[str]) -> dict[str, int]:
    """Takes identifiers out of definitions and remarks of staff; returns table to number of rows that changed."""
    known = sorted({value for value in values if value}, key=len, reverse=True)
    if not known:
        return {}
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in known), re.IGNORECASE)
    removed: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.c if _holds_words(table, column)]
        if columns and (rows := _redact(store, table, columns, pattern)):
            removed[table.name] = rows
    return removed


def _redact(store: Store, table: Table, columns: Sequence[Column[Any]], pattern: re.Pattern[str]) -> int:
    (key,) = table.primary_key.columns
    with store.work() as work:
        # a few rows at a time: answers of years do not fit into memory, and few of them name anybody else
        rows = work.execute(select(key, *columns).order_by(key)).yield_per(ROWS_AT_ONCE)
        changes: dict[Any, dict[str, Any]] = {}
        for row in rows:
            new = {}
            for column, value in zip(columns, row[1:], strict=True):
                text = json.dumps(value, ensure_ascii=False) if isinstance(column.type, JSON) else value
                if text is not None and pattern.search(text):
                    clean = pattern.sub(REMOVED, text)
                    new[column.name] = json.loads(clean) if isinstance(column.type, JSON) else clean
            if new:
                changes[row[0]] = new
        for which, new in changes.items():
            work.execute(update(table).where(key == which).values(**new))
    return len(changes)


def _class(table: Table, column: Column[Any]) -> Personal | None:
    return class_of(table.name, column)


def whose_column(table: Table) -> Column[Any] | None:
    """Returns the column that says whose each row of a table is; None where rows are nobody's."""
    found = (table.c[name] for name in _OF_CUSTOMERS if name in table.c)
    return next((column for column in found if _class(table, column) is Personal.PSEUDONYM), None)


def _holds_words(table: Table, column: Column[Any]) -> bool:
    if isinstance(column.type, LargeBinary):  # a file of somebody: no word can be taken out of it
        return False
    return _class(table, column) in (Personal.IDENTIFIER, Personal.FREE_TEXT, Personal.SENSITIVE)


def _parts(values: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
