"""The engine on Apache Spark: queries are jobs of a cluster, tables are Parquet files behind a log of commits."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import CxloopError, EngineError, UnknownNameError
from cxloop.core.schema import TABLES, Table
from cxloop.engine.arrow import arrow_type
from cxloop.engine.base import Value
from cxloop.engine.cancelling import Cancelling
from cxloop.engine.erasure import Held
from cxloop.engine.query import Query, Slots
from cxloop.engine.render import check_parameters, render
from cxloop.engine.spark.changing import keys_among, merge_small, remove, values_among
from cxloop.engine.spark.files import Draft, Manifest, Warehouse
from cxloop.engine.spark.interning import intern
from cxloop.engine.spark.naming import Marked, named
from cxloop.engine.spark.searching import holding, numbers_left
from cxloop.engine.spark.tags import tags_of
from cxloop.engine.spark.views import Views

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["SparkTables"]

_TABLES = {table.name: table for table in TABLES}


class SparkTables:
    """Tables and queries of one workspace on a Spark session.

    Reading never waits for writing: a query sees the newest commit, or within a transaction of its own thread what that
    has written. Writers take turns.
    """

    dialect = "spark"
    at_once = 4  # planning a job and sending it out takes longer than many a job

    def __init__(self, session: SparkSession, warehouse: Warehouse) -> None:
        """Takes a session from `session.connect` or `session.prepared`, and an open warehouse."""
        self._session = session
        self._warehouse = warehouse
        self._views = Views(session, warehouse)
        self._writing = threading.RLock()
        self._cancelling = Cancelling()
        self._draft: Draft | None = None
        self._writer: int | None = None

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query and returns its rows; raises EngineError with the query's name and SQL."""
        self._cancelling.check()
        seen = self._seen()
        try:
            rows: pa.Table = self.frame(query, parameters, slots).toArrow()
        except CxloopError:
            raise
        except Exception as failure:
            if self._is_swept(seen):
                return self.fetch(query, parameters, slots)
            raise EngineError(f"The query {query.name} failed: {failure}\n{self.sql(query, slots)}") from failure
        return _declared(query, rows)

    def frame(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> DataFrame:
        """Returns a query as a frame of Spark, which runs where it is used; for the modules of this package only."""
        values = check_parameters(query, parameters or {})
        marked = render(replace(query, within=Marked(query.within)), slots, dialect=self.dialect)
        seen = self._seen()
        return self._session.sql(named(marked, lambda table: self._views.name(table, seen)), args=_bound(query, values))

    def _is_swept(self, seen: Manifest) -> bool:
        """Whether a state that was being read is gone, with its files: who reads asks the newest one."""
        return self._warehouse.head.number > seen.number and not self._warehouse.is_whole(seen)

    def _require_no_transaction(self) -> None:
        if self._draft is not None:
            raise EngineError("Files cannot be removed inside a transaction. Do it after it.")

    @contextmanager
    def cancellable(self, name: str) -> Iterator[None]:
        """Lets `cancel` stop what this thread asks inside."""
        tags = tags_of(self._session)
        tags.add(name)
        try:
            with self._cancelling.under(name, lambda: tags.cancel(name)):
                yield
        finally:
            tags.remove(name)

    def cancel(self, name: str) -> None:
        """Stops what is asked under a name, with the jobs of it that run."""
        self._cancelling.cancel(name)

    def rows(self, query: Query, parameters: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """Runs a query of few rows and returns them."""
        rows: list[dict[str, Any]] = self.fetch(query, parameters).to_pylist()
        return rows

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
        _known_columns(_table(table), rows.column_names)
        with self.transaction():
            return self._drafted().append(table, rows)

    def replace(self, table: str, rows: pa.Table, *, whole: bool = False) -> int:
        """Puts rows in place of those with the same key, or of all rows of the table; returns how many.

        Args:
            table: name of the table.
            rows: columns by name; a missing one is null.
            whole: whether `rows` is all that the table holds afterwards.
        """
        known = _table(table)
        _known_columns(known, rows.column_names)
        with self.transaction():
            draft = self._drafted()
            if whole:
                draft.put(table, draft.write(table, rows), instead_of=draft.manifest.table(table).files)
                return int(rows.num_rows)
            if rows.num_rows:
                remove(self._warehouse, draft, table, known.key, keys_among(known.key, rows))
            return draft.append(table, rows)

    def intern(self, keys: pa.Table) -> int:
        """Adds keys (namespace, type, value) that are not known yet, in the order of the rows; returns how many."""
        with self.transaction():
            return intern(self._warehouse, self._drafted(), keys, self._known_keys)

    def _known_keys(self, keys: pa.Table) -> pa.Table:
        """Returns those of some (namespace, type, value) that the table `keys` holds."""
        mine = self._session.createDataFrame(keys)
        held = self._session.table(self._views.name("keys", self._seen()))
        found: pa.Table = mine.join(held, ["namespace", "type", "value"], "left_semi").toArrow()
        return found

    def delete(self, table: str, column: str, values: Sequence[int] | Sequence[str]) -> int:
        """Removes the rows whose `column` is one of `values`; returns how many (logical side of erasure)."""
        _known_columns(_table(table), [column])
        if not values:
            return 0
        with self.transaction():
            gone = remove(self._warehouse, self._drafted(), table, [column], values_among(column, values))
            return int(gone.num_rows)

    def holding(self, texts: Sequence[str]) -> list[Held]:
        """Returns where texts stand in a text column of any table, capitals aside."""
        return holding(self._rows_of(self._seen()), texts)

    def numbers_left(self, key_ids: Sequence[int]) -> Mapping[str, int]:
        """Returns the columns (table.column) in which numbers of keys still stand, and in how many rows."""
        return numbers_left(self._session, self._rows_of(self._seen()), key_ids)

    def _rows_of(self, seen: Manifest) -> Callable[[Table], DataFrame | None]:
        """Returns what gives the rows of a table as of a state, None where it has none."""

        def rows(table: Table) -> DataFrame | None:
            files = seen.table(table.name).files
            return self._views.read(table, files) if files else None

        return rows

    @property
    def warehouse(self) -> Warehouse:
        """The tables."""
        return self._warehouse

    def count(self, table: str) -> int:
        """Returns the number of rows of a table, which its manifest tells."""
        return self._seen().table(_table(table).name).rows

    def commits(self) -> int:
        """The number of the newest commit: while it is the same, answers are."""
        return self._warehouse.head.number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does; an inner transaction is part of the outer one."""
        with self._writing:
            if self._draft is not None:
                yield
                return
            draft = self._draft = self._warehouse.draft()
            self._writer = threading.get_ident()
            try:
                yield
                for table in draft.changed:
                    merge_small(self._warehouse, draft, table)
                draft.commit()
            except BaseException:
                draft.abandon()
                raise
            finally:
                self._draft = self._writer = None

    def close(self) -> None:
        """Lets others open the warehouse. The session stays: it may be somebody else's."""
        with self._writing:
            self._warehouse.close()

    def _seen(self) -> Manifest:
        """The state that this thread sees."""
        draft = self._draft
        if draft is not None and self._writer == threading.get_ident():
            return draft.manifest
        return self._warehouse.head

    def _drafted(self) -> Draft:
        assert self._draft is not None  # only called inside a transaction
        return self._draft


_ENDS = re.compile(r"\b(?:limit|offset)\s+\$(\w+)", re.IGNORECASE)
_MOST_ROWS = 1_000_000_000
"""Spark counts rows that are left out and rows that are given in 32 bits together; nobody turns pages that far."""


def _bound(query: Query, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Spark takes the type of a list from what is in it, and refuses nothing at all and numbers of several sizes.

    Typed values are taken as conversions, which it refuses as well: here, through Spark Connect, or on both. What both
    take is an expression, and it is quick: 20,000 numbers in it take less than a second.
    """
    from pyspark.sql.functions import array, expr

    ends = _ENDS.findall(query.sql)

    def one(name: str, value: Any) -> Any:
        if name in ends:
            return min(value, _MOST_ROWS)
        if not isinstance(value, list | tuple):
            return value
        if value and query.parameters[name] == "bigints":
            return expr(f"array({', '.join(f'{int(each)}L' for each in value)})")
        return list(value) or array()

    return {name: one(name, value) for name, value in values.items()} or None


def _declared(query: Query, rows: pa.Table) -> pa.Table:
    """Returns rows in the types that the query declares; what slots add stays as Spark gave it."""
    for place, name in enumerate(rows.column_names):
        kind = query.output.get(name)
        if kind is not None and rows.schema.field(place).type != arrow_type(kind):
            rows = rows.set_column(place, name, rows.column(place).cast(arrow_type(kind)))
    return rows


def _table(name: str) -> Table:
    if name not in _TABLES:
        raise UnknownNameError("table", name, _TABLES)
    return _TABLES[name]


def _known_columns(table: Table, names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in table.names:
            raise UnknownNameError(f"column of {table.name}", name, table.names)
    return names
