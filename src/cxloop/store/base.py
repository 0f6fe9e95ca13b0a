"""The operational store of a workspace: opening it, bringing its schema up to date, sessions of work on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, DataError, OperationalError
from sqlalchemy.orm import Session as Work

from cxloop.core.errors import InputError, WorkspaceError

if TYPE_CHECKING:
    from cxloop.core.config import Settings
    from cxloop.store.audit import Doing
    from cxloop.store.database import Database
    from cxloop.store.entrance import Accounts
    from cxloop.store.head import Head
    from cxloop.store.secrets import Vault

__all__ = ["HEAD", "Store", "open_store", "version_of"]

HEAD = "0006"
"""The newest migration; a test holds it against the scripts, so that opening need not load Alembic."""

_WRITES = "cxloop_writes"


def _present() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Store:
    """Operational records of one workspace, in a file or in PostgreSQL. Safe to use from several threads."""

    def __init__(self, engine: Engine, folder: Path, named: str, clock: Callable[[], datetime] = _present) -> None:
        """Takes an engine whose tables are there; see `open` and `open_database`.

        Args:
            engine: SQLAlchemy's.
            folder: the workspace.
            named: how messages call the place of the records.
            clock: gives the present moment, UTC without zone.
        """
        self.engine = engine
        self.folder = folder
        self.named = named
        # a unit that reads and then writes has to be the writer from the start: SQLite refuses to make it one later
        self._writing = engine.execution_options(**{_WRITES: True})
        self.clock = clock

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = _present) -> Store:
        """Opens the store at `path`, creates it where there is none, and brings an older one up to date.

        Args:
            path: the SQLite file.
            clock: gives the present moment, UTC without zone.

        Raises:
            WorkspaceError: the file is damaged, is something else, or is newer than this program.
        """
        with suppress(FileExistsError, OSError):  # what is wrong with the file, opening it will say
            path.touch(0o600, exist_ok=False)
        # errors are logged, and values are what people are and what they wrote
        engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return cls._ready(engine, path.parent, str(path), "Restore it from a backup.", clock)

    @classmethod
    def open_database(cls, database: Database, folder: Path, clock: Callable[[], datetime] = _present) -> Store:
        """Opens the store in a database, makes its tables where there are none, and brings older ones up to date.

        Args:
            database: of PostgreSQL.
            folder: the workspace, with its key.
            clock: gives the present moment, UTC without zone.

        Raises:
            WorkspaceError: the database cannot be reached, or is newer than this program.
        """
        from cxloop.store import postgres

        engine = postgres.engine_of(database)
        event.listen(engine, "begin", _begin)
        return cls._ready(engine, folder, database.address, "See that it runs, and that the user may use it.", clock)

    @classmethod
    def _ready(cls, engine: Engine, folder: Path, named: str, advice: str, clock: Callable[[], datetime]) -> Store:
        try:
            _bring_up_to_date(engine, named)
        except DatabaseError as failure:
            engine.dispose()
            raise WorkspaceError(f"{named} cannot be read: {_first_line(failure)}. {advice}") from None
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, folder, named, clock)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Gives a unit of work: committed at the end, undone by an error. One at a time writes.

        Raises:
            WorkspaceError: the disk is full, or the file cannot be written.
            InputError: a text holds a character that the database cannot keep.
        """
        try:
            # objects stay readable after the commit: functions return what they made
            with _refused_texts(), Work(self._writing, expire_on_commit=False) as work, work.begin():
                yield work
        except OperationalError as failure:
            raise WorkspaceError(
                f"{self.named} cannot be written: {_first_line(failure)}. Make room on the disk, then try again."
            ) from failure

    @contextmanager
    def read(self) -> Iterator[Work]:
        """Gives a unit of work that only reads, and so waits for no writer.

        Raises:
            WorkspaceError: the file cannot be read, or the database is away.
            InputError: a text holds a character that the database cannot keep.
        """
        with self._readable(), _refused_texts(), Work(self.engine, expire_on_commit=False) as work, work.begin():
            yield work

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as failure:
            raise WorkspaceError(
                f"{self.named} cannot be read: {_first_line(failure)}. See that it is there, then try again."
            ) from failure

    @cached_property
    def vault(self) -> Vault:
        """Seals and signs with the key of the workspace."""
        from cxloop.store.secrets import Vault

        return Vault.of(self.folder)

    @cached_property
    def head(self) -> Head:
        """Where the audit log ends, in a second place."""
        from cxloop.store.head import Head

        return Head(self.folder)

    @cached_property
    def accounts(self) -> Accounts:
        """Links, sessions and who they belong to."""
        from cxloop.store.entrance import Accounts

        return Accounts(self)

    def audit(self, **doing: Unpack[Doing]) -> None:
        """Writes an audit entry."""
        from cxloop.store.audit import record

        record(self, **doing)

    @property
    def is_shared(self) -> bool:
        """Whether the records are in a database, which several hosts may use, and not in a file of the workspace."""
        return self.engine.dialect.name != "sqlite"

    def scrub(self) -> None:
        """Writes the records anew, so that no byte of what was deleted stays in them.

        Raises:
            WorkspaceError: others keep them busy; it is to be tried again.
        """
        if self.is_shared:
            from cxloop.store import postgres

            postgres.scrub(self.engine)
        else:
            from cxloop.store import sqlite_files

            sqlite_files.scrub(Path(str(self.engine.url.database)))

    def forget(self) -> None:
        """Removes records, spool and what is under way from a database: they are somewhere else now."""
        from cxloop.store import postgres

        postgres.forget(self.engine)

    def texts(self, wanted: Callable[[bytes], bool]) -> Iterator[str]:
        """Yields where values stand that `wanted` holds for, by asking for every value of the records.

        In a database the spool and what is under way are looked through as well: they lie beside the records.
        """
        if self.is_shared:
            from cxloop.store import postgres

            return postgres.texts(self.engine, wanted)
        from cxloop.store import sqlite_files

        return sqlite_files.texts(Path(str(self.engine.url.database)), wanted)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_store(path: Path, settings: Settings | None = None) -> Store:
    """Opens the records of a workspace with the system's clock.

    Args:
        path: the file that they are in where they are in one; it lies in the workspace's folder.
        settings: may name a database instead.

    Raises:
        WorkspaceError: they cannot be opened, or are still in the file.
    """
    if settings is not None:
        from cxloop.store.database import database_of

        if database := database_of(settings):
            if path.exists():
                _refuse_strange(database, path)
            return Store.open_database(database, path.parent)
    return Store.open(path)


@contextmanager
def _refused_texts() -> Iterator[None]:
    """PostgreSQL keeps no NUL in a text, and does not even compare with one; SQLite does both."""
    try:
        yield
    except DataError as failure:
        if "NUL" not in str(failure.orig):
            raise
        raise InputError("A text holds the character NUL (U+0000), which no record can keep. Take it out.") from None


def _refuse_strange(database: Database, path: Path) -> None:
    """With the setting alone a workspace would look as if nobody had an account in it."""
    from cxloop.store import postgres

    if not postgres.is_made(database):
        raise WorkspaceError(
            f"{database.address} has no records, and {path} has those of the workspace. Take database out of [store] "
            f"in cxloop.toml, and take the records there: cxloop move --database {database.address}"
        )


def _configure(connection: Any, _record: object) -> None:
    # transactions are begun by _begin: left to itself, Python's module begins none for a change of the schema,
    # and a migration that is killed would stop halfway
    connection.isolation_level = None
    cursor = connection.cursor()
    # FULL: what is acknowledged survives a power cut
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("begin immediate" if writes else "begin")
    elif writes:
        from cxloop.store.postgres import begin_writing

        begin_writing(connection)


def _bring_up_to_date(engine: Engine, named: str) -> None:
    version = _version(engine)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise WorkspaceError(f"{named} has records of version {version}; this cxloop knows {HEAD}. Update cxloop.")
    from cxloop.store.upgrade import upgrade

    upgrade(engine)


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return version_of(connection)


def version_of(connection: Connection) -> str | None:
    """Returns the version of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def _first_line(failure: DatabaseError) -> str:
    """What the database said; PostgreSQL adds lines of detail, which may quote values."""
    return str(failure.orig).strip().partition("\n")[0]
