"""The records in PostgreSQL: tables of the schema `cxloop`, one writer at a time, as in the file.

There the schema begins as it is now: nobody has an older one. Migrations after that run on both (decision 0049).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DatabaseError

from cxloop.core.errors import WorkspaceError
from cxloop.store.chain import POSTGRES_GUARDS
from cxloop.store.database import Database

__all__ = [
    "FIRST",
    "SCHEMA",
    "begin_writing",
    "create",
    "engine_of",
    "forget",
    "is_made",
    "scrub",
    "take_turn",
    "texts",
]

SCHEMA = "cxloop"
FIRST = "0006"
"""The migration whose tables a new database begins with."""
_OURS = (SCHEMA, "cxloop_spool", "dbos")
_LOCK = 7305804402551
"""Of whoever writes or changes the schema; by chance."""
_SETTINGS = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    "statement_timeout": "60000",
    "lock_timeout": "30000",
    "idle_in_transaction_session_timeout": "60000",
}
"""Milliseconds. A host that vanishes in the middle must not keep others waiting for good."""


def engine_of(database: Database) -> Engine:
    """Returns SQLAlchemy's engine; nothing is connected yet."""
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    engine = create_engine(
        make_url(database.url).set(drivername="postgresql+psycopg"),
        # errors are logged, and values are what people are and what they wrote
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "cxloop"},
    )
    event.listen(engine, "connect", _durable)
    event.listen(engine, "handle_error", _say_no_values)
    return engine


def begin_writing(connection: Connection) -> None:
    """Waits until nobody else writes, and counts this change; both end with the transaction.

    The file has one writer at a time too: what is read in a unit of work is still so when it is written.
    """
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text("update cxloop.changes set number = number + 1"))


def create(connection: Connection) -> None:
    """Makes the tables of a new database, in the transaction that holds the lock."""
    from cxloop.store.models import Base

    Base.metadata.create_all(connection)
    connection.execute(text("create table cxloop.changes (number bigint not null)"))
    connection.execute(text("insert into cxloop.changes values (0)"))
    connection.execute(text("create table cxloop.alembic_version (version_num varchar(32) not null primary key)"))
    connection.execute(text("insert into cxloop.alembic_version values (:first)"), {"first": FIRST})
    for guard in POSTGRES_GUARDS:
        connection.execute(text(guard))


def take_turn(connection: Connection) -> None:
    """Lets one process at a time make or change the schema."""
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text("create schema if not exists cxloop"))


def is_made(database: Database) -> bool:
    """Whether a database has the tables of the records.

    Raises:
        WorkspaceError: it cannot be reached.
    """
    engine = engine_of(database)
    try:
        with engine.connect() as connection:
            return inspect(connection).has_table("alembic_version", SCHEMA)
    except DatabaseError as failure:
        raise WorkspaceError(f"{database.address} cannot be reached: {failure.orig}.") from None
    finally:
        engine.dispose()


def forget(engine: Engine) -> None:
    """Drops everything of the workspace; for records that are somewhere else now."""
    with engine.begin() as connection:
        for schema in _OURS:
            connection.execute(text(f"drop schema if exists {_quoted(schema)} cascade"))


def scrub(engine: Engine) -> None:
    """Writes the tables of the records and of what is under way anew, so that no deleted row stays in their files.

    What the server keeps beside its tables (its log, standbys, backups) is the operator's.

    Raises:
        WorkspaceError: somebody uses a table all the time.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for schema, table in _tables(connection, (SCHEMA, "dbos")):
            try:
                connection.exec_driver_sql(f"vacuum (full) {_quoted(schema)}.{_quoted(table)}")
            except DatabaseError as failure:
                told = f"{schema}.{table} cannot be written anew: {failure.orig}. It is tried again later."
                raise WorkspaceError(told) from None


def texts(engine: Engine, wanted: Callable[[bytes], bool]) -> Iterator[str]:
    """Yields schema.table.column for each value of this workspace's tables that `wanted` holds for."""
    with engine.connect() as connection:
        for schema, table in _tables(connection, _OURS):
            columns = _columns(connection, schema, table)
            listed = ", ".join(
                _quoted(name) if kind == "bytea" else f"{_quoted(name)}::text" for name, kind in columns.items()
            )
            rows = connection.execution_options(yield_per=1_000).exec_driver_sql(
                f"select {listed} from {_quoted(schema)}.{_quoted(table)}"
            )
            for row in rows:
                for name, value in zip(columns, row, strict=True):
                    if value is not None and wanted(value.encode() if isinstance(value, str) else bytes(value)):
                        yield f"{schema}.{table}.{name}"


def _tables(connection: Connection, schemas: Sequence[str]) -> list[tuple[str, str]]:
    found = connection.execute(
        text("select schemaname, tablename from pg_tables where schemaname = any(:schemas) order by 1, 2"),
        {"schemas": list(schemas)},
    )
    return [(str(schema), str(table)) for schema, table in found]


def _columns(connection: Connection, schema: str, table: str) -> dict[str, str]:
    found = connection.execute(
        text(
            "select column_name, data_type from information_schema.columns where table_schema = :schema and "
            "table_name = :table order by ordinal_position"
        ),
        {"schema": schema, "table": table},
    )
    return {str(name): str(kind) for name, kind in found}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _durable(connection: Any, _record: object) -> None:
    # a server or a role may be set to less; a stricter setting, such as waiting for a standby, stays
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def _say_no_values(failure: ExceptionContext) -> None:
    """The server adds the row that it refused as a detail, and errors are logged."""
    for told in (failure.original_exception, failure.sqlalchemy_exception):
        if told is not None and told.args:
            told.args = (str(told.args[0]).partition("\n")[0], *told.args[1:])
