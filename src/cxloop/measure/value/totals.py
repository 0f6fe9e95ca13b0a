"""Totals of groups with their intervals: what the parameters leave open, what customers do by chance, and the check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cxloop.measure.value.model import Expectation, Models
from cxloop.measure.value.orders import Histories
from cxloop.measure.value.results import Range
from cxloop.stats.lifetime.futures import futures
from cxloop.stats.sums import Array

__all__ = ["Group", "Totals", "factor_of", "totals"]

_SAMPLED, _LEAST_SAMPLED = 40_000, 400
"""Customers by whom spread is judged: more would say the same. Each group has at least so many, if it has them."""
_DRAWS = 40
_STEP = 1e-3
_SEED = 20050107


@dataclass(frozen=True)
class Group:
    """What is expected of a group: orders and money, each with its interval."""

    purchases: Range
    money: Range | None


@dataclass(frozen=True)
class Totals:
    """Groups in their order, and all of them together."""

    groups: tuple[Group, ...]
    whole: Group


def totals(
    models: Models,
    of: Histories,
    found: Expectation,
    groups: NDArray[np.intp],
    count: int,
    *,
    horizon: int,
    discount: float,
    level: float,
    missed: float = 0.0,
) -> Totals:
    """Returns the totals of groups with intervals in which the actual ones are expected to lie.

    Args:
        models: the fitted models.
        of: histories of the customers.
        found: what is expected of them.
        groups: place of the group of each customer.
        count: how many groups there are.
        horizon: days ahead.
        discount: share by which money is worth less each year.
        level: level of the intervals.
        missed: how far the check missed, as the logarithm of actual over expected: intervals are that much wider.
    """
    chosen = _sampled(groups, count)
    part, place = of.of(chosen), groups[chosen]
    bought, money = futures(part.known, models.buying, models.spending, float(horizon), draws=_DRAWS, seed=_SEED)
    sizes = np.bincount(groups, minlength=count).astype(float)
    wide = _Width(place, count, sizes, float(ndtri(0.5 + level / 2)), missed)
    slopes = _slopes(models, part, horizon, discount)
    spread = wide.ranges(found.purchases, groups, bought, slopes[0])
    if found.money is None:
        ranges: list[Range | None] = [None] * (count + 1)
    else:
        ranges = list(wide.ranges(found.money, groups, money, slopes[1]))
    pairs = [Group(orders, worth) for orders, worth in zip(spread, ranges, strict=True)]
    return Totals(tuple(pairs[:-1]), pairs[-1])


def _sampled(groups: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Places of customers of whom each group has some, drawn with a fixed seed."""
    if groups.size <= _SAMPLED:
        return np.arange(groups.size)
    most = max(_SAMPLED // count, _LEAST_SAMPLED)
    shuffled = np.random.default_rng(_SEED).permutation(groups.size)
    ordered = shuffled[np.argsort(groups[shuffled], kind="stable")]
    starts = np.searchsorted(groups[ordered], np.arange(count))
    rank = np.arange(groups.size) - starts[groups[ordered]]
    return ordered[rank < most]


def _slopes(models: Models, part: Histories, horizon: int, discount: float) -> tuple[Array, Array]:
    """Derivatives of each customer's orders and money by the logarithms of the parameters; (n, k) each."""
    orders, money = [], []
    for step in np.eye(models.logs.size) * _STEP:
        up, down = (
            models.expect(part, horizon, discount=discount, logs=models.logs + sign * step) for sign in (1.0, -1.0)
        )
        orders.append((up.purchases - down.purchases) / (2 * _STEP))
        if up.money is not None and down.money is not None:
            money.append((up.money - down.money) / (2 * _STEP))
    factor = factor_of(models.covariance)
    return np.array(orders).T @ factor, np.array(money).T @ factor if money else np.empty((0, 0))


def factor_of(covariance: Array) -> Array:
    """Returns a matrix whose product with its transpose is the covariance, also where that is nearly singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


@dataclass(frozen=True)
class _Width:
    place: NDArray[np.intp]
    count: int
    sizes: Array
    reach: float
    missed: float

    def ranges(self, found: Array, groups: NDArray[np.intp], drawn: Array, slopes: Array) -> list[Range]:
        """Returns a range for each group, and one for all at the end.

        Customers are independent given the parameters, so that variances of single futures add up; what the
        parameters leave open is the same for all of them, and its derivatives add up.
        """
        sampled = np.maximum(np.bincount(self.place, minlength=self.count), 1)
        scale = self.sizes / sampled
        sums = np.bincount(groups, found, self.count)
        chance = np.bincount(self.place, drawn.var(axis=0, ddof=1), self.count) * scale
        shared = np.array([np.bincount(self.place, column, self.count) * scale for column in slopes.T]).T
        every = [(sums[i], chance[i], shared[i]) for i in range(self.count)]
        every.append((sums.sum(), chance.sum(), shared.sum(axis=0)))
        return [self._range(float(total), float(var), float((slope**2).sum())) for total, var, slope in every]

    def _range(self, total: float, chance: float, shared: float) -> Range:
        if total <= 0:
            return Range(0.0, 0.0, 0.0)
        relative = (self.reach**2) * (chance + shared) / total**2 + self.missed**2
        factor = float(np.exp(np.sqrt(relative)))
        return Range(total, total / factor, total * factor)
