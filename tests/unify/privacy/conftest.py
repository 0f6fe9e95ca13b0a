"""A workspace with purposes, records and a person who asks; keys can be tied to one customer by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pytest
from tests.unify.conftest import EXPERIENCE, NOW, Workspace

from cxloop.core.config import Experience, Settings
from cxloop.core.host import LOCAL, Actor
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.store.base import Store

PURPOSES = [
    {"name": "news", "label": "News", "expires": "2y", "channels": ["web", "email"]},
    {"name": "bills", "label": "Bills", "basis": "contract"},
]


@dataclass
class Desk(Workspace):
    """What privacy sees of a workspace, with its records."""

    actor: Actor = LOCAL
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)

    @cached_property
    def store(self) -> Store:
        """The operational records, opened when a test needs them."""
        return Store.open(self.path / "app.sqlite", self.now)

    def key(self, value: str) -> int:
        """Returns the number of an identifier."""
        found = self.engine.cursor().execute("select key_id from keys where value = ?", [value]).fetchall()
        return int(found[0][0])

    def tie(self, one: str, other: str) -> None:
        """Makes two identifiers one customer."""
        first, second = sorted((self.key(one), self.key(other)))
        since = datetime(2026, 3, 3)
        rows = [{"key_id": key, "customer_id": first, "since": since, "changed": 1} for key in (first, second)]
        self.engine.append("customer_keys", pa.Table.from_pylist(rows))

    def untie(self, one: str, other: str) -> None:
        """Makes them two customers again."""
        self.engine.delete("customer_keys", "key_id", [self.key(one), self.key(other)])


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Desk]:
    """An empty workspace that declares two purposes."""
    engine = DuckDBEngine(tmp_path / "analytics")
    experience = {**EXPERIENCE, "channel": ["web", "email", "parcel"], "purpose": PURPOSES}
    desk = Desk(tmp_path, engine, Settings(), Experience.model_validate(experience))
    yield desk
    engine.close()
    if "store" in desk.__dict__:
        desk.store.close()


__all__ = ["NOW", "Desk"]
