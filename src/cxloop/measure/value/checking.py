"""The hold-out check: would the same models have been right on what came last?"""

from __future__ import annotations

import numpy as np

from cxloop.measure.value.model import Expectation, Models, fit_models
from cxloop.measure.value.orders import Orders
from cxloop.measure.value.results import FrequencyCheck, HoldOut, Trust
from cxloop.measure.value.totals import totals
from cxloop.stats.lifetime.fitting import NoFitError
from cxloop.stats.lifetime.futures import futures
from cxloop.stats.sums import Array

__all__ = ["Checked", "check", "verdict"]

HOLDS, ROUGH = 0.10, 0.30
"""Largest share by which the actual orders may miss the expected ones."""
SHORTEST = 14
"""Days of the shortest hold-out period: less is the chance of a few days."""
_TOP = 7
_SAMPLED, _DRAWS, _SEED = 4_000, 400, 20050107

Checked = tuple[HoldOut, Expectation] | None
"""The check, with what it expected of each customer; None where it cannot be made."""


def check(orders: Orders, level: float) -> Checked:
    """Returns the check on the last part of the workspace's own orders; None where too little comes before it."""
    days = (orders.end - orders.cutoff).days + 1
    if days < SHORTEST:
        return None
    try:
        models = fit_models(orders.before)
    except NoFitError:
        return None
    found = models.expect(orders.before, days)
    one = np.zeros(found.purchases.size, dtype=np.intp)
    whole = totals(models, orders.before, found, one, 1, horizon=days, discount=0.0, level=level).whole
    actual = float(orders.bought_after.sum())
    spread = bool(np.ptp(orders.bought_after) > 0 and np.ptp(found.purchases) > 0)
    made = HoldOut(
        cutoff=orders.cutoff,
        days=days,
        customers=int(found.purchases.size),
        expected=whole.purchases,
        actual=int(actual),
        error=actual / whole.purchases.value - 1,
        money=whole.money,
        paid=float(orders.paid_after.sum()),
        covered=_covered(models, orders, days, level),
        level=level,
        correlation=float(np.corrcoef(found.purchases, orders.bought_after)[0, 1]) if spread else None,
        by_frequency=_by_frequency(orders.before.known.frequency, found.purchases, orders.bought_after),
    )
    return made, found


def _covered(models: Models, orders: Orders, days: int, level: float) -> float:
    """Share of customers whose orders lay in their own interval, of some thousands drawn with a fixed seed."""
    size = orders.bought_after.size
    chosen = np.random.default_rng(_SEED).permutation(size)[:_SAMPLED]
    known = orders.before.of(chosen).known
    drawn, _ = futures(known, models.buying, None, float(days), draws=_DRAWS, seed=_SEED)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    actual = orders.bought_after[chosen]
    return float(((actual >= np.floor(low)) & (actual <= np.ceil(high))).mean())


def _by_frequency(frequency: Array, expected: Array, actual: Array) -> tuple[FrequencyCheck, ...]:
    """Mean orders by repeat purchases before the cutoff, as in the paper's figure: 0, 1, ... 6, 7 and more."""
    at = np.minimum(frequency, _TOP).astype(np.intp)
    size = np.bincount(at, minlength=_TOP + 1)
    sums = [np.bincount(at, column, _TOP + 1) for column in (expected, actual)]
    return tuple(
        FrequencyCheck(
            f"{place}+" if place == _TOP else str(place),
            int(size[place]),
            float(sums[0][place] / size[place]),
            float(sums[1][place] / size[place]),
        )
        for place in range(_TOP + 1)
        if size[place]
    )


def verdict(made: HoldOut | None, horizon: int) -> tuple[Trust, tuple[str, ...]]:
    """Returns what the check allows to say, and why."""
    if made is None:
        return "not checked", ("there is too little past to leave some of it out and look whether it was foreseen",)
    far = f"in the last {made.days} days {abs(made.error):.0%} {'more' if made.error > 0 else 'fewer'} orders came than"
    reasons = []
    inside = made.expected.low <= made.actual <= made.expected.high
    if abs(made.error) > ROUGH:
        return "cannot say", (f"{far} the same models had expected",)
    if not inside and abs(made.error) > HOLDS:
        reasons.append(f"{far} the same models had expected; intervals are widened by that")
    if made.covered < made.level - 0.05:
        reasons.append(
            f"only {made.covered:.0%} of the customers kept to their own interval, of level {made.level:.0%}"
        )
    if horizon > 3 * made.days:
        reasons.append(f"looked ahead are {horizon} days, and only {made.days} could be checked")
    return ("rough" if reasons else "holds"), tuple(reasons)
