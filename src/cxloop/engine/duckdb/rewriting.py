"""A new generation of the live file while it is in use: copied from a snapshot, caught up, and swapped in.

Reading and writing go on while the big copy is made. What was added meanwhile is copied afterwards by its place in the
table; a table of which rows were changed or removed is copied again. Only the last of these rounds, and the swap, keep
writers waiting. An erasure while the copy is made ends it, since the copy holds what was erased: it begins again.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from cxloop.core.errors import EngineError
from cxloop.core.schema import TABLES
from cxloop.engine.duckdb import generations
from cxloop.engine.quoting import identifier
from cxloop.engine.tables import ERASED, META

if TYPE_CHECKING:
    from cxloop.engine.duckdb.engine import DuckDBEngine

__all__ = ["ATTEMPTS", "OutdatedError", "rewrite"]

ATTEMPTS = 3
"""How often a copy is begun again because of another erasure; the last time, writers wait for all of it."""
_UPDATED_IN_PLACE = ("rejected", META.name, ERASED.name)
"""Tables whose rows change without moving: always copied again."""
_MOST_TIMES = 4
_SHORT_SECONDS = 1.0
"""A round that took no longer is the last one without the lock."""
_NO_CHECKPOINT = "1TB"


class OutdatedError(EngineError):
    """The copy holds what was erased while it was made."""


class _Mark(NamedTuple):
    """How far a table was copied: its rows and the place of the last one."""

    rows: int
    last: int


def rewrite(engine: DuckDBEngine, progress: Callable[[str, float | None], None]) -> None:
    """Writes the next generation and makes it the live one.

    Raises:
        EngineError: a table could not be copied whole; the old generation stays.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _Copy(engine, progress) as copy:
                copy.run(alone=attempt == ATTEMPTS)
        except OutdatedError:
            continue
        else:
            return


class _Copy:
    """One attempt."""

    def __init__(self, engine: DuckDBEngine, progress: Callable[[str, float | None], None]) -> None:
        self._engine = engine
        self._progress = progress
        self._marks: dict[str, _Mark] = {}
        self._done = False

    def __enter__(self) -> _Copy:
        self._live = self._engine.file
        self._cursor = self._engine.cursor().cursor()
        # a checkpoint may pack rows closer together, and the place of a row would no longer tell when it came
        self._cursor.execute(f"set global checkpoint_threshold = '{_NO_CHECKPOINT}'").fetchall()
        self._partial = generations.begin_next(self._cursor, self._live)
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._done:
            return
        try:
            self._cursor.execute("detach next").fetchall()
            self._cursor.execute(f"set global checkpoint_threshold = '{generations.CHECKPOINT}'").fetchall()
        finally:
            self._cursor.close()
            generations.remove(self._partial)

    def run(self, *, alone: bool) -> None:
        """Copies, catches up and swaps; with `alone`, writers wait throughout."""
        if alone:
            with self._engine.writing():
                self._erasures = self._engine.erasures
                self._finish()
            self._engine.close_old()
            return
        self._erasures = self._engine.erasures
        for _ in range(_MOST_TIMES):
            began = perf_counter()
            self._round()
            if perf_counter() - began < _SHORT_SECONDS:
                break
        self._cursor.execute("checkpoint next").fetchall()
        generations.sync(self._partial)
        with self._engine.writing():
            self._engine.wait_for_holders()
            self._finish()
        self._engine.close_old()

    def _finish(self) -> None:
        self._round()
        self._require_same_rows()
        self._cursor.execute("detach next").fetchall()
        self._cursor.close()
        self._done = True
        self._engine.swap_to(generations.seal(self._live.parent, self._partial))

    def _round(self) -> None:
        """Copies what the next file lacks, as one moment of the live file."""
        self._require_current()
        tables = [*TABLES, ERASED, META]
        with self._engine.writing():
            self._cursor.execute("begin transaction").fetchall()
            marks = {table.name: self._mark(table.name) for table in tables}  # the first reading fixes the moment
        try:
            for place, table in enumerate(tables):
                self._progress(f"Writing {table.name}", place / len(tables))
                self._copy(table.name, marks[table.name])
                self._require_current()
            self._cursor.execute("commit").fetchall()
        except BaseException:
            generations.roll_back(self._cursor)
            raise
        self._marks = marks

    def _require_current(self) -> None:
        if self._erasures != self._engine.erasures:
            raise OutdatedError("Something was erased while a new file was written; it is written once more.")

    def _mark(self, table: str) -> _Mark:
        found = self._cursor.execute(f"select count(*), coalesce(max(rowid), -1) from {identifier(table)}").fetchall()
        return _Mark(*found[0])

    def _copy(self, table: str, now: _Mark) -> None:
        name, before = identifier(table), self._marks.get(table)
        new = "true"
        if before is not None:
            if before == now and table not in _UPDATED_IN_PLACE:
                return
            new = f"rowid > {before.last}"
            added = self._number(f"select count(*) from {name} where {new}")
            if before.rows + added != now.rows or table in _UPDATED_IN_PLACE:
                self._cursor.execute(f"delete from next.main.{name}").fetchall()
                new = "true"
        if table == META.name:
            new = "name not in ('rewrite', 'schema_version')"
        columns = ", ".join(identifier(column) for column in self._columns(table))
        try:
            self._cursor.execute(
                f"insert into next.main.{name} ({columns}) select {columns} from {name} where {new}"
            ).fetchall()
        except duckdb.Error as failure:
            raise EngineError(f"The table {table} could not be copied into a new file: {failure}") from failure
        if table == META.name:
            generations.note_version(self._cursor)

    def _columns(self, table: str) -> tuple[str, ...]:
        return next(each.names for each in (*TABLES, ERASED, META) if each.name == table)

    def _require_same_rows(self) -> None:
        for table in (*TABLES, ERASED):
            generations.same_count(self._cursor, table.name)

    def _number(self, statement: str) -> int:
        return int(self._cursor.execute(statement).fetchall()[0][0])
