"""Connections to the live file: a cursor per thread, and the change to a new file under running readers."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.engine.duckdb.generations import CHECKPOINT

__all__ = ["Connections", "Holds", "Lane", "connect"]

_MERGES = 4
"""Row groups that are not full are merged by checkpoints, a few at each: all of them at once would write most of a log
anew, in seconds in which nothing can be admitted, each time that a few batches have come."""


def connect(file: Path, settings: EngineSettings) -> duckdb.DuckDBPyConnection:
    """Opens a database file; raises WorkspaceError where it cannot be read."""
    # no call home: an extension that is not there is an error and not a download
    config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if settings.memory_limit != "auto":
        config["memory_limit"] = settings.memory_limit
    if settings.threads:
        config["threads"] = settings.threads
    try:
        database = duckdb.connect(str(file), config=config)
    except duckdb.Error as failure:
        raise WorkspaceError(
            f"{file} cannot be opened: {failure}. If it is damaged, restore the folder from a backup."
        ) from None
    database.execute(f"set global checkpoint_threshold = '{CHECKPOINT}'").fetchall()
    database.execute(f"set global max_vacuum_tasks = {_MERGES}").fetchall()
    # a time with a zone becomes UTC, whatever the machine's own zone is
    database.execute("set global TimeZone = 'UTC'").fetchall()
    return database


class Lane:
    """One thread's cursor. `busy` is held while a query runs, so that the file is not closed under it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, database: duckdb.DuckDBPyConnection) -> None:
        self.cursor = cursor
        self.database = database
        self.busy = threading.RLock()


class Connections:
    """The open database and the lanes of its threads."""

    def __init__(self, file: Path, settings: EngineSettings) -> None:
        self.file = file
        self._settings = settings
        self._database = connect(file, settings)
        self._own = threading.local()
        self._lanes: weakref.WeakSet[Lane] = weakref.WeakSet()
        self._guard = threading.Lock()
        self._old: list[tuple[duckdb.DuckDBPyConnection, list[Lane], Path]] = []

    def lane(self) -> Lane:
        """Returns this thread's lane, on the live file; raises WorkspaceError after `close`."""
        lane: Lane | None = getattr(self._own, "lane", None)
        if lane is None or lane.database is not self._database:
            lane = self._own.lane = self._new_lane()
        return lane

    def _new_lane(self) -> Lane:
        with self._guard:
            try:
                lane = Lane(self._database.cursor(), self._database)
            except duckdb.Error:
                raise WorkspaceError(f"{self.file.parent} has been closed. Open the workspace again.") from None
            self._lanes.add(lane)
        return lane

    def swap(self, file: Path) -> None:
        """Makes `file` the live one. Queries that run on the old file finish on it; `close_old` waits for them."""
        database = connect(file, self._settings)
        with self._guard:
            self._old.append((self._database, list(self._lanes), self.file))
            self._database, self.file = database, file
            self._lanes = weakref.WeakSet()

    def close_old(self) -> list[Path]:
        """Closes files that are no longer live, once their queries have finished, and returns them."""
        closed = []
        while self._old:
            old, lanes, file = self._old.pop()
            _close(old, lanes)
            closed.append(file)
        return closed

    def close(self) -> None:
        """Closes the file once running queries have finished."""
        with self._guard:
            lanes = list(self._lanes)
            self._lanes = weakref.WeakSet()
            self._own = threading.local()
        self.close_old()
        _close(self._database, lanes)


def _close(database: duckdb.DuckDBPyConnection, lanes: list[Lane]) -> None:
    for lane in lanes:
        with lane.busy:
            lane.cursor.close()
    database.close()


class Holds:
    """Who needs the live file to stay: temporary tables of a cursor die with its file.

    The condition shares the writers' lock, so that waiting lets the holder write what it has prepared.
    """

    def __init__(self, writing: threading.RLock) -> None:
        self._changed = threading.Condition(writing)
        self._holders: list[int] = []

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keeps the live file in place until the end of the block."""
        here = threading.get_ident()
        with self._changed:
            self._holders.append(here)
        try:
            yield
        finally:
            with self._changed:
                self._holders.remove(here)
                self._changed.notify_all()

    def wait(self) -> None:
        """Waits, with the writers' lock held, until nobody needs the file; raises EngineError if this thread does."""
        if threading.get_ident() in self._holders:
            raise EngineError("The file cannot be rewritten while this thread prepares an import. Compact after it.")
        self._changed.wait_for(lambda: not self._holders)
