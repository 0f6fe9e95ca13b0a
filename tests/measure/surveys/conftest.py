"""A workspace whose log holds what a survey writes: the rows of the contract between pages, sending and results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query

NOW = datetime(2026, 3, 31)
START = datetime(2026, 3, 10, 12)
CODES = Query(
    name="test.codes",
    sql="select event_code, claimed_channel as channel from event_codes",
    inputs=("event_codes",),
    output={"event_code": "int", "channel": "text"},
)


@dataclass
class Surveyed(NothingDefined):
    """What a quiet part sees, with a way to write what happens to a survey."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW
    rows: list[dict[str, Any]] = field(default_factory=list)
    survey: str = "delivery"

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def write(self, kind: str, name: str, message_id: str, **columns: Any) -> None:
        """Puts one row aside."""
        properties = columns.pop("properties", None)
        customer = columns.pop("customer", None)
        self.rows.append(
            {
                "kind": kind,
                "name": name,
                "message_id": message_id,
                "source": "surveys",
                "survey_id": self.survey,
                "survey_version": "1",
                "occurred_at": START + timedelta(minutes=len(self.rows)),
                "ordinal": len(self.rows),
                "key_namespace": None if customer is None else "shop",
                "key_type": None if customer is None else "id",
                "key_value": None if customer is None else str(customer),
                "properties": None if properties is None else json.dumps(properties),
                **columns,
            }
        )

    def invite(self, number: int, outcome: str = "asked", *, upto: str = "sent", **columns: Any) -> None:
        """One customer whom a wave wanted, and how far it went: sampled, sent, bounced, opened."""
        own = {"campaign": "wave-1", "channel": "email", "customer": number, **columns}
        self.write("treatment", "survey_sampled", f"invitation.{number}.sampled", outcome=outcome, **own)
        for step in {"sent": ("sent",), "bounced": ("sent", "bounced"), "opened": ("sent", "opened")}.get(upto, ()):
            kind = "touch" if step == "opened" else "message"
            self.write(kind, f"survey_{step}", f"invitation.{number}.{step}", **own)

    def respond(self, response: str, answers: dict[str, dict[str, Any]], *, end: str = "finished", **own: Any) -> None:
        """One response: begun, its answers, and its end (finished, screened, or empty for none)."""
        about = {"response_id": response, **own}
        state = "finished" if end == "finished" else "partial"
        self.write("touch", "survey_started", f"{response}.started", **about)
        for question, given in answers.items():
            metric = given.get("metric")
            properties = {"state": state, **given.get("properties", {}), **own.get("properties", {})}
            row = {**about, **given, "question_id": question, "properties": properties}
            self.write("answer", f"{metric or 'question'}_answered", f"{response}.{question}.1", **row)
        if end:
            self.write("touch", f"survey_{end}", f"{response}.{end}", **about)

    def done(self) -> Surveyed:
        """Admits what was put aside, as every source's rows are."""
        if not self.rows:
            return self
        names = {name for row in self.rows for name in row}
        table = pa.Table.from_pylist([{**dict.fromkeys(names), **row} for row in self.rows])
        self.engine.admit(table, now=NOW)
        codes = self.engine.fetch(CODES).to_pylist()
        catalogue = [{**code, "touchpoint": None, "stage": None} for code in codes]
        self.engine.replace("event_catalogue", pa.Table.from_pylist(catalogue), whole=True)
        self.rows.clear()
        return self


def nps(score: float, **more: Any) -> dict[str, Any]:
    """An answer to the question of NPS."""
    return {"metric": "nps", "score": score, "scale_min": 0.0, "scale_max": 10.0, **more}


def choice(value: str, kind: str = "single") -> dict[str, Any]:
    """A choice, or several with a bar between them."""
    return {"answer_value": value, "properties": {"type": kind}}


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Surveyed]:
    """An empty workspace."""
    engine = DuckDBEngine(tmp_path / "analytics")
    yield Surveyed(engine)
    engine.close()
