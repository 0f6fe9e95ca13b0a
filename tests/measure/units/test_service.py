"""Metrics of service: against a plain reading of the log, contact by contact."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace
from tests.measure.units.drawn import LAST, Event, asked, of_each, same, tell, together

from cxloop.core.results import Estimate
from cxloop.engine.duckdb.engine import DuckDBEngine

HOUR = 1 / 24
OPEN = ("open", "Pending")


def is_contact(event: Event) -> bool:
    """Somebody called or wrote."""
    return event.kind == "call" or (event.kind == "message" and event.text is not None)


def contacts(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The contacts of each customer about each order; what follows within an hour belongs to the one before."""
    for mine in of_each(events, is_contact):
        for about in {event.about for event in mine}:
            told = [event for event in mine if event.about == about]
            yield [
                event for place, event in enumerate(told) if not place or event.day - told[place - 1].day > HOUR + 1e-9
            ]


def first_contacts(events: Sequence[Event]) -> list[float]:
    """Whether each first contact was the last one for 7 days, and settled."""
    return [
        float(event.outcome not in OPEN and not any(0 < other.day - event.day <= 7 for other in told))
        for told in contacts(events)
        for place, event in enumerate(told)
        if event.day + 7 <= LAST and (not place or told[place - 1].day < event.day - 7)
    ]


def matters(events: Sequence[Event]) -> list[float]:
    """The contacts of each matter within 30 days of its first, of those whose last one did not leave it open."""
    found = []
    for told in contacts(events):
        for place, event in enumerate(told):
            if event.day + 30 <= LAST and (not place or told[place - 1].day < event.day - 30):
                within = [other for other in told if 0 <= other.day - event.day <= 30]
                if within[-1].outcome not in OPEN:
                    found.append(float(len(within)))
    return found


def complained(events: Sequence[Event]) -> list[float]:
    """Whether each order led to a contact about it within 30 days, by whoever if one customer has its number."""
    told = [event for each in contacts(events) for event in each]
    orders = [event for mine in of_each(events, lambda event: event.kind == "order") for event in mine]

    def is_about(contact: Event, order: Event) -> bool:
        owners = {event.customer for event in orders if event.about == order.about}
        return contact.about == order.about and (contact.customer == order.customer or len(owners) == 1)

    return [
        float(any(is_about(contact, order) and 0 <= contact.day - order.day <= 30 for contact in told))
        for order in orders
        if order.day + 30 <= LAST
    ]


EXPECTED: dict[str, Callable[[Sequence[Event]], list[float]]] = {
    "first_contact_resolution": first_contacts,
    "contacts_per_matter": matters,
    "complaint_rate": complained,
}
WHEN = {
    "day": st.one_of(st.integers(0, 40), st.sampled_from([0, 0.02, 0.03, 0.5, 7, 7.5, 30, 31, 690, 691, 713, 714])),
    "customer": st.sampled_from([1, 2, None]),
    "about": st.sampled_from(["o1", "o2"]),
    "traffic": st.sampled_from([None, None, None, "bot"]),
}
TALK = {**WHEN, "outcome": st.sampled_from(["resolved", "open", "Pending", None])}
EVENT = st.one_of(
    st.builds(Event, kind=st.just("call"), **TALK),
    st.builds(Event, kind=st.just("message"), text=st.sampled_from(["Where is it?", None]), **TALK),
    st.builds(Event, kind=st.just("order"), **WHEN),
)


def key(event: Event) -> tuple[Any, ...]:
    """What two contacts may not share: at one moment nobody can say which came first."""
    return event.customer, event.about, event.day


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    logs=st.lists(st.lists(EVENT, min_size=6, max_size=30, unique_by=lambda event: key(event)), min_size=8, max_size=8)
)
def test_they_are_what_reading_the_log_contact_by_contact_gives(logs: list[list[Event]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, together(logs))
        found = {name: asked(ws, name, by=("region",)) for name in EXPECTED}
        ws.engine.close()

    for name, of_log in EXPECTED.items():
        same(found[name], logs, of_log, mean)


def wrote(day: float, who: int, ticket: str, **more: Any) -> Event:
    """A customer writes about a ticket."""
    return Event("message", day, who, text="Help.", about=ticket, about_type="ticket", **more)


def answered(day: float, who: int, ticket: str, **more: Any) -> Event:
    """The company answers."""
    return Event("reply", day, who, text="Here you are.", about=ticket, about_type="ticket", **more)


def number(ws: Any, name: str, **more: Any) -> Estimate:
    """The one number of a metric."""
    found = asked(ws, name, **more).rows[0].result
    assert isinstance(found, Estimate), found
    return found


def test_the_first_answer_is_the_first_public_reply_and_none_counts_as_the_limit(ws: Any) -> None:
    note = {"properties": '{"public": false}'}
    tell(
        ws,
        [
            *(wrote(1, 1, "t1"), wrote(1.5, 1, "t1"), answered(2, 1, "t1"), answered(3, 1, "t1")),
            *(wrote(1, 2, "t2"), answered(1.01, 2, "t2", **note), answered(1.5, 2, "t2")),
            *(wrote(1, 3, "t3"), answered(6, 3, "t3")),  # five days, which counts as the limit of three
            *(wrote(1, 4, "t4"), wrote(1, 5, "t5")),  # nobody answered
            Event("touch", LAST, 9),
        ],
    )

    found = number(ws, "first_answer_time")

    assert (found.n, found.value) == (5, 3 * 86_400)


def test_half_a_day_is_the_median_where_most_are_answered(ws: Any) -> None:
    asked_at, waits = 1.0, {1: 0.25, 2: 0.5, 3: 2.0}
    said = [
        event
        for who, wait in waits.items()
        for event in (wrote(asked_at, who, f"t{who}"), answered(1 + wait, who, f"t{who}"))
    ]
    tell(ws, [*said, Event("touch", LAST, 9)])

    found = number(ws, "first_answer_time")

    assert (found.n, found.value) == (3, 43_200)


def test_a_source_without_replies_has_no_time_to_first_answer(ws: Any) -> None:
    tell(ws, [*(wrote(1, who, f"t{who}") for who in (1, 2, 3)), Event("touch", LAST, 9)])

    assert asked(ws, "first_answer_time").rows[0].result.n == 0


def test_the_time_to_resolution_is_that_of_closed_cases(ws: Any) -> None:
    hours = {1: 2.0, 2: 10.0, 3: 30.0, 4: None}
    cases = [
        Event("case", 5, who, about=f"t{who}", about_type="ticket", seconds=None if open_ is None else 3_600 * open_)
        for who, open_ in hours.items()
    ]
    tell(ws, [*cases, Event("touch", LAST, 9)])

    found = number(ws, "resolution_time")

    assert (found.n, found.value) == (3, 36_000)


@pytest.mark.parametrize(("owners", "share"), [((1, 2), 0.5), ((1, 1), 1.0)])
def test_whoever_names_an_order_complains_about_it_unless_two_customers_have_its_number(
    ws: Any, owners: tuple[int, int], share: float
) -> None:
    orders = [Event("order", day, who, about="o1") for day, who in zip((1, 2), owners, strict=True)]
    called = [Event("call", 3, who, about="o1") for who in ((1, 7) if owners == (1, 2) else (7,))]
    tell(ws, [*orders, *called, Event("touch", LAST, 9)])

    assert number(ws, "complaint_rate").value == share


@pytest.mark.parametrize(("kind", "share"), [("order", 1.0), ("ticket", 0.5)])
def test_a_ticket_says_more_than_its_order_what_a_contact_is_about(ws: Any, kind: str, share: float) -> None:
    first = [Event("call", 1, who, about=f"a{who}", about_type=kind) for who in (1, 2)]
    again = [Event("call", 3, 1, about="a1" if kind == "ticket" else "b1", about_type=kind)]
    tell(ws, [*first, *again, Event("touch", LAST, 9)])

    # The second order is another matter, and a first contact of its own.
    assert number(ws, "first_contact_resolution").value == share
