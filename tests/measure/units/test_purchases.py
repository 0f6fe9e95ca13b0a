"""Metrics of purchases against a plain reading of the log, customer by customer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace

from cxloop.core.config import Settings
from cxloop.core.results import Estimate, Estimates, InsufficientData
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.estimate import Request, estimate

START = datetime(2024, 1, 1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Event:
    """What a customer did on a day after START; refunds have an amount under 0."""

    kind: str
    day: float
    customer: int | None = 1
    amount: float | None = 10
    about: str = "o1"
    channel: str = "web"
    region: str | None = None
    traffic: str | None = None

    @property
    def at(self) -> datetime:
        return START + self.day * DAY


def tell(ws: Any, events: Sequence[Event]) -> None:
    """Writes events, each about an order."""
    ws.settings = Settings.model_validate({"measure": {"minimum_n": 2}})
    ws.answers(
        *(
            {
                "interaction_id": number, "customer": event.customer, "kind": event.kind, "metric": None,
                "channel": event.channel, "occurred_at": event.at, "value": event.amount, "traffic": event.traffic,
                "region": event.region,
            }
            for number, event in enumerate(events, 1)
        )
    )  # fmt: skip
    about = [{"interaction_id": n, "type": "order", "id": event.about} for n, event in enumerate(events, 1)]
    ws.engine.append("interaction_objects", pa.Table.from_pylist(about))


def asked(ws: Any, name: str, **more: Any) -> Estimates:
    return estimate(ws, Request(name, **more))


def of_each(events: Sequence[Event], *kinds: str) -> list[list[Event]]:
    """What counts of each known customer, in order of time."""
    counted = [event for event in events if event.traffic is None and event.kind in kinds]
    known = sorted({event.customer for event in counted if event.customer is not None})
    return [sorted((event for event in counted if event.customer == who), key=lambda event: event.day) for who in known]


def followed(events: Sequence[Event], days: int) -> list[float]:
    now = max(event.day for event in events)
    return [
        float(any(order.day < other.day <= order.day + days for other in mine))
        for mine in of_each(events, "order")
        for order in mine
        if order.day + days <= now
    ]


def times(events: Sequence[Event]) -> list[float]:
    """Seconds since the last order, of each order that is not the first."""
    return [
        86_400 * (order.day - max(before))
        for mine in of_each(events, "order")
        for order in mine
        if (before := [other.day for other in mine if other.day < order.day])
    ]


def lapses(events: Sequence[Event], days: int) -> list[float]:
    now = max(event.day for event in events)
    found = []
    for mine in of_each(events, "order"):
        moments = sorted({order.day for order in mine})
        for moment, following in zip(moments, [*moments[1:], 1e9], strict=True):
            if following > moment + days and moment + 2 * days <= now:
                found.append(float(following <= moment + 2 * days))
    return found


def paid(events: Sequence[Event]) -> list[float]:
    each = ([event.amount for event in mine if event.amount is not None] for mine in of_each(events, "order", "return"))
    return [sum(amounts) for amounts in each if amounts]


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
    # each log is a region with customers of its own, and all end at the same moment: one workspace holds them all
    told = [[*events, Event("touch", 720)] for events in logs]
    everything = [of_region(event, place) for place, events in enumerate(told) for event in events]
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, everything)
        found = {name: {row.group[0]: row.result for row in asked(ws, name, by=("region",)).rows} for name in EXPECTED}
        ws.engine.close()

    for name, (of_log, statistic) in EXPECTED.items():
        for place, events in enumerate(told):
            same(found[name].get(f"r{place}"), of_log(events), statistic)


def of_region(event: Event, place: int) -> Event:
    who = None if event.customer is None else 10 * place + event.customer
    return replace(event, customer=who, region=f"r{place}")


def same(result: Estimate | InsufficientData | None, scores: Sequence[float], statistic: Callable[..., float]) -> None:
    assert (0 if result is None else result.n) == len(scores)
    if isinstance(result, Estimate):
        assert result.value == pytest.approx(statistic(scores))
    else:
        assert len(scores) < 2


def test_a_refund_is_taken_off_where_its_order_was_made_and_when_it_was_given(ws: Any) -> None:
    bought = [Event("order", 0, who, 100, f"o{who}", channel="app") for who in (1, 2)]
    back = [Event("return", 40, who, -30, f"o{who}", channel="parcel") for who in (1, 2)]
    strange = [Event("return", 45, who, -5, "o9", channel="store") for who in (1, 2)]
    tell(ws, [*bought, *back, *strange, Event("touch", 80, 3)])

    by_channel = {row.group[0]: row.result.value for row in asked(ws, "revenue_per_customer", by=("channel",)).rows}  # type: ignore[union-attr]
    by_month = [row.result.value for row in asked(ws, "revenue_per_customer", every="month").rows]  # type: ignore[union-attr]

    assert by_channel == {"app": 70, "store": -5}
    assert by_month == [100, -35]


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

    names = ("repeat_purchase_30", "time_between_purchases", "reactivation_180", "revenue_per_customer")
    assert {asked(ws, name).rows[0].result.n for name in names} == {0}
