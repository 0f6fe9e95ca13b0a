"""When a mailing goes: every day, week or month at an hour of the company's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

__all__ = ["Every", "last_occasion", "next_occasion"]

Every = Literal["day", "week", "month"]


def last_occasion(every: Every, day: int, hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """Returns the latest occasion that is not after `now`; both UTC without zone.

    Args:
        every: how often.
        day: of the week, 1 for Monday, or of the month, 1 to 28; a daily mailing has none.
        hour: 0 to 23, in `zone`; an hour that a change of clocks leaves out is the one after it.
        zone: of the company.
        now: the present.

    Example:
        >>> last_occasion("week", 1, 7, ZoneInfo("Europe/Berlin"), datetime(2026, 11, 4, 12))
        datetime.datetime(2026, 11, 2, 6, 0)
    """
    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    days = (today + timedelta(days=1) - timedelta(days=back) for back in range(64))
    return next(found for each in days if _is_on(each, every, day) and (found := _at(each, hour, zone)) <= now)


def next_occasion(every: Every, day: int, hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """Returns the first occasion after `now`; as `last_occasion` otherwise."""
    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    days = (today - timedelta(days=1) + timedelta(days=on) for on in range(64))
    return next(found for each in days if _is_on(each, every, day) and (found := _at(each, hour, zone)) > now)


def _is_on(each: date, every: Every, day: int) -> bool:
    return every == "day" or day == (each.isoweekday() if every == "week" else each.day)


def _at(each: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(each, time(hour), zone).astimezone(UTC).replace(tzinfo=None)
