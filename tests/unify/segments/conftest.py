"""A workspace with a log, records and a clock, whose ledger is written by hand: segments need no more of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
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
from cxloop.store.base import Store, open_store
from cxloop.unify.derivations import CUSTOMERS
from cxloop.unify.segments.step import SEGMENTS

START = datetime(2026, 1, 10)
EXPERIENCE = {"channel": ["web", "parcel"], "dimension": [{"name": "tier", "property": "tier"}]}


@dataclass
class Workspace(NothingDefined):
    """What unify sees, with ways to make things happen."""

    path: Path
    engine: DuckDBEngine
    store: Store
    settings: Settings
    experience: Experience
    as_of: datetime = START
    actor: Actor = LOCAL
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)
    written: int = 0
    entries: int = 0

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def now(self) -> datetime:
        """The clock on the wall is that of the story."""
        return self.as_of

    def admit(self, *rows: dict[str, Any]) -> None:
        """Adds interactions as one batch; each has at least `who` and `at`."""
        self.engine.admit(pa.Table.from_pylist(_complete([self._row(row) for row in rows])), now=self.as_of)

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        self.written += 1
        given = {name: value for name, value in row.items() if name not in ("who", "at")}
        return {
            "message_id": str(self.written),
            "source": "shop",
            "kind": "touch",
            "name": "visited",
            "key_namespace": "shop",
            "key_type": "user_id",
            "key_value": row["who"],
            "occurred_at": row["at"],
            "known_at": self.as_of,
            **{name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in given.items()},
        }

    def happens(self, who: str, at: datetime, **columns: Any) -> None:
        """One interaction of a customer, and everything that follows from it."""
        self.admit({"who": who, "at": at, **columns})
        self.derive()

    def derive(self) -> None:
        """Brings the derived tables up to date."""
        for derivation in (EVENT_CATALOGUE, CUSTOMERS, SEGMENTS):
            derive(self, derivation, now=self.as_of)

    def number(self, who: str) -> int:
        """The number of somebody's key."""
        rows = self.engine.cursor().execute("select key_id from keys where value = $who", {"who": who}).fetchall()
        return int(rows[0][0])

    def belongs(self, key: int, customer: int) -> None:
        """Writes into the ledger that a key is a customer's from now on; its own where the two are the same."""
        self.entries += 1
        cursor, values = self.engine.cursor(), {"key": key, "now": self.as_of, "entry": self.entries}
        cursor.execute(
            "insert into identity_links (entry_id, decision_id, action, evidence, state, known_at, decided_at, author) "
            "values ($entry, $entry, 'link', 'person', 'accepted', $now, $now, 'test')",
            {"entry": self.entries, "now": self.as_of},
        ).fetchall()
        cursor.execute(
            "update customer_keys set until = $now, changed = $entry where key_id = $key and until is null", values
        ).fetchall()
        if key != customer:
            for each in {key, customer}:
                cursor.execute(
                    "insert into customer_keys select $key, $customer, $now, null, $entry where not exists "
                    "(select 1 from customer_keys where key_id = $key and customer_id = $customer and until is null)",
                    {**values, "key": each, "customer": customer},
                ).fetchall()

    def members(self, segment: str) -> set[int]:
        """Who is in a segment."""
        rows = (
            self.engine.cursor()
            .execute(
                "select customer_id from segment_members where segment = $segment and until is null",
                {"segment": segment},
            )
            .fetchall()
        )
        assert len(rows) == len(set(rows))
        return {int(customer) for (customer,) in rows}

    def intervals(self, segment: str) -> list[tuple[int, datetime, datetime | None]]:
        """Who was in a segment, since when and until when."""
        rows = (
            self.engine.cursor()
            .execute(
                "select customer_id, since, until from segment_members where segment = $segment order by all",
                {"segment": segment},
            )
            .fetchall()
        )
        return [(int(customer), since, until) for customer, since, until in rows]


def _complete(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def open_workspace(folder: Path) -> Workspace:
    """Returns an empty workspace."""
    settings = Settings.model_validate({"company": {"time_zone": "Europe/Berlin"}})
    engine = DuckDBEngine(folder / "analytics")
    return Workspace(folder, engine, open_store(folder / "app.sqlite"), settings, Experience.model_validate(EXPERIENCE))


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace in Berlin."""
    yield from _opened(tmp_path)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """An empty workspace for whatever is refused: nothing is ever written in it."""
    yield from _opened(tmp_path_factory.mktemp("empty"))


def _opened(folder: Path) -> Iterator[Workspace]:
    workspace = open_workspace(folder)
    yield workspace
    workspace.engine.close()
    workspace.store.close()
