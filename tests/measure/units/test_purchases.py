"""Metrics of purchases against a plain reading of the log, customer by customer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace
from tests.measure.units.drawn import LAST, Event, asked, of_each, same, tell, together

from cxloop.engine.duckdb.engine import DuckDBEngine


def is_order(event: Event) -> bool:
    return event.kind == "order"


def followed(events: Sequence[Event], days: int) -> list[float]:
    return [
        float(any(order.day < other.day <= order.day + days for other in mine))
        for mine in of_each(events, is_order)
        for order in mine
        if order.day + days <= LAST
    ]


def times(events: Sequence[Event]) -> list[float]:
    """Seconds since the last order, of each order that is not the first."""
    return [
        86_400 * (order.day - max(before))
        for mine in of_each(events, is_order)
        for order in mine
        if (before := [other.day for other in mine if other.day < order.day])
    ]


def lapses(events: Sequence[Event], days: int) -> list[float]:
    found = []
    for mine in of_each(events, is_order):
        moments = sorted({order.day for order in mine})
        for moment, following in zip(moments, [*moments[1:], 1e9], strict=True):
            if following > moment + days and moment + 2 * days <= LAST:
                found.append(float(following <= moment + 2 * days))
    return found


def paid(events: Sequence[Event]) -> list[float]:
    mine = of_each(events, lambda event: event.kind in ("order", "return") and event.amount is not None)
    return [sum(event.amount or 0 for event in each) for each in mine]


EXPECTED: dict[str, tuple[Callable[[Sequence[Event]], list[float]], Callable[..., float]]] = {
    "repeat_purchase_30": (partial(followed, days=30), mean),
    "repeat_purchase_60": (partial(followed, days=60), mean),
    "repeat_purchase_90": (partial(followed, days=90), mean),
    "time_between_purchases": (times, median),
    "reactivation_180": (partial(lapses, days=180), mean),
    "revenue_per_customer": (paid, mean),
}
"""Of each metric: what its units score, by the definition, and what is made of the scores."""
EVENT = st.builds(
    Event,
    kind=st.sampled_from(["order", "order", "order", "return", "touch"]),
    day=st.one_of(st.integers(0, 700), st.sampled_from([0, 30, 60, 90, 180, 360, 360.5])),
    customer=st.sampled_from([1, 2, 3, None]),
    amount=st.sampled_from([10, 25.5, 0, None]),
    about=st.sampled_from(["o1", "o2", "o3"]),
    traffic=st.sampled_from([None, None, None, "test"]),
)


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(logs=st.lists(st.lists(EVENT, min_size=4, max_size=25), min_size=8, max_size=8))
def test_they_are_what_reading_the_log_customer_by_customer_gives(logs: list[list[Event]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, together(logs))
        found = {name: asked(ws, name, by=("region",)) for name in EXPECTED}
        ws.engine.close()

    for name, (of_log, statistic) in EXPECTED.items():
        same(found[name], logs, of_log, statistic)


def test_a_refund_is_taken_off_where_its_order_was_made_and_when_it_was_given(ws: Any) -> None:
    bought = [Event("order", 0, who, amount=100, about=f"o{who}", channel="app") for who in (1, 2)]
    back = [Event("return", 40, who, amount=-30, about=f"o{who}", channel="parcel") for who in (1, 2)]
    strange = [Event("return", 45, who, amount=-5, about="o9", channel="store") for who in (1, 2)]
    tell(ws, [*bought, *back, *strange, Event("touch", 80, 3)])

    by_channel = asked(ws, "revenue_per_customer", by=("channel",)).rows
    by_month = asked(ws, "revenue_per_customer", every="month").rows

    assert {row.group[0]: row.result.value for row in by_channel} == {"app": 70, "store": -5}  # type: ignore[union-attr]
    assert [row.result.value for row in by_month] == [100, -35]  # type: ignore[union-attr]


def test_a_lapse_counts_on_the_day_it_begins(ws: Any) -> None:
    back, gone = [Event("order", day, 1) for day in (0, 200)], [Event("order", day, 2) for day in (0, 0)]
    tell(ws, [*back, *gone, Event("touch", 500, 3)])

    result = asked(ws, "reactivation_180", every="month")

    assert [(str(row.period), row.result.n) for row in result.rows] == [("2024-06-01", 2)]  # the 29th: 180 days after
    assert result.rows[0].result.value == 0.5  # type: ignore[union-attr]
    assert result.noun == "lapse"
    assert "younger than the limit are left out" in result.how.exclusions


def test_without_orders_nothing_can_be_said(ws: Any) -> None:
    tell(ws, [Event("touch", 0), Event("touch", 400)])

    assert {asked(ws, name).rows[0].result.n for name in EXPECTED} == {0}
