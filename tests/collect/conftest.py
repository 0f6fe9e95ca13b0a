"""A workspace with a real engine and a clock that stands still, and short ways to import texts into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from tests.support.definitions import NothingDefined

from cxloop.collect.files.importer import import_files
from cxloop.collect.results import FileImport
from cxloop.core.config import Experience, Settings
from cxloop.core.host import LOCAL, Actor
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.store.base import Store

NOW = datetime(2026, 5, 1, 12, 0)


def _quiet(_doing: str, _share: float | None) -> None:
    pass


@dataclass
class Desk(NothingDefined):
    """What collect sees of a workspace, without accounts and server."""

    path: Path
    engine: DuckDBEngine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW
    moment: datetime = NOW
    progress: Callable[[str, float | None], None] = _quiet
    actor: Actor = LOCAL
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)

    @cached_property
    def store(self) -> Store:
        """The operational records, opened when a test needs them."""
        return Store.open(self.path / "app.sqlite", self.now)

    def close(self) -> None:
        """Closes the engine, and the records where they were opened."""
        self.engine.close()
        if "store" in self.__dict__:
            self.store.close()

    def now(self) -> datetime:
        """The same moment always, unless a test moves it."""
        return self.moment

    def forward(self, **much: float) -> None:
        """Moves the hands on."""
        self.moment += timedelta(**much)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns what a query over the tables gives."""
        return self.engine.cursor().execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """Returns the one number that a query gives."""
        return int(self.rows(sql)[0][0])

    def write(self, name: str, content: str | bytes) -> Path:
        """Writes a file beside the workspace."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def take(self, name: str, content: str | bytes, mapping: str, *, dry_run: bool = False) -> FileImport:
        """Writes a file and a mapping, and imports."""
        return self.again(self.write(name, content), mapping, dry_run=dry_run)

    def again(self, path: Path, mapping: str, *, dry_run: bool = False) -> FileImport:
        """Imports a file that is there already."""
        return import_files(self, path, self.write("mapping.toml", mapping), dry_run=dry_run)


@pytest.fixture(scope="session")
def desk_of() -> Callable[[Path], Desk]:
    """Makes an empty workspace in a folder; who asks closes its engine."""
    return lambda folder: Desk(folder, DuckDBEngine(folder / "analytics"))


@pytest.fixture
def desk(tmp_path: Path, desk_of: Callable[[Path], Desk]) -> Iterator[Desk]:
    """An empty workspace."""
    made = desk_of(tmp_path)
    yield made
    made.close()


ANSWERS = """
source = "survey"

[[key]]
type = "customer"
value = "who"

[[interaction]]
name = "nps"
kind = "answer"
id = "id"
occurred_at = "at"
metric = "nps"
score = "score"
"""


@pytest.fixture
def answers() -> str:
    """A mapping for a file with the columns id, who, at, score."""
    return ANSWERS
