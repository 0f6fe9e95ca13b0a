"""A wrong merge and its undo, by the verbs themselves: numbers by segment are restated and say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.unify.conftest import EXPERIENCE, NOW
from tests.unify.privacy.conftest import Desk

from cxloop.core.config import Experience, Settings
from cxloop.core.results import Estimate, Estimates
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure import verbs as measure
from cxloop.unify import verbs as unify


@dataclass
class Clocked(Desk):
    """A workspace whose clock goes on by an hour with each decision."""

    hours: int = 0

    def now(self) -> datetime:
        """The present moment."""
        return NOW + timedelta(hours=self.hours)

    def later(self) -> None:
        """Derives, as every decision does, and lets an hour pass."""
        self.derive()
        self.hours += 1
        self.as_of = self.now()


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Clocked]:
    """Ten who bought and ten who did not; buyers recommend and the others do not."""
    engine = DuckDBEngine(tmp_path / "analytics")
    settings = Settings.model_validate({"measure": {"minimum_n": 2}})
    ws = Clocked(tmp_path, engine, settings, Experience.model_validate(EXPERIENCE))
    for number in range(20):
        buys, at = number < 10, datetime(2026, 3, 2) + timedelta(hours=number)
        if buys:
            ws.happens(str(number), at, kind="order", name="ordered")
        score = 10.0 if buys else 0.0
        ws.happens(str(number), at, kind="answer", metric="nps", score=score, scale_min=0.0, scale_max=10.0)
    yield ws
    ws.opened.close()
    if "store" in ws.__dict__:
        ws.store.close()


def by_segment(ws: Clocked) -> tuple[Estimates, dict[str | None, tuple[float, int]]]:
    found = measure.nps(ws, by=("segment.buyers",))
    rows = [(row.group[0], row.result) for row in found.rows if isinstance(row.result, Estimate)]
    return found, {label: (number.value, number.n) for label, number in rows}


def test_nps_by_segment_is_restated_after_an_undo_and_says_so(ws: Clocked) -> None:
    unify.define_segment(ws, "buyers", 'count(kind == "order") >= 1')
    ws.later()
    _, right = by_segment(ws)
    assert sorted(right.values()) == [(-100.0, 10), (100.0, 10)]

    # somebody who never bought is taken for a buyer
    wrong = unify.merge(ws, "user_id:3", "user_id:13")
    ws.later()
    merged, numbers = by_segment(ws)
    assert sorted(numbers.values()) == [(-100.0, 9), (pytest.approx(100 * 9 / 11), 11)]
    assert merged.identities.restated is not None
    assert merged.identities.restated.answers == 1

    unify.undo(ws, wrong.decision_id)
    ws.later()
    found, numbers = by_segment(ws)

    assert numbers == right
    restated = found.identities.restated
    assert restated is not None
    assert (restated.customers, restated.answers, restated.last_at) == (1, 1, NOW + timedelta(hours=2))
    assert "Restated: decisions since then have changed who is who of 1 customer (1 answer)" in str(found)
    # as it stood before the undo
    before = [row.result for row in restated.before or () if isinstance(row.result, Estimate)]
    assert sorted((number.n, round(number.value, 2)) for number in before) == [(9, -100.0), (11, 81.82)]


def test_what_a_segment_does_by_itself_after_a_decision_is_not_called_restated(ws: Clocked) -> None:
    for number in range(20, 100):
        at, score = datetime(2026, 3, 4) + timedelta(minutes=number), 10.0 if number % 2 else 0.0
        ws.happens(str(number), at, kind="order", name="ordered")
        ws.happens(str(number), at, kind="answer", metric="nps", score=score, scale_min=0.0, scale_max=10.0)
    unify.define_segment(ws, "buyers", 'count(kind == "order") >= 1')
    ws.later()
    # two of ninety who bought: nothing that is shown changes by it
    unify.merge(ws, "user_id:30", "user_id:31")
    ws.later()
    ws.later()
    ws.happens("15", NOW + timedelta(hours=2), kind="order", name="ordered")
    ws.later()

    found, numbers = by_segment(ws)

    assert sorted(numbers.values()) == [(-100.0, 9), (pytest.approx(100 * (50 - 41) / 91), 91)]
    assert found.identities.restated is None


def test_nobody_has_read_a_number_by_a_segment_before_there_was_one(ws: Clocked) -> None:
    unify.merge(ws, "user_id:3", "user_id:13")
    ws.later()
    unify.define_segment(ws, "buyers", 'count(kind == "order") >= 1')
    ws.later()

    found, numbers = by_segment(ws)

    assert sorted(numbers.values()) == [(-100.0, 9), (pytest.approx(100 * 9 / 11), 11)]
    assert found.identities.restated is None


def test_a_decision_that_changed_nothing_does_not_hide_the_one_before_it_that_did(ws: Clocked) -> None:
    unify.define_segment(ws, "buyers", 'count(kind == "order") >= 1')
    ws.later()
    unify.merge(ws, "user_id:3", "user_id:13")
    ws.later()
    unify.merge(ws, "user_id:5", "user_id:6")
    ws.later()

    found, _ = by_segment(ws)

    restated = found.identities.restated
    assert restated is not None
    assert (restated.customers, restated.answers) == (2, 2)
    before = [row.result for row in restated.before or () if isinstance(row.result, Estimate)]
    assert sorted((number.n, number.value) for number in before) == [(10, -100.0), (10, 100.0)]
    assert "2 numbers changed by it." in str(found)
