"""What bots and tests did is in the log and not in the numbers, unless somebody asks for it."""

from __future__ import annotations

from typing import Any

from cxloop.core.results import Estimate
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.pulse import take_pulse
from cxloop.measure.queries import LOG_COUNTS
from cxloop.understand.voice import read


def value(ws: Any, **asked: Any) -> float:
    result = estimate(ws, Request("nps", "score", **asked)).rows[0].result
    assert isinstance(result, Estimate)
    return result.value


def fill(ws: Any) -> None:
    ws.nps(*[10] * 20, text="Good.")
    ws.nps(*[0] * 20, traffic="bot", text="Buy this.")
    ws.nps(*[0] * 20, traffic="test", text="Test.")


def test_bots_and_tests_are_left_out(ws: Any) -> None:
    fill(ws)

    assert value(ws) == 100
    assert ws.engine.fetch(LOG_COUNTS).to_pylist()[0]["interactions"] == 20


def test_a_condition_that_names_traffic_takes_them_in(ws: Any) -> None:
    fill(ws)

    assert value(ws, where='traffic == "bot"') == -100


def test_a_split_by_traffic_shows_them(ws: Any) -> None:
    fill(ws)

    groups = {row.group: row.result for row in estimate(ws, Request("nps", "score", by=("traffic",))).rows}

    assert set(groups) == {("bot",), ("test",), (None,)}


def test_how_says_what_was_left_out(ws: Any) -> None:
    fill(ws)

    assert "Bots and tests are left out" in estimate(ws, Request("nps", "score")).how.exclusions
    assert "Bots and tests" not in estimate(ws, Request("nps", "score", where='traffic == "bot"')).how.exclusions
    assert "Bots and tests are left out" in take_pulse(ws, "30d").how.method


def test_verbatims_are_those_of_customers(ws: Any) -> None:
    fill(ws)

    found = read(ws, metric=None, since=None, until=None, where=None, order="newest", limit=100)

    assert {verbatim.text for verbatim in found.rows} == {"Good."}
