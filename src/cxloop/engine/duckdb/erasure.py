"""Erasure of keys: every row about them, in every table, found by walking the schema.

The physical side, a file without the bytes, is the next generation (generations.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from cxloop.core.schema import TABLES, Table
from cxloop.engine.quoting import identifier

__all__ = ["erase_rows"]

_OF_KEYS = "(select unnest($keys))"
# An interaction without a key of its own belongs to the first of its other keys.
_OF_INTERACTIONS = (
    "(select interaction_id from interactions where key_id in (select unnest($keys)) "
    "or (key_id is null and list_has_any(other_keys, $keys)))"
)
_OF_CUSTOMERS = "(select customer_id from customer_of where key_id in (select unnest($keys)))"
_SUBJECTS = {"interaction_id": _OF_INTERACTIONS, "customer_id": _OF_CUSTOMERS, "key_id": _OF_KEYS}
"""Columns that say whose row it is, the more specific first, and how to find the rows of the keys."""

_HOLDS_VALUE = (
    "exists (select 1 from keys where key_id in (select unnest($keys)) and value <> '' "
    "and regexp_matches(concat_ws(' ', raw, reason), "
    r"'(^|[^\p{L}\p{N}])' || regexp_escape(value) || '($|[^\p{L}\p{N}])', 'i'))"
)


def erase_rows(cursor: duckdb.DuckDBPyConnection, keys: Sequence[int]) -> dict[str, int]:
    """Removes what the tables hold about `keys`, inside the caller's transaction.

    Results kept for pages are dropped whole, and derivations start anew: either may show what is erased. A rejected
    row is removed when it holds the value of a key, even where that could be somebody else's.

    Returns:
        Table to number of rows removed, for the tables that lost any.
    """
    removed = {"rejected": _delete(cursor, "rejected", _HOLDS_VALUE, keys)}
    # interactions and keys last: the others find their rows through them
    for table in sorted(TABLES, key=lambda table: (table.name == "interactions", table.name == "keys")):
        subject = _subject(table)
        if subject is not None:
            condition = f"{identifier(subject)} in {_SUBJECTS[subject]}"
            removed[table.name] = _delete(cursor, table.name, condition, keys)
    _forget_mentions(cursor, keys)
    removed["snapshots"] = _delete(cursor, "snapshots", "true", None)
    _delete(cursor, "watermarks", "true", None)
    return {name: count for name, count in removed.items() if count}


def _subject(table: Table) -> str | None:
    return next((column for column in _SUBJECTS if column in table.names), None)


def _delete(cursor: duckdb.DuckDBPyConnection, table: str, condition: str, keys: Sequence[int] | None) -> int:
    values = None if keys is None else {"keys": list(keys)}
    return int(cursor.execute(f"delete from {identifier(table)} where {condition}", values).fetchall()[0][0])


def _forget_mentions(cursor: duckdb.DuckDBPyConnection, keys: Sequence[int]) -> None:
    """Takes the keys off rows that belong to somebody else."""
    values = {"keys": list(keys)}
    cursor.execute(
        "update interactions set other_keys = list_filter(other_keys, lambda key: not list_contains($keys, key)) "
        "where list_has_any(other_keys, $keys)",
        values,
    ).fetchall()
    cursor.execute(
        "update interactions set account_key = null where account_key in (select unnest($keys))", values
    ).fetchall()
