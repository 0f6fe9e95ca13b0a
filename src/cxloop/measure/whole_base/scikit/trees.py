"""Boosted trees for large bases, where what happens may hang on behaviour in ways that are no straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.stats.aipw import Flags
    from cxloop.stats.sums import Array

__all__ = ["trees"]


def trees(columns: Array, happened: Flags, others: Array) -> Array:
    """Returns the probability that it happens to each of the other rows, shape (rows of others,).

    One thread at a time: each of the many short steps waits for all threads, so that two of them take twice as long as
    one on a machine of two cores that does anything else.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import ThreadpoolController

    model = HistGradientBoostingClassifier(max_iter=60, max_depth=4, random_state=0)
    # counted for each thread of Python by itself, so that nobody else is held back
    with ThreadpoolController().limit(limits=1, user_api="openmp"):
        found: Array = model.fit(columns, happened).predict_proba(others)[:, 1]
    return found
