"""A workspace with a spool and a loader, and short ways to send events through both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.collect.conftest import Desk

from cxloop.collect.loader import Loader
from cxloop.collect.spool import Envelope, Spool
from cxloop.collect.tracking.checker import Plans
from cxloop.engine.duckdb.engine import DuckDBEngine

RECEIVED = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)


@dataclass
class Line:
    """From the collector's side of the spool to the log."""

    desk: Desk
    spool: Spool
    loader: Loader
    sent: int = 0

    def send(self, *events: dict[str, Any], source: str = "web", at: datetime = RECEIVED, **about: Any) -> None:
        """Puts a batch into the spool as the collector would."""
        around = {"sentAt": about.pop("sentAt")} if "sentAt" in about else {}
        self.append(json.dumps({"batch": events, **around}).encode(), source=source, at=at, events=len(events), **about)

    def append(
        self, body: bytes, *, source: str = "web", at: datetime = RECEIVED, events: int = 1, **about: Any
    ) -> None:
        """Puts a body into the spool."""
        form = about.pop("format", "segment")
        about = {"endpoint": "batch", **about}
        self.spool.append([Envelope(source, form, int(at.timestamp() * 1e6), body, events, about)])

    def load(self) -> None:
        """Loads everything that waits."""
        while self.loader.step() is not None:
            pass

    def log(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Returns columns of the log, with the names of events and keys beside it, in the order of the events."""
        return self.desk.rows(
            f"select {columns} from interactions i join event_codes e using (event_code) "
            f"left join keys k on k.key_id = i.key_id where {where} order by ordinal"
        )

    def rejects(self) -> list[tuple[Any, ...]]:
        """Returns source, code and reason of what was rejected."""
        return self.desk.rows("select import_id, code, reason, replayed_at is null from rejected order by rejected_id")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A new workspace, its spool and its loader, with tracking plans."""
    desk = Desk(tmp_path, DuckDBEngine(tmp_path / "analytics"))
    spool, plans = Spool(tmp_path / "spool"), Plans(desk.store)
    loader = Loader(desk, spool, plans)
    yield Line(desk, spool, loader)
    loader.close()
    plans.close()
    spool.close()
    desk.close()


def track(name: str = "Signed up", **fields: Any) -> dict[str, Any]:
    """Returns a track call of user u1."""
    return {"type": "track", "event": name, "userId": "u1", **fields}
