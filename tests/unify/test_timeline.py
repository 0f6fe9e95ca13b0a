"""One customer's timeline: order, promises, channels, and who is meant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cxloop.core.config import Experience
from cxloop.core.errors import InputError, NotFoundError
from cxloop.unify.promises import keeper, promise_state
from cxloop.unify.verbs import timeline

MONDAY = datetime(2026, 3, 2, 12)
ORDER = {"objects": [["order", "o1"]]}
# Thursday by day, in Berlin: midnight there is 23:00 UTC of Wednesday.
THURSDAY = datetime(2026, 3, 4, 23)


def promised(ws: Any, due_at: datetime = THURSDAY) -> None:
    told = {"promise_what": "delivery", "promise_due_at": due_at, "promise_due_precision": "day"}
    ws.happens("u1", MONDAY, kind="promise", name="delivery_promised", **ORDER, **told)


def arrives(ws: Any, at: datetime, name: str = "delivered") -> None:
    ws.happens("u1", at, kind="delivery", name=name, channel="parcel", **ORDER)


def state(ws: Any) -> str | None:
    return next(step.promise_state for step in timeline(ws, "u1").steps if step.promise)


def test_steps_come_latest_first_across_channels(ws: Any) -> None:
    ws.happens("u1", MONDAY, name="bought")
    ws.happens("u1", MONDAY + timedelta(days=3), name="opened", channel="parcel")
    ws.happens("u2", MONDAY + timedelta(days=1), name="somebody else")
    ws.happens("u1", MONDAY + timedelta(days=1), name="asked")

    found = timeline(ws, "u1")

    assert [(step.name, step.channel) for step in found.steps] == [
        ("opened", "parcel"),
        ("asked", "web"),
        ("bought", "web"),
    ]


def test_of_two_interactions_at_one_moment_the_later_row_is_later(ws: Any) -> None:
    ws.happens("u1", MONDAY, name="first", ordinal=1)
    ws.happens("u1", MONDAY, name="second", ordinal=2)

    assert [step.name for step in timeline(ws, "u1").steps] == ["second", "first"]


def test_a_delivery_on_the_evening_of_the_promised_day_keeps_the_promise(ws: Any) -> None:
    promised(ws)
    arrives(ws, datetime(2026, 3, 5, 22, 59))  # 23:59 in Berlin

    assert state(ws) == "kept"


def test_a_delivery_after_midnight_breaks_the_promise(ws: Any) -> None:
    promised(ws)
    arrives(ws, datetime(2026, 3, 5, 23, 0))  # 0:00 of Friday in Berlin

    assert state(ws) == "broken"


def test_a_hand_over_to_the_carrier_does_not_keep_the_promise(ws: Any) -> None:
    promised(ws)
    arrives(ws, MONDAY + timedelta(days=1), name="handed_over")

    assert state(ws) == "overdue"


def test_the_delivery_of_another_order_does_not_keep_the_promise(ws: Any) -> None:
    promised(ws)
    ws.happens("u1", MONDAY + timedelta(days=1), kind="delivery", name="delivered", objects=[["order", "o2"]])

    assert state(ws) == "overdue"


def test_a_promise_that_is_not_due_is_open(ws: Any) -> None:
    promised(ws, due_at=datetime(2026, 4, 2))

    assert state(ws) == "open"


@pytest.mark.parametrize(
    ("kept_at", "by_day", "expected"),
    [
        (datetime(2026, 3, 5, 0), False, "broken"),
        (datetime(2026, 3, 4, 23), False, "kept"),
        (datetime(2026, 3, 5, 0), True, "kept"),
        (None, True, "overdue"),
    ],
)
def test_an_hour_is_kept_to_the_hour_and_a_day_to_the_day(
    kept_at: datetime | None, by_day: bool, expected: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")

    found = promise_state(THURSDAY, kept_at, by_day=by_day, zone=berlin, now=datetime(2026, 3, 31))

    assert found == expected


def test_the_day_on_which_clocks_change_ends_at_its_own_midnight() -> None:
    # 29 March 2026 has 23 hours in Berlin: it ends at 22:00 UTC.
    berlin, sunday = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 28, 23)

    states = [
        promise_state(sunday, datetime(2026, 3, 29, hour, 59), by_day=True, zone=berlin, now=sunday)
        for hour in (21, 22)
    ]

    assert states == ["kept", "broken"]


def test_without_a_rule_kind_or_name_keep_a_promise() -> None:
    event = {"source": "desk", "kind": "call", "name": "call_back", "path": None}

    assert [keeper(Experience(), what)(event) for what in ("call", "call_back", "refund")] == [True, True, False]


def test_a_channel_leaves_out_the_others_and_counts_all(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("u1", MONDAY, channel="parcel", name="delivered", touchpoint="door")

    found = timeline(ws, "u1", channel="parcel")

    assert [(step.touchpoint, step.stage) for step in found.steps] == [("At the door", "delivery")]
    assert {(item.channel, item.interactions) for item in found.channels} == {("web", 1), ("parcel", 1)}


def test_a_timeline_is_read_in_pages(ws: Any) -> None:
    for number in range(5):
        ws.happens("u1", MONDAY + timedelta(hours=number), name=f"n{number}")

    pages = [timeline(ws, "u1", limit=2, offset=offset) for offset in (0, 2, 4)]

    assert [[step.name for step in page.steps] for page in pages] == [["n4", "n3"], ["n2", "n1"], ["n0"]]


def test_a_customer_is_found_by_number_by_identifier_and_by_type_and_identifier(ws: Any) -> None:
    ws.happens("marta@example.org", MONDAY)
    number = timeline(ws, "marta@example.org").customer.customer_id

    assert timeline(ws, str(number)).customer == timeline(ws, "email:marta@example.org").customer


def test_an_identifier_of_two_customers_is_refused_with_both_numbers(ws: Any) -> None:
    ws.happens("4711x", MONDAY)
    ws.happens("4711x", MONDAY, key_namespace="desk")

    with pytest.raises(InputError, match="belongs to 2 customers") as refused:
        timeline(ws, "4711x")

    assert "type:value" in refused.value.message


@pytest.mark.parametrize("nobody", ["u9", "999999", "99999999999999999999", "9" * 5000, "email:x", ":", ""])
def test_nobody_is_not_found(ws: Any, nobody: str) -> None:
    ws.happens("u1", MONDAY)

    with pytest.raises(NotFoundError, match="There is no customer"):
        timeline(ws, nobody)


def test_the_sentence_names_customer_amount_and_time(ws: Any) -> None:
    ws.happens("u1", MONDAY, traits={"name": "Marta"})

    assert str(timeline(ws, "u1")) == "Marta: 1 interaction in 1 channel, from 2026-03-02 to 2026-03-02."
