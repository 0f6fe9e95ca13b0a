"""Histories of customers as compressed counts: every history that occurs once, with how many customers have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxloop.stats.sums import Array

__all__ = ["Cells", "compress"]

_WHOLE = 1 << 20
"""Whole numbers below it need no sorting; three of them fit into one."""


@dataclass(frozen=True)
class Cells:
    """Distinct histories, all arrays of shape (c,).

    Attributes:
        frequency: how often customers bought again after their first purchase.
        recency: time from the first to the last purchase; 0 where there was one.
        age: time from the first purchase to the end of what was seen, in the same unit.
        customers: how many have this history.
    """

    frequency: Array
    recency: Array
    age: Array
    customers: Array


def compress(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> tuple[Cells, NDArray[np.intp]]:
    """Returns the distinct histories, and for each customer the place of its own.

    Args:
        frequency: repeat purchases of each customer, shape (n,), whole and 0 or more.
        recency: time from the first to the last purchase, shape (n,), between 0 and `age`.
        age: time from the first purchase to the end of what was seen, shape (n,).

    Raises:
        ValueError: lengths differ, or a history is none: negative, not finite, or bought again in no time.

    Example:
        >>> cells, place = compress([0, 2, 0], [0, 5, 0], [9, 9, 9])
        >>> cells.customers.tolist(), place.tolist()
        ([2.0, 1.0], [0, 1, 0])
    """
    columns = [np.asarray(column, dtype=float).ravel() for column in (frequency, recency, age)]
    _check(*columns)
    coded = [_codes(column) for column in columns]
    key = np.zeros(columns[0].size, dtype=np.int64)
    for codes, values in coded:
        key = key * _size(values) + codes
    # Not where each comes first: that takes a stable sort, three times as long. The key says what it stands for.
    left, place, customers = np.unique(key, return_inverse=True, return_counts=True)
    found = []
    for _, values in reversed(coded):
        left, codes = np.divmod(left, _size(values))
        found.append(codes.astype(float) if isinstance(values, int) else values[codes])
    return Cells(found[2], found[1], found[0], customers.astype(float)), place


def _size(values: Array | int) -> int:
    return values if isinstance(values, int) else values.size


def _codes(column: Array) -> tuple[NDArray[np.int64], Array | int]:
    """Whole numbers that stand for values, and the values; of days, which stand for themselves, how many."""
    whole = column.astype(np.int64)
    most = int(whole.max(initial=0)) + 1
    if most < _WHOLE and (whole == column).all():
        return whole, most
    values, codes = np.unique(column, return_inverse=True)
    return codes.astype(np.int64), values


def _check(frequency: Array, recency: Array, age: Array) -> None:
    if not frequency.size == recency.size == age.size:
        raise ValueError(f"Lengths differ: {frequency.size}, {recency.size} and {age.size}.")
    sound = np.isfinite(frequency) & np.isfinite(age) & (frequency >= 0) & (recency >= 0) & (age >= recency)
    sound &= (frequency == np.floor(frequency)) & ((frequency > 0) == (recency > 0))
    if not sound.all():
        at = int(np.argmin(sound))
        raise ValueError(f"No history: {frequency[at]:g} repeat purchases within {recency[at]:g} of {age[at]:g}.")
