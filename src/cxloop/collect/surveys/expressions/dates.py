"""Dates as wall-clock times: what SurveyJS's functions do in the browser's zone is done here in the zone of `now`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

__all__ = ["Clock", "add", "date_text", "milliseconds", "months_between"]

_EPOCH = datetime(1970, 1, 1)
_MS = timedelta(milliseconds=1)
_WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_STEPS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True)
class Clock:
    """The moment an expression is evaluated at: the wall clock there, and its distance from UTC."""

    wall: datetime
    offset: timedelta

    @classmethod
    def of(cls, now: datetime) -> Clock:
        """Returns the clock at a moment, to the millisecond; one without a zone is taken as UTC."""
        wall = now.replace(tzinfo=None, microsecond=now.microsecond // 1000 * 1000)
        return cls(wall, now.utcoffset() or timedelta())

    def date(self, value: Any) -> datetime | None:
        """Returns the time that a value says, or None: an ISO date, with or without a time, or milliseconds."""
        if isinstance(value, datetime):
            return value
        try:
            if isinstance(value, str):
                return self._read(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _EPOCH + _MS * int(value) + self.offset
        except (ValueError, OverflowError):
            return None
        return None

    def _read(self, written: str) -> datetime | None:
        found = _WRITTEN.fullmatch(written)
        if found is None:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        wall = datetime(year, month, day, hour, minute, second, int((found[7] or "0").ljust(3, "0")) * 1000)
        return wall if found[8] is None else wall - _offset(found[8]) + self.offset


def _offset(written: str) -> timedelta:
    if written == "Z":
        return timedelta()
    away = timedelta(hours=int(written[1:3]), minutes=int(written[4:6]))
    return -away if written[0] == "-" else away


def milliseconds(wall: datetime) -> int:
    """Returns a wall-clock time as milliseconds since 1970 on the same clock."""
    return (wall - _EPOCH) // _MS


def date_text(wall: datetime) -> str:
    """Returns 2026-05-01, with its time where that is not midnight."""
    return wall.date().isoformat() if wall.time() == datetime.min.time() else wall.isoformat(timespec="seconds")


def months_between(first: datetime, second: datetime) -> int:
    """Returns full months from one date to another."""
    months = (second.year - first.year) * 12 + second.month - first.month
    return months - (second.day < first.day)


def add(wall: datetime, count: float, unit: str) -> datetime | None:
    """Returns a time moved by whole units; None for a unit that is not known or a year past 9999.

    31 January and a month is 3 March (2 March in a leap year), as everywhere in JavaScript.
    """
    try:
        if unit in _STEPS:
            return wall + timedelta(seconds=int(count) * _STEPS[unit])
        months = {"months": 1, "years": 12}.get(unit)
        if months is None:
            return None
        at = wall.year * 12 + wall.month - 1 + int(count) * months
        return wall.replace(year=at // 12, month=at % 12 + 1, day=1) + timedelta(days=wall.day - 1)
    except (ValueError, OverflowError):
        return None
