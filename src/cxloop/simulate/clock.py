"""Time of the simulated company: whole seconds since 1970 in UTC, drawn by season, weekday and hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.world import END, MARKETS

__all__ = [
    "DAY",
    "HOUR",
    "HOURS",
    "LAST",
    "Floats",
    "Ints",
    "Season",
    "day_number",
    "first_day",
    "next_weekday",
    "offsets",
    "seconds_of_day",
    "to_utc",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DAY = 86_400
HOUR = 3_600

HOURS: dict[str, tuple[float, ...]] = {
    "online": (1, 0.5, 0.3, 0.2, 0.2, 0.5, 1.5, 3, 4, 5, 5.5, 6, 6.5, 6, 5, 5, 5.5, 6.5, 8, 10, 11, 9, 5, 2.5),
    "store": (0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 6, 8, 8, 7, 6, 7, 9, 10, 8, 4, 0, 0, 0, 0),
    "service": (0, 0, 0, 0, 0, 0, 0, 0, 6, 9, 10, 9, 7, 6, 7, 7, 7, 8, 6, 4, 0, 0, 0, 0),
    "parcel": (0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 8, 9, 8, 8, 8, 7, 5, 3, 1, 0, 0, 0, 0, 0),
}
"""Weights of the hours of the day, local time."""

_WEEKDAYS = {"online": (15, 14, 13, 13, 12, 13, 20), "store": (10, 11, 12, 13, 19, 35, 0)}
_MONTHS = (0.85, 0.80, 0.90, 0.95, 1.00, 0.95, 0.90, 0.85, 1.00, 1.05, 1.45, 1.60)


def day_number(day: date) -> int:
    """Returns days since 1970."""
    return (day - date(1970, 1, 1)).days


LAST = day_number(END) * DAY - HOUR
"""Midnight after the last day at the company's seat, an hour before it is in UTC: nothing happens from then on."""


def first_day(months: int) -> date:
    """Returns the first simulated day of a company with this many months."""
    back = END.year * 12 + END.month - 1 - months
    return date(back // 12, back % 12 + 1, 1)


def seconds_of_day(rng: np.random.Generator, count: int, profile: str) -> Ints:
    """Draws times of day, in seconds after local midnight, by the profile's hours."""
    weights = np.array(HOURS[profile])
    hours = rng.choice(24, count, p=weights / weights.sum())
    return (hours * HOUR + rng.integers(0, HOUR, count)).astype(np.int64)


def next_weekday(rng: np.random.Generator, days: Ints, profile: str) -> Ints:
    """Moves days forward, never back, to a weekday drawn by the profile."""
    weights = np.array(_WEEKDAYS[profile], float)
    wanted = rng.choice(7, days.size, p=weights / weights.sum())
    # 1970-01-01 was a Thursday, weekday 3.
    return days + (wanted - (days + 3)) % 7


@cache
def _summer_times() -> Ints:
    """Starts and ends of European summer time, alternating, in UTC seconds."""
    moments = []
    for year in range(END.year - 12, END.year + 2):
        for month in (3, 10):
            last = date(year, month, 31)
            sunday = last - timedelta(days=(last.weekday() + 1) % 7)
            moments.append(int(datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC).timestamp()))
    return np.array(moments, np.int64)


def offsets(moments: Ints, market: NDArray[np.int8]) -> Ints:
    """Returns minutes that local clocks of the markets are ahead of UTC at these UTC moments."""
    base = np.array([place.offset_minutes for place in MARKETS], np.int64)[market]
    summer = np.searchsorted(_summer_times(), moments, side="right") % 2 == 1
    return np.asarray(base + 60 * summer, np.int64)


def to_utc(local: Ints, market: NDArray[np.int8]) -> Ints:
    """Returns UTC seconds of local seconds; in the hour of a clock change, the standard time is taken."""
    base = np.array([place.offset_minutes for place in MARKETS], np.int64)[market] * 60
    return local - 60 * offsets(local - base, market)


class Season:
    """Turns evenly running time into seasonal time: busy months pass more of it in a day.

    Waiting times are drawn in even days and mapped through the seasonal clock, so that no rejection is needed.
    """

    def __init__(self, start: date) -> None:
        self.start = day_number(start)
        self.end = day_number(END)
        days = [start + timedelta(days=i) for i in range(self.end - self.start + 1)]
        pace = np.array([_MONTHS[day.month - 1] for day in days])
        self._clock = np.concatenate([[0.0], np.cumsum(pace[:-1])])
        self._days = np.arange(self.start, self.end + 1, dtype=float)

    def after(self, day: Floats, even_days: Floats) -> Floats:
        """Returns the day that lies `even_days` of seasonal time after `day`; past the end it is the end plus one."""
        reached = np.interp(day, self._days, self._clock) + even_days
        return np.asarray(np.interp(reached, self._clock, self._days, right=self.end + 1.0), np.float64)
