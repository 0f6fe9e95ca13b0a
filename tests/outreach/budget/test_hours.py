"""Open hours by the customer's own clock: each minute is what a look at that clock says, also when it is changed."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.outreach.budget.reference import MINUTE, is_open

from cxloop.outreach.budget.hours import DAY, Hours, opening
from cxloop.outreach.budget.values import FAR, us_of
from cxloop.outreach.budget.zones import zones_of

CHANGES = {
    "Europe/Berlin": datetime(2026, 3, 29),
    "America/New_York": datetime(2026, 11, 1),
    "Australia/Lord_Howe": datetime(2026, 4, 5),  # by half an hour
    "America/Sao_Paulo": datetime(2026, 6, 1),  # never
    "Asia/Kathmandu": datetime(2026, 6, 1),  # 5:45 from UTC
    "Africa/Casablanca": datetime(2026, 2, 15),  # Ramadan
}
_hours = st.builds(
    Hours,
    st.times().map(lambda at: time(at.hour, at.minute)),
    st.times().map(lambda at: time(at.hour, at.minute)),
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
)


@settings(max_examples=40)
@given(st.sampled_from(sorted(CHANGES)), st.lists(_hours, min_size=1, max_size=2))
def test_each_minute_around_a_change_of_the_clock_is_as_the_clock_says(zone: str, hours: list[Hours]) -> None:
    since = us_of(CHANGES[zone]) - DAY
    minutes = since + np.arange(0, 3 * DAY // MINUTE, 7) * MINUTE
    opened = opening([zone], hours, since, since + 3 * DAY)

    told = opened.next(minutes) == minutes

    assert told.tolist() == [is_open([zone], hours, at) for at in minutes.tolist()]


def test_the_next_open_moment_is_the_morning_after_the_clocks_went_forward() -> None:
    at = np.array([us_of(datetime(2026, 3, 28, 22))])
    opened = opening(["Europe/Berlin"], [Hours(time(9), time(20))], int(at[0]), int(at[0]) + 5 * DAY)

    # 9:00 in Berlin was 8:00 UTC until Saturday, and is 7:00 UTC from Sunday on
    assert opened.next(at).tolist() == [us_of(datetime(2026, 3, 29, 7))]
    assert opened.next(at - DAY).tolist() == [us_of(datetime(2026, 3, 28, 8))]


def test_in_a_country_of_several_zones_it_is_a_good_hour_in_all_of_them() -> None:
    zones = zones_of(None, "US", "UTC")
    since = us_of(datetime(2026, 1, 15))
    opened = opening(zones, [Hours(time(9), time(20))], since, since + DAY)

    # 9:00 in Adak (UTC-10) and Honolulu is 19:00 UTC; 20:00 in New York (UTC-5) is 1:00 UTC
    assert opened.next(np.array([since + 2 * 60 * MINUTE])).tolist() == [us_of(datetime(2026, 1, 15, 19))]
    assert opened.next(np.array([us_of(datetime(2026, 1, 16, 1))])).tolist() == [us_of(datetime(2026, 1, 16, 19))]


def test_hours_that_never_meet_are_never_open() -> None:
    opened = opening(["UTC"], [Hours(time(9), time(10)), Hours(time(11), time(12))], 0, DAY)

    assert opened.next(np.array([5 * MINUTE]))[0] >= opened.known_until
    assert opened.known_until < FAR


@pytest.mark.parametrize(
    ("time_zone", "country", "zones"),
    [
        ("Asia/Tokyo", "DE", ("Asia/Tokyo",)),
        ("Mars/Olympus", "DE", ("Europe/Berlin", "Europe/Busingen")),
        (None, "japan", ("Asia/Tokyo",)),
        (None, None, ("UTC",)),
    ],
)
def test_the_zone_is_the_customers_else_the_countrys_else_the_companys(
    time_zone: str | None, country: str | None, zones: tuple[str, ...]
) -> None:
    assert zones_of(time_zone, country, "UTC") == zones
