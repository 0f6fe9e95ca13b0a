"""Quantiles of the mean of a scale whose cell shares follow a Dirichlet distribution, without simulation.

The mean lies below q exactly when the sum of (value - q) Gamma(a) over the cells is negative, and the distribution of
such a sum follows from its moment generating function by inversion. The path of integration leads through the
saddlepoint along the direction of steepest descent, where nothing oscillates and few points are enough: Rice (1980),
"Distribution of quadratic forms in normal random variables: evaluation by numerical integration", SIAM Journal on
Scientific and Statistical Computing 1(4), 438-448. The same input gives the same limits on every machine.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from cxloop.stats.sums import Array

__all__ = ["mean_cdf", "mean_quantile"]

_STEP = 0.1
_TURN = np.arange(0.0, 9.0, _STEP)
_PATH, _SPEED = np.sinh(_TURN), np.cosh(_TURN) * np.where(_TURN == 0, _STEP / 2, _STEP)
_BLOCK = 512
_ROUNDS = 24
_CLOSE = 1e-4  # of a standard deviation: a hundredth of what the last digit shown can tell
_FAR = 8.0
_POLE = 0.3  # how near, in standard deviations, the path may pass the pole at 0


def mean_cdf(at: Array, values: Array, weights: Array) -> Array:
    """Returns the probability that the mean lies below `at`, shape (groups,).

    Args:
        at: where to look, shape (groups,).
        values: value of each cell, shape (cells,).
        weights: parameters of the Dirichlet distribution, shape (groups, cells), all positive.

    Example:
        >>> mean_cdf(np.array([0.5]), np.array([0.0, 1.0]), np.array([[3.0, 3.0]])).round(4)
        array([0.5])
    """
    rates = values[None, :] - at[:, None]
    start = _saddlepoint(rates, weights)
    tilted = rates / (1 - rates * start[:, None])
    second, third = ((weights * tilted**power).sum(axis=1) * (power - 1) for power in (2, 3))
    reach, bend = 1 / np.sqrt(second), third / (6 * second)
    upward = reach[:, None] * _PATH
    path = start[:, None] + bend[:, None] * upward**2 + 1j * upward
    speed = (2 * bend[:, None] * upward + 1j) * reach[:, None] * _SPEED
    logs = np.log(1 - rates[:, :, None] * path[:, None, :])
    area = (np.exp(-np.einsum("gk,gkt->gt", weights, logs)) / path * speed).imag.sum(axis=1) / np.pi
    return np.asarray(np.clip(np.where(start < 0, -area, 1 - area), 0.0, 1.0))


def _saddlepoint(rates: Array, weights: Array) -> Array:
    """Returns where the path crosses the real axis: the least value of the generating function, but not the pole.

    Newton's method on the derivative of its logarithm, which rises from -inf to inf between the two singularities.
    """
    low, high = 1 / rates.min(axis=1), 1 / rates.max(axis=1)
    at = np.zeros(rates.shape[0])
    for _ in range(_ROUNDS):
        tilted = rates / (1 - rates * at[:, None])
        slope, bend = (weights * tilted).sum(axis=1), (weights * tilted**2).sum(axis=1)
        low, high = np.where(slope < 0, at, low), np.where(slope > 0, at, high)
        at = _inside(at - slope / bend, low, high)
    off_pole = _POLE / np.sqrt((weights * rates**2).sum(axis=1))
    return np.asarray(np.where(np.abs(at) < off_pole, np.copysign(off_pole, at), at))


def mean_quantile(probability: float, values: Array, weights: Array) -> Array:
    """Returns the quantile of the mean of each group, shape (groups,).

    Args:
        probability: between 0 and 1.
        values: value of each cell, ascending, shape (cells,).
        weights: parameters of the Dirichlet distribution, shape (groups, cells), all positive.

    Example:
        >>> mean_quantile(0.5, np.array([1.0, 2, 3, 4, 5]), np.array([[2.0, 2, 2, 2, 2]])).round(4)
        array([3.])
    """
    # Equal groups have equal limits, and small groups are often equal: each is computed once.
    unique, back = np.unique(weights, axis=0, return_inverse=True)
    blocks = [
        _solve(probability, values, unique[start : start + _BLOCK]) for start in range(0, unique.shape[0], _BLOCK)
    ]
    return np.concatenate(blocks)[back.ravel()] if blocks else np.empty(0)


def _solve(probability: float, values: Array, weights: Array) -> Array:
    """Walks to the quantile through the beta distribution with the same mean and variance, which is nearly right."""
    target = ndtri(probability)
    shape = _matching_beta(values, weights)
    width = values[-1] - values[0]
    at = np.full(weights.shape[0], target)
    low, high = np.full_like(at, -_FAR), np.full_like(at, _FAR)
    waiting = np.arange(at.size)
    for _ in range(_ROUNDS):
        place = values[0] + width * betaincinv(shape[0][waiting], shape[1][waiting], ndtr(at[waiting]))
        miss = _normal(mean_cdf(place, values, weights[waiting])) - target
        low[waiting], high[waiting] = (
            np.where(miss < 0, at[waiting], low[waiting]),
            np.where(miss > 0, at[waiting], high[waiting]),
        )
        far = np.abs(miss) > _CLOSE
        waiting, miss = waiting[far], miss[far]
        if waiting.size == 0:
            break
        at[waiting] = _inside(at[waiting] - miss, low[waiting], high[waiting])
    return np.asarray(values[0] + width * betaincinv(*shape, ndtr(at)))


def _matching_beta(values: Array, weights: Array) -> tuple[Array, Array]:
    """Returns the two parameters of the beta distribution on the scale with the same mean and variance."""
    total = weights.sum(axis=1)
    share = (weights @ values / total - values[0]) / (values[-1] - values[0])
    spread = (values[None, :] - values[0]) / (values[-1] - values[0]) - share[:, None]
    variance = (weights * spread**2).sum(axis=1) / total / (total + 1)
    size = share * (1 - share) / variance - 1
    return share * size, (1 - share) * size


def _normal(probability: Array) -> Array:
    return np.asarray(ndtri(np.clip(probability, 1e-9, 1 - 1e-9)))


def _inside(at: Array, low: Array, high: Array) -> Array:
    """Returns `at`, or the middle of the bracket where it left it."""
    return np.asarray(np.where((at > low) & (at < high), at, (low + high) / 2))
