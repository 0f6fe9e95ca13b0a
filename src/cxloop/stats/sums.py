"""Sufficient statistics: what the formulas need of a group of answers, so that Python sees groups and never rows.

All are frozen and can be added. Adding is exact where no customer stands in both sides: a customer's squared total
over both is not the sum of two squares. Group anew where that matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

__all__ = ["Array", "Cells", "Clusters", "Moments", "design_effect", "effective_n", "tally"]

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Sums over the customers of each group, for answers that come in clusters.

    With n(c) answers of customer c and T(c) the sum of their values:

    Attributes:
        customers: number of customers, shape (groups,).
        total_squares: sum of T(c)^2.
        total_sizes: sum of T(c) n(c).
        size_squares: sum of n(c)^2.
    """

    customers: Array
    total_squares: Array
    total_sizes: Array
    size_squares: Array

    def __add__(self, other: Self) -> Clusters:
        return Clusters(
            self.customers + other.customers,
            self.total_squares + other.total_squares,
            self.total_sizes + other.total_sizes,
            self.size_squares + other.size_squares,
        )

    def squared_residuals(self, mean: Array) -> Array:
        """Returns the sum over customers of (T(c) - mean n(c))^2, shape (groups,)."""
        spread = self.total_squares - 2 * mean * self.total_sizes + mean**2 * self.size_squares
        return np.maximum(spread, 0.0)


@dataclass(frozen=True, eq=False)
class Cells:
    """Answers counted by cell, where an answer can only take few values.

    Attributes:
        values: what an answer in each cell is worth, shape (cells,).
        counts: answers per group and cell, shape (groups, cells).
        clusters: sums over customers, in the same values.
    """

    values: Array
    counts: Array
    clusters: Clusters

    def __add__(self, other: Self) -> Cells:
        if not np.array_equal(self.values, other.values):
            raise ValueError(f"Cells worth {self.values} and {other.values} cannot be added.")
        return Cells(self.values, self.counts + other.counts, self.clusters + other.clusters)

    @property
    def n(self) -> Array:
        """Answers per group."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def mean(self) -> Array:
        """Mean value per group; nan without answers."""
        return _ratio(self.counts @ self.values, self.n)

    @property
    def variance(self) -> Array:
        """Variance of the values per group, with n in the denominator."""
        centred = self.values[None, :] - self.mean[:, None]
        return _ratio((self.counts * centred**2).sum(axis=1), self.n)


@dataclass(frozen=True, eq=False)
class Moments:
    """Answers summed, where they can take many values.

    Attributes:
        n: answers per group, shape (groups,).
        total: sum of values.
        squares: sum of squared values.
        clusters: sums over customers, in the same values.
    """

    n: Array
    total: Array
    squares: Array
    clusters: Clusters

    def __add__(self, other: Self) -> Moments:
        return Moments(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            self.clusters + other.clusters,
        )

    @property
    def mean(self) -> Array:
        """Mean value per group; nan without answers."""
        return _ratio(self.total, self.n)

    @property
    def variance(self) -> Array:
        """Variance of the values per group, with n in the denominator."""
        return np.maximum(_ratio(self.squares, self.n) - self.mean**2, 0.0)


def tally(cells: Sequence[int], values: Sequence[float], customers: Sequence[int] | None = None) -> Cells:
    """Returns the statistics of one group from its single answers: for small data and for checks.

    Args:
        cells: which cell each answer falls into, counted from 0.
        values: what an answer in each cell is worth.
        customers: who gave each answer; without it each answer is a customer's only one.

    Example:
        >>> tally([0, 2, 2], (-100, 0, 100)).mean
        array([33.33333333])
    """
    worth = np.asarray(values, dtype=float)
    index = np.asarray(cells, dtype=int)
    who = np.arange(index.size) if customers is None else np.unique(np.asarray(customers), return_inverse=True)[1]
    sizes = np.bincount(who).astype(float)
    totals = np.bincount(who, weights=worth[index], minlength=sizes.size)
    clusters = Clusters(
        np.array([float(sizes.size)]),
        np.array([totals @ totals]),
        np.array([totals @ sizes]),
        np.array([sizes @ sizes]),
    )
    counts = np.bincount(index, minlength=worth.size).astype(float)[None, :]
    return Cells(worth, counts, clusters)


def design_effect(sums: Cells | Moments) -> Array:
    """Returns how much wider than for independent answers the variance of each group's mean is, at least 1.

    The linearised variance of a ratio mean over customers, with C / (C - 1), against the variance of as many
    independent answers: Kish (1965), Survey Sampling, sections 5.4 and 8.2. Where all answers are equal it cannot be
    seen; then customers are taken to repeat themselves entirely.

    Example:
        >>> design_effect(tally([0, 0, 1, 1], (0, 1), customers=[1, 1, 2, 2]))
        array([3.])
    """
    n, customers = sums.n, sums.clusters.customers
    independent = sums.variance * _ratio(n, n - 1)
    clustered = _ratio(sums.clusters.squared_residuals(sums.mean), n) * _ratio(customers, customers - 1)
    all_alike = _ratio(sums.clusters.size_squares, n)
    # Sums of squares cancel: a variance below a billionth of the squared mean is rounding.
    seen = independent > 1e-9 * np.maximum(sums.mean**2, 1e-9)
    effect = np.where(seen, _ratio(clustered, np.where(seen, independent, 1.0)), all_alike)
    return np.asarray(np.where(customers < n, np.fmax(effect, 1.0), 1.0))


def effective_n(sums: Cells | Moments, *, level: float = 0.95) -> Array:
    """Returns how many independent answers the answers of each group are worth, shape (groups,).

    n over the design effect, reduced once more because the effect is estimated from C customers only: Korn and
    Graubard (1998), "Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data", Survey Methodology 24(2), 193-201. It is n where everybody answered once, and 1 where one
    customer gave all answers.

    Args:
        sums: the statistics of each group.
        level: level of the interval it is for.

    Example:
        >>> effective_n(tally([0, 1, 1, 0], (0, 1), customers=[1, 2, 3, 4]))
        array([4.])
        >>> effective_n(tally([0] * 9 + [1], (0, 1), customers=[1] * 10))
        array([1.])
    """
    n, customers = sums.n, sums.clusters.customers
    tail = 0.5 + level / 2
    certainty = (stdtrit(np.maximum(n - 1, 1), tail) / stdtrit(np.maximum(customers - 1, 1), tail)) ** 2
    worth = np.maximum(n / design_effect(sums) * certainty, np.minimum(n, 1.0))
    return np.asarray(np.where(customers >= n, n, np.where(customers > 1, worth, np.minimum(n, 1.0))))


def _ratio(top: Array, bottom: Array) -> Array:
    """Returns top / bottom, nan where nothing stands below the line."""
    ratio: Array = np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > 0)
    return ratio
