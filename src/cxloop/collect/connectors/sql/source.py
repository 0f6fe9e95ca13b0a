"""Reads a table or a query in the order of its cursor column, in slices that can be gone on from.

A row is told apart by cursor and key together, so ties at the end of a slice are neither lost nor read without end.
Each pull begins an overlap behind the last value, since a row with a smaller value may be committed later; rows of the
overlap that were read already are known by a digest, and left out unless they have changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dlt
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from cxloop.collect.connectors.base import Scope, SourceError
from cxloop.collect.connectors.landing import plain
from cxloop.collect.connectors.sql.connector import Settings, database_file
from cxloop.core.errors import did_you_mean
from cxloop.core.time import parse_duration

__all__ = ["Mark", "Reader", "rows"]

PAGE = 5_000
CONNECT_SECONDS = 15
MOST_SEEN = 50_000
"""Digests of rows in the overlap that are kept; where there are more, the overlap is read again as a whole."""
OVERLAP: dict[str, Any] = {"moment": timedelta(minutes=10), "date": timedelta(days=1), "number": 1000}


def rows(settings: Settings, scope: Scope) -> Any:
    """Returns the dlt resource."""

    @dlt.resource(name="rows", write_disposition="append")
    def read() -> Iterator[list[dict[str, Any]]]:
        state: dict[str, Any] = {} if scope.trial else dlt.current.resource_state()
        _forget_another(state, settings)
        engine = _engine(settings, scope.inbox)
        try:
            yield from Reader(engine, settings, scope, state).pages()
        finally:
            engine.dispose()

    return read()


def _forget_another(state: dict[str, Any], settings: Settings) -> None:
    """A position belongs to what was read: another table or cursor is read from its beginning."""
    parts = [settings.url, settings.table, settings.query, settings.cursor, *settings.key]
    told = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    if state.get("of") != told:
        state.clear()
        state["of"] = told


def _engine(settings: Settings, inbox: Path) -> Engine:
    url = make_url(settings.driver_url)
    options: dict[str, Any] = {}
    if settings.password is not None:
        url = url.set(password=settings.password.get_secret_value())
    if url.get_backend_name() == "postgresql":
        options = {"connect_timeout": CONNECT_SECONDS, "application_name": "cxloop"}
    file = database_file(settings)
    if file is not None:
        # the only way to have SQLite refuse every change; a file that is not there is not made either
        url = url.set(database=f"file:{quote(str(inbox / file))}", query={"mode": "ro", "uri": "true"})
        options = {"timeout": settings.timeout_seconds}
    return sa.create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """A value of the cursor or the key, and how the state writes it."""

    value: Any

    @property
    def kind(self) -> str:
        """moment, date, number or text."""
        match self.value:
            case datetime():
                return "moment"
            case date():
                return "date"
            case bool() | str():
                return "text"
            case int() | float() | Decimal():
                return "number"
        return "text"

    def written(self) -> list[str]:
        """Returns it as the state keeps it."""
        value = self.value
        return [self.kind, value.isoformat() if isinstance(value, date) else str(value)]

    @classmethod
    def read(cls, written: Sequence[str]) -> Mark:
        """Returns what the state kept."""
        kind, text = written
        match kind:
            case "moment":
                return cls(datetime.fromisoformat(text))
            case "date":
                return cls(date.fromisoformat(text))
            case "number":
                number = Decimal(text)
                return cls(int(number) if number == number.to_integral_value() and "." not in text else number)
        return cls(text)

    def behind(self, overlap: str | None) -> Any:
        """Returns the value from which the next pull begins."""
        if self.kind == "text":
            return _text_behind(str(self.value), overlap)
        if overlap is None:
            return self.value - OVERLAP[self.kind]
        by: Any = int(overlap) if overlap.isdigit() else parse_duration(overlap)
        if self.kind == "date" and isinstance(by, timedelta):
            by = max(by, timedelta(days=1))
        if isinstance(by, timedelta) is (self.kind == "number"):
            raise SourceError(
                f"The overlap {overlap!r} does not suit the cursor, whose last value is {self.value}. "
                "Use a duration such as 10m for times, and a number such as 1000 for numbers.",
                "settings",
            )
        return self.value - by


def _text_behind(text: str, overlap: str | None) -> str:
    """Returns an earlier text where the text says a time, as SQLite keeps them; any other is its own edge."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) < len("2026-05-01T12:00"):
        return text
    by = parse_duration(overlap) if overlap is not None and not overlap.isdigit() else OVERLAP["moment"]
    # without fraction and offset: such a text sorts before all of that second
    return (moment.replace(tzinfo=None) - by).isoformat(sep=text[10], timespec="seconds")


def _only_read(connection: Connection, settings: Settings) -> None:
    """Makes the transaction one that only reads, sees one moment, and does not last for ever."""
    if connection.dialect.name == "postgresql":
        limit = settings.timeout_seconds * 1000
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        for name, value in (("statement_timeout", limit), ("lock_timeout", limit), ("timezone", "UTC")):
            connection.execute(sa.select(sa.func.set_config(name, str(value), True)))


def _inner(query: sa.TextClause) -> sa.TextClause:
    return sa.text(f"({query.text}) q")


class Reader:
    """Reads one slice: everything from the position on, or until the scope has enough."""

    def __init__(self, engine: Engine, settings: Settings, scope: Scope, state: dict[str, Any]) -> None:
        self._engine = engine
        self._settings = settings
        self._scope = scope
        self._state = state
        self._columns: list[str] = []
        self._key: list[str] = []
        self._seen: set[str] = set()
        self._fresh: deque[tuple[Any, str]] = deque(maxlen=MOST_SEEN + 1)
        self._last: Mapping[str, Any] = {}

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """Yields the rows."""
        with self._engine.connect() as connection:
            _only_read(connection, self._settings)
            source = self._source(connection)
            statement = self._statement(source)
            self._seen = set(self._state.get("seen", ()))
            found = connection.execution_options(stream_results=True, yield_per=PAGE).execute(statement)
            for page in found.mappings().partitions(PAGE):
                yield self._page(page)
                if self._settings.cursor is not None and self._may_stop() and self._scope.enough():
                    break
            self._say_nulls(connection, source)
        self._settle()

    # what is read

    def _source(self, connection: Connection) -> sa.FromClause:
        settings = self._settings
        if settings.table is not None:
            source: sa.FromClause = self._table(connection, settings.table)
        else:
            # a colon would begin a parameter
            query = sa.text(str(settings.query).replace(":", "\\:"))
            self._columns = list(connection.execute(sa.select("*").select_from(_inner(query)).limit(0)).keys())
            self._key = list(settings.key)
            source = query.columns(*(sa.column(name) for name in self._columns)).subquery("q")
        self._require_columns()
        self._say_changes()
        return source

    def _table(self, connection: Connection, name: str) -> sa.FromClause:
        schema, _, table = name.rpartition(".")
        look = sa.inspect(connection)
        if not look.has_table(table, schema=schema or None):
            known = [*look.get_table_names(schema or None), *look.get_view_names(schema or None)]
            raise SourceError(
                f"There is no table {name!r}, or this account may not see it. {did_you_mean(table, known)}", "missing"
            )
        found = look.get_columns(table, schema=schema or None)
        self._columns = [column["name"] for column in found]
        self._key = (
            list(self._settings.key) or look.get_pk_constraint(table, schema=schema or None)["constrained_columns"]
        )
        # SQLite stores what it is given, whatever the column is declared as: its values are taken as they are
        raw = self._engine.dialect.name == "sqlite"
        columns = [sa.Column(column["name"], sa.types.NullType() if raw else column["type"]) for column in found]
        return sa.Table(table, sa.MetaData(), *columns, schema=schema or None)

    def _require_columns(self) -> None:
        for role, name in (("cursor", self._settings.cursor), *(("key", key) for key in self._settings.key)):
            if name is not None and name not in self._columns:
                raise SourceError(
                    f"{self._settings.what} has no column {name!r}, which is the {role}. "
                    f"{did_you_mean(name, self._columns)}",
                    "schema",
                )

    def _say_changes(self) -> None:
        before = self._state.get("columns")
        if before is not None and before != self._columns:
            new = [name for name in self._columns if name not in before]
            gone = [name for name in before if name not in self._columns]
            if new:
                self._scope.note(f"New columns of {self._settings.what}: {', '.join(new)}. The mapping may use them.")
            if gone:
                self._scope.note(f"Columns that {self._settings.what} has no longer: {', '.join(gone)}.")
        self._state["columns"] = self._columns

    def _statement(self, source: sa.FromClause) -> sa.Select[Any]:
        statement = sa.select(source)
        if self._settings.cursor is None:
            return statement
        order = [source.c[name] for name in self._order()]
        statement = statement.where(order[0].is_not(None)).order_by(*order)
        going = self._state.get("going")
        if going is not None and not self._scope.first:
            marks = [Mark.read(written).value for written in going]
            return statement.where(self._after(order[: len(marks)], marks))
        if "last" in self._state:
            return statement.where(order[0] >= Mark.read(self._state["last"]).behind(self._settings.overlap))
        return statement

    def _order(self) -> list[str]:
        """The columns of the order: the cursor, then the key that tells ties apart."""
        return list(dict.fromkeys([str(self._settings.cursor), *self._key]))

    @staticmethod
    def _after(columns: Sequence[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
        """Greater by the first column, or equal there and greater by the next, and so on."""
        alternatives = []
        for place, column in enumerate(columns):
            same = [columns[i] == values[i] for i in range(place)]
            alternatives.append(sa.and_(*same, column > values[place]))
        return sa.or_(*alternatives)

    # what was read

    def _page(self, page: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
        taken = []
        for found in page:
            row = {str(name): value for name, value in found.items()}
            if self._settings.cursor is not None and not self._is_new(row):
                continue
            taken.append(row)
        return taken

    def _is_new(self, row: Mapping[str, Any]) -> bool:
        cursor = row[str(self._settings.cursor)]
        told = hashlib.blake2b(json.dumps(plain(row), default=str).encode("utf-8", "backslashreplace"), digest_size=8)
        digest = told.hexdigest()
        self._fresh.append((cursor, digest))
        self._last = row
        return digest not in self._seen

    def _may_stop(self) -> bool:
        """Without a key, ties cannot be told apart: such a source is read to its end."""
        return bool(self._key)

    def _settle(self) -> None:
        if not self._fresh:
            return
        cursor = str(self._settings.cursor)
        last = Mark(self._last[cursor])
        self._state["last"] = last.written()
        if self._scope.stopped:
            self._state["going"] = [Mark(self._last[name]).written() for name in self._order()]
        else:
            self._state.pop("going", None)
        edge = last.behind(self._settings.overlap)
        kept = [digest for value, digest in self._fresh if value >= edge]
        self._state["seen"] = kept if len(kept) <= MOST_SEEN else []
        shown = last.value.astimezone(UTC) if isinstance(last.value, datetime) and last.value.tzinfo else last.value
        self._scope.reached(f"{cursor} up to {plain(shown)}")

    def _say_nulls(self, connection: Connection, source: sa.FromClause) -> None:
        if self._settings.cursor is None or "last" in self._state:
            return
        column = source.c[self._settings.cursor]
        if connection.execute(sa.select(sa.literal(1)).select_from(source).where(column.is_(None)).limit(1)).first():
            self._scope.note(
                f"Rows without a value in {self._settings.cursor} are not read: they have no place in its order."
            )
