"""Journeys from cart to order, and customers who bring others: against a plain reading of the log."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace
from tests.measure.units.drawn import LAST, Event, asked, of_each, same, tell, together

from cxloop.engine.duckdb.engine import DuckDBEngine


def carts(events: Sequence[Event]) -> list[float]:
    """Whether each way that begins with the cart reaches an order within 7 days."""
    found = []
    for mine in of_each(events, lambda event: event.kind == "order" or is_cart(event)):
        begun = None
        for event in sorted(mine, key=lambda event: (event.day, event.kind == "order")):
            if event.kind == "order":
                begun = None
                continue
            if (begun is None or event.day - begun > 7) and event.day + 7 <= LAST:
                orders = [other.day for other in mine if other.kind == "order" and other.day >= event.day]
                found.append(float(any(day <= event.day + 7 for day in orders)))
            begun = event.day
    return found


def is_cart(event: Event) -> bool:
    return event.kind == "touch" and event.touchpoint == "cart"


def referred(events: Sequence[Event], which: Callable[[Event], bool]) -> list[float]:
    """Whether the customer brings somebody within 90 days after each event of a kind."""
    return [
        float(any(brings(other) and event.day < other.day <= event.day + 90 for other in mine))
        for mine in of_each(events, lambda _: True)
        for event in mine
        if which(event) and event.day + 90 <= LAST
    ]


def brings(event: Event) -> bool:
    return event.name == "friend_invited"


EXPECTED: dict[str, Callable[[Sequence[Event]], list[float]]] = {
    "cart_to_order_7": carts,
    "referral_90": partial(referred, which=lambda event: event.kind == "order"),
    "advocacy_90": partial(referred, which=lambda event: (event.score or 0) >= 9),
}
WHEN = {
    "day": st.one_of(st.integers(0, 60), st.sampled_from([0, 7, 7.5, 90, 97, 660, 712, 713, 714])),
    "customer": st.sampled_from([1, 2, None]),
    "traffic": st.sampled_from([None, None, None, "bot"]),
}
EVENT = st.one_of(
    st.builds(Event, kind=st.just("touch"), touchpoint=st.just("cart"), **WHEN),
    st.builds(Event, kind=st.just("order"), **WHEN),
    st.builds(Event, kind=st.just("touch"), name=st.sampled_from(["friend_invited", "looked"]), **WHEN),
    st.builds(Event, kind=st.just("answer"), score=st.sampled_from([0, 8, 9, 10]), **WHEN),
)


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(logs=st.lists(st.lists(EVENT, min_size=6, max_size=30), min_size=8, max_size=8))
def test_they_are_what_reading_the_log_customer_by_customer_gives(logs: list[list[Event]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, together(logs))
        found = {name: asked(ws, name, by=("region",)) for name in EXPECTED}
        ws.engine.close()

    for name, of_log in EXPECTED.items():
        same(found[name], logs, of_log, mean)


def test_an_order_in_a_store_ends_a_journey_that_began_on_the_web(ws: Any) -> None:
    begun = [Event("touch", day, who, touchpoint="cart") for who in (1, 2) for day in (0, 2)]
    tell(ws, [*begun, Event("order", 3, 1, channel="store"), Event("touch", 30, 3)])

    [row] = asked(ws, "cart_to_order_7", by=("channel",)).rows

    assert (row.group, row.result.n, row.result.value) == (("web",), 2, 0.5)  # type: ignore[union-attr]


def test_where_nothing_leads_from_there_to_here_nothing_can_be_said(ws: Any) -> None:
    tell(ws, [Event("touch", 0), Event("touch", 400)])

    assert {asked(ws, name).rows[0].result.n for name in EXPECTED} == {0}
