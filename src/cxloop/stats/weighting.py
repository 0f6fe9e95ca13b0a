"""Weights that make those who answered look like everybody: raking, and how well weights do their work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cxloop.stats.sums import Array

__all__ = ["differences", "effective_size", "rake", "weighted_mean"]


def rake(
    codes: Sequence[NDArray[np.int64]], targets: Sequence[Array], *, rounds: int = 200, tolerance: float = 1e-9
) -> Array:
    """Returns weights with which each margin of the rows has its known total: iterative proportional fitting.

    Deming and Stephan (1940), "On a least squares adjustment of a sampled frequency table when the expected marginal
    totals are known", Annals of Mathematical Statistics 11, 427-444. Levels without a row, or without a total, are left
    out of their margin, so that the rest of it adds up; where margins contradict each other the last round stands.

    Args:
        codes: for each margin the level of every row, counted from 0, shape (n,).
        targets: for each margin the total of every level; totals of different margins are scaled to the first's.
        rounds: most rounds over all margins.
        tolerance: largest relative error of a margin that is small enough.

    Example:
        >>> rows = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
        >>> rake(rows, (np.array([30.0, 10.0]), np.array([20.0, 20.0])))
        array([15., 15.,  5.,  5.])
    """
    size = codes[0].size if codes else 0
    if size == 0:
        return np.ones(size)
    margins = [_reachable(levels, totals) for levels, totals in zip(codes, targets, strict=True)]
    whole = float(np.asarray(targets[0], dtype=float).sum())
    weights = np.full(size, whole / size)
    for _ in range(rounds):
        worst = 0.0
        for levels, shares in margins:
            now = np.bincount(levels, weights=weights, minlength=shares.size)
            factor = np.divide(shares * whole, now, out=np.ones_like(now), where=now > 0)
            weights = weights * factor[levels]
            worst = max(worst, float(np.abs(factor[now > 0] - 1).max(initial=0.0)))
        if worst < tolerance:
            break
    return weights


def _reachable(levels: NDArray[np.int64], totals: Array) -> tuple[NDArray[np.int64], Array]:
    """Returns a margin with shares of the levels that have rows and a total; rows without a total keep their share."""
    shares = np.asarray(totals, dtype=float) / np.sum(totals)
    here = np.bincount(levels, minlength=shares.size)
    wanted = np.where((here > 0) & (shares > 0), shares, 0.0)
    without = np.where((here > 0) & (shares <= 0), here / levels.size, 0.0)
    wanted = wanted * (1 - without.sum()) / max(wanted.sum(), 1e-12)
    return levels, wanted + without


def weighted_mean(values: Array, weights: Array) -> tuple[float, float]:
    """Returns the weighted mean and its standard error, linearised for a ratio (Taylor).

    Example:
        >>> mean, error = weighted_mean(np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
        >>> mean, round(error, 4)
        (0.5, 0.2887)
    """
    total = weights.sum()
    mean = float(weights @ values / total)
    count = max(values.size, 2)
    return mean, float(np.sqrt(((weights * (values - mean)) ** 2).sum() * count / (count - 1)) / total)


def effective_size(weights: Array) -> float:
    """Returns how many equally weighted rows weighted ones are worth: Kish (1965), Survey Sampling, 11.7.

    Example:
        >>> effective_size(np.array([1.0, 1.0, 2.0]))
        2.6666666666666665
    """
    squares = float((weights**2).sum())
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0


def differences(columns: Array, chosen: NDArray[np.bool_], weights: Array | None = None) -> Array:
    """Returns standardised mean differences between chosen rows and all rows, shape (p,).

    Mean of the chosen (weighted) minus mean of all, over the standard deviation of all: Austin (2009), "Balance
    diagnostics for comparing the distribution of baseline covariates between treatment groups in propensity-score
    matched samples", Statistics in Medicine 28, 3083-3107, with everybody as the group to be like.

    Args:
        columns: shape (n, p).
        chosen: who answered, shape (n,).
        weights: of the chosen, shape (chosen,); all alike without.

    Example:
        >>> differences(np.array([[0.0], [0.0], [2.0], [2.0]]), np.array([False, True, True, True]))
        array([0.33333333])
    """
    own = np.ones(int(chosen.sum())) if weights is None else weights
    mean = own @ columns[chosen] / own.sum()
    spread = columns.std(axis=0)
    apart: Array = np.divide(mean - columns.mean(axis=0), spread, out=np.zeros(spread.size), where=spread > 1e-12)
    return apart
