"""People: where they live, how old they are, what they like, how they buy, and the keys by which sources know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import DAY, Floats, Ints, day_number, seconds_of_day, to_utc
from cxloop.simulate.world import AGE_BANDS, END, MARKETS, NEW_MARKET, NEW_MARKET_START, STORES

__all__ = ["CHANNELS", "People", "people"]

CHANNELS = ("web", "app", "store")
"""Where orders are placed."""

_AGE_SHARES = (0.14, 0.22, 0.21, 0.18, 0.14, 0.11)
# Of each age band: odds of web, app and store.
_CHANNEL_ODDS = np.array([(3, 5, 2), (4, 4, 2), (5, 3, 2), (5, 2, 3), (4, 1, 4), (3, 0.5, 5)], float)


@dataclass(frozen=True)
class People:
    """Everyone, one entry per person in each array.

    Attributes:
        market: number in `MARKETS`.
        age: number in `AGE_BANDS`.
        joined: UTC seconds; before the first day for those who were customers already.
        base: how this person feels about the company on an average day, latent.
        buys_per_year: orders in a year of average season, while a customer.
        channel_odds: odds of web, app and store (rows sum to 1).
        store: the nearest store, number in `STORES`.
        subscriber: gets the newsletter.
        referrer: person who brought them, or -1.
    """

    market: NDArray[np.int8]
    age: NDArray[np.int8]
    joined: Ints
    base: Floats
    buys_per_year: Floats
    channel_odds: Floats
    store: NDArray[np.int16]
    subscriber: NDArray[np.bool_]
    referrer: Ints

    @property
    def count(self) -> int:
        """Number of people."""
        return self.market.size


def people(rng: np.random.Generator, count: int, start: date) -> People:
    """Returns `count` people: 55 % were customers before `start`, the others join while the company is simulated."""
    market = rng.choice(len(MARKETS), count, p=[place.share for place in MARKETS]).astype(np.int8)
    age = rng.choice(len(AGE_BANDS), count, p=_AGE_SHARES).astype(np.int8)
    joined = _joined(rng, market, start)
    base = rng.normal(0.0, 0.62, count)
    odds = _CHANNEL_ODDS[age] * rng.gamma(2.0, 0.5, (count, 3))
    return People(
        market=market,
        age=age,
        joined=joined,
        base=base,
        buys_per_year=rng.gamma(1.4, 2.0, count) + 0.15,
        channel_odds=odds / odds.sum(axis=1, keepdims=True),
        store=_nearest_store(rng, market),
        subscriber=rng.random(count) < 0.32,
        referrer=_referrer(rng, joined, base),
    )


def _joined(rng: np.random.Generator, market: NDArray[np.int8], start: date) -> Ints:
    first, last = day_number(start), day_number(END)
    opened = np.where(market == NEW_MARKET, day_number(NEW_MARKET_START), first - 900)
    earliest = np.maximum(opened, np.where(rng.random(market.size) < 0.55, first - 900, first))
    # Those who came before the start stay before it, unless their market was not open yet.
    latest = np.where(earliest < first, first, last)
    days = earliest + (rng.random(market.size) * (latest - earliest)).astype(np.int64)
    return to_utc(days * DAY + seconds_of_day(rng, market.size, "online"), market)


def _nearest_store(rng: np.random.Generator, market: NDArray[np.int8]) -> NDArray[np.int16]:
    homes = np.array([store.market for store in STORES])
    firsts = np.searchsorted(homes, np.arange(len(MARKETS)))
    counts = np.bincount(homes, minlength=len(MARKETS))
    return (firsts[market] + (rng.random(market.size) * counts[market]).astype(np.int64)).astype(np.int16)


def _referrer(rng: np.random.Generator, joined: Ints, base: Floats) -> Ints:
    """One in twelve was brought by somebody who had joined before; happy people bring more."""
    order = np.argsort(joined, kind="stable")
    rank = np.empty(joined.size, np.int64)
    rank[order] = np.arange(joined.size)
    # Of two candidates among the earlier ones the happier is the referrer.
    draws = (rng.random((2, joined.size)) * rank).astype(np.int64)
    one, other = order[draws[0]], order[draws[1]]
    happier = np.where(base[one] >= base[other], one, other)
    return np.where((rng.random(joined.size) < 0.083) & (rank > 0), happier, -1)
