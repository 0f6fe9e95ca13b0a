"""Waves and invitations in the records: decided once, noted once, and told to the log once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cxloop.core.errors import NotFoundError
from cxloop.store.base import Store
from cxloop.store.surveys import invitations, waves
from cxloop.store.surveys.invitations import NewInvitation, Step

NOON = datetime(2026, 5, 1, 12)


@pytest.fixture
def wave(store: Store) -> waves.WaveRecord:
    """A wave of a delivery survey that begins at noon."""
    return waves.create(store, "delivery", "people", settings={"keys": [1, 2]}, starts_at=NOON)


def _asked(key: int, trigger: str | None = None) -> NewInvitation:
    return NewInvitation(key, trigger or f"w.{key}", "planned", channel="email", due_at=NOON, remind_at=NOON)


def test_a_batch_is_written_with_how_far_the_wave_has_come(store: Store, wave: waves.WaveRecord) -> None:
    held = NewInvitation(2, "w.2", "held", reason="NO_CONSENT", rule="purpose feedback")

    assert invitations.add(store, wave.id, [_asked(1), held], before="", after="2")

    assert (waves.get(store, wave.id).position, waves.get(store, wave.id).state) == ("2", "running")
    assert invitations.counts(store, wave_id=wave.id) == {("planned", ""): 1, ("held", "NO_CONSENT"): 1}


def test_a_batch_that_was_decided_elsewhere_meanwhile_is_not_written(store: Store, wave: waves.WaveRecord) -> None:
    invitations.add(store, wave.id, [_asked(1)], before="", after="1")

    assert not invitations.add(store, wave.id, [_asked(1), _asked(2)], before="", after="2")
    assert len(invitations.some(store)) == 1


def test_a_stopped_wave_asks_nobody(store: Store, wave: waves.WaveRecord) -> None:
    assert waves.set_state(store, wave.id, "stopped").next_at is None

    assert not invitations.add(store, wave.id, [_asked(1)], before="", after="1")
    assert waves.due(store, NOON) == []


def test_no_event_asks_twice_for_the_same_survey(store: Store, wave: waves.WaveRecord) -> None:
    invitations.add(store, wave.id, [_asked(1, "shop/order-7")], before="", after="a")
    invitations.add(store, wave.id, [_asked(1, "shop/order-7"), _asked(1, "shop/order-8")], before="a", after="b")

    assert [each.trigger for each in invitations.some(store)] == ["shop/order-8", "shop/order-7"]


def test_the_first_opening_counts_and_who_finished_is_reminded_no_more(store: Store, wave: waves.WaveRecord) -> None:
    invitations.add(store, wave.id, [_asked(1)], before="", after="1")
    (made,) = invitations.some(store)

    for minutes in (5, 9):
        invitations.note(store, made.id, "opened", NOON + timedelta(minutes=minutes))
    invitations.note(store, made.id, "finished", NOON + timedelta(minutes=7))
    invitations.note(store, 999, "opened", NOON)

    now = invitations.get(store, made.id)
    assert (now.opened_at, now.remind_at, now.revision) == (NOON + timedelta(minutes=5), None, 3)
    with pytest.raises(NotFoundError, match="no invitation 999"):
        invitations.get(store, 999)


def test_the_log_is_told_each_change_once(store: Store, wave: waves.WaveRecord) -> None:
    invitations.add(store, wave.id, [_asked(1), _asked(2)], before="", after="2")
    first, second = invitations.changed(store, 10)
    invitations.mark_logged(store, {first.id: first.revision, second.id: second.revision})
    invitations.set_states(store, [Step(first.id, "sent", sent_at=NOON)])

    assert [(each.id, each.state) for each in invitations.changed(store, 10)] == [(first.id, "sent")]


def test_only_who_was_sent_one_and_has_not_answered_is_reminded(store: Store, wave: waves.WaveRecord) -> None:
    invitations.add(store, wave.id, [_asked(key) for key in (1, 2, 3)], before="", after="3")
    third, second, first = invitations.some(store)
    invitations.set_states(store, [Step(each.id, "sent", sent_at=NOON) for each in (first, second)])
    invitations.note(store, second.id, "finished", NOON)

    assert [each.id for each in invitations.to_remind(store, NOON, limit=9)] == [first.id]
    assert invitations.set_states(store, [Step(third.id, "queued")], only=["sent"]) == 0
