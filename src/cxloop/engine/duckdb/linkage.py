"""A room of its own for comparing records with Splink: a DuckDB in memory, forgotten when the work is done.

The records of customers never reach a file here: whatever ends the process, nothing is left to erase.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from cxloop.core.engine import Engine as EngineSettings
from cxloop.engine.quoting import identifier

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["Scratch", "scratch"]


class Scratch:
    """Tables in memory, for Splink and for counting what it would compare."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Takes an open connection; use `scratch`."""
        self.connection = connection

    def linker(self, table: str, settings: Mapping[str, Any]) -> tuple[Any, Callable[[Any], Any]]:
        """Returns Splink's linker over a table, and what registers further relations with it.

        Each has a database of Splink's own, so that nothing of another linker is in its cache.
        """
        from splink import DuckDBAPI, Linker, SettingsCreator

        # it tells of every level that was not met in training; what follows from that is ours to say
        logging.getLogger("splink").setLevel(logging.ERROR)
        api = DuckDBAPI(connection=self.connection)
        relation: Any = self.connection.table(table)
        first = api.register(relation)
        return Linker(first, SettingsCreator(**settings), log_level=None, validate_settings=False), api.register

    def put(self, name: str, rows: pa.Table) -> Any:
        """Writes rows into a table, in place of what it held; returns it as a relation, which Splink can register."""
        given = f"{name}_given"
        self.connection.register(given, rows)
        self.connection.execute(f"create or replace table {identifier(name)} as from {identifier(given)}").fetchall()
        self.connection.unregister(given)
        return self.connection.table(name)

    def weighed(self, name: str, table: str, frequencies: Mapping[str, tuple[str, float]], prefix: str) -> None:
        """Makes a copy of a table that says of each value what two records weigh that share it, in bits.

        Args:
            name: of the new table.
            table: name of the table of rows.
            frequencies: of columns, by name: the table of how frequent their values are (see `shares`), and how often
                two records of one person share theirs.
            prefix: what the names of the new columns begin with.
        """
        made, joined = [], []
        for place, (column, (shares, same)) in enumerate(frequencies.items()):
            share = f"f{place}.{identifier('tf_' + column)}"
            made.append(f"log2({float(same)!r} / {share}) as {identifier(prefix + column)}")
            joined.append(
                f"left join {identifier(shares)} as f{place} on f{place}.{identifier(column)} = t.{identifier(column)}"
            )
        self.connection.execute(
            f"""create or replace table {identifier(name)} as
            select {", ".join(["t.*", *made])} from {identifier(table)} as t {" ".join(joined)}"""
        ).fetchall()

    def agreeing(self, name: str, table: str, conditions: Sequence[str], also: str) -> Any:
        """Makes a table of the pairs of rows that agree on one condition at least; returns it as a relation.

        Each pair is there once, the smaller number first, with the columns that Splink gives to pairs.

        Args:
            name: of the new table.
            table: name of a table of rows; its column `record` numbers them.
            conditions: over two rows `l` and `r`, written in this program.
            also: a further condition, which every pair has to meet.
        """
        found, rows = identifier(f"{name}_found"), identifier(table)
        self.connection.execute(f"create or replace table {found} (a bigint, b bigint)").fetchall()
        # one after the other: each holds rows in memory for its join
        for condition in conditions:
            self.connection.execute(
                f"""insert into {found} select l.record, r.record
                from {rows} as l inner join {rows} as r on {condition} and l.record < r.record where {also}"""
            ).fetchall()
        return self._paired(name, f"select a, b from {found}")

    def agreeing_with(self, name: str, some: str, table: str, conditions: Sequence[str], also: str) -> Any:
        """Makes the same table of the pairs of which one row at least is among some.

        Numbers are found first, from few columns; what `also` reads is looked up of those alone.

        Args:
            name: of the new table.
            some: name of a table of rows; its column `record` numbers them.
            table: name of another, which has these rows and more.
            conditions: as `agreeing` takes them; each says the same with `l` and `r` exchanged.
            also: likewise.
        """
        found, few, rows = identifier(f"{name}_found"), identifier(some), identifier(table)
        self.connection.execute(f"create or replace table {found} (a bigint, b bigint)").fetchall()
        for condition in conditions:
            self.connection.execute(
                f"""insert into {found} select l.record, r.record
                from {few} as l inner join {rows} as r on {condition} and l.record <> r.record"""
            ).fetchall()
        return self._paired(
            name,
            f"""select least(a, b) as a, greatest(a, b) as b from (select distinct a, b from {found}) as p
            inner join {few} as l on l.record = p.a inner join {rows} as r on r.record = p.b where {also}""",
        )

    def _paired(self, name: str, found: str) -> Any:
        """Writes pairs `a` and `b` down once each, as Splink names them."""
        self.connection.execute(
            f"""create or replace table {identifier(name)} as
            select distinct a as join_key_l, b as join_key_r, '0' as match_key from ({found})"""
        ).fetchall()
        self.connection.execute(f"drop table {identifier(f'{name}_found')}").fetchall()
        return self.connection.table(name)

    def pairs(self, table: str, keys: Sequence[str]) -> int:
        """Returns how many pairs of rows agree on some keys.

        Args:
            table: name of the table.
            keys: expressions over its columns, written in this program.
        """
        known = " and ".join(f"({key}) is not null" for key in keys)
        sizes = f"select count(*) as size from {identifier(table)} where {known} group by {', '.join(keys)}"
        found = self.connection.execute(f"select coalesce(sum(size * (size - 1) // 2), 0) from ({sizes})").fetchall()
        return int(found[0][0])

    def agreements(self, table: str, by: Sequence[str], keys: Sequence[str], most: int, seed: int) -> pa.Table:
        """Returns, of pairs that agree on `by`, on which of some keys they agree: true, false, or null.

        Args:
            table: name of the table; its column `record` numbers the rows.
            by: expressions over its columns.
            keys: the same; the result has a column for each, called k0, k1, ...
            most: pairs at most.
            seed: chooses among more pairs than that, always the same ones.
        """
        name = identifier(table)
        places = range(len(keys))
        made = ", ".join(f"({key}) as k{place}" for place, key in enumerate(keys))
        joined = " and ".join(f"l.b{place} = r.b{place}" for place in range(len(by)))
        blocked = ", ".join(f"({key}) as b{place}" for place, key in enumerate(by))
        agree = ", ".join(f"l.k{place} = r.k{place} as k{place}" for place in places)
        sql = f"""
            with made as (select record, {made}, {blocked} from {name})
            select l.record as a, r.record as b, {agree}
            from made as l inner join made as r on {joined} and l.record < r.record
            order by hash(l.record * 1000003 + r.record + {int(seed)}), a, b limit {int(most)}
        """
        rows: pa.Table = self.connection.sql(sql).to_arrow_table()
        return rows

    def read(self, table: str, columns: Sequence[str] | None = None, *, order: Sequence[str] = ()) -> pa.Table:
        """Returns columns of a table, or all of them, in an order of rows."""
        wanted = "*" if columns is None else ", ".join(identifier(name) for name in columns)
        by = f" order by {', '.join(identifier(name) for name in order)}" if order else ""
        rows: pa.Table = self.connection.sql(f"select {wanted} from {identifier(table)}{by}").to_arrow_table()
        return rows

    def shares(self, name: str, table: str, column: str, among: str) -> Any:
        """Makes a table of values of a column with their share among all its values, as Splink's `tf_` tables have it.

        Args:
            name: of the new table; it is returned as a relation.
            table: name of the table of rows.
            column: name of the column.
            among: name of a table with this column, too: only values that are there are told.
        """
        value, share, rows = identifier(column), identifier("tf_" + column), identifier(table)
        wanted = "" if among == table else f"and {value} in (select {value} from {identifier(among)})"
        self.connection.execute(
            f"""create or replace table {identifier(name)} as
            select {value}, cast(count(*) as double) / (select count({value}) from {rows}) as {share}
            from {rows} where {value} is not null {wanted} group by {value}"""
        ).fetchall()
        return self.connection.table(name)

    def some(self, name: str, table: str, records: Sequence[int] | NDArray[np.int64]) -> None:
        """Makes a table of the rows of another whose column `record` has one of these numbers."""
        import pyarrow as pa

        self.put(f"{name}_numbers", pa.table({"record": pa.array(records, pa.int64())}))
        self.connection.execute(
            f"""create or replace table {identifier(name)} as from {identifier(table)}
            where record in (select record from {identifier(f"{name}_numbers")})"""
        ).fetchall()


@contextmanager
def scratch(settings: EngineSettings | None = None) -> Iterator[Scratch]:
    """Opens an empty database in memory, and forgets it at the end.

    Args:
        settings: limits of memory and threads.
    """
    known = settings or EngineSettings()
    # what does not fit into memory is an error and never a file: see above
    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    if known.memory_limit != "auto":
        config["memory_limit"] = known.memory_limit
    if known.threads:
        config["threads"] = known.threads
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield Scratch(connection)
    finally:
        connection.close()
