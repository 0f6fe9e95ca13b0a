"""Intervals for scores, shares and means, each with the source of its formula.

All take the sufficient statistics of many groups at once and put the effective number of answers in the place of n
where customers answered repeatedly (see `effective_n`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtrit

from cxloop.stats.dirichlet import mean_quantile
from cxloop.stats.sums import Array, Cells, Moments, design_effect, effective_n

__all__ = ["CLUSTERED", "NPS_VALUES", "Intervals", "nps", "scale_mean", "share", "t_mean"]

CLUSTERED = ", clustered by customer"
NPS_VALUES = (-100.0, 0.0, 100.0)
"""What a detractor, a passive and a promoter add to the score, in points."""
_PER_GROUP = ("value", "low", "high", "n", "customers", "effective")
_NPS_PSEUDO = np.array([0.75, 1.5, 0.75])


@dataclass(frozen=True, eq=False)
class Intervals:
    """An estimate with its limits for each group.

    Attributes:
        value: the estimate as the answers give it, shape (groups,).
        low: lower limit.
        high: upper limit.
        n: answers.
        customers: customers who gave them.
        effective: independent answers they are worth.
        method: name of the formula.
        level: level of the interval.
    """

    value: Array
    low: Array
    high: Array
    n: Array
    customers: Array
    effective: Array
    method: str
    level: float

    def take(self, groups: Sequence[int]) -> Intervals:
        """Returns the intervals of some of the groups, in that order."""
        picked = {name: getattr(self, name)[list(groups)] for name in _PER_GROUP}
        return replace(self, **picked)

    def method_of(self, group: int) -> str:
        """Returns the method's name for one group: says so where customers answered repeatedly."""
        return self.method + (CLUSTERED if self.customers[group] < self.n[group] else "")


def nps(sums: Cells, *, level: float = 0.95) -> Intervals:
    """Net Promoter Score in points with the adjusted Wald interval.

    The variance is that of the difference of two shares of a multinomial; .75, 1.5 and .75 answers are added to
    detractors, passives and promoters: Rocks (2016), "Interval estimation for the 'Net Promoter Score'", The American
    Statistician 70(4), 365-372, method AW(3, T).

    Args:
        sums: cells detractors, passives, promoters, worth -100, 0, 100.
        level: level of the interval.

    Example:
        >>> from cxloop.stats.sums import tally
        >>> found = nps(tally([0] * 20 + [1] * 30 + [2] * 50, NPS_VALUES))
        >>> found.value, found.low.round(1), found.high.round(1)
        (array([30.]), array([14.1]), array([44.2]))
    """
    worth = effective_n(sums, level=level)
    smoothed = _scaled_counts(sums, worth) + _NPS_PSEUDO
    total = smoothed.sum(axis=1)
    shares = smoothed / total[:, None]
    centre = shares[:, 2] - shares[:, 0]
    half = ndtri(0.5 + level / 2) * np.sqrt((shares[:, 2] + shares[:, 0] - centre**2) / total)
    return _within(sums, 100 * (centre - half), 100 * (centre + half), worth, "adjusted Wald", level)


def share(sums: Cells, *, level: float = 0.95) -> Intervals:
    """Share of answers in the second of two cells with the score interval.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209-212;
    recommended by Brown, Cai and DasGupta (2001), Statistical Science 16(2), 101-133.

    Args:
        sums: two cells, worth 0 and 1.
        level: level of the interval.

    Example:
        >>> from cxloop.stats.sums import tally
        >>> found = share(tally([1] * 8 + [0] * 2, (0, 1)))
        >>> found.low.round(4), found.high.round(4)
        (array([0.4902]), array([0.9433]))
    """
    worth = effective_n(sums, level=level)
    z2 = ndtri(0.5 + level / 2) ** 2
    centre = (sums.mean * worth + z2 / 2) / (worth + z2)
    half = np.sqrt(z2 * (worth * sums.mean * (1 - sums.mean) + z2 / 4)) / (worth + z2)
    return _within(sums, centre - half, centre + half, worth, "Wilson", level)


def scale_mean(sums: Cells, *, level: float = 0.95) -> Intervals:
    """Mean of a bounded scale of K points with the posterior of a Dirichlet distribution, 1/K in each cell.

    The limits are the equal-tailed posterior quantiles of the mean (Perks' prior: Perks (1947), Journal of the
    Institute of Actuaries 73, 285-334). Where all answers stand on an end of the scale, that end is the limit, as
    Brown, Cai and DasGupta (2001) do for Jeffreys' interval, of which this is the form for K cells.

    Args:
        sums: one cell per point, worth its score, ascending.
        level: level of the interval.

    Example:
        >>> from cxloop.stats.sums import tally
        >>> found = scale_mean(tally([4, 4, 4, 3, 2, 4, 4, 0, 3, 4], (1, 2, 3, 4, 5)))
        >>> found.value, found.low.round(2), found.high.round(2)
        (array([4.2]), array([3.22]), array([4.69]))
    """
    worth = effective_n(sums, level=level)
    weights = _scaled_counts(sums, worth) + 1 / sums.values.size
    low = mean_quantile(0.5 - level / 2, sums.values, weights)
    high = mean_quantile(0.5 + level / 2, sums.values, weights)
    low = np.where(sums.counts[:, 0] == sums.n, sums.values[0], low)
    high = np.where(sums.counts[:, -1] == sums.n, sums.values[-1], high)
    return _within(sums, low, high, worth, f"Dirichlet posterior, {sums.values.size} points", level)


def t_mean(sums: Moments, *, bounds: tuple[float, float] | None = None, level: float = 0.95) -> Intervals:
    """Mean with Student's t interval, C - 1 degrees of freedom for C customers.

    Student (1908), "The probable error of a mean", Biometrika 6, 1-25. Where all answers of a bounded scale are
    equal, t has no width and would claim certainty: then the share of answers that might differ, at most Wilson's
    upper limit of 0 in n, is allowed to stand at either end.

    Args:
        sums: the moments of each group.
        bounds: lowest and highest possible answer, where there are any.
        level: level of the interval.
    """
    worth = effective_n(sums, level=level)
    reach = stdtrit(np.maximum(sums.clusters.customers - 1, 1), 0.5 + level / 2)
    half = reach * np.sqrt(sums.variance / np.maximum(sums.n - 1, 1) * design_effect(sums))
    low, high = sums.mean - half, sums.mean + half
    if bounds is not None:
        z2 = ndtri(0.5 + level / 2) ** 2
        doubt = np.where(sums.variance <= 0, z2 / (worth + z2), 0.0)
        low = np.maximum(low - doubt * (sums.mean - bounds[0]), bounds[0])
        high = np.minimum(high + doubt * (bounds[1] - sums.mean), bounds[1])
    return _within(sums, low, high, worth, "t", level)


def _scaled_counts(sums: Cells, worth: Array) -> Array:
    """Returns the counts as if there were only as many answers as they are worth."""
    return np.asarray(sums.counts * (worth / np.maximum(sums.n, 1))[:, None])


def _within(sums: Cells | Moments, low: Array, high: Array, worth: Array, method: str, level: float) -> Intervals:
    """Returns the intervals, kept inside the scale and never without the estimate itself."""
    value = sums.mean
    if isinstance(sums, Cells):
        low, high = np.maximum(low, sums.values[0]), np.minimum(high, sums.values[-1])
    return Intervals(
        value, np.minimum(low, value), np.maximum(high, value), sums.n, sums.clusters.customers, worth, method, level
    )
