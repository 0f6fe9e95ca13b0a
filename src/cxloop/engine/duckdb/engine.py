"""The embedded engine: one DuckDB file per workspace, one cursor per thread, one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, UnknownNameError, WorkspaceError
from cxloop.core.schema import TABLES, Table
from cxloop.engine.base import Engine, Files, Value
from cxloop.engine.cancelling import Cancelling
from cxloop.engine.duckdb import generations, passing, suppression
from cxloop.engine.duckdb.connections import Connections, Holds
from cxloop.engine.duckdb.erasure import discard_old, discard_rows, erase_rows, erase_texts, hidden_before
from cxloop.engine.duckdb.rewriting import rewrite
from cxloop.engine.duckdb.searching import holding, numbers_left
from cxloop.engine.erasure import Held, Hiding
from cxloop.engine.lock import OwnerLock
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import identifier
from cxloop.engine.render import check_parameters, render

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.loading import Admission, Limits, Loader

__all__ = ["DuckDBEngine"]

_TABLES = {table.name: table for table in TABLES}


class DuckDBEngine(Engine):
    """Tables and queries of one workspace in a DuckDB file.

    Each thread works on its own cursor. Reading never waits for writing; writers take turns.
    """

    dialect = "duckdb"
    at_once = 1  # each takes every core

    def __init__(self, folder: Path, settings: EngineSettings | None = None) -> None:
        """Opens the tables in `folder`; creates them where there are none, brings older ones up to date.

        Args:
            folder: the `analytics` folder of a workspace.
            settings: limits of memory and threads.

        Raises:
            WorkspaceError: another process has it open, or the files are damaged or newer than this program.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = OwnerLock(folder)
        self._writing = threading.RLock()
        self._rewriting = threading.RLock()
        self._depth = 0
        self.erasures = 0
        self._commits = 0
        self._holds = Holds(self._writing)
        self._cancelling = Cancelling()
        try:
            live = generations.find(folder) or generations.create(folder)
            self._connections = Connections(live, settings or EngineSettings())
        except BaseException:
            self._lock.release()
            raise
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    def _bring_up_to_date(self) -> None:
        cursor, file = self.cursor(), self._connections.file
        version = generations.version_of(cursor, file)
        if version > generations.SCHEMA_VERSION:
            raise WorkspaceError(
                f"{file} has schema {version}; this cxloop knows {generations.SCHEMA_VERSION}. Update cxloop."
            )
        if version < generations.SCHEMA_VERSION:
            self.compact()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Returns this thread's cursor; for the modules of this package only."""
        return self._connections.lane().cursor

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query and returns its rows; raises EngineError with the query's name and SQL."""
        values = check_parameters(query, parameters or {})
        sql = render(query, slots, dialect=self.dialect)
        with self._asking(query, slots) as cursor:
            # sql() and not execute(): an execute that is not read to its end keeps the connection busy
            rows: pa.Table = cursor.sql(sql, params=values or None).to_arrow_table()
        return rows

    def rows(self, query: Query, parameters: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """Runs a query of few rows and returns them: a table costs as much again as planning a small query does."""
        values = check_parameters(query, parameters or {})
        sql = render(query, dialect=self.dialect)
        with self._asking(query) as cursor:
            found = cursor.execute(sql, values or None).fetchall()
            names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found]

    def cancellable(self, name: str) -> AbstractContextManager[None]:
        """Lets `cancel` stop what this thread asks inside."""
        return self._cancelling.under(name, self._connections.lane().cursor.interrupt)

    def cancel(self, name: str) -> None:
        """Stops what is asked under a name."""
        self._cancelling.cancel(name)

    @contextmanager
    def _asking(self, query: Query, slots: Slots | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        self._cancelling.check()
        lane = self._connections.lane()
        try:
            with lane.busy:
                yield lane.cursor
        except duckdb.Error as failure:
            raise EngineError(f"The query {query.name} failed: {failure}\n{self.sql(query, slots)}") from failure

    def sql(self, query: Query, slots: Slots | None = None) -> str:
        """Returns the SQL of a query as this engine would run it, formatted for people."""
        return render(query, slots, dialect=self.dialect, pretty=True)

    def append(self, table: str, rows: pa.Table) -> int:
        """Adds rows to a table of the schema; returns how many.

        Args:
            table: name of the table.
            rows: columns by name; a missing one is null.

        Raises:
            EngineError: the rows do not fit the table.
            UnknownNameError: there is no such table or column.
        """
        columns = ", ".join(identifier(name) for name in _known_columns(_table(table), rows.column_names))
        statement = f"insert into {identifier(table)} ({columns}) select {columns} from rows"
        with self.transaction():
            try:
                # DuckDB finds `rows` among the locals of this frame; register() would cost a transaction of its own
                self.cursor().execute(statement).fetchall()
            except duckdb.Error as failure:
                raise EngineError(f"{rows.num_rows} rows do not fit the table {table}: {failure}") from failure
        return int(rows.num_rows)

    def replace(self, table: str, rows: pa.Table, *, whole: bool = False) -> int:
        """Puts rows in place of those with the same key, or of all rows of the table; returns how many.

        Args:
            table: name of the table.
            rows: columns by name; a missing one is null.
            whole: whether `rows` is all that the table holds afterwards.
        """
        same = " and ".join(f"old.{identifier(name)} = rows.{identifier(name)}" for name in _table(table).key)
        condition = "true" if whole else f"exists (select 1 from rows where {same})"
        with self.transaction():
            self.cursor().execute(f"delete from {identifier(table)} as old where {condition}").fetchall()
            return self.append(table, rows)

    def intern(self, keys: pa.Table) -> int:
        """Adds keys (namespace, type, value) that are not known yet, in the order of the rows; returns how many."""
        from cxloop.engine.duckdb.admission_intern import intern_keys

        with self.transaction():
            before = self.count("keys")
            # DuckDB finds no table of this frame from another function: it goes by its name in the database
            cursor = self.cursor()
            cursor.register("keys_to_intern", keys)
            try:
                named = "select namespace, type, value, row_number() over () as place from keys_to_intern"
                intern_keys(cursor, named)
            finally:
                cursor.unregister("keys_to_intern")
            return self.count("keys") - before

    def admit(self, rows: pa.Table, *, now: datetime, keep_conflicts: bool = True) -> Admission:
        """Adds rows with the columns of `core.schema.INCOMING` to the log, each exactly once."""
        from cxloop.engine.duckdb.admission import admit

        return admit(self, rows, now=now, keep_conflicts=keep_conflicts)

    def loader(self, limits: Limits, progress: Callable[[str, float | None], None]) -> Loader:
        """Returns what stages and loads files; a context manager."""
        from cxloop.engine.duckdb.admission_loader import DuckDBLoader

        return DuckDBLoader(self, limits, progress)

    def delete(self, table: str, column: str, values: Sequence[int] | Sequence[str]) -> int:
        """Removes the rows whose `column` is one of `values`; returns how many (logical side of erasure)."""
        _known_columns(_table(table), [column])
        statement = f"delete from {identifier(table)} where {identifier(column)} in (select unnest($values))"
        with self.transaction():
            return int(self._run(statement, {"values": list(values)})[0][0])

    def count(self, table: str) -> int:
        """Returns the number of rows of a table, from its statistics."""
        return int(self._run(f"select count(*) from {identifier(_table(table).name)}")[0][0])

    def commits(self) -> int:
        """How many transactions have been written since it was opened."""
        return self._commits

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does; an inner transaction is part of the outer one."""
        with self._writing:
            if self._depth:
                yield
                return
            cursor = self.cursor()
            cursor.execute("begin transaction").fetchall()
            self._depth += 1
            try:
                yield
            except BaseException:
                generations.roll_back(cursor)
                raise
            else:
                _commit(cursor)
                self._commits += 1
            finally:
                self._depth -= 1

    def erase(self, key_ids: Sequence[int], hiding: Hiding = Hiding()) -> Mapping[str, int]:  # noqa: B008 - frozen
        """Removes everything about some keys from every table, at once for every reader.

        The bytes are still in the file until `rewrite`; the file says that this is due, also after a crash.

        Args:
            key_ids: the keys; hub keys that would stand alone go along.
            hiding: how they go.

        Returns:
            Table to number of rows removed or made anonymous, for the tables that lost any.

        Raises:
            EngineError: a table holds personal data of which nobody said whose it is; nothing was removed.
        """
        with self._writing, self.transaction():
            cursor = self.cursor()
            before = hidden_before(cursor, hiding.name)
            if before is not None or not key_ids:
                return before or {}
            removed = erase_rows(cursor, key_ids, hiding)
            generations.mark_due(cursor)
            self.erasures += 1
        return removed

    def erase_texts(self, texts: Sequence[str]) -> Mapping[str, int]:
        """Removes rejected rows that hold a text as a whole word, and takes it out of definitions.

        Returns:
            Table to number of rows, for the tables that changed.
        """
        with self._writing, self.transaction():
            cursor = self.cursor()
            removed = erase_texts(cursor, texts)
            if removed:
                generations.mark_due(cursor)
                self.erasures += 1
        return removed

    def known_again(self, before: datetime) -> int:
        """Returns how many identifiers that were erased at a moment are known again: their owners came back."""
        lane = self._connections.lane()
        with lane.busy:
            return suppression.known_again(lane.cursor, before)

    def discard(self, kind: str | None, before: datetime, keep: Sequence[str] = ()) -> Mapping[str, int]:
        """Removes interactions that happened before a moment, with what hangs on them; for retention.

        Args:
            kind: which ones; None for all kinds but those in `keep`.
            before: UTC without zone.
            keep: kinds that have a rule of their own.

        Returns:
            Table to number of rows removed, for the tables that lost any; the bytes go with the next `rewrite`.
        """
        with self._writing, self.transaction():
            cursor = self.cursor()
            removed = discard_rows(cursor, kind, before, keep)
            if removed:
                generations.mark_due(cursor)
                self.erasures += 1
        return removed

    def discard_old(self, table: str, before: datetime) -> int:
        """Removes the rows of a table that are old at a moment as `engine.aging` says; for retention.

        Returns:
            How many rows were removed; the bytes go with the next `rewrite`.
        """
        with self._writing, self.transaction():
            cursor = self.cursor()
            removed = discard_old(cursor, table, before)
            if removed:
                generations.mark_due(cursor)
                self.erasures += 1
        return removed

    def is_rewrite_due(self) -> bool:
        """Whether the file still holds bytes of what was erased."""
        lane = self._connections.lane()
        with lane.busy:
            return generations.is_due(lane.cursor)

    def rewrite(self, progress: Callable[[str, float | None], None] = lambda *_: None) -> None:
        """Writes the tables into a new file without what was deleted, and makes it the live one.

        Reading and writing go on meanwhile; writers wait only for what is left to catch up with, and the swap.

        Raises:
            EngineError: inside a transaction, which would be lost, or where the copy went wrong.
        """
        with self._rewriting:
            self._require_no_transaction()
            rewrite(self, progress)

    def holding(self, texts: Sequence[str]) -> list[Held]:
        """Returns where texts stand in a text column of any table, capitals aside: the other side of `erase`."""
        lane = self._connections.lane()
        with lane.busy:
            return holding(lane.cursor, texts)

    def numbers_left(self, key_ids: Sequence[int]) -> Mapping[str, int]:
        """Returns the columns (table.column) in which numbers of keys still stand, and in how many rows."""
        lane = self._connections.lane()
        with lane.busy:
            return numbers_left(lane.cursor, key_ids)

    def hold(self) -> AbstractContextManager[None]:
        """Keeps the live file in place for a block that prepares temporary tables; for this package only."""
        return self._holds.hold()

    def compact(self) -> None:
        """The same as `rewrite` while writers wait: for a file of an older schema, which is written in one go.

        Raises:
            EngineError: inside a transaction, which would be lost, or where the copy went wrong.
        """
        with self._rewriting, self._writing:
            self._require_no_transaction()
            self._holds.wait()
            self.swap_to(generations.write_next(self.cursor(), self._connections.file))
        self.close_old()

    def _require_no_transaction(self) -> None:
        with self._writing:
            if self._depth:
                raise EngineError("The file cannot be rewritten inside a transaction. Compact after it.")

    @property
    def file(self) -> Path:
        """The live file."""
        return self._connections.file

    def blocks(self, table: str) -> Iterator[pa.Table]:
        """Yields every row of a table, or of an internal one, in blocks, while the file stays in place."""
        with self.hold():
            yield from passing.blocks(self.cursor(), table)

    def take(self, table: str, blocks: Iterable[pa.Table]) -> int:
        """Puts rows in place of all that a table holds; returns how many."""
        with self.transaction():
            return passing.take(self.cursor(), table, blocks)

    def files(self) -> Files:
        """Returns the live file, with what DuckDB has beside it while it is open, and all other generations."""
        live = self.file
        found = sorted(live.parent.glob("*.duckdb*"))
        mine = tuple(path for path in found if path.name.startswith(live.name))
        return Files(mine, tuple(path for path in found if path not in mine))

    def writing(self) -> AbstractContextManager[object]:
        """The writers' lock; for this package only."""
        return self._writing

    def wait_for_holders(self) -> None:
        """Waits, with the writers' lock held, until nobody needs the live file to stay; for this package only."""
        self._holds.wait()

    def swap_to(self, file: Path) -> None:
        """Makes a sealed generation the live one; for this package only."""
        self._connections.swap(file)

    def close_old(self) -> None:
        """Removes files that are no longer live, once their readers have finished; for this package only."""
        for old in self._connections.close_old():
            generations.remove(old)

    def _run(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        lane = self._connections.lane()
        with lane.busy:
            # always fetchall(): a result that is not read to its end keeps the connection busy
            return lane.cursor.execute(statement, values).fetchall()

    def close(self) -> None:
        """Closes the engine's files, once running queries have finished, and lets others open them."""
        with self._writing:
            self._connections.close()
            self._lock.release()


def _commit(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("commit").fetchall()
    except duckdb.Error as failure:
        raise EngineError(f"The change could not be written, and nothing of it was: {failure}") from failure


def _table(name: str) -> Table:
    if name not in _TABLES:
        raise UnknownNameError("table", name, _TABLES)
    return _TABLES[name]


def _known_columns(table: Table, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in table.names:
            raise UnknownNameError(f"column of {table.name}", name, table.names)
    return names
