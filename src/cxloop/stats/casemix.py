"""Case mix: what groups would look like if all of them had the same mix of cases.

Not every case is as hard as the next, and groups do not get the same ones. A linear regression of the answers on what
kind of case they are about, within groups, says what each kind is worth; a group's mean is then moved by what its mix
differs from the mix of all. Because the comparison is made within groups, it stays right where good groups are given
the hard cases: there, expected values from the pooled answers (indirect standardisation) take part of a group's own
merit for ease of its cases. Fixed effects of groups: Mundlak (1978), "On the pooling of time series and cross section
data", Econometrica 46(1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from cxloop.stats.sums import Array

__all__ = ["Adjusted", "Cases", "Codes", "Kind", "adjusted", "worth"]

Codes: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Kind:
    """One way in which cases differ.

    Attributes:
        codes: number of the kind of each cell, shape (cells,).
        levels: how many kinds there are.
    """

    codes: Codes
    levels: int


@dataclass(frozen=True, eq=False)
class Cases:
    """Answers summed by group and kinds of case.

    Attributes:
        group: number of the group of each cell, shape (cells,).
        groups: how many groups there are.
        n: answers in each cell.
        total: sum of their values.
        squares: sum of their squared values.
        kinds: the ways in which cases differ.
    """

    group: Codes
    groups: int
    n: Array
    total: Array
    squares: Array
    kinds: Sequence[Kind] = ()

    def per_group(self, values: Array) -> Array:
        """Returns the sums of a column of cells over groups, shape (groups,)."""
        return np.asarray(np.bincount(self.group, weights=values, minlength=self.groups), np.float64)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Groups with the same mix of cases.

    Attributes:
        n: answers per group, shape (groups,).
        raw: mean per group as it is.
        value: mean per group if it had the mix of all answers.
        expected: what a group of average merit would have with this group's mix, less the mean of all.
        variance: of `value`, for independent answers, with the same variance of one answer in all groups.
        one: standard deviation of one answer, within groups and kinds of case.
        within: per way in which cases differ, the share of its variation that is within groups, 0 to 1. Where all of
            it lies between groups, each having its own kind, nothing can be adjusted.
        explained: share of the variation within groups that the kinds of case explain, 0 to 1.
        p: probability of so much if they explained nothing (F test); 1 without kinds.
    """

    n: Array
    raw: Array
    value: Array
    expected: Array
    variance: Array
    one: float
    within: tuple[float, ...]
    explained: float
    p: float


def adjusted(cases: Cases) -> Adjusted:
    """Returns the groups' means as if all had the mix of cases of all answers together.

    Args:
        cases: answers summed; every group has at least one.

    Example:
        >>> hard, simple = Kind(np.array([0, 1, 0, 1]), 2), np.array([10.0, 90.0, 90.0, 10.0])
        >>> cases = Cases(np.array([0, 0, 1, 1]), 2, simple, simple * [1, 3, 1, 3], simple * [2, 10, 2, 10], (hard,))
        >>> found = adjusted(cases)  # both give 1 to the hard and 3 to the simple; one has nine times as many hard ones
        >>> found.raw.round(1), found.value.round(1)
        (array([2.8, 1.2]), array([2., 2.]))
    """
    n = cases.per_group(cases.n)
    raw = cases.per_group(cases.total) / n
    around = float(cases.squares.sum() - (n * raw**2).sum())
    shares = [_shares(cases, kind, n) for kind in cases.kinds]
    mix = np.concatenate([*shares, np.zeros((cases.groups, 0))], axis=1)
    everyone = n @ mix / n.sum()
    inside = _crossed(cases) - mix.T @ (n[:, None] * mix)
    with_values = _weighted(cases) - mix.T @ (n * raw)
    inverse = np.linalg.pinv(inside, rcond=1e-9, hermitian=True)
    rank = int(
        np.linalg.matrix_rank(inside, tol=1e-9 * max(float(np.abs(inside).max(initial=0.0)), 1.0), hermitian=True)
    )
    effect = inverse @ with_values
    gained = float(effect @ with_values)
    free = max(float(n.sum()) - cases.groups - rank, 1.0)
    variance = max(around - gained, 0.0) / free
    away = mix - everyone
    expected = away @ effect
    unsure = np.einsum("ij,jk,ik->i", away, inverse, away)
    return Adjusted(
        n=n,
        raw=raw,
        value=raw - expected,
        expected=expected,
        variance=variance * (1 / n + np.maximum(unsure, 0.0)),
        one=float(np.sqrt(variance)),
        within=tuple(_within(cases, kind, share, n) for kind, share in zip(cases.kinds, shares, strict=True)),
        explained=gained / around if around > 0 else 0.0,
        p=worth(gained, rank, variance, free),
    )


def worth(gained: float, rank: int, variance: float, free: float) -> float:
    """Returns the probability of so large a sum of squares by chance: the F test of a set of kinds.

    Args:
        gained: sum of squares that they explain.
        rank: how many effects were estimated.
        variance: of what is left.
        free: its degrees of freedom.

    Example:
        >>> round(worth(4.0, 1, 1.0, 60.0), 3)
        0.05
    """
    from scipy.special import fdtrc

    if rank == 0:
        return 1.0
    return float(fdtrc(rank, free, gained / rank / variance)) if variance > 0 else 0.0


def _shares(cases: Cases, kind: Kind, n: Array) -> Array:
    """Returns which share of each group's answers is of each kind, shape (groups, levels)."""
    crossed = np.bincount(cases.group * kind.levels + kind.codes, cases.n, cases.groups * kind.levels)
    return np.asarray(crossed.reshape(cases.groups, kind.levels) / n[:, None])


def _crossed(cases: Cases) -> Array:
    """Returns how many answers are of each pair of kinds: the crossed products of all indicators, block by block."""
    starts = np.cumsum([0, *(kind.levels for kind in cases.kinds)])
    table = np.zeros((starts[-1], starts[-1]))
    for left, right in combinations_with_replacement(range(len(cases.kinds)), 2):
        one, other = cases.kinds[left], cases.kinds[right]
        pairs = np.bincount(one.codes * other.levels + other.codes, cases.n, one.levels * other.levels)
        block = pairs.reshape(one.levels, other.levels)
        table[starts[left] : starts[left + 1], starts[right] : starts[right + 1]] = block
        table[starts[right] : starts[right + 1], starts[left] : starts[left + 1]] = block.T
    return table


def _weighted(cases: Cases) -> Array:
    """Returns the sum of values of each kind."""
    sums = [np.bincount(kind.codes, cases.total, kind.levels) for kind in cases.kinds]
    return np.concatenate([*sums, np.zeros(0)])


def _within(cases: Cases, kind: Kind, share: Array, n: Array) -> float:
    """Returns which share of the variation of a kind lies within groups."""
    of_all = np.bincount(kind.codes, cases.n, kind.levels) / n.sum()
    everything = float(n.sum() * (1 - of_all @ of_all))
    inside = float((n * (1 - (share**2).sum(axis=1))).sum())
    return inside / everything if everything > 0 else 0.0
