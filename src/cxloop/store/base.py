"""The operational store of a workspace: opening it, bringing its schema up to date, sessions of work on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session as Work

from cxloop.core.errors import WorkspaceError

if TYPE_CHECKING:
    from cxloop.store.audit import Doing
    from cxloop.store.entrance import Accounts
    from cxloop.store.head import Head
    from cxloop.store.secrets import Vault

__all__ = ["HEAD", "Store", "open_store"]

HEAD = "0006"
"""The newest migration; a test holds it against the scripts, so that opening need not load Alembic."""

_BEGIN = "cxloop_begin"


def _present() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Store:
    """Operational records of one workspace. Safe to use from several threads."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _present) -> None:
        self.engine = engine
        # a unit that reads and then writes has to be the writer from the start: SQLite refuses to make it one later
        self._writing = engine.execution_options(**{_BEGIN: "begin immediate"})
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
        try:
            _bring_up_to_date(engine, path)
        except DatabaseError as failure:
            engine.dispose()
            raise WorkspaceError(f"{path} cannot be read: {failure.orig}. Restore it from a backup.") from None
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, clock)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Gives a unit of work: committed at the end, undone by an error. One at a time writes.

        Raises:
            WorkspaceError: the disk is full, or the file cannot be written.
        """
        try:
            # objects stay readable after the commit: functions return what they made
            with Work(self._writing, expire_on_commit=False) as work, work.begin():
                yield work
        except OperationalError as failure:
            raise WorkspaceError(
                f"{self.engine.url.database} cannot be written: {failure.orig}. Make room on the disk, then try again."
            ) from failure

    @contextmanager
    def read(self) -> Iterator[Work]:
        """Gives a unit of work that only reads, and so waits for no writer."""
        with Work(self.engine, expire_on_commit=False) as work, work.begin():
            yield work

    @property
    def folder(self) -> Path:
        """The folder of the file: the workspace."""
        return Path(str(self.engine.url.database)).parent

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

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_store(path: Path) -> Store:
    """Opens the store at `path` with the system's clock."""
    return Store.open(path)


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
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "begin"))


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    version = _version(engine)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise WorkspaceError(f"{path} has records of version {version}; this cxloop knows {HEAD}. Update cxloop.")
    from cxloop.store.upgrade import upgrade

    upgrade(engine)


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
        return None if found is None else str(found)
