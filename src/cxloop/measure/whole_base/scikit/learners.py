"""Probabilities for everybody from models of the other folds, chosen by how well they are calibrated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cxloop.stats.sums import Array

__all__ = ["FOLDS", "cells_of_others", "fitted_mean", "folds_of", "mean_of_others", "odds_of_others"]

FOLDS = 5
MANY = 20_000
"""From so many rows on, boosted trees are tried beside logistic regression."""
MOST_ROWS = 100_000
"""A model learns from at most so many rows of its folds: more make it slower and hardly better."""
_STRENGTHS = (0.02, 0.1, 0.5)
_RIDGES = (30.0, 100.0, 300.0)
_LEAST = 1e-4
FEWEST = 3 * FOLDS
"""Where it happened, or did not, less often than this, nobody differs: the share of all is everybody's."""
Rows = NDArray[np.bool_]


def folds_of(count: int, seed: int) -> NDArray[np.int64]:
    """Returns the fold of each of `count` customers, as equal in size as can be."""
    return np.random.default_rng(seed).permutation(np.arange(count) % FOLDS)


def odds_of_others(columns: Array, happened: Rows, among: Rows, fold: NDArray[np.int64]) -> Array:
    """Returns the probability that it happened, of each row by models that have not seen the row's fold.

    Args:
        columns: shape (n, p).
        happened: shape (n,).
        among: rows that models learn from, shape (n,).
        fold: shape (n,).
    """
    rarer = min(int(happened[among].sum()), int((~happened[among]).sum()))
    if rarer < FEWEST:
        return np.full(happened.size, np.clip(happened[among].mean(), _LEAST, 1.0))
    make = _chosen(columns[among], happened[among])
    found = np.empty(happened.size)
    for number, learning in _splits(fold, among):
        model = make().fit(columns[learning], happened[learning])
        found[fold == number] = model.predict_proba(columns[fold == number])[:, 1]
    return np.clip(found, _LEAST, 1.0)


def cells_of_others(columns: Array, cell: NDArray[np.intp], among: Rows, fold: NDArray[np.int64], count: int) -> Array:
    """Returns the probabilities of each of `count` answers, shape (n, count), by models without the row's fold.

    Linear probabilities with a ridge: with few answers per cell they are steadier than a multinomial model, and the
    doubly robust estimate forgives them what they miss.
    """
    from sklearn.linear_model import Ridge, RidgeCV

    shares = np.eye(count)[np.where(among, cell, 0)]
    strength = RidgeCV(alphas=_RIDGES).fit(columns[among], shares[among]).alpha_
    found = np.empty((cell.size, count))
    for number, learning in _splits(fold, among):
        model = Ridge(alpha=strength).fit(columns[learning], shares[learning])
        found[fold == number] = model.predict(columns[fold == number])
    found = np.clip(found, _LEAST, None)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def fitted_mean(columns: Array, outcome: Array, among: Rows) -> Array:
    """Returns the mean outcome that the columns make expected of each row, learned from the rows `among`."""
    from sklearn.linear_model import RidgeCV

    step = max(1, int(among.sum()) // MOST_ROWS)
    learning = np.flatnonzero(among)[::step]
    found: Array = RidgeCV(alphas=_RIDGES).fit(columns[learning], outcome[learning]).predict(columns)
    return found


def mean_of_others(columns: Array, outcome: Array, among: Rows, fold: NDArray[np.int64]) -> Array:
    """Returns the mean outcome expected of each row by models of rows `among` that have not seen the row's fold."""
    from sklearn.linear_model import Ridge, RidgeCV

    strength = RidgeCV(alphas=_RIDGES).fit(columns[among], outcome[among]).alpha_
    found = np.empty(outcome.size)
    for number, learning in _splits(fold, among):
        found[fold == number] = (
            Ridge(alpha=strength).fit(columns[learning], outcome[learning]).predict(columns[fold == number])
        )
    return found


def _splits(fold: NDArray[np.int64], among: Rows) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yields each fold with the rows that its model learns from."""
    for number in range(FOLDS):
        learning = np.flatnonzero(among & (fold != number))
        yield number, learning[:: max(1, -(-learning.size // MOST_ROWS))]


def _chosen(columns: Array, happened: Rows) -> Callable[[], Any]:
    """Returns what makes the model with the smallest log loss on rows that it has not seen."""
    from sklearn.model_selection import cross_val_score

    step = max(1, happened.size // MANY)
    few = columns[::step], happened[::step]
    makers = list(_candidates(happened.size))
    losses = [-cross_val_score(make(), *few, cv=3, scoring="neg_log_loss").mean() for make in makers]
    return makers[int(np.argmin(losses))]


def _candidates(rows: int) -> Sequence[Callable[[], Any]]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    makers: list[Callable[[], Any]] = [partial(LogisticRegression, C=strength, max_iter=200) for strength in _STRENGTHS]
    if rows >= MANY:
        makers.append(partial(HistGradientBoostingClassifier, max_iter=60, max_depth=4, random_state=0))
    return makers
