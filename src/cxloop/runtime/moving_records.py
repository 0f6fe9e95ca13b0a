"""Taking the records of a workspace from its files to PostgreSQL, or back: counted and compared, or nothing changes.

What waits in the spool is loaded first, so the other spool begins empty. Settings change once everything is equal, and
what was left behind is removed after that: personal data must not lie where no erasure looks for it.
"""

from __future__ import annotations

from pydantic import ValidationError

from cxloop.collect.intake import load_waiting
from cxloop.collect.spool.file import FILE as SPOOL_FILE
from cxloop.core.config import Store as StoreSettings
from cxloop.core.errors import InputError, WorkspaceError, what_is_wrong
from cxloop.core.host import Progress, no_progress
from cxloop.core.results import Records
from cxloop.runtime.editing import change_setting
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import Workspace, open_workspace
from cxloop.store.base import Store
from cxloop.store.database import database_of
from cxloop.store.passing import Passed, pass_on
from cxloop.store.sqlite_files import WORK

__all__ = ["FILES", "aimed_records", "move_records"]

FILES = "files"
"""What stands for the workspace's own files where an address of a database is asked for."""


def aimed_records(address: str, password: str = "") -> StoreSettings:
    """Returns the settings of the records' place.

    Args:
        address: as [store] has it, or "files".
        password: `env:NAME` of the variable with the database's password.

    Raises:
        InputError: the address or the password is none.
    """
    try:
        return StoreSettings(database="" if address == FILES else address, password=password)
    except ValidationError as failure:
        raise InputError(what_is_wrong(failure.errors()[0])) from None


def move_records(folder: Folder, target: StoreSettings, progress: Progress = no_progress) -> Records:
    """Takes accounts, surveys, messages and every other record to another place, and lets the settings name that.

    Args:
        folder: of a workspace that nobody has open, and that no collector takes events for.
        target: where they go.
        progress: told what is done.

    Returns:
        A row for each table: how many rows, and the digest that is the same on both sides.

    Raises:
        InputError: they are there already, or other records are there.
        WorkspaceError: the database cannot be used, or somebody has the workspace open.
    """
    settings, _ = folder.definitions()
    if settings.store.database == target.database:
        raise InputError(f"The records of {folder.path} are in {_place(folder, target)} already.")
    database = database_of(settings.model_copy(update={"store": target}))
    workspace = open_workspace(folder)
    try:
        _load_what_waits(workspace, progress)
        new = Store.open_database(database, folder.path) if database else Store.open(folder.store)
        try:
            moved = pass_on(workspace.store, new, progress)
        finally:
            new.close()
        change_setting(folder, "store", {"database": target.database or None, "password": target.password or None})
        _remove(folder, workspace.store)
    finally:
        workspace.close()
    return _told(moved, _place(folder, target))


def _place(folder: Folder, target: StoreSettings) -> str:
    return target.database or f"files of {folder.path}"


def _load_what_waits(workspace: Workspace, progress: Progress) -> None:
    """The spool is not taken along: an event is in the log, or waits in the one spool that the settings name."""
    progress("Loading what waits", 0.0)
    left = load_waiting(workspace.view(progress))
    if left.requests:
        raise WorkspaceError(
            f"{left.requests:,} requests wait in the spool still. Stop every collector of the workspace, and try again."
        )


def _remove(folder: Folder, left: Store) -> None:
    """Removes the records that were left, their spool and what was under way, which is begun anew."""
    if left.is_shared:
        left.forget()
        return
    left.close()
    for path in (folder.store, folder.path / WORK, folder.spool / SPOOL_FILE):
        for part in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + part).unlink(missing_ok=True)


def _told(moved: list[Passed], place: str) -> Records:
    rows = sum(each.rows for each in moved)
    summary = f"{rows:,} records in {len(moved)} tables are in {place} now, each table with the same digest."
    return Records(summary, Passed._fields, tuple(tuple(each) for each in moved))
