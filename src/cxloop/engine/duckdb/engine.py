"""The embedded engine: one DuckDB file per workspace, one cursor per thread, one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from cxloop.core.config import Engine as EngineSettings
from cxloop.core.errors import EngineError
from cxloop.core.schema import table as schema_table
from cxloop.engine.base import Engine, Value
from cxloop.engine.duckdb.tables import create_tables
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import identifier
from cxloop.engine.render import check_parameters, render

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DuckDBEngine"]


class DuckDBEngine(Engine):
    """Tables and queries of one workspace in a DuckDB file.

    Each thread works on its own cursor. Reading never waits for writing; writers take turns.
    """

    dialect = "duckdb"

    def __init__(self, folder: Path, settings: EngineSettings | None = None) -> None:
        """Opens the tables in `folder`, and creates them where there are none.

        Args:
            folder: the `analytics` folder of a workspace.
            settings: limits of memory and threads.
        """
        settings = settings or EngineSettings()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "1.duckdb"
        fresh = not file.exists()
        self._database = duckdb.connect(str(file))
        self._threads = threading.local()
        self._writing = threading.RLock()
        self._depth = 0
        if fresh:
            create_tables(self._database, "1")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Returns this thread's cursor; for the modules of this package only."""
        cursor = getattr(self._threads, "cursor", None)
        if cursor is None:
            cursor = self._threads.cursor = self._database.cursor()
        return cursor

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query and returns its rows; raises EngineError with the query's name and SQL."""
        values = check_parameters(query, parameters or {})
        sql = render(query, slots, dialect=self.dialect)
        try:
            # sql() and not execute(): an execute that is not read to its end keeps the connection busy
            rows: pa.Table = self.cursor().sql(sql, params=values or None).to_arrow_table()
        except duckdb.Error as failure:
            raise EngineError(f"The query {query.name} failed: {failure}\n{self.sql(query, slots)}") from failure
        return rows

    def sql(self, query: Query, slots: Slots | None = None) -> str:
        """Returns the SQL of a query as this engine would run it, formatted for people."""
        return render(query, slots, dialect=self.dialect, pretty=True)

    def append(self, table: str, rows: pa.Table) -> int:
        """Adds rows to a table of the schema; returns how many.

        Args:
            table: name of the table.
            rows: columns by name; a missing one is null.
        """
        columns = ", ".join(identifier(name) for name in rows.column_names)
        statement = f"insert into {identifier(table)} ({columns}) select {columns} from rows"
        with self.transaction():
            # DuckDB finds `rows` among the locals of this frame; register() would cost a transaction of its own
            self.cursor().execute(statement).fetchall()
        return int(rows.num_rows)

    def delete(self, table: str, column: str, values: Sequence[int] | Sequence[str]) -> int:
        """Removes the rows whose `column` is one of `values`; returns how many."""
        schema_table(table).column(column)
        statement = f"delete from {identifier(table)} where {identifier(column)} in (select unnest($values))"
        with self.transaction():
            return int(self._run(statement, {"values": list(values)})[0][0])

    def count(self, table: str) -> int:
        """Returns the number of rows of a table."""
        return int(self._run(f"select count(*) from {identifier(table)}")[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does; an inner transaction is part of the outer one."""
        with self._writing:
            if self._depth:
                yield
                return
            cursor = self.cursor()
            cursor.execute("begin transaction")
            self._depth += 1
            try:
                yield
            except BaseException:
                cursor.execute("rollback")
                raise
            else:
                cursor.execute("commit")
            finally:
                self._depth -= 1

    def _run(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        # always fetchall(): a result that is not read to its end keeps the connection busy
        return self.cursor().execute(statement, values).fetchall()

    def close(self) -> None:
        """Closes the engine's files."""
        self._database.close()
