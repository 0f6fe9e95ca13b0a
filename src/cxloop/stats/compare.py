"""Comparisons: the difference of two estimates, and the correction for making many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from cxloop.stats.intervals import Intervals
from cxloop.stats.sums import Array

__all__ = ["DIFFERENCE", "Difference", "benjamini_hochberg", "difference"]

DIFFERENCE = "MOVER"


@dataclass(frozen=True, eq=False)
class Difference:
    """What the first estimate has more than the second, per group, with limits and p value."""

    value: Array
    low: Array
    high: Array
    p: Array
    level: float
    method: str = DIFFERENCE


def difference(first: Intervals, second: Intervals) -> Difference:
    """Returns first minus second for independent estimates, with limits and a two-sided p value.

    The limits are recovered from the limits of the two estimates ("method of variance estimates recovery"): Zou and
    Donner (2008), "Construction of confidence limits about effect measures", Statistics in Medicine 27, 1693-1702;
    for two shares this is Newcombe (1998), Statistics in Medicine 17, 873-890, method 10. The p value takes the same
    distance towards zero as one of Student's t, so that it is below 1 - level exactly when the interval leaves zero
    out; its degrees of freedom are those of Welch (1947), "The generalization of 'Student's' problem when several
    different population variances are involved", Biometrika 34, 28-35. With a normal one, the far tails, on which
    corrections for many comparisons rest, claim too much where a group is small.

    Where the same customers stand on both sides their answers usually agree, and the interval is then too wide
    rather than too narrow.

    Args:
        first: estimates of the groups.
        second: what they are compared with, same shape and level.

    Raises:
        ValueError: the levels differ.
    """
    if first.level != second.level:
        raise ValueError(f"Intervals of level {first.level} and {second.level} cannot be compared.")
    value = np.asarray(first.value - second.value)
    below = np.hypot(first.value - first.low, second.high - second.value)
    above = np.hypot(first.high - first.value, second.value - second.low)
    own = np.where(value > 0, first.value - first.low, first.high - first.value)
    others = np.where(value > 0, second.high - second.value, second.value - second.low)
    towards_zero = np.hypot(own, others)
    distance = np.divide(np.abs(value), towards_zero, out=np.full_like(value, np.inf), where=towards_zero > 0)
    freedom = _freedom(own, first.customers, others, second.customers)
    p = 2 * stdtr(freedom, -np.where(value == 0, 0.0, distance) * stdtrit(freedom, 0.5 + first.level / 2))
    return Difference(value, value - below, value + above, p, first.level)


def _freedom(own: Array, customers: Array, others: Array, other_customers: Array) -> Array:
    """Returns Welch's degrees of freedom of a difference, from the half width that each side brings to it."""
    parts = own**4 / np.maximum(customers - 1, 1) + others**4 / np.maximum(other_customers - 1, 1)
    return np.asarray(np.divide(np.hypot(own, others) ** 4, parts, out=np.ones_like(parts), where=parts > 0))


def benjamini_hochberg(p: Sequence[float] | Array) -> Array:
    """Returns p values adjusted for the false discovery rate; reject where one is at most the rate allowed.

    Benjamini and Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal Statistical Society B
    57(1), 289-300.

    Example:
        >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4)
        array([0.04  , 0.0533, 0.0533, 0.5   ])
    """
    raw = np.asarray(p, dtype=float)
    order = np.argsort(raw)[::-1]
    steps = raw[order] * raw.size / np.arange(raw.size, 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return adjusted
