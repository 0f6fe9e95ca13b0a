"""Regressions with a ridge, exactly and fast: probabilities that it happened, and means, for hundreds of small fits.

A score of all customers needs some two hundred fits of a few thousand rows and a few dozen columns. A general library
takes longer to start than these take, and its threads wait for each other on a busy machine. The optimum is the same:
both penalised likelihoods are strictly convex, and tests hold them against scikit-learn.

Logistic: le Cessie and van Houwelingen (1992), "Ridge estimators in logistic regression", Applied Statistics 41,
191-201. Means: Hoerl and Kennard (1970), "Ridge regression: biased estimation for nonorthogonal problems",
Technometrics 12, 55-67; the strength by leave-one-out, which needs no second fit: Allen (1974), "The relationship
between variable selection and data augmentation and a method for prediction", Technometrics 16, 125-127.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from cxloop.stats.aipw import Flags
from cxloop.stats.sums import Array

__all__ = ["chances", "logistic_ridge", "loss", "mean_ridge", "means", "steadiest"]

MOST_STEPS, ENOUGH = 60, 1e-4
_EDGE = 1e-12


def logistic_ridge(columns: Array, happened: Flags, strength: float, start: Array | None = None) -> Array:
    """Returns the coefficients that make |slopes|^2 / 2 + strength * (minus the log-likelihood) smallest, shape (p+1,).

    Newton's method, with shorter steps where a whole one leads up. The intercept comes last and is not penalised.

    Args:
        columns: about standardised, without intercept, shape (n, p).
        happened: both ways at least once, shape (n,).
        strength: larger trusts the rows more (scikit-learn's C).
        start: where to begin, such as the coefficients of another strength.
    """
    design = np.column_stack([columns, np.ones(happened.size)])
    ridge = np.append(np.ones(columns.shape[1]), 0.0) / strength
    seen = happened.astype(float)
    found = _share(seen, design.shape[1]) if start is None else start
    height = _height(design @ found, seen, found, ridge)
    for _ in range(MOST_STEPS):
        odds = expit(design @ found)
        slope = design.T @ (seen - odds) - ridge * found
        curve = design.T @ (design * (odds * (1.0 - odds))[:, None])
        curve[np.diag_indices_from(curve)] += ridge + _EDGE
        step = np.linalg.solve(curve, slope)
        found, height = _downhill(design, seen, ridge, found, step, height)
        if float(slope @ step) < ENOUGH:  # taken all the same: what is left after it is of the square of this
            break
    return found


def _share(seen: Array, width: int) -> Array:
    """The model in which nobody differs."""
    share = float(np.clip(seen.mean(), _EDGE, 1.0 - _EDGE))
    return np.append(np.zeros(width - 1), np.log(share / (1.0 - share)))


def _height(line: Array, seen: Array, found: Array, ridge: Array) -> float:
    return float(np.logaddexp(0.0, line).sum() - seen @ line + 0.5 * (ridge * found) @ found)


def _downhill(
    design: Array, seen: Array, ridge: Array, found: Array, step: Array, height: float
) -> tuple[Array, float]:
    """Returns the first of halved steps that leads down, and how high that is."""
    for _ in range(30):
        there = found + step
        now = _height(design @ there, seen, there, ridge)
        if now <= height + _EDGE * abs(height):
            return there, now
        step = step / 2
    return found, height


def chances(columns: Array, found: Array) -> Array:
    """Returns the probability that it happens to each row, shape (n,), by coefficients of `logistic_ridge`."""
    return np.asarray(expit(columns @ found[:-1] + found[-1]))


def loss(chance: Array, happened: Flags) -> float:
    """Returns the mean log loss of probabilities; smaller is better.

    Example:
        >>> round(loss(np.array([0.5, 0.5]), np.array([True, False])), 4)
        0.6931
    """
    kept = np.clip(chance, _EDGE, 1.0 - _EDGE)
    return float(-np.log(np.where(happened, kept, 1.0 - kept)).mean())


def mean_ridge(columns: Array, outcomes: Array, penalty: float) -> Array:
    """Returns the coefficients that make the squared error + penalty * |slopes|^2 smallest, shape (p+1, k).

    Args:
        columns: without intercept, shape (n, p).
        outcomes: shape (n, k).
        penalty: larger trusts the rows less (scikit-learn's alpha).
    """
    middle, usual = columns.mean(axis=0), outcomes.mean(axis=0)
    centred = columns - middle
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += penalty
    slopes = np.linalg.solve(gram, centred.T @ (outcomes - usual))
    return np.vstack([slopes, usual - middle @ slopes])


def means(columns: Array, found: Array) -> Array:
    """Returns the means expected of each row, shape (n, k), by coefficients of `mean_ridge`."""
    return np.asarray(columns @ found[:-1] + found[-1])


def steadiest(columns: Array, outcomes: Array, penalties: Sequence[float]) -> float:
    """Returns the penalty with the smallest squared error on rows left out one by one, over all outcomes together.

    Args:
        columns: without intercept, shape (n, p).
        outcomes: shape (n, k).
        penalties: those to try.
    """
    centred = columns - columns.mean(axis=0)
    apart = outcomes - outcomes.mean(axis=0)
    sizes, axes = np.linalg.eigh(centred.T @ centred)
    along = centred @ axes
    shadow = along.T @ apart
    errors = []
    for penalty in penalties:
        shrunk = 1.0 / (np.maximum(sizes, 0.0) + penalty)
        fitted = along @ (shrunk[:, None] * shadow)
        own = (along**2) @ shrunk + 1.0 / apart.shape[0]
        errors.append(float((((apart - fitted) / np.maximum(1.0 - own, _EDGE)[:, None]) ** 2).mean()))
    return float(penalties[int(np.argmin(errors))])
