"""An engine on a fresh folder, and rows of the log with only what a test cares about."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.engine.duckdb.engine import DuckDBEngine

LogRows = Callable[..., pa.Table]

_DEFAULTS: Mapping[str, Any] = {
    "content_hash": 0,
    "batch": 1,
    "occurred_at": datetime(2026, 5, 1, 12),
    "received_at": datetime(2026, 5, 1, 12),
    "known_at": datetime(2026, 5, 1, 12),
    "ordinal": 0,
    "source": "shop",
    "kind": "touch",
    "event_code": 1,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The analytics folder of a workspace that does not exist yet."""
    return tmp_path / "analytics"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analytics folder with empty tables: copying it is ten times faster than making one."""
    made = tmp_path_factory.mktemp("empty") / "analytics"
    DuckDBEngine(made).close()
    return made


@pytest.fixture
def engine(folder: Path, empty: Path) -> Iterator[DuckDBEngine]:
    """An engine with empty tables."""
    shutil.copytree(empty, folder)
    opened = DuckDBEngine(folder)
    yield opened
    opened.close()


@pytest.fixture
def log_rows() -> LogRows:
    """Makes rows of `interactions` from the columns that matter; ids run from 1."""

    def rows(*partial: Mapping[str, Any]) -> pa.Table:
        names = dict.fromkeys(name for row in partial for name in row)  # from_pylist looks at the first row only
        full = [
            {**dict.fromkeys(names), **_DEFAULTS, "interaction_id": number, "message_id": str(number), **row}
            for number, row in enumerate(partial, start=1)
        ]
        return pa.Table.from_pylist(full)

    return rows
