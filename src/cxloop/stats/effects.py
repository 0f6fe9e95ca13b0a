"""What goes with being in one of several groups, adjusted for what was known before: arrays in, results out.

Augmented inverse probability weighting for a treatment with several values: Cattaneo (2010), "Efficient semiparametric
estimation of multi-valued treatment effects under ignorability", Journal of Econometrics 155, 138-154; nuisances of
other folds as in Chernozhukov et al. (2018), "Double/debiased machine learning", The Econometrics Journal 21, C1-C68.
It adjusts for what the columns hold, and for nothing else: what they leave out stays in the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from cxloop.stats.aipw import mean_and_error
from cxloop.stats.sums import Array
from cxloop.stats.weighting import differences, effective_size

__all__ = ["Adjusted", "adjusted_means", "crossed_chances", "folds_of", "slope"]

LEAST = 0.01
"""Probabilities of being in a group are not taken for smaller, so that no single customer carries the result."""
_RIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Means that everybody would have in each of K groups, if the columns hold all that matters.

    Attributes:
        pseudo: what the mean of each group is the mean of, shape (n, K).
        chances: probability of each to be in each group, shape (n, K).
        effective: how many customers those of each group are worth once weighted, shape (K,).
        imbalance: largest standardised difference of a column between the weighted group and everybody, shape (K,).
    """

    pseudo: Array
    chances: Array
    effective: Array
    imbalance: Array

    def mean(self, group: int) -> tuple[float, float]:
        """Returns the mean of a group and its standard error."""
        return mean_and_error(self.pseudo[:, group])

    def contrast(self, group: int, other: int) -> tuple[float, float]:
        """Returns how much more the mean of one group is than another's, and the standard error."""
        return mean_and_error(self.pseudo[:, group] - self.pseudo[:, other])


def folds_of(size: int, folds: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """Returns a fold for each row, of equal sizes, shape (n,)."""
    return np.random.default_rng(seed).permutation(np.arange(size) % folds)


def adjusted_means(outcome: Array, group: NDArray[np.int64], groups: int, columns: Array, chances: Array) -> Adjusted:
    """Returns the means of an outcome in each group.

    Args:
        outcome: of everybody, shape (n,).
        group: of everybody, from 0, shape (n,).
        groups: how many groups there are.
        columns: what was known before, shape (n, p), without intercept.
        chances: probabilities of the groups by models of other folds, see `crossed_chances`, shape (n, groups).

    Raises:
        ValueError: a group is empty.
    """
    if np.unique(group).size < groups:
        raise ValueError("Every group needs somebody.")
    design = _standardised(columns)
    expected = np.column_stack([_crossed(design, outcome, group == at, _least_squares) for at in range(groups)])
    inside = group[:, None] == np.arange(groups)
    weights = np.where(inside, 1 / chances, 0.0)
    pseudo = expected + weights * (outcome[:, None] - expected)
    effective = np.array([effective_size(weights[inside[:, at], at]) for at in range(groups)])
    worst = [
        np.abs(differences(columns, inside[:, at], weights[inside[:, at], at])).max(initial=0.0) for at in range(groups)
    ]
    return Adjusted(pseudo, chances, effective, np.array(worst))


def crossed_chances(group: NDArray[np.int64], groups: int, columns: Array) -> Array:
    """Returns the probability of everybody to be in each group, by logistic models of other folds; rows sum to 1."""
    design = _standardised(columns)
    everybody = np.ones(group.size, dtype=bool)
    odds = np.column_stack([_crossed(design, group == at, everybody, _logistic) for at in range(groups)])
    return np.asarray(np.clip(odds / odds.sum(axis=1, keepdims=True), LEAST, 1.0))


def slope(outcome: Array, score: Array, columns: Array) -> tuple[float, float]:
    """Returns how much more of the outcome goes with one more of the score, and the standard error.

    Both less what the columns foretell of them, by models of other folds: Robinson (1988), "Root-N-consistent
    semiparametric regression", Econometrica 56, 931-954; the error does not need equal spread.
    """
    if score.std() <= 1e-12:
        return 0.0, float("inf")
    design, everybody = _standardised(columns), np.ones(score.size, dtype=bool)
    of_score = score - _crossed(design, score, everybody, _least_squares)
    of_outcome = outcome - _crossed(design, outcome, everybody, _least_squares)
    spread = float(of_score @ of_score)
    found = float(of_score @ of_outcome) / spread
    return found, float(np.sqrt(((of_score * (of_outcome - found * of_score)) ** 2).sum())) / spread


def _standardised(columns: Array) -> Array:
    """Returns the columns with an intercept, each around 0 with a spread of 1; those that never change are dropped."""
    spread = columns.std(axis=0)
    kept = columns[:, spread > 1e-12]
    return np.column_stack([np.ones(columns.shape[0]), (kept - kept.mean(axis=0)) / spread[spread > 1e-12]])


Fitter = Callable[[Array, Array], Callable[[Array], Array]]


def _crossed(design: Array, outcome: Array | NDArray[np.bool_], among: NDArray[np.bool_], fit: Fitter) -> Array:
    """Returns what models of the other folds, fitted `among` some rows, say of everybody."""
    fold = folds_of(design.shape[0])
    found = np.zeros(design.shape[0])
    for at in range(int(fold.max(initial=0)) + 1):
        other, here = among & (fold != at), fold == at
        found[here] = fit(design[other], np.asarray(outcome[other], dtype=float))(design[here])
    return found


def _least_squares(design: Array, outcome: Array) -> Callable[[Array], Array]:
    ridge = _RIDGE * max(design.shape[0], 1) * np.eye(design.shape[1])
    found = np.linalg.solve(design.T @ design + ridge, design.T @ outcome)
    return lambda rows: np.asarray(rows @ found)


def _logistic(design: Array, outcome: Array) -> Callable[[Array], Array]:
    """Newton's method with a ridge of 1 on all but the intercept: a small group is not told apart by chance alone."""
    ridge = np.diag([_RIDGE, *np.ones(design.shape[1] - 1)])
    found = np.zeros(design.shape[1])
    for _ in range(50):
        chance = expit(design @ found)
        spread = design.T @ (design * (chance * (1 - chance))[:, None]) + ridge
        step = np.linalg.solve(spread, design.T @ (outcome - chance) - ridge @ found)
        found = found + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-8:
            break
    return lambda rows: np.asarray(expit(rows @ found))
