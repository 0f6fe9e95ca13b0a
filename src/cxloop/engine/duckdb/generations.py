"""Generations of the analytics file: migration, compaction and the physical side of erasure write a new file.

`CURRENT` names the live file. A new generation is written under a name that ends in `.partial`, checked, renamed,
and only then named in `CURRENT`: a crash at any point leaves the old or the new generation, each whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.core.schema import TABLES, Table
from cxloop.engine.duckdb.tables import create_tables
from cxloop.engine.quoting import identifier, literal
from cxloop.engine.tables import ERASED

__all__ = [
    "CHECKPOINT",
    "OWN",
    "SCHEMA_VERSION",
    "Migration",
    "begin_next",
    "create",
    "find",
    "is_due",
    "mark_due",
    "note_version",
    "remove",
    "roll_back",
    "same_count",
    "schema_digest",
    "seal",
    "sync",
    "version_of",
    "write_next",
]

CHECKPOINT = "128MB"
"""Live events are many small transactions: written to the log of changes, they cost half of a checkpoint each."""

OWN = "name in ('schema_version', 'rewrite')"
"""Rows of `meta` that are about one file, and no part of the workspace."""
SCHEMA_VERSION = 3
"""Version of `core.schema`: a change of a table raises it and adds a Migration."""
SCHEMA_DIGEST = "2aeddfdefd44b560"
"""`schema_digest()` at SCHEMA_VERSION; a test compares them, so that a change without a new version is noticed."""


@dataclass(frozen=True)
class Migration:
    """What becomes of older files: (table, column) to a DuckDB expression over the columns of the older table.

    Columns that both schemas have are carried over; new ones without an expression are null.
    """

    version: int
    about: str
    fill: Mapping[tuple[str, str], str] = field(default_factory=dict)


MIGRATIONS: tuple[Migration, ...] = (
    Migration(2, "interactions.traffic flags bots and tests; the table intake holds the place of the live loader"),
    Migration(3, "the identity ledger, what is derived from it, and segments"),
)
"""One for each schema version after the first."""


def schema_digest() -> str:
    """Returns a digest of every table, column, type and requirement of the schema."""
    lines = [
        f"{table.name}.{column.name} {column.type} {column.required}" for table in TABLES for column in table.columns
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def find(folder: Path) -> Path | None:
    """Returns the live file, None where there is none yet, and removes what a crash left behind.

    Raises:
        WorkspaceError: it cannot be told which file is the live one.
    """
    _clear(folder)
    whole = _generations(folder)
    pointer = folder / "CURRENT"
    if pointer.exists():
        live = folder / pointer.read_text(encoding="utf-8").strip()
        if live not in whole:
            raise WorkspaceError(f"{pointer} names {live.name}, which is not there. Restore it from a backup.")
    elif len(whole) == 1:
        live = whole[0]  # a crash between writing the first generation and naming it
        _point(folder, live)
    elif whole:
        names = ", ".join(file.name for file in whole)
        raise WorkspaceError(f"{pointer} is missing and there are {names}. Write the name of the newest one into it.")
    else:
        return None
    for old in whole:
        if old != live:
            remove(old)
    return live


def _clear(folder: Path) -> None:
    """Removes files that were not finished, and what queries had spilled to disk when the process was killed."""
    for leftover in [*folder.glob("*.partial"), *folder.glob("*.partial.wal"), *folder.glob("*.duckdb.tmp")]:
        if leftover.is_dir():  # what an import had unpacked, or queries had spilled
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _generations(folder: Path) -> list[Path]:
    """Returns the finished files, oldest first. A file with another name is somebody's own, and left alone."""
    found = [file for file in folder.glob("*.duckdb") if file.stem.isdecimal()]
    return sorted(found, key=lambda file: int(file.stem))


def create(folder: Path) -> Path:
    """Writes the first generation, with empty tables, and returns its file."""
    with duckdb.connect() as database:
        partial = folder / "1.duckdb.partial"
        _attach(database, partial)
        database.execute("begin").fetchall()  # one wait for the disk, and not one for each table
        create_tables(database, "next")
        note_version(database)
        database.execute("commit").fetchall()
        database.execute("detach next").fetchall()
    return seal(folder, partial)


def version_of(cursor: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Returns the schema version of an open file; raises WorkspaceError where it is no file of this program."""
    try:
        noted = cursor.execute("select value from meta where name = 'schema_version'").fetchall()
        return int(noted[0][0])
    except (duckdb.Error, IndexError, ValueError):
        raise WorkspaceError(f"{file} is not an analytics file of cxloop. Restore the folder from a backup.") from None


def mark_due(cursor: duckdb.DuckDBPyConnection) -> None:
    """Notes, inside the caller's transaction, that a new generation has to be written."""
    cursor.execute("insert into meta values ('rewrite', 'due')").fetchall()


def is_due(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether a new generation was due when the file was last open."""
    return bool(cursor.execute("select count(*) from meta where name = 'rewrite'").fetchall()[0][0])


def write_next(cursor: duckdb.DuckDBPyConnection, live: Path) -> Path:
    """Copies every table of the open file into a new generation, names it in CURRENT and returns its file.

    Raises:
        EngineError: a table could not be copied whole; the old generation stays.
    """
    partial = begin_next(cursor, live)
    try:
        _copy(cursor, version_of(cursor, live))
        note_version(cursor)
    except BaseException:
        cursor.execute("detach next").fetchall()
        remove(partial)
        raise
    cursor.execute("detach next").fetchall()
    return seal(live.parent, partial)


def begin_next(cursor: duckdb.DuckDBPyConnection, live: Path) -> Path:
    """Attaches the file of the next generation, with empty tables, as `next`; returns its path."""
    partial = live.parent / f"{int(live.stem) + 1}.duckdb.partial"
    _attach(cursor, partial)
    try:
        create_tables(cursor, "next")
    except BaseException:
        cursor.execute("detach next").fetchall()
        remove(partial)
        raise
    return partial


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """Takes a transaction back."""
    # after some failures (a full disk) DuckDB has rolled back already, and says so with an error
    with suppress(duckdb.TransactionException):
        cursor.execute("rollback").fetchall()


def _attach(cursor: duckdb.DuckDBPyConnection, partial: Path) -> None:
    partial.unlink(missing_ok=True)
    cursor.execute(f"attach {literal(str(partial))} as next").fetchall()


def note_version(cursor: duckdb.DuckDBPyConnection) -> None:
    """Writes the version of the schema into the next generation."""
    cursor.execute("insert into next.main.meta values ('schema_version', $version)", {"version": str(SCHEMA_VERSION)})
    cursor.fetchall()


def _copy(cursor: duckdb.DuckDBPyConnection, version: int) -> None:
    fill: dict[tuple[str, str], str] = {}
    for migration in MIGRATIONS:
        if migration.version > version:
            fill.update(migration.fill)
    before = _columns(cursor)
    for table in (*TABLES, ERASED):
        if table.name in before:
            _copy_table(cursor, table, before[table.name], fill)
            same_count(cursor, table.name)
    cursor.execute(f"insert into next.main.meta select * from meta where not ({OWN})").fetchall()


def _copy_table(
    cursor: duckdb.DuckDBPyConnection, table: Table, old: Collection[str], fill: Mapping[tuple[str, str], str]
) -> None:
    taken = {name: fill.get((table.name, name), identifier(name) if name in old else "null") for name in table.names}
    names, source = ", ".join(identifier(name) for name in taken), identifier(table.name)
    try:
        cursor.execute(
            f"insert into next.main.{source} ({names}) select {', '.join(taken.values())} from {source}"
        ).fetchall()
    except duckdb.Error as failure:
        raise EngineError(f"The table {table.name} could not be copied into a new file: {failure}") from failure


def _columns(cursor: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = cursor.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_catalog()"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


def same_count(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Raises EngineError where a table of the next generation has not as many rows as the live one."""
    name = identifier(table)
    old, new = cursor.execute(
        f"select (select count(*) from {name}), (select count(*) from next.main.{name})"
    ).fetchall()[0]
    if old != new:
        raise EngineError(f"Copying {table} into a new file gave {new} rows instead of {old}. Nothing was changed.")


def seal(folder: Path, partial: Path) -> Path:
    """Makes a finished file durable, gives it its name and makes it the live one."""
    sync(partial)
    live = partial.with_suffix("")
    partial.rename(live)
    sync(folder)
    _point(folder, live)
    return live


def _point(folder: Path, live: Path) -> None:
    waiting = folder / "CURRENT.partial"
    waiting.write_text(live.name + "\n", encoding="utf-8")
    sync(waiting)
    waiting.rename(folder / "CURRENT")
    sync(folder)


def sync(path: Path) -> None:
    """Waits until the file, or the names in the folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(live: Path) -> None:
    """Removes a generation that is no longer live."""
    for file in (live, live.with_name(live.name + ".wal")):
        file.unlink(missing_ok=True)
