"""Messages are rows before anything is sent; steps are taken from where a message stands, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cxloop.outreach.messages import put
from cxloop.store.base import Store
from cxloop.store.messages import messages
from cxloop.store.messages.messages import Change, NewMessage

NOON = datetime(2026, 5, 1, 12)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store at noon."""
    opened = Store.open(tmp_path / "app.sqlite", lambda: NOON)
    yield opened
    opened.close()


def new(number: int, **other: object) -> NewMessage:
    """An invitation by mail."""
    given = {
        "once": f"invitation:{number}",
        "purpose": "research",
        "about": "invitation",
        "reference": number,
        "key_id": number,
        "channel": "email",
        "address": f"c{number}@example.org",
        "language": "en",
        "template": "survey_invitation",
        "parameters": {"title": "Delivery"},
    }
    return NewMessage(**{**given, **other})  # type: ignore[arg-type]


def test_what_is_put_twice_is_there_once_and_keeps_its_number(store: Store) -> None:
    first = put(store, [new(1), new(2)])

    assert put(store, [new(2), new(3), new(1), new(3)]) == [first[1], first[1] + 1, first[0], first[1] + 1]
    assert messages.counts(store) == {"waiting": 3}


def test_a_thousand_are_put_in_order(store: Store) -> None:
    numbers = put(store, [new(number) for number in range(1000)])

    assert numbers == sorted(numbers)
    assert [each.reference for each in messages.due(store, NOON, 3, ["email"])] == [0, 1, 2]


def test_what_is_due_is_what_waits_in_a_channel_that_is_asked_for(store: Store) -> None:
    put(store, [new(1), new(2, due_at=NOON + timedelta(hours=1)), new(3, channel="sms"), new(4)])
    messages.cancel(store, "taken back", about="invitation", references=[4])

    assert [each.reference for each in messages.due(store, NOON, 10, ["email"])] == [1]
    assert messages.earliest(store, ["email"]) == NOON


def test_a_step_is_taken_only_from_where_the_message_stands(store: Store) -> None:
    (number,) = put(store, [new(1)])
    step = Change(number, ("waiting",), "sending")

    assert messages.change(store, [step, step]) == [True, False]
    assert messages.change(store, [Change(number, ("sending",), "sent", external_id="x", sent_at=NOON)]) == [True]
    found = messages.get(store, number)
    assert found is not None
    assert (found.state, found.external_id, found.sent_at) == ("sent", "x", NOON)
    assert messages.with_external_id(store, ["", "x"]) == [found]


def test_what_was_on_its_way_is_in_doubt_and_what_waits_is_not(store: Store) -> None:
    one, two = put(store, [new(1), new(2)])
    messages.change(store, [Change(one, ("waiting",), "sending")])

    assert [each.id for each in messages.to_doubt(store, "the process ended")] == [one]
    assert messages.counts(store) == {"waiting": 1, "in_doubt": 1}
    assert [each.id for each in messages.some(store, ["waiting"], 10)] == [two]


def test_messages_of_a_customer_for_a_purpose_are_taken_back(store: Store) -> None:
    put(store, [new(1), new(2, key_id=1, purpose="newsletter"), new(3)])

    assert [each.reference for each in messages.cancel(store, "withdrawn", keys=[1], purpose="research")] == [1]
    assert [each.state for each in messages.of_keys(store, [1])] == ["waiting", "cancelled"]


def test_what_is_too_late_is_given_up(store: Store) -> None:
    put(store, [new(1, not_after=NOON), new(2, not_after=NOON + timedelta(seconds=1))])

    assert [each.reference for each in messages.expire(store, NOON, "too late")] == [1]


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60)])
def test_the_pause_doubles_up_to_an_hour(tries: int, minutes: int) -> None:
    assert messages.backed_off(tries) == timedelta(minutes=minutes)
