"""Offsets of time zones, held against zoneinfo moment by moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cxloop.engine.zones import offsets

# Odd offsets, double DST, a skipped day (Apia, 2011), Ramadan breaks (Casablanca), half-hour DST (Lord_Howe), none.
ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Europe/London",
        "Asia/Gaza",
        "Antarctica/Troll",
        "UTC",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2099, 12, 31))


def by_offsets(moment: datetime, zone: ZoneInfo, start: datetime, end: datetime) -> datetime:
    held = [o for o in offsets(zone, start, end) if o.since is None or o.since <= moment]
    return moment + timedelta(seconds=held[-1].seconds)


def by_zoneinfo(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


@given(zone=ZONES, moments=st.lists(MOMENTS, min_size=2, max_size=6))
def test_offsets_show_the_clock_that_zoneinfo_shows(zone: ZoneInfo, moments: list[datetime]) -> None:
    start, end = min(moments), max(moments)

    for moment in moments:
        assert by_offsets(moment, zone, start, end) == by_zoneinfo(moment, zone)


@given(zone=ZONES, moments=st.tuples(MOMENTS, MOMENTS))
def test_clocks_change_at_the_very_second(zone: ZoneInfo, moments: tuple[datetime, datetime]) -> None:
    for offset in offsets(zone, min(moments), max(moments)):
        if offset.since is not None:
            before = offset.since - timedelta(seconds=1)
            assert by_zoneinfo(offset.since, zone) - offset.since == timedelta(seconds=offset.seconds)
            assert by_zoneinfo(before, zone) - before != timedelta(seconds=offset.seconds)


def test_a_window_names_only_its_own_clock_changes() -> None:
    found = offsets(ZoneInfo("Europe/Berlin"), datetime(2026, 4, 1), datetime(2026, 10, 1))

    assert [offset.seconds for offset in found] == [7200]


def test_a_window_may_reach_to_the_ends_of_time() -> None:
    found = offsets(ZoneInfo("Europe/Berlin"), datetime.min, datetime.max)

    assert found[0].since is None
    # tz database, file europe: German clocks first changed on 1 May 1916 at 23:00 on 30 April local time
    assert datetime(1916, 4, 30, 22) in [offset.since for offset in found]
