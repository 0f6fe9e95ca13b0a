"""Taking the tables of a workspace from one engine to another: every row, counted and compared, or nothing changes.

Each table is one transaction of the engine that takes it. Whoever is interrupted begins again, and what is there
already is only compared. Settings change once everything is equal, and what was left behind is removed after that:
personal data must not lie where no erasure looks for it.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, InputError, what_is_wrong
from cxloop.core.host import Progress, no_progress
from cxloop.core.results import Records
from cxloop.core.schema import TABLES
from cxloop.engine.base import Engine
from cxloop.engine.tables import INTERNAL
from cxloop.runtime.editing import change_setting
from cxloop.runtime.engines import engine_at, open_engine, remove_tables, warehouse_of
from cxloop.runtime.folder import Folder

__all__ = ["Moved", "aimed", "move"]


class Moved(NamedTuple):
    """One table that was taken."""

    table: str
    rows: int
    digest: str


def aimed(folder: Folder, address: str, warehouse: str | None = None) -> EngineSettings:
    """Returns the settings of a workspace's engine with another address.

    Args:
        folder: of the workspace.
        address: as [engine] has it.
        warehouse: folder of the tables under Spark; by default what the settings say.

    Raises:
        InputError: the address is none, or a setting cannot be used.
    """
    given = folder.definitions()[0].engine.model_dump() | {"address": address}
    try:
        return EngineSettings.model_validate(given if warehouse is None else given | {"warehouse": warehouse})
    except ValidationError as failure:
        raise InputError(what_is_wrong(failure.errors()[0])) from None


def move(folder: Folder, target: EngineSettings, progress: Progress = no_progress) -> Records:
    """Takes all tables of a workspace to another engine, and lets its settings name that.

    Args:
        folder: of a workspace that nobody has open.
        target: where they go.
        progress: told what is done.

    Returns:
        A row for each table: how many rows, and the digest that is the same on both sides.

    Raises:
        InputError: they are there already.
        EngineError: an engine holds something else afterwards than the other one; nothing else was changed.
        WorkspaceError: somebody has the workspace open.
    """
    settings, _ = folder.definitions()
    source = settings.engine
    if _place(folder, source) == _place(folder, target):
        raise InputError(f"The tables of {folder.path} are in {_place(folder, source)} already.")
    old = open_engine(folder, source)
    try:
        new = engine_at(folder, target)
        try:
            moved = _all_tables(old, new, progress)
        finally:
            new.close()
    finally:
        old.close()
    change_setting(folder, "engine", target.model_dump(exclude_defaults=True) | {"address": target.address})
    remove_tables(folder, source)
    rows = sum(each.rows for each in moved)
    summary = (
        f"{rows:,} rows in {len(moved)} tables are in {_place(folder, target)} now, each table with the same digest."
    )
    return Records(summary, Moved._fields, tuple(tuple(each) for each in moved))


def _place(folder: Folder, settings: EngineSettings) -> str:
    """Two Sparks over one warehouse have the same tables."""
    return str(warehouse_of(folder, settings)) if settings.is_spark else str(folder.analytics)


def _all_tables(old: Engine, new: Engine, progress: Progress) -> list[Moved]:
    names = [table.name for table in (*TABLES, *INTERNAL)]
    return [_one_table(name, old, new, progress, place / len(names)) for place, name in enumerate(names)]


def _one_table(name: str, old: Engine, new: Engine, progress: Progress, done: float) -> Moved:
    from cxloop.engine.duckdb.passing import digest

    progress(f"Taking {name}", done)
    wanted = digest(name, old.blocks(name))
    if digest(name, new.blocks(name)) != wanted:
        new.take(name, old.blocks(name))
        progress(f"Comparing {name}", done)
        found = digest(name, new.blocks(name))
        if found != wanted:
            raise EngineError(
                f"The table {name} has {wanted.rows:,} rows (digest {wanted}), and {found.rows:,} (digest {found}) "
                "arrived. The tables that it was taken from are as they were. Report this."
            )
    return Moved(name, wanted.rows, str(wanted))
