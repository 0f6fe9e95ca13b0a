"""Probabilities for everybody from models of the other folds, chosen by how well they are calibrated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cxloop.stats.penalised import chances, logistic_ridge, loss, mean_ridge, means, steadiest

if TYPE_CHECKING:
    from cxloop.stats.aipw import Flags
    from cxloop.stats.sums import Array

__all__ = [
    "FOLDS",
    "Learner",
    "cells_of_others",
    "fitted_mean",
    "folds_of",
    "learner",
    "mean_of_others",
    "odds_of_others",
]

FOLDS, TRIALS = 5, 3
MANY = 20_000
"""From so many rows on, boosted trees are tried beside logistic regression."""
MOST_ROWS = 100_000
"""A model learns from at most so many rows of its folds: more make it slower and hardly better."""
_STRENGTHS = (0.02, 0.1, 0.5)
_RIDGES = (30.0, 100.0, 300.0)
_LEAST = 1e-4
FEWEST = 3 * FOLDS
"""Where it happened, or did not, less often than this, nobody differs: the share of all is everybody's."""


class Learner(Protocol):
    """Learns from rows what happened, and returns the probability of each of the other rows."""

    def __call__(self, columns: Array, happened: Flags, others: Array) -> Array:
        """Returns probabilities, shape (rows of others,)."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Learns by a logistic regression with a ridge; `strength` is how far the rows are trusted."""

    strength: float

    def __call__(self, columns: Array, happened: Flags, others: Array) -> Array:
        return chances(others, logistic_ridge(columns, happened, self.strength))


def folds_of(count: int, seed: int) -> NDArray[np.int64]:
    """Returns the fold of each of `count` customers, as equal in size as can be."""
    return np.random.default_rng(seed).permutation(np.arange(count) % FOLDS)


def odds_of_others(
    columns: Array, happened: Flags, among: Flags, fold: NDArray[np.int64], by: Learner | None = None
) -> Array:
    """Returns the probability that it happened, of each row by models that have not seen the row's fold.

    Args:
        columns: shape (n, p).
        happened: shape (n,).
        among: rows that models learn from, shape (n,).
        fold: shape (n,).
        by: what learns; the one that does best on rows not seen, unless it has been chosen already.
    """
    if _alike(happened[among]):
        return np.full(happened.size, np.clip(happened[among].mean(), _LEAST, 1.0))
    chosen = by or learner(columns[among], happened[among])
    found = np.empty(happened.size)
    for number, learning in _splits(fold, among):
        rows = fold == number
        found[rows] = chosen(columns[learning], happened[learning], columns[rows])
    return np.clip(found, _LEAST, 1.0)


def _alike(happened: Flags) -> bool:
    return min(int(happened.sum()), int((~happened).sum())) < FEWEST


def learner(columns: Array, happened: Flags) -> Learner:
    """Returns what has the smallest log loss on rows that it has not seen: it happened to at least `FEWEST` of them."""
    step = max(1, happened.size // MANY)
    columns, seen = columns[::step], happened[::step]
    found: list[tuple[float, Learner]] = [(_loss(Logistic(each), columns, seen), Logistic(each)) for each in _STRENGTHS]
    if happened.size >= MANY:
        from cxloop.measure.whole_base.scikit.trees import trees

        found.append((_loss(trees, columns, seen), trees))
    return min(found, key=lambda pair: pair[0])[1]


def _loss(learning: Learner, columns: Array, happened: Flags) -> float:
    """Returns the log loss on thirds that were not seen, in each of which it happened equally often."""
    third = np.empty(happened.size, dtype=np.int64)
    for group in (happened, ~happened):
        third[group] = np.arange(int(group.sum())) * TRIALS // max(int(group.sum()), 1)
    losses = []
    for number in range(TRIALS):
        own = third == number
        losses.append(loss(learning(columns[~own], happened[~own], columns[own]), happened[own]))
    return float(np.mean(losses))


def cells_of_others(columns: Array, cell: NDArray[np.intp], among: Flags, fold: NDArray[np.int64], count: int) -> Array:
    """Returns the probabilities of each of `count` answers, shape (n, count), by models without the row's fold.

    Linear probabilities with a ridge: with few answers per cell they are steadier than a multinomial model, and the
    doubly robust estimate forgives them what they miss.
    """
    shares = np.eye(count)[np.where(among, cell, 0)]
    found = np.clip(_expected(columns, shares, among, fold), _LEAST, None)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def mean_of_others(columns: Array, outcome: Array, among: Flags, fold: NDArray[np.int64]) -> Array:
    """Returns the mean outcome expected of each row by models of rows `among` that have not seen the row's fold."""
    return _expected(columns, outcome[:, None], among, fold)[:, 0]


def _expected(columns: Array, outcomes: Array, among: Flags, fold: NDArray[np.int64]) -> Array:
    learn = partial(mean_ridge, penalty=steadiest(columns[among], outcomes[among], _RIDGES))
    found = np.empty(outcomes.shape)
    for number, learning in _splits(fold, among):
        rows = fold == number
        found[rows] = means(columns[rows], learn(columns[learning], outcomes[learning]))
    return found


def fitted_mean(columns: Array, outcome: Array, among: Flags) -> Array:
    """Returns the mean outcome that the columns make expected of each row, learned from the rows `among`."""
    step = max(1, int(among.sum()) // MOST_ROWS)
    learning = np.flatnonzero(among)[::step]
    known, said = columns[learning], outcome[learning, None]
    return means(columns, mean_ridge(known, said, steadiest(known, said, _RIDGES)))[:, 0]


def _splits(fold: NDArray[np.int64], among: Flags) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yields each fold with the rows that its model learns from."""
    for number in range(FOLDS):
        learning = np.flatnonzero(among & (fold != number))
        yield number, learning[:: max(1, -(-learning.size // MOST_ROWS))]
