"""Clocks of a time zone as plain arithmetic on UTC: which offset holds from when.

A query that asks the engine's own calendar for every row is ten times slower than a CASE over the few moments at
which clocks change (measured on 10 million rows: 0.97 s against 0.10 s), and engines ship different zone data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["FIRST", "LAST", "Offset", "offsets"]

FIRST = datetime(1900, 1, 1)
"""Before this every moment counts as local mean time or the zone's first offset."""
LAST = datetime(2200, 1, 1)
"""After this the last offset holds; nobody has decided what clocks do then."""
_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offset:
    """From `since` (UTC without zone; None is always) local clocks are `seconds` ahead of UTC."""

    since: datetime | None
    seconds: int


def offsets(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Offset, ...]:
    """Returns the offsets that hold from `start` to `end`, oldest first.

    Args:
        zone: the time zone.
        start: UTC without zone; no earlier moment will be asked for.
        end: UTC without zone; no later moment will be asked for.

    Example:
        >>> found = offsets(ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1), datetime(2026, 4, 1))
        >>> [(str(offset.since), offset.seconds) for offset in found]
        [('None', 3600), ('2026-03-29 01:00:00', 7200)]
    """
    start, end = max(start, FIRST), min(end, LAST)
    found = [Offset(None, _seconds(zone, start))]
    for year in range(start.year, end.year + 1):
        found += [offset for offset in _changes(zone.key, year) if start < offset.since <= end]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Change(Offset):
    since: datetime


@lru_cache(maxsize=4096)
def _changes(key: str, year: int) -> tuple[_Change, ...]:
    """Returns the changes of one year (UTC); years are kept, since windows overlap."""
    zone = ZoneInfo(key)
    found = []
    here, last = datetime(year, 1, 1), datetime(year + 1, 1, 1)
    while here < last:
        there = here + _STEP
        if _seconds(zone, there) != _seconds(zone, here):
            since = _change(zone, here, there)
            found.append(_Change(since, _seconds(zone, since)))
        here = there
    return tuple(found)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Returns the first second of (low, high] with another offset than `low`, by bisection."""
    before = _seconds(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if _seconds(zone, middle) == before else (low, middle)
    return high


def _seconds(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None  # a ZoneInfo always knows its offset
    return round(offset.total_seconds())
