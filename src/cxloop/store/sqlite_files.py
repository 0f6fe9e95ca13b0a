"""SQLite files without the bytes of what was deleted, and a look at what they hold."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from cxloop.core.errors import WorkspaceError

__all__ = ["WORK", "scrub", "texts"]

WORK = "work.sqlite"
"""File of the workspace with what is under way, where that is in a file."""

_TRIES = 20
_PAUSE_SECONDS = 0.25


def scrub(path: Path) -> None:
    """Writes a file anew from its rows, and empties its log: nothing of deleted rows stays in either.

    Args:
        path: the file; others may have it open, and wait for a moment.

    Raises:
        WorkspaceError: others keep it busy for longer than five seconds.
    """
    if not path.exists():
        return
    for attempt in range(1, _TRIES + 1):
        try:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=_PAUSE_SECONDS)) as connection:
                connection.execute("pragma temp_store = memory")
                connection.execute("vacuum")
                busy = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
        except sqlite3.OperationalError as failure:
            if attempt == _TRIES:
                raise WorkspaceError(f"{path} cannot be written anew: {failure}. It is tried again later.") from None
            busy = True
        if not busy:
            return
        time.sleep(_PAUSE_SECONDS)
    raise WorkspaceError(f"{path} is in use all the time, so its log cannot be emptied. It is tried again later.")


def texts(path: Path, wanted: Callable[[bytes], bool]) -> Iterator[str]:
    """Yields table.column for each value of a file that `wanted` holds for, by asking for every value."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            name = table.decode().replace('"', '""')
            found = connection.execute(f'select * from "{name}"')
            columns = [item[0] for item in found.description]
            for row in found:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, bytes) and wanted(value):
                        yield f"{table.decode()}.{column}"
