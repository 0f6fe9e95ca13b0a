"""What the records hold about somebody: found by walking the tables, as erasure does; no column is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cxloop.core.schema import Personal
from cxloop.store.models import Base
from cxloop.store.personal import class_of

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["rows_about"]

_OF_CUSTOMERS = ("key_id", "customer_id")
_STAFF = frozenset({"author", "author_id", "account_id"})
"""Columns that say who of the staff wrote a row."""


def rows_about(store: Store, key_ids: Sequence[int]) -> dict[str, tuple[dict[str, Personal], list[dict[str, Any]]]]:
    """Returns each table with rows about some keys: its columns with their class, and the rows without names of staff.

    Args:
        store: the records.
        key_ids: keys of one customer; the customer's number is one of them.
    """
    found: dict[str, tuple[dict[str, Personal], list[dict[str, Any]]]] = {}
    for table in Base.metadata.sorted_tables:
        classes = {column.name: class_of(table.name, column) or Personal.NONE for column in table.c}
        whose = next((name for name in _OF_CUSTOMERS if classes.get(name, Personal.NONE) is not Personal.NONE), None)
        if whose is None:
            continue
        shown = [column for column in table.c if column.name not in _STAFF]
        with store.work() as work:
            rows = work.execute(select(*shown).where(table.c[whose].in_(list(key_ids)))).mappings().all()
        columns = {column.name: classes[column.name] for column in shown}
        found[table.name] = (columns, [dict(row) for row in rows])
    return found
