"""Every way to count: it keeps the contract of a relation, and means the same on Spark."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlglot

from cxloop.core.results import Estimate, Estimates
from cxloop.core.schema import table
from cxloop.core.time import Window
from cxloop.engine.render import render
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics import METRICS, Metric
from cxloop.measure.queries import SCORES
from cxloop.measure.selection import select
from cxloop.measure.tallies import Scale, tally_of
from cxloop.measure.units import UNITS, Units

OF_UNITS = [item for item in METRICS if not item.of_answers]
LOG = set(table("interactions").names)
OF_CATALOGUE = {"referred", "keeps", "due_day", "kept_day", "today"}
START = datetime(2025, 1, 1)


@pytest.mark.parametrize("units", UNITS.values(), ids=UNITS)
def test_what_a_relation_gives_are_columns_of_the_log(units: Units) -> None:
    assert set(units.rows.output) <= LOG
    assert "row" in units.rows.slots
    assert set(units.rows.slots) <= {"row", "log", "now", "within", "horizon", *OF_CATALOGUE}


@pytest.mark.parametrize("item", OF_UNITS, ids=lambda item: item.name)
def test_a_metric_of_units_translates_to_spark(ws: Any, item: Metric) -> None:
    ws.answers({"score": 3, "revises": "0"})
    selection = select(
        ws, item, by=("channel", "properties.late"), every="week", window=Window(ws.as_of), where='region == "DE"'
    )

    written = render(SCORES, selection.scores(tally_of(item.statistic, Scale(0, 1))), dialect="spark")

    assert sqlglot.parse_one(written, dialect="spark").sql("spark") == written


def orders(ws: Any, **days: tuple[float, ...]) -> None:
    """Orders of customers c1, c2, ... on days counted from START."""
    ws.answers(
        *(
            {
                "customer": int(who[1:]),
                "kind": "order",
                "metric": None,
                "region": "DE" if int(who[1:]) % 2 else "FR",
                "occurred_at": START + timedelta(days=day),
            }
            for who, when in days.items()
            for day in when
        )
    )


def repeated(ws: Any, **asked: Any) -> Estimates:
    """The example of a relation: orders that are followed by another."""
    ws.settings = ws.settings.model_copy(update={"measure": ws.settings.measure.model_copy(update={"minimum_n": 2})})
    return estimate(ws, Request("repeat_purchase_90", "share", **asked))


def test_orders_followed_within_90_days_score_and_young_ones_are_left_out(ws: Any) -> None:
    orders(ws, c1=(0, 90, 181), c2=(5,), c3=(0, 0, 89.9), c4=(0, 90.01), c5=(271,))

    result = repeated(ws).rows[0].result

    assert isinstance(result, Estimate)
    # c1: 0 followed on day 90, 90 not (91 days), 181 is as young as the log is long; c3: two at once, then one
    assert (result.n, result.customers) == (9, 4)
    assert result.value == pytest.approx(3 / 9)


def test_the_same_customer_is_the_customer_and_not_the_key(ws: Any) -> None:
    orders(ws, c1=(0,), c2=(30,), c3=(0,), c4=(300,))
    assert repeated(ws).rows[0].result.value == 0  # type: ignore[union-attr]
    merge = {"key_id": 2, "customer_id": 1, "since": datetime(2026, 1, 1), "until": None, "changed": 1}

    ws.merge(merge)

    assert repeated(ws).rows[0].result.value == pytest.approx(1 / 3)  # type: ignore[union-attr]
    assert repeated(ws, identity="2025-06-01").rows[0].result.value == 0  # type: ignore[union-attr]


def test_a_condition_chooses_units_and_not_what_they_are_followed_by(ws: Any) -> None:
    orders(ws, c1=(0,), c3=(300,))
    ws.answers({"customer": 1, "kind": "order", "metric": None, "region": "FR", "occurred_at": START + timedelta(9)})

    split = {row.group: row.result.n for row in repeated(ws, by=("region",)).rows}
    only = repeated(ws, where='region == "DE"', by=("kind",)).rows[0].result

    assert split == {("DE",): 1, ("FR",): 1}
    assert only.n == 1


def test_what_was_revised_and_what_bots_did_follows_nothing(ws: Any) -> None:
    at = START + timedelta(days=10)
    orders(ws, c1=(0,), c2=(0,), c3=(300,))
    ws.answers(
        {"customer": 1, "kind": "order", "metric": None, "traffic": "bot", "occurred_at": at},
        {"customer": 2, "kind": "order", "metric": None, "message_id": "a", "occurred_at": at},
        {"customer": 2, "kind": "order", "metric": None, "revises": "a", "occurred_at": at + timedelta(days=200)},
    )

    assert repeated(ws).rows[0].result.value == 0  # type: ignore[union-attr]
