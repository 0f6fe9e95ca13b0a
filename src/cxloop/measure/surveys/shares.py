"""Shares with their intervals from sums over customers, for one group at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxloop.engine.base import Analysis
from cxloop.measure.estimate import numbers
from cxloop.measure.surveys.results import Known
from cxloop.stats import intervals
from cxloop.stats.sums import Array, Cells, Clusters, Moments

__all__ = ["mean_of", "share_of", "share_of_patterns"]

_ENDS = np.array([0.0, 1.0])


def share_of(
    ws: Analysis, n: float, of: float, *, customers: float, squares: float, sizes: float, size_squares: float
) -> Known:
    """Returns a share by Wilson's interval, clustered by customer.

    Args:
        ws: the workspace; its settings give the level and the minimum.
        n: how many of them.
        of: of how many.
        customers: whose they are.
        squares: sum over customers of (their number of n) squared.
        sizes: sum over customers of their number of n times their number of `of`.
        size_squares: sum over customers of (their number of `of`) squared.
    """
    clusters = Clusters(*(np.array([float(each)]) for each in (customers, squares, sizes, size_squares)))
    cells = Cells(_ENDS, np.array([[float(of - n), float(n)]]), clusters)
    measure = ws.settings.measure
    return numbers(intervals.share(cells, level=measure.level), measure.minimum_n)[0]


def share_of_patterns(ws: Analysis, n: Sequence[int], of: Sequence[int], customers: Sequence[int]) -> Known | None:
    """Returns the same from patterns: how often each is so for one customer, and for how many customers.

    None where `of` is nothing. What a customer has more of `n` than of `of`, because the window cuts between both,
    does not count.
    """
    base, weight = np.asarray(of, dtype=float), np.asarray(customers, dtype=float)
    top = np.minimum(np.asarray(n, dtype=float), base)
    if not base.size or not (weight * base).sum():
        return None
    return share_of(
        ws,
        float((weight * top).sum()),
        float((weight * base).sum()),
        customers=float(weight[base > 0].sum()),
        squares=float((weight * top**2).sum()),
        sizes=float((weight * top * base).sum()),
        size_squares=float((weight * base**2).sum()),
    )


def mean_of(
    ws: Analysis, n: float, total: float, squares: float, clusters: Clusters, bounds: tuple[float, float] | None = None
) -> Known:
    """Returns a mean with Student's t interval, clustered by customer.

    Args:
        ws: the workspace; its settings give the level and the minimum.
        n: how many numbers.
        total: their sum.
        squares: the sum of their squares.
        clusters: sums over customers.
        bounds: the least and the largest possible, where there are such.
    """
    sums: tuple[Array, ...] = tuple(np.array([float(each)]) for each in (n, total, squares))
    measure = ws.settings.measure
    found = intervals.t_mean(Moments(sums[0], sums[1], sums[2], clusters), bounds=bounds, level=measure.level)
    return numbers(found, max(measure.minimum_n, 2))[0]
