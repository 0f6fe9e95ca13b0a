"""A working copy: the rows that a change touches, checked out into a DuckDB beside the driver, and checked in again.

Admission, loading and erasure are rules about few rows of a large log. They are written once, for DuckDB: the rows that
they look at are brought here, the same code runs, and what it changed becomes part of the commit. So both engines give
the same rows by construction, and the cluster does what is large: it finds those rows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.schema import TABLES, Table
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.generations import OWN
from cxloop.engine.quoting import identifier
from cxloop.engine.spark.changing import remove, rows_among
from cxloop.engine.spark.files import Draft, Warehouse
from cxloop.engine.tables import ERASED, META

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["WorkingCopy"]

T = TypeVar("T")

_KEPT_TABLES = (*TABLES, META, ERASED)
_BLOCK = 1_000_000
"""Rows that are written into one file."""
_LARGE = 500_000
"""Rows after which the file of the copy is made anew, since it does not shrink."""


class _Undo(Exception):  # noqa: N818 - not an error: takes a rehearsal back
    pass


class WorkingCopy:
    """The copy of one workspace. Used inside a transaction of its engine only, so by one thread at a time."""

    def __init__(self, folder: Path, settings: EngineSettings | None = None) -> None:
        """Takes a folder that nothing else is in; what a crash has left there goes."""
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._settings = settings
        self._engine: DuckDBEngine | None = None
        self._out: set[str] = set()
        self._is_large = False

    @property
    def engine(self) -> DuckDBEngine:
        """The DuckDB of the copy."""
        if self._engine is None:
            self._engine = DuckDBEngine(self._folder, self._settings)
        return self._engine

    def rehearse(self, run: Callable[[DuckDBEngine], object], seen: Callable[[DuckDBEngine], T]) -> T:
        """Does something on what is checked out, looks at what came of it, and takes it back.

        Args:
            run: what to do.
            seen: what to note of the outcome.
        """
        noted: list[T] = []
        with suppress(_Undo), self.engine.transaction():
            run(self.engine)
            noted.append(seen(self.engine))
            raise _Undo
        return noted[0]

    def check_out(self, table: str, rows: pa.Table) -> None:
        """Adds rows of the warehouse to the copy, as they are."""
        if rows.num_rows:
            names = ", ".join(identifier(name) for name in rows.column_names)
            self.engine.cursor().execute(
                f"insert into {identifier(table)} ({names}) select {names} from rows"
            ).fetchall()

    def begin(self) -> None:
        """Notes what was checked out, so that `check_in` can tell what changed since."""
        cursor = self.engine.cursor()
        for table in _KEPT_TABLES:
            name = identifier(table.name)
            if cursor.execute(f"select exists (from {name} where {_counted(table)})").fetchall()[0][0]:
                cursor.execute(
                    f"create or replace temp table {_before(table)} as from {name} where {_counted(table)}"
                ).fetchall()
                self._out.add(table.name)

    def check_in(self, warehouse: Warehouse, draft: Draft) -> dict[str, int]:
        """Makes what changed part of a commit; returns how many rows each table has more, or less than nought."""
        changed = {}
        for table in _KEPT_TABLES:
            gone = self._take_out(table, warehouse, draft) if table.name in self._out else 0
            come = self._bring_in(table, draft)
            if gone or come:
                changed[table.name] = come - gone
        return changed

    def _take_out(self, table: Table, warehouse: Warehouse, draft: Draft) -> int:
        """Removes rows that are gone or changed, by their keys; changed ones come again with `_bring_in`."""
        now, before = f"(from {identifier(table.name)} where {_counted(table)})", _before(table)
        kept = f"select n.* from {now} n semi join {before} b on {_same(table, 'n', 'b')}"
        key = ", ".join(identifier(name) for name in table.key)
        statement = f"""create or replace temp table cx_changed as select distinct {key} from (
            (from {before} except all ({kept})) union all (({kept}) except all from {before}))"""
        cursor = self.engine.cursor()
        cursor.execute(statement).fetchall()
        # what stays as it is need not be brought in again
        cursor.execute(
            f"delete from {before} b where exists (from cx_changed c where {_same(table, 'b', 'c')})"
        ).fetchall()
        changed = cursor.sql("from cx_changed").to_arrow_table()
        if not changed.num_rows:
            return 0
        return int(remove(warehouse, draft, table.name, table.key, rows_among(table.key, changed)).num_rows)

    def _bring_in(self, table: Table, draft: Draft) -> int:
        rows = f"from {identifier(table.name)} n where {_counted(table)}"
        if table.name in self._out:
            rows += f" and not exists (from {_before(table)} b where {_same(table, 'n', 'b')})"
        come = 0
        for block in _blocks(self.engine.cursor().sql(rows)):
            come += draft.append(table.name, block)
        return come

    @contextmanager
    def used(self) -> Iterator[WorkingCopy]:
        """Empties the copy when a change is done, or has failed."""
        try:
            yield self
        finally:
            self.clear()

    def clear(self) -> None:
        """Forgets all rows; what is staged for a load stays."""
        if self._engine is None:
            return
        cursor, rows = self._engine.cursor(), 0
        for table in _KEPT_TABLES:
            gone = f"delete from {identifier(table.name)} where {_counted(table)}"
            rows += int(cursor.execute(gone).fetchall()[0][0])
            cursor.execute(f"drop table if exists {_before(table)}").fetchall()
        cursor.execute("drop table if exists cx_changed").fetchall()
        self._out.clear()
        self._is_large = rows > _LARGE

    def discard(self) -> None:
        """Removes the files of the copy: of what was erased, or was large, nothing is to stay."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._is_large = False
        self._out.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def discard_large(self) -> None:
        """Removes the files after a change of many rows."""
        if self._is_large:
            self.discard()


def _blocks(rows: Any) -> Iterator[pa.Table]:
    import pyarrow as pa

    for block in rows.to_arrow_reader(_BLOCK):
        yield pa.Table.from_batches([block])


def _before(table: Table) -> str:
    return identifier(f"cx_before_{table.name}")


def _counted(table: Table) -> str:
    return f"not ({OWN})" if table.name == META.name else "true"


def _same(table: Table, one: str, other: str) -> str:
    return " and ".join(
        f"{one}.{identifier(name)} is not distinct from {other}.{identifier(name)}" for name in table.key
    )
