"""Long columns a block at a time: what is computed on the way stays in the cache and takes no memory of its own.

On most machines it is not arithmetic that costs the time of a sum over millions of customers, but memory that is
touched for the first time: a column of its own for every step between would take several times as long. Sharing the
blocks out among threads gains nothing: each step is too short for what handing over costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from cxloop.stats.sums import Array

__all__ = ["SIZE", "blocks", "by_pair", "coded_values", "counted", "filled", "tallied", "whole"]

SIZE = 1 << 14
"""Rows of a block: a dozen such columns of floats fit into the cache of a core."""
_WHOLE = 1 << 20
"""Whole numbers below it are counted without being sorted."""
_TABLE = 1 << 16
"""Pairs of which a table is made even where rows are few."""


def blocks(size: int) -> Iterator[slice]:
    """Yields slices that cover so many rows, in order.

    Example:
        >>> [rows.stop - rows.start for rows in blocks(SIZE + 3)]
        [16384, 3]
    """
    for start in range(0, size, SIZE):
        yield slice(start, min(start + SIZE, size))


def filled(work: Callable[[slice], Array], size: int) -> Array:
    """Returns a column whose blocks are what `work` makes of them.

    Example:
        >>> filled(lambda rows: np.arange(rows.start, rows.stop) / 2, 3).tolist()
        [0.0, 0.5, 1.0]
    """
    found = np.empty(size)
    for rows in blocks(size):
        found[rows] = work(rows)
    return found


def counted(keys: NDArray[np.integer]) -> tuple[NDArray[np.integer], Array]:
    """Returns the numbers that occur, in order, and how often each does.

    As `numpy.unique`, but the keys are sorted in place and nothing else has their length.

    Args:
        keys: shape (n,); in order afterwards.

    Example:
        >>> values, count = counted(np.array([7, 3, 7]))
        >>> values.tolist(), count.tolist()
        ([3, 7], [1.0, 2.0])
    """
    keys.sort()

    def starts(rows: slice) -> NDArray[np.intp]:
        from_before = keys[max(rows.start - 1, 0) : rows.stop]
        found = np.flatnonzero(from_before[1:] != from_before[:-1]) + max(rows.start, 1)
        return found if rows.start else np.append(0, found)

    at = np.concatenate([np.empty(0, dtype=np.intp), *map(starts, blocks(keys.size))])
    return keys[at], np.diff(at, append=keys.size).astype(float)


def tallied(column: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Returns the values that occur in order, and how often each does; whole numbers without a sort.

    Args:
        column: values, shape (n,).
        weights: how often each row counts; once each by default.

    Example:
        >>> values, count = tallied(np.array([2.0, 5.0, 2.0]))
        >>> values.tolist(), count.tolist()
        ([2.0, 5.0], [2.0, 1.0])
    """
    values, codes = coded_values(column)
    count = np.zeros(values.size)
    for rows in blocks(column.size):
        part = None if weights is None else weights[rows]
        count += np.bincount(codes[rows].astype(np.intp), part, values.size)
    return values[count > 0], count[count > 0]


def by_pair(work: Callable[[Array, Array], Array], first: Array, second: Array) -> Array:
    """Returns `work` of two columns, row by row, asked only once for each pair of values that occurs.

    Args:
        work: takes pairs, in the order of the first and then of the second, and returns as many values.
        first: shape (n,).
        second: shape (n,).

    Example:
        >>> by_pair(lambda x, y: x + 10 * y, np.array([3.0, 1, 3]), np.array([0.5, 2, 0.5])).tolist()
        [8.0, 21.0, 8.0]
    """
    (ones, one), (others, other) = coded_values(first), coded_values(second)

    def key(rows: slice) -> NDArray[np.intp]:
        return np.asarray(one[rows].astype(np.intp) * others.size + other[rows].astype(np.intp))

    if ones.size * others.size > first.size + _TABLE:
        pairs, place = np.unique(key(slice(None)), return_inverse=True)
        return work(ones[pairs // others.size], others[pairs % others.size])[place]
    occurs = np.zeros(ones.size * others.size, dtype=bool)
    for rows in blocks(first.size):
        occurs[key(rows)] = True
    pairs = np.flatnonzero(occurs)
    table = np.zeros(occurs.size)
    table[pairs] = work(ones[pairs // others.size], others[pairs % others.size])
    return filled(lambda rows: table[key(rows)], first.size)


def coded_values(column: Array) -> tuple[Array, Array | NDArray[np.intp]]:
    """Returns values in order, and for each row the place of its own; whole numbers stand for themselves.

    Example:
        >>> values, codes = coded_values(np.array([0.5, 7.0, 0.5]))
        >>> values.tolist(), codes.tolist()
        ([0.5, 7.0], [0, 1, 0])
    """
    most = whole(column)
    if most is not None:
        return np.arange(most + 1.0), column
    return np.unique(column, return_inverse=True)


def whole(column: Array) -> int | None:
    """Returns the largest of whole numbers from 0 to a million; None where a value is none of those.

    Example:
        >>> whole(np.array([2.0, 5.0])), whole(np.array([2.5])), whole(np.array([-1.0]))
        (5, None, None)
    """

    def largest(rows: slice) -> float:
        part = column[rows]
        sound = part.min() >= 0 and bool((part == np.floor(part)).all())
        return float(part.max()) if sound else np.inf

    most = max(map(largest, blocks(column.size)), default=0.0)
    return int(most) if most < _WHOLE else None
