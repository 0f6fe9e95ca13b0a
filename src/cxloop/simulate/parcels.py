"""What is ordered, and how parcels fare: promise, approval, hand-over, delivery, damage and return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import DAY, HOUR, Floats, Ints, day_number, offsets, seconds_of_day, to_utc
from cxloop.simulate.world import CARRIERS, CRISIS, LAUNCH, LAUNCHED, MARKETS, PRICE_CHANGE, PRODUCTS, World

__all__ = [
    "CRISIS_LATE_SHARE",
    "EARLY_FAULT_DAYS",
    "PEAK_LATE_SHARE",
    "Parcels",
    "late_odds",
    "parcels",
    "price_risen",
    "products",
]

CRISIS_LATE_SHARE = 0.80
"""Odds that a parcel handed over in the crisis, in a market that the hub serves, is late."""
PEAK_LATE_SHARE = 0.05
"""What December adds to the odds of being late."""
EARLY_FAULT_DAYS = 60
"""How long after its launch the new product has more faults."""

_POPULARITY = np.array([product.popularity for product in PRODUCTS])
_HOME = np.array([product.category == "home" for product in PRODUCTS])
_HUB = np.array([market.hub for market in MARKETS])


@dataclass(frozen=True)
class Parcels:
    """One entry per order in each array; times in UTC seconds.

    Attributes:
        carrier: number in `CARRIERS`.
        approved: when the payment was approved.
        handed: when the carrier got it.
        due_day: the promised day, in days since 1970.
        done: when it was delivered; of store purchases, when they were paid.
        late: delivered on a later day than promised.
        days_late: how many days later.
        crisis: it was caught in the crisis.
        damaged: it arrived broken, or broke at once.
        returned: it was sent back.
        by_post: it was sent back by parcel, not brought to a store.
        returned_at: when.
    """

    carrier: NDArray[np.int8]
    approved: Ints
    handed: Ints
    due_day: Ints
    done: Ints
    late: NDArray[np.bool_]
    days_late: Ints
    crisis: NDArray[np.bool_]
    damaged: NDArray[np.bool_]
    returned: NDArray[np.bool_]
    by_post: NDArray[np.bool_]
    returned_at: Ints


def products(rng: np.random.Generator, day: Ints) -> NDArray[np.int16]:
    """Draws what is bought on each day; the launched product only once it is on sale."""
    odds = np.cumsum(_POPULARITY)
    most = np.where(day >= day_number(LAUNCH), odds[LAUNCHED], odds[LAUNCHED - 1])
    return np.asarray(np.searchsorted(odds, rng.random(day.size) * most, side="right"), np.int16)


def price_risen(product: NDArray[np.int16], day: Ints) -> NDArray[np.bool_]:
    """Returns whether a product of the home category is bought after the price change."""
    return np.asarray(_HOME[product] & (product != LAUNCHED) & (day >= day_number(PRICE_CHANGE)), np.bool_)


def parcels(
    rng: np.random.Generator,
    rules: World,
    placed: Ints,
    market: NDArray[np.int8],
    product: NDArray[np.int16],
    online: NDArray[np.bool_],
) -> Parcels:
    """Returns the fate of each order's parcel."""
    count = placed.size
    carrier = rng.choice(len(CARRIERS), count, p=[service.share for service in CARRIERS]).astype(np.int8)
    approved = placed + rng.lognormal(5.5, 1.2, count).clip(5, 20 * HOUR).astype(np.int64)
    handed = approved + rng.uniform(4 * HOUR, 40 * HOUR, count).astype(np.int64)
    due_day = placed // DAY + rng.integers(4, 7, count)
    crisis = online & caught(handed, market)
    late = online & (rng.random(count) < late_odds(handed, carrier, crisis))
    days_late = np.where(late, rng.geometric(0.42, count) + np.where(crisis, 2, 0), 0)
    # On time means up to two days early, but never before the day after the hand-over.
    early = np.maximum(due_day - rng.integers(0, 3, count), handed // DAY + 1)
    day = np.where(late, due_day + days_late, np.minimum(early, due_day))
    delivered = to_utc(day * DAY + seconds_of_day(rng, count, "parcel"), market)
    done = np.where(online, delivered, placed)
    early_lumo = (product == LAUNCHED) & (placed < (day_number(LAUNCH) + EARLY_FAULT_DAYS) * DAY)
    broken = np.where(early_lumo, rules.launch_defect_share, rules.defect_share)
    damaged = rng.random(count) < broken * np.where(online, 1.0, 0.5)
    returned = rng.random(count) < np.where(damaged, 0.6, np.where(online, 0.075, 0.04))
    by_post = returned & online & (rng.random(count) < 0.4)
    back = (done // DAY + rng.integers(2, 20, count)) * DAY + seconds_of_day(rng, count, "store")
    return Parcels(
        carrier, approved, handed, due_day, done, late, days_late, crisis, damaged, returned, by_post,
        returned_at=to_utc(back, market),
    )  # fmt: skip


def caught(handed: Ints, market: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Returns whether parcels handed over at these moments are caught in the crisis."""
    first, after = (day_number(day) * DAY for day in CRISIS)
    local = handed + 60 * offsets(handed, market)
    return np.asarray(_HUB[market] & (local >= first) & (local < after), np.bool_)


def late_odds(handed: Ints, carrier: NDArray[np.int8], crisis: NDArray[np.bool_]) -> Floats:
    """Returns the odds of each parcel being late: by carrier, more in December, most in the crisis."""
    quiet = np.array([service.late_share for service in CARRIERS])[carrier]
    months = (handed * np.int64(1_000_000)).view("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12
    return np.where(crisis, CRISIS_LATE_SHARE, quiet + PEAK_LATE_SHARE * (months == 11))
