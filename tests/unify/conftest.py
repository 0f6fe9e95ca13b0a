"""A workspace of the real engine whose log is written row by row through `admit`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.host import LOCAL, Actor
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.unify.derivations import DERIVATIONS

NOW = datetime(2026, 3, 31)
EXPERIENCE = {
    "channel": ["web", "parcel"],
    "stage": [{"name": "delivery"}],
    "touchpoint": [{"name": "door", "label": "At the door", "stage": "delivery"}],
    "promise": [{"what": "delivery", "kept_by": 'name == "delivered"'}],
}


@dataclass
class Workspace(NothingDefined):
    """What unify sees, with a way to write interactions."""

    path: Path
    opened: DuckDBEngine
    settings: Settings
    experience: Experience
    as_of: datetime = NOW
    written: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    @property
    def engine(self) -> DuckDBEngine:
        """The engine, with everything that happened in its tables."""
        self.flush()
        return self.opened

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    @property
    def actor(self) -> Actor:
        """Whoever sits at the machine."""
        return LOCAL

    def now(self) -> datetime:
        """The end of the story."""
        return NOW

    def happens(self, who: str, at: datetime, **columns: Any) -> None:
        """Writes one interaction of the customer whose e-mail address or number is `who`."""
        self.written += 1
        row = {
            "message_id": str(self.written),
            "source": "shop",
            "kind": "touch",
            "name": "visited",
            "channel": "web",
            "key_namespace": "shop",
            "key_type": "email" if "@" in who else "user_id",
            "key_value": who,
            "occurred_at": at,
            **{name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in columns.items()},
        }
        self.waiting.append(row)

    def flush(self) -> None:
        """Admits what happened as one batch, and derives."""
        rows, self.waiting = self.waiting, []
        if rows:
            names = dict.fromkeys(name for row in rows for name in row)
            complete = [{name: row.get(name) for name in names} for row in rows]
            self.opened.admit(pa.Table.from_pylist(complete), now=NOW)
            self.derive()

    def derive(self) -> None:
        """Brings the derived tables up to date."""
        for derivation in (EVENT_CATALOGUE, *DERIVATIONS):
            derive(self, derivation, now=NOW)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace in Berlin."""
    settings = Settings.model_validate({"company": {"time_zone": "Europe/Berlin"}})
    engine = DuckDBEngine(tmp_path / "analytics")
    yield Workspace(tmp_path, engine, settings, Experience.model_validate(EXPERIENCE))
    engine.close()
