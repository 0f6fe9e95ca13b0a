"""Open hours by the customer's own clock: when a message may go, in any time zone, also when the clock is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from cxloop.core.time import parse_zone
from cxloop.outreach.budget.values import FAR, Times

__all__ = ["DAY", "Hours", "Opening", "opening"]

DAY = 86_400_000_000
"""Microseconds."""
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Hours:
    """Hours of the day by the wall clock, [start, end), on some days of the week (Monday is 1).

    An end that is not after the start belongs to the next day; equal ones mean the whole day. The day is the one on
    which the hours begin.
    """

    start: time = time(0)
    end: time = time(0)
    days: tuple[int, ...] = _EVERY_DAY


@dataclass(frozen=True)
class Opening:
    """The times that are open, as sorted intervals [start, end) in microseconds UTC, for a stretch of time.

    Beyond `known_until` nothing is known, and everything counts as open.
    """

    start: Times
    end: Times
    known_until: int

    def next(self, at: Times) -> Times:
        """Returns for each time the first open one from it on."""
        place = np.searchsorted(self.end, at, "right")
        inside = np.minimum(place, max(len(self.start) - 1, 0))
        begins = self.start[inside] if len(self.start) else np.full(len(at), FAR)
        found = np.where(place < len(self.start), np.maximum(at, begins), np.maximum(at, self.known_until))
        return np.where(at >= self.known_until, at, found).astype(np.int64)


def opening(zones: Sequence[str], hours: Sequence[Hours], since: int, until: int) -> Opening:
    """Returns when all of some hours are open in all of some zones at once.

    Several zones are those of a customer of whom only the country is known: what is open in all of them is open where
    the customer is.

    Args:
        zones: names such as Europe/Berlin.
        hours: a window and the hours that are not quiet; all have to be open.
        since: from when, microseconds UTC.
        until: until when.

    Raises:
        InputError: there is no such zone.
    """
    begin, end = since // DAY * DAY - DAY, (until // DAY + 2) * DAY
    both = (np.array([begin]), np.array([end]))
    for zone in dict.fromkeys(zones):
        for each in hours:
            both = _meet(both, _open_in(zone, each, begin, end))
    return Opening(*both, known_until=end)


def _meet(one: tuple[Times, Times], other: tuple[Times, Times]) -> tuple[Times, Times]:
    """Returns what lies in both of two sorted lists of intervals."""
    edges = np.concatenate([*one, *other])
    steps = np.concatenate([np.repeat((1, -1), len(one[0])), np.repeat((1, -1), len(other[0]))])
    # at the same moment an end goes before a start: what touches does not overlap
    order = np.lexsort((steps, edges))
    edges, depth = edges[order], np.cumsum(steps[order])
    begins = np.flatnonzero(depth[:-1] == 2)
    start, end = edges[begins], edges[begins + 1]
    lasts = start < end
    return start[lasts], end[lasts]


@lru_cache(maxsize=2000)
def _open_in(zone: str, hours: Hours, begin: int, end: int) -> tuple[Times, Times]:
    """The open intervals of one zone. Between changes of the clock, wall time is UTC plus a constant."""
    starts, ends = [], []
    for since, until, offset in _offsets(parse_zone(zone), begin, end):
        first, last = (since + offset) // DAY - 1, (until + offset) // DAY + 1
        days = np.arange(first, last + 1)
        chosen = days[np.isin((days + 3) % 7 + 1, hours.days)]  # 1 January 1970 was a Thursday
        opens, closes = (_wall(moment) for moment in (hours.start, hours.end))
        length = closes - opens if closes > opens else closes - opens + DAY
        start = np.maximum(chosen * DAY + opens - offset, since)
        stop = np.minimum(chosen * DAY + opens + length - offset, until)
        kept = start < stop
        starts.append(start[kept])
        ends.append(stop[kept])
    return _joined(np.concatenate(starts), np.concatenate(ends))


def _joined(start: Times, end: Times) -> tuple[Times, Times]:
    """Makes one of intervals that touch: a day that is open throughout goes on at midnight."""
    if not len(start):
        return start, end
    apart = start[1:] > end[:-1]
    return start[np.concatenate([[True], apart])], end[np.concatenate([apart, [True]])]


def _wall(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yields the stretches of time in which the offset of a zone is the same, with the offset in microseconds."""
    since, offset = begin, _offset(zone, begin)
    for day in range(begin, end, DAY):
        if _offset(zone, day + DAY) != offset:
            change = _change(zone, day, day + DAY, offset)
            yield since, change, offset
            since, offset = change, _offset(zone, day + DAY)
    yield since, end, offset


def _change(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
    """The moment, to the second, from which on the offset is no longer `offset`; found by halving."""
    low, high = low // 1_000_000, high // 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle * 1_000_000) == offset:
            low = middle
        else:
            high = middle
    return high * 1_000_000


def _offset(zone: ZoneInfo, at: int) -> int:
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
