"""Which engine a workspace has: the one place that knows. Only this module and the engines themselves name them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.engine.base import Engine
from cxloop.runtime.folder import Folder

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session

__all__ = ["engine_at", "open_engine", "remove_tables", "warehouse_of"]


def open_engine(folder: Folder, settings: EngineSettings, session: Session | None = None) -> Engine:
    """Opens the tables of a workspace for this process alone.

    Args:
        folder: of the workspace.
        settings: which engine.
        session: a Spark that is there already, such as a notebook's; it is used whatever the settings say.

    Raises:
        WorkspaceError: another process holds the tables, or they are in another engine.
        EngineError: there is no such Spark, or the extra is not installed.
    """
    place = warehouse_of(folder, settings)
    if session is not None or settings.is_spark:
        if not _has_commits(place) and (rows := _rows_in_duckdb(folder, settings)):
            raise WorkspaceError(
                f"The tables of {folder.path} are in DuckDB ({rows:,} interactions), and its warehouse {place} is "
                'empty. Set address of [engine] in cxloop.toml back to "duckdb", and take them to Spark: '
                "cxloop move --engine ADDRESS"
            )
    elif _has_commits(place) and not _rows_in_duckdb(folder, settings):
        raise WorkspaceError(
            f"The tables of {folder.path} are under Spark, in {place}. Let address of [engine] in cxloop.toml name "
            "one. From there they can be taken back: cxloop move --engine duckdb"
        )
    return engine_at(folder, settings, session)


def engine_at(folder: Folder, settings: EngineSettings, session: Session | None = None) -> Engine:
    """Opens an engine of a workspace, whichever has its tables: for what takes them from one to another."""
    if session is None and not settings.is_spark:
        from cxloop.engine.duckdb.engine import DuckDBEngine

        return DuckDBEngine(folder.analytics, settings)
    from cxloop.engine.spark.files import Warehouse
    from cxloop.engine.spark.session import prepared
    from cxloop.engine.spark.writing import SparkEngine

    warehouse = Warehouse(warehouse_of(folder, settings))
    try:
        used = prepared(session) if session is not None else _connected(folder, settings)
        return SparkEngine(used, warehouse, folder.working, settings)
    except BaseException:
        warehouse.close()
        raise


def remove_tables(folder: Folder, settings: EngineSettings) -> None:
    """Removes the files of an engine that nobody has open; for tables that are in another one."""
    shutil.rmtree(warehouse_of(folder, settings) if settings.is_spark else folder.analytics, ignore_errors=True)


def warehouse_of(folder: Folder, settings: EngineSettings) -> Path:
    """Returns the folder of the tables under Spark."""
    return folder.path / settings.warehouse


def _connected(folder: Folder, settings: EngineSettings) -> Session:
    from cxloop.engine.spark.session import connect

    name = settings.token.removeprefix("env:")
    token = os.environ.get(name, "") if name else ""
    if name and not token:
        raise EngineError(f"token of [engine] is env:{name}, and ${name} is not set. Set it, and try again.")
    return connect(settings.address, settings=settings.spark, token=token, log=folder.log.with_name("spark.log"))


def _has_commits(warehouse: Path) -> bool:
    return any((warehouse / "log").glob("*.json"))


def _rows_in_duckdb(folder: Folder, settings: EngineSettings) -> int:
    if not (folder.analytics / "CURRENT").exists():
        return 0
    from cxloop.engine.duckdb.engine import DuckDBEngine

    tables = DuckDBEngine(folder.analytics, settings)
    try:
        return tables.count("interactions")
    finally:
        tables.close()
