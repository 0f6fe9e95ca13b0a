"""What the records hold about somebody: found by walking the tables, as erasure does; no column is forgotten."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, select

from cxloop.core.schema import Personal
from cxloop.store.models import Base
from cxloop.store.personal import class_of, whose_column

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["rows_about"]

_STAFF = frozenset({"author", "author_id", "account_id", "created_by", "changed_by"})
"""Columns that say who of the staff wrote a row."""


def rows_about(store: Store, key_ids: Sequence[int]) -> dict[str, tuple[dict[str, Personal], list[dict[str, Any]]]]:
    """Returns each table with rows about some keys: its columns with their class, and the rows without names of staff.

    What belongs to such a row, as an uploaded file does to an answer, is about them, too; bytes are told as base64.

    Args:
        store: the records.
        key_ids: keys of one customer; the customer's number is one of them.
    """
    found: dict[str, tuple[dict[str, Personal], list[dict[str, Any]]]] = {}
    for table in Base.metadata.sorted_tables:
        chosen = _about(table, key_ids)
        if chosen is None:
            continue
        shown = [column for column in table.c if column.name not in _STAFF]
        with store.read() as work:
            rows = work.execute(select(*shown).where(chosen)).mappings().all()
        columns = {column.name: class_of(table.name, column) or Personal.NONE for column in shown}
        found[table.name] = (columns, [{name: _told(value) for name, value in row.items()} for row in rows])
    return found


def _about(table: Table, key_ids: Sequence[int]) -> ColumnElement[bool] | None:
    """The condition on the rows of a table that are about some keys; None where none ever is."""
    whose = whose_column(table)
    if whose is not None:
        return whose.in_(list(key_ids))
    for key in table.foreign_keys:
        owner = key.column.table
        if key.ondelete == "CASCADE" and (theirs := whose_column(owner)) is not None:
            return key.parent.in_(select(key.column).where(theirs.in_(list(key_ids))))
    return None


def _told(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
