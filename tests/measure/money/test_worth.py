"""What a point is worth: a planted truth is found where the plain difference is wrong, and doubts are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.measure.conftest import Workspace

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate
from cxloop.measure.money.asking import bands_of
from cxloop.measure.verbs import point_value, revenue_at_risk

END = datetime(2026, 3, 1)
ANSWERED = END - timedelta(days=200)


def order(who: int, at: datetime, amount: float) -> dict[str, Any]:
    """An order as a row."""
    return {"customer": who, "occurred_at": at, "kind": "order", "metric": None, "value": amount, "currency": "EUR"}


def wealthy_promoters(ws: Workspace, size: int = 900) -> None:
    """Those who paid much before answer better and go on paying much; each step of mood adds 30 by itself."""
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []
    for who in range(1, size + 1):
        wealth = rng.normal()
        mood = int(np.clip(round(1 + 0.8 * wealth + rng.normal()), 0, 2))
        rows.append({"customer": who, "occurred_at": ANSWERED, "score": (5, 8, 10)[mood], "region": "DE"})
        rows.append(order(who, ANSWERED - timedelta(days=int(rng.integers(5, 300))), 200 + 50 * wealth))
        rows.append(order(who, ANSWERED + timedelta(days=30), 200 + 50 * wealth + 30 * mood + rng.normal(0, 10)))
    ws.answers(*rows, {"customer": 5000, "occurred_at": END, "score": 3})
    ws.as_of = END


def test_the_planted_worth_is_found_and_the_plain_difference_is_not_it(ws: Workspace) -> None:
    wealthy_promoters(ws)

    found = point_value(ws, horizon="180d")
    revenue = found.outcomes[0]

    assert found.trust == "holds"
    assert (found.customers, found.too_young) == (900, 1)
    assert [outcome.name for outcome in found.outcomes] == ["revenue", "retention"]
    assert revenue.plain is not None
    assert revenue.adjusted is not None
    assert revenue.plain.value > 90
    assert revenue.adjusted.low < 60 < revenue.adjusted.high  # planted: two steps of 30
    assert revenue.adjusted.shown
    assert str(found).endswith("Observed, not caused.")
    assert "Observational" in found.how.method


def test_an_answer_younger_than_the_horizon_tells_nothing(ws: Workspace) -> None:
    ws.nps(9, 3, 5)

    found = point_value(ws)

    assert (found.trust, found.outcomes) == ("cannot say", ())
    assert "at least 365 days ago" in str(found)


def test_bands_that_cannot_be_compared_get_no_adjusted_number(ws: Workspace) -> None:
    ws.answers(*({"score": score, "occurred_at": ANSWERED} for score in (2, 8, 10) for _ in range(100)))
    rich = [order(who, ANSWERED - timedelta(days=9), 5000.0) for who in range(201, 301)]
    ws.answers(*rich, {"occurred_at": END, "score": 9})
    ws.as_of = END

    found = point_value(ws, horizon="180d")

    assert found.trust == "cannot say"
    assert all(outcome.adjusted is None for outcome in found.outcomes)
    assert isinstance(found.outcomes[0].bands[0].plain, Estimate)


def test_amounts_in_two_currencies_are_refused(ws: Workspace) -> None:
    ws.nps(9, occurred_at=ANSWERED)
    ws.answers(order(1, END, 5.0), {**order(2, END, 5.0), "currency": "CHF"})

    with pytest.raises(InputError, match="several currencies"):
        point_value(ws, horizon="10d")


def test_bands_cover_every_point_of_usual_scales_once() -> None:
    assert [(band.low, band.high) for band in bands_of("ces", 1, 7)] == [(1, 2), (3, 5), (6, 7)]
    assert [(band.low, band.high) for band in bands_of("rating", 1, 5)] == [(1, 2), (3, 3), (4, 5)]


def at_risk(ws: Workspace) -> None:
    """Two years: of 100 unhappy and 100 others each year, 60 and 10 bought nothing in the year after."""
    rows: list[dict[str, Any]] = [order(9999, END - timedelta(days=800), 1.0)]
    for place in range(200):
        unhappy, past, present = place < 100, 1 + place, 1001 + place
        then = END - timedelta(days=400)
        rows.append(order(past, then, 100.0))
        rows.append({"customer": past, "occurred_at": then, "score": 3 if unhappy else 9})
        if place % 100 >= (60 if unhappy else 10):
            rows.append(order(past, END - timedelta(days=300), 0.0))
        rows.append(order(present, END - timedelta(days=50), 100.0))
        rows.append({"customer": present, "occurred_at": END - timedelta(days=50), "score": 3 if unhappy else 9})
    ws.answers(*rows, {"customer": 9998, "occurred_at": END, "kind": "touch", "metric": None})
    ws.as_of = END


def test_the_share_that_went_a_year_ago_is_what_is_expected_to_go(ws: Workspace) -> None:
    at_risk(ws)

    rows = {row.mood: row for row in revenue_at_risk(ws).rows}

    unhappy = rows["unhappy"]
    assert isinstance(unhappy.share, Estimate)
    assert (unhappy.customers, unhappy.revenue) == (100, 10_000.0)
    assert unhappy.share.value == pytest.approx(0.6)
    # Wilson's interval of 60 in 100: Newcombe (1998), method 3
    assert (round(unhappy.share.low, 3), round(unhappy.share.high, 3)) == (0.502, 0.691)
    assert unhappy.at_risk == pytest.approx(6000.0)
    assert rows["others"].share.value == pytest.approx(0.1) if isinstance(rows["others"].share, Estimate) else False


def test_a_log_of_one_year_cannot_say_what_goes(ws: Workspace) -> None:
    ws.answers(order(1, END - timedelta(days=50), 10.0), {"customer": 1, "occurred_at": END, "score": 2})
    ws.as_of = END

    found = revenue_at_risk(ws)

    assert found.rows[0].at_risk is None
    assert "less than two years" in str(found)


def test_silence_is_shorter_than_the_year_that_is_looked_at(ws: Workspace) -> None:
    with pytest.raises(InputError, match="less than 365d"):
        revenue_at_risk(ws, silent="400d")
