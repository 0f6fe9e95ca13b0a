"""A workspace of the real engine with answers in it, written row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.config import Experience, Settings
from cxloop.core.defined import Defined
from cxloop.core.errors import NotFoundError
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine

NOW = datetime(2026, 3, 31)


@dataclass
class Workspace:
    """What a quiet part sees, with a way to write answers."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW
    codes: dict[str | None, int] = field(default_factory=dict)
    written: int = 0
    definitions: dict[str, dict[str, Defined]] = field(default_factory=dict)
    """What people have defined, by kind and name."""

    def defined(self, kind: str) -> Mapping[str, Defined]:
        """What people have defined of a kind."""
        return self.definitions.get(kind, {})

    def defined_before(self, kind: str, name: str, version: int) -> Defined:
        """The version that is there."""
        found = self.definitions[kind][name]
        if found.version != version:
            raise NotFoundError(f"The {kind} {name!r} has no version {version}.")
        return found

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def answers(self, *rows: Mapping[str, Any]) -> None:
        """Writes answers: columns of the log, `channel`, and `customer` for the key; the rest has usual values."""
        complete = [self._answer(dict(row)) for row in rows]
        names = {name for row in complete for name in row}
        self.engine.append("interactions", pa.Table.from_pylist([{**dict.fromkeys(names), **row} for row in complete]))

    def nps(self, *scores: float, **columns: Any) -> None:
        """Writes one NPS answer per score, each of another customer."""
        self.answers(*({"score": score, **columns} for score in scores))

    def merge(self, *rows: Mapping[str, Any]) -> None:
        """Writes rows of `customer_keys`: whose keys are."""
        self.engine.append("customer_keys", pa.Table.from_pylist([dict(row) for row in rows]))

    def _answer(self, row: dict[str, Any]) -> dict[str, Any]:
        self.written += 1
        usual = {
            "interaction_id": -self.written,
            "message_id": str(self.written),
            "content_hash": self.written,
            "batch": 1,
            "occurred_at": datetime(2026, 3, 10, 12),
            "ordinal": self.written,
            "source": "survey",
            "kind": "answer",
            "metric": "nps",
            "scale_min": 0.0,
            "scale_max": 10.0,
            "key_id": row.pop("customer", self.written),
            "event_code": self._code(row.pop("channel", None)),
        }
        moment = row.get("occurred_at", usual["occurred_at"])
        scores = {name: float(row[name]) for name in ("score", "scale_min", "scale_max") if row.get(name) is not None}
        return {**usual, "received_at": moment, "known_at": moment, **row, **scores}

    def _code(self, channel: str | None) -> int:
        if channel not in self.codes:
            self.codes[channel] = len(self.codes) + 1
            row = {"event_code": self.codes[channel], "touchpoint": None, "channel": channel, "stage": None}
            self.engine.append("event_catalogue", pa.Table.from_pylist([row]))
        return self.codes[channel]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace."""
    engine = DuckDBEngine(tmp_path / "analytics")
    yield Workspace(engine)
    engine.close()
