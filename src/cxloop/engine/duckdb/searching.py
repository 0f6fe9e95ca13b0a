"""Whether something is still there: every text column of every table, and every column that holds numbers of keys.

The file packs its texts, so that a look at its bytes would prove little; a look at its rows proves that they are gone,
and the file is written from its rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from cxloop.core.schema import TABLES, Personal, Table
from cxloop.engine.duckdb.erasure import words
from cxloop.engine.erasure import Held
from cxloop.engine.quoting import identifier, literal
from cxloop.engine.tables import META

__all__ = ["NUMBERS", "holding", "numbers_left"]

NUMBERS = {"key_id", "key_a", "key_b", "other_key", "other_keys", "account_key", "customer_id"}
"""Columns that hold numbers of keys; a test compares them with the schema."""
_SEARCHED = (*TABLES, META)


def holding(cursor: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> list[Held]:
    """Returns where any of some texts stands, also inside of a longer one; capitals aside."""
    found: list[Held] = []
    for table in _SEARCHED:
        columns = [identifier(column.name) for column in table.columns if column.type in ("text", "json")]
        for pattern in words(texts, whole=False) if columns else ():
            if _rows(cursor, table, " or ".join(_holds(column, pattern) for column in columns)):
                found += _each(cursor, table, columns, texts)
                break
    return found


def _each(cursor: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str], texts: Sequence[str]) -> list[Held]:
    """Tells which texts stand where, in one pass over a column; again without those, for texts inside of others."""
    found = []
    for column in columns:
        rest = {text.lower(): text for text in texts}
        while rest:
            here = [row for pattern in words(list(rest), whole=False) for row in _said(cursor, table, column, pattern)]
            found += [Held(rest[word], table.name, column.strip('"'), rows) for word, rows in here if word in rest]
            before = len(rest)
            rest = {word: text for word, text in rest.items() if word not in {word for word, _ in here}}
            if len(rest) == before:
                break
    return found


def _said(cursor: duckdb.DuckDBPyConnection, table: Table, column: str, pattern: str) -> list[tuple[str, int]]:
    """Returns which texts of a pattern stand in a column, in small letters, and how often."""
    each = f"select lower(unnest(regexp_extract_all({column}, {literal(pattern)}, 0, 'i'))) as word"
    rows = cursor.execute(f"select word, count(*) from ({each} from {identifier(table.name)}) group by 1").fetchall()
    return [(str(word), int(times)) for word, times in rows]


def _holds(column: str, pattern: str) -> str:
    return f"regexp_matches({column}, {literal(pattern)}, 'i')"


def numbers_left(cursor: duckdb.DuckDBPyConnection, keys: Sequence[int]) -> dict[str, int]:
    """Returns table.column to the number of rows in which one of the numbers still stands."""
    cursor.execute(
        "create or replace temp table cx_wanted as select unnest($keys::bigint[]) as key_id", {"keys": list(keys)}
    ).fetchall()
    found = {}
    for table in TABLES:
        for column in table.columns:
            if column.name in NUMBERS and column.personal is Personal.PSEUDONYM:
                name = identifier(column.name)
                values = f"unnest({name})" if column.type == "bigints" else name
                rows = cursor.execute(
                    f"select count(*) from (select {values} as n from {identifier(table.name)}"
                    f" where {name} is not null) semi join cx_wanted on cx_wanted.key_id = n"
                ).fetchall()[0][0]
                if rows:
                    found[f"{table.name}.{column.name}"] = int(rows)
    cursor.execute("drop table cx_wanted").fetchall()
    return found


def _rows(cursor: duckdb.DuckDBPyConnection, table: Table, condition: str) -> int:
    return int(cursor.execute(f"select count(*) from {identifier(table.name)} where {condition}").fetchall()[0][0])
