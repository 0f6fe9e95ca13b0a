"""Time of the simulated company, held against the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxloop.simulate.clock import (
    DAY,
    HOURS,
    Season,
    day_number,
    first_day,
    next_weekday,
    offsets,
    seconds_of_day,
    to_utc,
)
from cxloop.simulate.world import MARKETS

ZONES = {
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "IE": "Europe/Dublin",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
}
MOMENTS = st.integers(
    int(datetime(2016, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
)


@given(MOMENTS, st.integers(0, len(MARKETS) - 1))
def test_offsets_are_those_of_the_time_zone(moment: int, market: int) -> None:
    zone = ZoneInfo(ZONES[MARKETS[market].code])
    expected = datetime.fromtimestamp(moment, zone).utcoffset()

    (found,) = offsets(np.array([moment]), np.array([market], np.int8))

    assert expected is not None
    assert found * 60 == expected.total_seconds()


@given(MOMENTS, st.integers(0, len(MARKETS) - 1))
def test_local_time_goes_there_and_back_away_from_the_changes(moment: int, market: int) -> None:
    place = np.array([market] * 3, np.int8)
    around = offsets(np.array([moment - 7_200, moment, moment + 7_200]), place)
    # Within the hours of a change a local time stands for two moments, or for none.
    assume(np.ptp(around) == 0)

    (back,) = to_utc(np.array([moment + 60 * around[1]]), place[:1])

    assert back == moment


@pytest.mark.parametrize(
    ("months", "expected"), [(3, date(2026, 8, 1)), (24, date(2024, 11, 1)), (34, date(2024, 1, 1))]
)
def test_companies_begin_on_the_first_of_a_month(months: int, expected: date) -> None:
    assert first_day(months) == expected


def test_days_only_move_forward_and_less_than_a_week() -> None:
    days = np.arange(20_000, 21_000)

    moved = next_weekday(np.random.default_rng(2), days, "online") - days

    assert moved.min() >= 0
    assert moved.max() <= 6


def test_stores_are_closed_on_sundays_and_at_night() -> None:
    rng = np.random.default_rng(2)
    days = next_weekday(rng, np.arange(20_000, 25_000), "store")
    hours = seconds_of_day(rng, 5_000, "store") // 3_600

    assert 6 not in {date.fromordinal(date(1970, 1, 1).toordinal() + int(day)).weekday() for day in days}
    assert set(hours) == {hour for hour, weight in enumerate(HOURS["store"]) if weight}


def test_busy_months_pass_more_time_in_a_day() -> None:
    season = Season(date(2024, 11, 1))
    december, february = float(day_number(date(2025, 12, 1))), float(day_number(date(2025, 2, 1)))

    reached = season.after(np.array([december, february]), np.array([10.0, 10.0]))

    # Ten even days are 10 / 1.60 days of December and 10 / 0.80 of February.
    assert reached - [december, february] == pytest.approx([6.25, 12.5])


def test_time_past_the_end_is_the_day_after_the_end() -> None:
    season = Season(date(2026, 8, 1))

    assert season.after(np.array([float(season.start)]), np.array([1e6])) == season.end + 1
    assert DAY == 86_400
