"""Histories of customers as compressed counts: every history that occurs once, with how many customers have it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cxloop.stats.lifetime.blocks import blocks, coded_values, counted
from cxloop.stats.sums import Array

__all__ = ["Cells", "compress"]

_SHORT = 1 << 32
"""Combinations of values that short numbers can tell apart, which are sorted in half the time."""


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


def compress(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Cells:
    """Returns the distinct histories, in the order of frequency, recency and age.

    Args:
        frequency: repeat purchases of each customer, shape (n,), whole and 0 or more.
        recency: time from the first to the last purchase, shape (n,), between 0 and `age`.
        age: time from the first purchase to the end of what was seen, shape (n,).

    Raises:
        ValueError: lengths differ, or a history is none: negative, not finite, or bought again in no time.

    Example:
        >>> cells = compress([0, 2, 0], [0, 5, 0], [9, 9, 9])
        >>> cells.frequency.tolist(), cells.customers.tolist()
        ([0.0, 2.0], [2.0, 1.0])
    """
    columns = [np.asarray(column, dtype=float).ravel() for column in (frequency, recency, age)]
    _check(*columns)
    coded = [coded_values(column) for column in columns]
    sizes = [values.size for values, _ in coded]
    kind = np.dtype(np.uint32 if math.prod(sizes) < _SHORT else np.int64)
    keys: NDArray[np.integer] = np.empty(columns[0].size, dtype=kind)
    for rows in blocks(keys.size):
        made = coded[0][1][rows].astype(kind)
        for size, (_, codes) in zip(sizes[1:], coded[1:], strict=True):
            made = made * kind.type(size) + codes[rows].astype(kind)
        keys[rows] = made
    left, customers = counted(keys)
    found = []
    for values, _ in reversed(coded):
        left, codes = np.divmod(left, kind.type(values.size))
        found.append(values[codes])
    return Cells(found[2], found[1], found[0], customers)


def _check(frequency: Array, recency: Array, age: Array) -> None:
    if not frequency.size == recency.size == age.size:
        raise ValueError(f"Lengths differ: {frequency.size}, {recency.size} and {age.size}.")
    for rows in blocks(age.size):
        again, last, since = frequency[rows], recency[rows], age[rows]
        sound = np.isfinite(again) & np.isfinite(since) & (again >= 0) & (last >= 0) & (since >= last)
        sound &= (again == np.floor(again)) & ((again > 0) == (last > 0))
        if not sound.all():
            at = int(np.argmin(sound))
            raise ValueError(f"No history: {again[at]:g} repeat purchases within {last[at]:g} of {since[at]:g}.")
