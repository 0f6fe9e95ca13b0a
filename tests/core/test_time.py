"""Time: durations with a unit, moments in a zone, ranges."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import InputError
from cxloop.core.time import parse_duration, parse_moment, parse_zone, utc_naive, window

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 12, 0)


@given(st.integers(0, 999_999), st.sampled_from("mhdw"))
def test_a_duration_means_what_timedelta_says(amount: int, unit: str) -> None:
    # The oracle is the standard library's own arithmetic in minutes.
    minutes = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}[unit]

    assert parse_duration(f" {amount}{unit} ") == timedelta(minutes=amount * minutes)


@given(st.text(max_size=12))
def test_any_other_text_is_refused_as_a_duration_and_never_crashes(text: str) -> None:
    # Anything but InputError fails the test.
    with suppress(InputError):
        parse_duration(text)
        assert text.strip()[-1] in "mhdw"


@pytest.mark.parametrize("text", ["90", "90 d", "1.5h", "-3d", "", "d", "90D", "1y"])
def test_a_duration_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a duration"):
        parse_duration(text)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2036, 12, 31), timezones=st.sampled_from([UTC, BERLIN])))
def test_a_moment_with_an_offset_is_that_instant_in_any_zone(moment: datetime) -> None:
    for zone in (ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")):
        assert parse_moment(moment.isoformat(), zone=zone, now=NOW) == utc_naive(moment)


def test_a_date_is_midnight_in_the_reporting_zone() -> None:
    # Berlin is two hours ahead of UTC in summer and one in winter.
    assert parse_moment("2026-07-01", zone=BERLIN, now=NOW) == datetime(2026, 6, 30, 22, 0)
    assert parse_moment("2026-01-01", zone=BERLIN, now=NOW) == datetime(2025, 12, 31, 23, 0)


def test_a_duration_counts_back_from_now() -> None:
    assert parse_moment("90d", zone=BERLIN, now=NOW) == NOW - timedelta(days=90)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "01.05.2026", "", "90", "2026-05-01T25:00"])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError, match="how far back"):
        parse_moment(text, zone=BERLIN, now=NOW)


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:30", "9999-12-31T23:00:00-05:00"])
def test_the_edges_of_the_calendar_are_refused_where_they_have_no_utc(text: str) -> None:
    with pytest.raises(InputError, match="point in time"):
        parse_moment(text, zone=BERLIN, now=NOW)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InputError, match="`until` is exclusive"):
        window("2026-05-02", "2026-05-02", zone=BERLIN, now=NOW)


def test_open_ends_stay_open() -> None:
    found = window(None, "30d", zone=BERLIN, now=NOW)

    assert found.since is None
    assert found.until == NOW - timedelta(days=30)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(InputError, match="Europe/Berlin"):
        parse_zone(name)
