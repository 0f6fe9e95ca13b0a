"""Whole tables out of one engine and into another, in blocks, and what tells that both hold the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from cxloop.core.errors import EngineError, UnknownNameError
from cxloop.core.schema import TABLES, Table
from cxloop.engine.arrow import fitted
from cxloop.engine.duckdb.generations import OWN
from cxloop.engine.quoting import identifier
from cxloop.engine.tables import INTERNAL, META

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Digest", "blocks", "digest", "take"]

_ALL = {table.name: table for table in (*TABLES, *INTERNAL)}
_BLOCK = 500_000
"""Rows that are read at once."""
_WORD = 2**64


class Digest(NamedTuple):
    """Of the rows of a table in any order: how many, and the sum of a number of 64 bits that is made of each row."""

    rows: int
    sum: int

    def __str__(self) -> str:
        return f"{self.sum:016x}"


def blocks(cursor: duckdb.DuckDBPyConnection, table: str) -> Iterator[pa.Table]:
    """Yields every row of a table; what DuckDB notes about its own file is not among them."""
    import pyarrow as pa

    known = _known(table)
    rows = cursor.sql(f"from {identifier(known.name)} where {_counted(known)}")
    for batch in rows.to_arrow_reader(_BLOCK):
        yield fitted(known, pa.Table.from_batches([batch]))


def take(cursor: duckdb.DuckDBPyConnection, table: str, rows: Iterable[pa.Table]) -> int:
    """Puts rows in place of all that a table holds; returns how many.

    Raises:
        EngineError: they do not fit the table.
    """
    known = _known(table)
    name = identifier(known.name)
    columns = ", ".join(identifier(column) for column in known.names)
    cursor.execute(f"delete from {name} where {_counted(known)}").fetchall()
    taken = 0
    for given in rows:
        block = fitted(known, given)
        try:
            # DuckDB finds `block` among the locals of this frame
            cursor.execute(f"insert into {name} ({columns}) select {columns} from block").fetchall()
        except duckdb.Error as failure:
            raise EngineError(f"{block.num_rows} rows do not fit the table {known.name}: {failure}") from failure
        taken += block.num_rows
    return taken


def digest(table: str, rows: Iterable[pa.Table]) -> Digest:
    """Returns what tells whether two engines hold the same rows of a table.

    A row that is lost, doubled or changed changes the sum, but for one chance in 2^64: it is a check against mistakes,
    and not against somebody who wants to deceive.

    Args:
        table: its name.
        rows: all of them, in any order and in any blocks.
    """
    known = _known(table)
    columns = ", ".join(identifier(column) for column in known.names)
    count = total = 0
    with duckdb.connect(config={"threads": 1}) as connection:
        for given in rows:
            block = fitted(known, given)
            added = connection.execute(f"select coalesce(sum(hash({columns})::hugeint), 0) from block").fetchall()
            count, total = count + block.num_rows, (total + int(added[0][0])) % _WORD
    return Digest(count, total)


def _known(name: str) -> Table:
    if name not in _ALL:
        raise UnknownNameError("table", name, _ALL)
    return _ALL[name]


def _counted(table: Table) -> str:
    return f"not ({OWN})" if table.name == META.name else "true"
