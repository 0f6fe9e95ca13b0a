"""Shrinkage: what groups of unequal size are worth once luck is taken out, and where they probably stand.

The model is y_j ~ N(theta_j, v_j) with theta_j ~ N(mu, tau^2): every group's observed number is its true one plus luck,
and the true ones scatter around a common mean. How much they scatter is not known, so nothing rests on one value of
it: everything is averaged over the posterior of tau, with a flat prior on mu and on tau (Gelman et al. 2013, Bayesian
Data Analysis, 3rd edition, section 5.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc, ndtr

from cxloop.stats.sums import Array

__all__ = ["FEWEST", "Places", "Posterior", "Spread", "funnel", "places", "posterior", "spread"]

FEWEST = 3
"""With fewer groups nobody can tell how much they differ: the posterior of tau has no finite mass."""
_POINTS = 121
"""Values of tau that are averaged over; the density is smooth and they stand where it is."""
_DEEP = 14.0
"""Log density below its peak at which the rest may be left out: under a millionth."""
_ROWS = 4_000_000
"""Numbers in one block of draws, so that thousands of groups stay within some tens of megabytes."""


@dataclass(frozen=True)
class Spread:
    """How much groups differ beyond luck.

    Attributes:
        tau: standard deviation of the true values, restricted maximum likelihood.
        mean: mean of the true values, each group weighted by 1 / (v + tau^2).
        se: its standard error, for a known tau.
        q: Cochran's statistic of homogeneity.
        p: probability of so large a q if all groups were the same.
        reliability: share of the differences between groups that is not luck, 0 to 1: tau^2 / (tau^2 + typical v).
    """

    tau: float
    mean: float
    se: float
    q: float
    p: float
    reliability: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of the true values, as a mixture of normal distributions over values of tau.

    Attributes:
        tau: values of tau, shape (points,).
        weight: their probabilities, shape (points,).
        centre: mean of mu for each tau, shape (points,).
        centre_variance: its variance, shape (points,).
        y: observed values, shape (groups,).
        v: their sampling variances, shape (groups,).
    """

    tau: Array
    weight: Array
    centre: Array
    centre_variance: Array
    y: Array
    v: Array

    @property
    def _shrink(self) -> Array:
        """How far each group is drawn to the mean at each tau, shape (points, groups): 0 not at all, 1 entirely."""
        return np.asarray(self.v / (self.v + self.tau[:, None] ** 2))

    @property
    def _means(self) -> Array:
        shrink = self._shrink
        return np.asarray((1 - shrink) * self.y + shrink * self.centre[:, None])

    @property
    def _variances(self) -> Array:
        shrink = self._shrink
        return np.asarray((1 - shrink) * self.v + shrink**2 * self.centre_variance[:, None])

    @property
    def mean(self) -> Array:
        """Posterior mean of each group, shape (groups,)."""
        return np.asarray(self.weight @ self._means)

    @property
    def sd(self) -> Array:
        """Posterior standard deviation of each group, shape (groups,)."""
        spread = self.weight @ (self._variances + self._means**2) - self.mean**2
        return np.asarray(np.sqrt(np.maximum(spread, 0.0)))

    @property
    def overall(self) -> tuple[float, float]:
        """Posterior mean and standard deviation of mu."""
        mean = float(self.weight @ self.centre)
        return mean, float(np.sqrt(self.weight @ (self.centre_variance + (self.centre - mean) ** 2)))

    def interval(self, level: float) -> tuple[Array, Array]:
        """Returns the ends of the central interval of each group, each of shape (groups,)."""
        return self._quantile(0.5 - level / 2), self._quantile(0.5 + level / 2)

    def _quantile(self, probability: float) -> Array:
        """Halves the bracket: the mixture's distribution function rises everywhere, so it always closes in."""
        means, sds = self._means, np.sqrt(self._variances)
        low, high = (means - 12 * sds).min(axis=0), (means + 12 * sds).max(axis=0)
        for _ in range(48):
            middle = (low + high) / 2
            under = self.weight @ ndtr((middle - means) / sds) < probability
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.asarray((low + high) / 2)

    def below(self, value: float) -> Array:
        """Returns the probability that each group's true value is under `value`, shape (groups,)."""
        return np.asarray(self.weight @ ndtr((value - self._means) / np.sqrt(self._variances)))

    def draws(self, count: int, seed: int) -> Iterator[Array]:
        """Gives draws of all true values together, in blocks of shape (draws, groups)."""
        rng = np.random.default_rng(seed)
        # As many draws of each tau as its probability says: less noise than drawing tau as well.
        edges = np.cumsum(self.weight)
        chosen = np.minimum(np.searchsorted(edges, (np.arange(count) + 0.5) / count * edges[-1]), self.tau.size - 1)
        size = max(1, _ROWS // max(1, self.y.size))
        for start in range(0, count, size):
            at = chosen[start : start + size]
            mu = self.centre[at] + np.sqrt(self.centre_variance[at]) * rng.standard_normal(at.size)
            shrink = self.v / (self.v + self.tau[at, None] ** 2)
            noise = rng.standard_normal((at.size, self.y.size))
            yield (1 - shrink) * self.y + shrink * mu[:, None] + np.sqrt((1 - shrink) * self.v) * noise


@dataclass(frozen=True, eq=False)
class Places:
    """Where groups probably stand, the lowest value first.

    Attributes:
        lowest: probability of being among the `fifth` lowest, shape (groups,).
        highest: probability of being among the `fifth` highest.
        first: lower end of the interval of the rank, 1 for the lowest value.
        last: its upper end.
        fifth: how many groups a fifth is.
        draws: how many draws it rests on; the error of a probability is at most .5 / sqrt(draws).
    """

    lowest: Array
    highest: Array
    first: Array
    last: Array
    fifth: int
    draws: int


def spread(y: Array, v: Array) -> Spread:
    """Returns how much groups differ beyond luck.

    Restricted maximum likelihood: Viechtbauer (2005), "Bias and efficiency of meta-analytic variance estimators in the
    random-effects model", Journal of Educational and Behavioral Statistics 30(3). Homogeneity: Cochran (1954), "The
    combination of estimates from different experiments", Biometrics 10(1). Typical v: Higgins and Thompson (2002),
    "Quantifying heterogeneity in a meta-analysis", Statistics in Medicine 21(11).

    Args:
        y: observed values, shape (groups,), at least two.
        v: their sampling variances, all positive.

    Example:
        >>> found, errors = np.array([28, 8, -3, 7, -1, 1, 18, 12.0]), np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
        >>> round(spread(found, errors**2).q, 2)
        4.71
    """
    top = 10 * float(np.std(y)) + 1e-12
    found = minimize_scalar(
        lambda tau: -float(_restricted(y, v, np.array([tau]))[0]), bounds=(0.0, top), method="bounded"
    )
    at_zero, at_best = _restricted(y, v, np.array([0.0, float(found.x)]))
    tau = float(found.x) if at_best > at_zero + 1e-3 else 0.0  # else none is as likely
    weight = 1 / (v + tau**2)
    fixed = 1 / v
    common = float(fixed @ y / fixed.sum())
    q = float(fixed @ (y - common) ** 2)
    typical = (y.size - 1) * fixed.sum() / (fixed.sum() ** 2 - fixed @ fixed)
    return Spread(
        tau=tau,
        mean=float(weight @ y / weight.sum()),
        se=float(1 / np.sqrt(weight.sum())),
        q=q,
        p=float(chdtrc(y.size - 1, q)),
        reliability=float(tau**2 / (tau**2 + typical)),
    )


def posterior(y: Array, v: Array) -> Posterior:
    """Returns what is known of the true values of groups.

    Args:
        y: observed values, shape (groups,), at least `FEWEST`.
        v: their sampling variances, all positive.

    Example:
        >>> found, errors = np.array([28, 8, -3, 7, -1, 1, 18, 12.0]), np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
        >>> posterior(found, errors**2).mean.round(0)
        array([11.,  8.,  6.,  8.,  5.,  6., 11.,  8.])
    """
    tau, weight = _grid(y, v)
    precision = 1 / (v + tau[:, None] ** 2)
    total = precision.sum(axis=1)
    return Posterior(tau, weight, (precision @ y) / total, 1 / total, y, v)


def places(known: Posterior, *, fifth: int, draws: int, seed: int, level: float = 0.95) -> Places:
    """Returns where groups probably stand, from draws of all true values together.

    Intervals of ranks: Goldstein and Spiegelhalter (1996), "League tables and their limitations", Journal of the Royal
    Statistical Society A 159(3).

    Args:
        known: the posterior.
        fifth: how many of the lowest and of the highest are meant.
        draws: how many draws.
        seed: of the draws: the same seed gives the same probabilities.
        level: of the intervals of ranks.
    """
    ranks = np.concatenate([_ranks(block) for block in known.draws(draws, seed)])
    tail = 0.5 - level / 2
    first, last = np.quantile(ranks, (tail, 1 - tail), axis=0, method="inverted_cdf")
    lowest, highest = (ranks <= fifth).mean(axis=0), (ranks > known.y.size - fifth).mean(axis=0)
    return Places(lowest, highest, first, last, fifth, draws)


def funnel(centre: float, one: float, n: Array, level: float) -> tuple[Array, Array]:
    """Returns between which limits groups of `n` answers lie by luck alone, with probability `level`.

    Spiegelhalter (2005), "Funnel plots for comparing institutional performance", Statistics in Medicine 24(8), the
    normal approximation of section 2.2.

    Args:
        centre: the common value.
        one: standard deviation of one answer.
        n: sizes of groups.
        level: such as .95 or .998.
    """
    from scipy.special import ndtri

    half = float(ndtri(0.5 + level / 2)) * one / np.sqrt(n)
    return np.asarray(centre - half), np.asarray(centre + half)


def _ranks(values: Array) -> Array:
    ranks = np.empty(values.shape, np.int32)
    np.put_along_axis(ranks, values.argsort(axis=1), np.arange(1, values.shape[1] + 1, dtype=np.int32)[None, :], axis=1)
    return ranks  # type: ignore[return-value]


def _restricted(y: Array, v: Array, tau: Array) -> Array:
    """Returns the restricted log likelihood of each tau, which is also the log posterior for a flat prior."""
    variance = v + tau[:, None] ** 2
    precision = 1 / variance
    total = precision.sum(axis=1)
    centre = (precision @ y) / total
    squares = (precision * (y - centre[:, None]) ** 2).sum(axis=1)
    return np.asarray(-0.5 * (np.log(variance).sum(axis=1) + np.log(total) + squares))


def _grid(y: Array, v: Array) -> tuple[Array, Array]:
    """Returns values of tau and their probabilities, where the posterior has its mass.

    tau = s u / (1 - u) reaches from nothing to any size; a first pass finds where the density is.
    """
    size = float(np.std(y) + np.sqrt(np.median(v)))
    first = (np.arange(400) + 0.5) / 400
    density = _log_density(y, v, first, size)
    inside = np.flatnonzero(density > density.max() - _DEEP)
    low, high = max(first[inside[0]] - 1 / 400, 0.0), min(first[inside[-1]] + 1 / 400, 1.0)
    u = low + (high - low) * (np.arange(_POINTS) + 0.5) / _POINTS
    density = _log_density(y, v, u, size)
    weight = np.exp(density - density.max())
    return size * u / (1 - u), weight / weight.sum()


def _log_density(y: Array, v: Array, u: Array, size: float) -> Array:
    return np.asarray(_restricted(y, v, size * u / (1 - u)) - 2 * np.log1p(-u))
