"""Which engine a workspace has: the one place that knows. Only this module and the engines themselves name them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.engine.base import Engine
from cxloop.runtime.folder import Folder

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session

__all__ = ["open_engine", "warehouse_of"]


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
    if session is not None or settings.is_spark:
        return _on_spark(folder, settings, session)
    place = warehouse_of(folder, settings)
    if _has_commits(place) and not _rows_in_duckdb(folder, settings):
        raise WorkspaceError(
            f"The tables of {folder.path} are under Spark, in {place}. Let address of [engine] in cxloop.toml name one."
        )
    from cxloop.engine.duckdb.engine import DuckDBEngine

    return DuckDBEngine(folder.analytics, settings)


def warehouse_of(folder: Folder, settings: EngineSettings) -> Path:
    """Returns the folder of the tables under Spark."""
    return folder.path / settings.warehouse


def _on_spark(folder: Folder, settings: EngineSettings, session: Session | None) -> Engine:
    from cxloop.engine.spark.files import Warehouse
    from cxloop.engine.spark.session import prepared
    from cxloop.engine.spark.writing import SparkEngine

    place = warehouse_of(folder, settings)
    if not _has_commits(place) and (rows := _rows_in_duckdb(folder, settings)):
        raise WorkspaceError(
            f"The tables of {folder.path} are in DuckDB ({rows:,} interactions), and its warehouse {place} is empty. "
            'Set address of [engine] in cxloop.toml back to "duckdb", or begin a new workspace for this Spark.'
        )
    warehouse = Warehouse(place)
    try:
        used = prepared(session) if session is not None else _connected(settings)
        return SparkEngine(used, warehouse, folder.working, settings)
    except BaseException:
        warehouse.close()
        raise


def _connected(settings: EngineSettings) -> Session:
    from cxloop.engine.spark.session import connect

    name = settings.token.removeprefix("env:")
    token = os.environ.get(name, "") if name else ""
    if name and not token:
        raise EngineError(f"token of [engine] is env:{name}, and ${name} is not set. Set it, and try again.")
    return connect(settings.address, settings=settings.spark, token=token)


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
