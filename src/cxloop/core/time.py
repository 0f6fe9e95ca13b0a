"""Time: durations with a unit, periods in a reporting zone, and ranges of dates.

A bare number is never a duration: "90" is refused, "90d" is ninety days.
"""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cxloop.core.errors import InputError

__all__ = [
    "PERIODS",
    "Period",
    "Window",
    "moved",
    "next_period",
    "parse_duration",
    "parse_moment",
    "parse_zone",
    "utc_naive",
    "window",
]

Period = Literal["day", "week", "month", "quarter", "year"]
"""Calendar periods in the reporting time zone; weeks are ISO weeks."""
PERIODS: tuple[Period, ...] = get_args(Period)

_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,6})(m|h|d|w)")
_YEARS = re.compile(r"(\d{1,3})y")


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of time in UTC without zone, [since, until); an end that is None is open."""

    since: datetime | None = None
    until: datetime | None = None


def parse_duration(text: str) -> timedelta:
    """Returns the duration that `text` says, such as "30m", "36h", "90d" or "12w".

    Raises:
        InputError: the unit is missing or unknown.

    Example:
        >>> parse_duration("90d")
        datetime.timedelta(days=90)
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not a duration. Give a whole number and a unit: 30m, 36h, 90d or 12w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moved(moment: datetime, by: str, *, back: bool = False) -> datetime:
    """Returns `moment` later by a term such as "90d" or "2y"; a year is one of the calendar, and not 365 days.

    Args:
        moment: from when.
        by: a duration, or years of the calendar; 29 February becomes 28 February.
        back: whether to go back instead.

    Raises:
        InputError: the term cannot be read, or leaves the calendar.

    Example:
        >>> moved(datetime(2024, 5, 1), "2y"), moved(datetime(2024, 5, 8), "1w", back=True)
        (datetime.datetime(2026, 5, 1, 0, 0), datetime.datetime(2024, 5, 1, 0, 0))
    """
    found = _YEARS.fullmatch(by.strip())
    sign = -1 if back else 1
    try:
        if found is None:
            return moment + sign * parse_duration(by)
        year = moment.year + sign * int(found[1])
        leap_day_lost = (moment.month, moment.day) == (2, 29) and not isleap(year)
        return moment.replace(year=year, day=28) if leap_day_lost else moment.replace(year=year)
    except (ValueError, OverflowError) as failure:
        if isinstance(failure, InputError) and found is None:
            raise InputError(f"{by!r} is not a term. Give a whole number and a unit: 36h, 90d, 12w or 2y.") from None
        raise InputError(f"{by!r} from {moment.date()} leaves the calendar. Give a shorter term.") from None


def parse_zone(name: str) -> ZoneInfo:
    """Returns the time zone called `name`; raises InputError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError, PermissionError):
        raise InputError(f"Unknown time zone {name!r}. Use a name such as Europe/Berlin, or UTC.") from None


def utc_naive(moment: datetime) -> datetime:
    """Returns `moment` in UTC without zone, the form in which the tables hold time."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def parse_moment(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Returns the UTC moment that `text` says: a date, a date with time, or a duration back from `now`.

    Args:
        text: "2026-05-01", "2026-05-01T12:30" (in `zone` unless it carries an offset) or "90d".
        zone: the reporting time zone.
        now: what durations count back from, UTC without zone.

    Raises:
        InputError: it is none of these.
    """
    cleaned = text.strip()
    if _DURATION.fullmatch(cleaned):
        return now - parse_duration(cleaned)
    try:
        if len(cleaned) == len("2026-05-01"):
            moment = datetime.combine(date.fromisoformat(cleaned), time(), tzinfo=zone)
        else:
            moment = datetime.fromisoformat(cleaned)
        return utc_naive(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):  # at its edges the calendar has no UTC
        raise InputError(
            f"{text!r} is not a point in time. Give a date (2026-05-01), a date with time (2026-05-01T12:30) "
            "or how far back (90d)."
        ) from None


def window(since: str | None, until: str | None, *, zone: ZoneInfo, now: datetime) -> Window:
    """Returns the range from `since` up to, not including, `until`.

    Raises:
        InputError: an end cannot be read, or the range is empty.
    """
    start = None if since is None else parse_moment(since, zone=zone, now=now)
    end = None if until is None else parse_moment(until, zone=zone, now=now)
    if start is not None and end is not None and start >= end:
        raise InputError(f"The range is empty: since {since!r} is not before until {until!r}. `until` is exclusive.")
    return Window(start, end)


def next_period(start: date, every: Period) -> date:
    """Returns the first day of the period after the one that begins with `start`.

    Example:
        >>> next_period(date(2026, 11, 1), "quarter"), next_period(date(2026, 12, 28), "week")
        (datetime.date(2027, 2, 1), datetime.date(2027, 1, 4))
    """
    if every in ("day", "week"):
        return start + timedelta(days=1 if every == "day" else 7)
    place = start.year * 12 + start.month - 1 + _MONTHS[every]
    return date(place // 12, place % 12 + 1, 1)
