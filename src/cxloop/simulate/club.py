"""The loyalty club: a contract that is joined, upgraded in standing, and cancelled by a monthly hazard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import DAY, LAST, Ints, day_number, seconds_of_day, to_utc
from cxloop.simulate.moods import Moods
from cxloop.simulate.people import People
from cxloop.simulate.world import END, PRICE_CHANGE, World

__all__ = ["Club", "club", "months_between"]

_NEVER = np.int64(1) << 40


@dataclass(frozen=True)
class Club:
    """Membership, one entry per person in each array.

    Attributes:
        joined: UTC seconds; far in the future for those who never join.
        cancelled: UTC seconds; far in the future for those who stay.
        gold: a member of higher standing.
        exposed: person-months under the hazard, per month.
        cancellations: cancellations, per month.
    """

    joined: Ints
    cancelled: Ints
    gold: NDArray[np.bool_]
    exposed: tuple[int, ...]
    cancellations: tuple[int, ...]

    def member(self, who: Ints, moment: Ints) -> NDArray[np.bool_]:
        """Returns whether each of `who` is a member at the moment."""
        return np.asarray((self.joined[who] <= moment) & (self.cancelled[who] > moment), np.bool_)

    def tier(self, who: Ints, moment: Ints) -> NDArray[np.int8]:
        """Returns the number in `TIERS` of each of `who` at the moment."""
        return np.where(self.member(who, moment), 1 + self.gold[who], 0).astype(np.int8)


def months_between(start: date, end: date) -> list[date]:
    """Returns the first days of the months from `start` up to, not including, `end`."""
    months = [start]
    while months[-1] < end:
        months.append((months[-1] + timedelta(days=32)).replace(day=1))
    return months[:-1]


def club(rng: np.random.Generator, rules: World, everyone: People, moods: Moods, start: date) -> Club:
    """Returns who joins the club and when they cancel: a hazard each month, higher for the unhappy."""
    count = everyone.count
    delay = rng.exponential(60 * DAY, count).astype(np.int64)
    wants = rng.random(count) < 0.30
    joined = np.where(wants & (everyone.joined + delay < LAST), everyone.joined + delay, _NEVER)
    cancelled = np.full(count, _NEVER)
    exposed, cancellations = [], []
    for month in months_between(start, END):
        first = day_number(month) * DAY
        who = np.flatnonzero((joined < first) & (cancelled == _NEVER))
        gone = who[rng.random(who.size) < _hazard(rules, moods, who, month)]
        day = day_number(month) + rng.integers(0, 28, gone.size)
        cancelled[gone] = to_utc(day * DAY + seconds_of_day(rng, gone.size, "online"), everyone.market[gone])
        exposed.append(int(who.size))
        cancellations.append(int(gone.size))
    return Club(joined, cancelled, rng.random(count) < 0.3, tuple(exposed), tuple(cancellations))


def _hazard(rules: World, moods: Moods, who: Ints, month: date) -> NDArray[np.float64]:
    churn = rules.churn
    risen = PRICE_CHANGE <= month < PRICE_CHANGE + timedelta(days=60)
    logit = (
        churn.monthly + churn.monthly_mood * moods.at(who, day_number(month) * DAY) + churn.monthly_price_rise * risen
    )
    return np.asarray(1.0 / (1.0 + np.exp(-logit)), np.float64)
