"""When it happened: skew, late events, and clocks that cannot be meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.loader.conftest import RECEIVED, Line, track

from cxloop.collect.loader.times import corrected, local_offset, microseconds


def test_the_skew_of_the_senders_clock_is_taken_off() -> None:
    """The example of Segment's documentation (Spec: Common Fields, Timestamps), in seconds."""
    original = datetime(2015, 12, 7, 16, 0, 0, tzinfo=UTC)
    sent_at = datetime(2015, 12, 7, 16, 0, 10, tzinfo=UTC)
    received_at = datetime(2015, 12, 7, 17, 0, 10, tzinfo=UTC)

    found = corrected(*map(microseconds, (original, sent_at, received_at)))

    # timestamp = receivedAt - (sentAt - originalTimestamp): ten seconds before it was received
    assert found == microseconds(datetime(2015, 12, 7, 17, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=-400)])
def test_a_wrong_clock_does_not_move_an_event(line: Line, ahead: timedelta) -> None:
    happened, sent = RECEIVED - timedelta(seconds=90), RECEIVED - timedelta(seconds=1)
    line.send(track(timestamp=(happened + ahead).isoformat()), sentAt=(sent + ahead).isoformat())
    line.load()

    assert line.log("i.occurred_at, i.received_at, i.known_at") == [
        (datetime(2026, 5, 1, 11, 58, 31), datetime(2026, 5, 1, 12, 0), datetime(2026, 5, 1, 12, 0))
    ]


def test_without_sent_at_the_senders_clock_is_believed(line: Line) -> None:
    line.send(track(timestamp="2026-04-01T08:00:00+02:00"))
    line.load()

    assert line.log("i.occurred_at") == [(datetime(2026, 4, 1, 6, 0),)]


def test_without_any_time_the_receipt_counts(line: Line) -> None:
    line.send(track())
    line.load()

    assert line.log("i.occurred_at") == [(datetime(2026, 5, 1, 12, 0),)]


@pytest.mark.parametrize("said", ["2031-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"])
def test_a_time_that_cannot_be_meant_is_kept_beside_the_receipt(line: Line, said: str) -> None:
    line.send(track(timestamp=said))
    line.load()

    [(occurred, properties)] = line.log("i.occurred_at, i.properties")
    assert (occurred, json.loads(properties)) == (datetime(2026, 5, 1, 12, 0), {"sent_timestamp": said})


def test_late_events_land_where_they_belong(line: Line) -> None:
    line.send(track("second", timestamp="2026-04-02T00:00:00Z"))
    line.load()
    line.send(track("first", timestamp="2026-04-01T00:00:00Z"), at=RECEIVED + timedelta(hours=1))
    line.load()

    found = line.desk.rows("select e.name from interactions join event_codes e using (event_code) order by occurred_at")
    assert found == [("first",), ("second",)]


def test_a_collector_whose_clock_was_set_back_loses_nothing(line: Line) -> None:
    line.send(track("before"))
    line.load()
    line.send(track("after"), at=RECEIVED - timedelta(days=2))
    line.load()

    assert line.log("e.name, i.received_at") == [
        ("before", datetime(2026, 5, 1, 12, 0)),
        ("after", datetime(2026, 4, 29, 12, 0)),
    ]


def test_an_unknown_time_zone_says_nothing() -> None:
    assert local_offset("Mars/Olympus", 0) is None
    assert local_offset("../../etc/passwd", 0) is None
