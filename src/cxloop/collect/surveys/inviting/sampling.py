"""Who of those who could be asked is chosen: a share of them, or those whose answer would change something.

Where a score is known well already, another answer tells nobody anything; where its interval is still wide, it does.
With a wanted precision, each group gets the invitations that it lacks, and where there are fewer invitations than that,
they are shared in proportion to size times spread of the scores, which makes the interval of the whole narrowest
(J. Neyman, "On the two different aspects of the representative method", J. Royal Statistical Society 97 (1934) 558-625;
W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 5.5). Each customer's probability is kept: with weights of
one over it, totals are estimated without bias (D. G. Horvitz, D. J. Thompson, JASA 47 (1952) 663-685).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["Group", "drawn", "probabilities"]

_LEVEL = 0.95
_FEW = 5
"""Answers below which the spread of a group is not believed."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is known of a group of customers.

    Attributes:
        size: how many of them could be asked.
        answers: how many answers it has given lately.
        spread: standard deviation of its scores, in points; used where there are at least five answers.
    """

    size: int
    answers: int = 0
    spread: float = 0.0

    def half_width(self, widest: float) -> float:
        """Returns the half width of the group's 95 % interval, in points; `widest` is the spread without knowledge."""
        return _z() * self.believed(widest) / math.sqrt(self.answers) if self.answers else math.inf

    def believed(self, widest: float) -> float:
        """Returns the spread that is reckoned with: that of few answers may be zero by chance."""
        return self.spread if self.answers >= _FEW and self.spread > 0 else widest

    def lacks(self, precision: float, widest: float) -> float:
        """Returns how many answers it lacks until its interval is no wider than `precision` to each side."""
        return max(0.0, (_z() * self.believed(widest) / precision) ** 2 - self.answers)


def probabilities(
    groups: Sequence[Group], *, rate: float, precision: float, least: float, response: float, widest: float
) -> list[float]:
    """Returns with which probability a customer of each group is asked.

    Args:
        groups: all groups of the wave.
        rate: at most this share (0 to 1) of all customers is asked.
        precision: half width, in points of the score, from which on a group is known well enough.
        least: share of `rate` with which customers of groups that are known well enough are still asked.
        response: share of those asked who answer, as it was lately.
        widest: the spread, in points, of a group of which nothing is known.

    Example:
        >>> known, new = Group(1000, answers=400, spread=40.0), Group(1000)
        >>> [round(p, 3) for p in probabilities([known, new], rate=0.5, precision=10, least=0.1, response=0.2,
        ...                                     widest=50)]
        [0.05, 0.48]
    """
    floor = rate * least
    places = rate * sum(group.size for group in groups) - sum(floor * group.size for group in groups)
    lacking = [group.lacks(precision, widest) / max(response, 1e-6) for group in groups]
    wanted = [
        max(0.0, min(float(group.size), lack) - floor * group.size) for group, lack in zip(groups, lacking, strict=True)
    ]
    weights = [group.size * group.believed(widest) for group in groups]
    shared = _shared(wanted, weights, places)
    return [
        min(1.0, floor + share / group.size) if group.size else 0.0 for group, share in zip(groups, shared, strict=True)
    ]


def _shared(wanted: Sequence[float], weights: Sequence[float], places: float) -> list[float]:
    """Shares places in proportion to weights; nobody gets more than is wanted, and what is left goes to the others."""
    if sum(wanted) <= places:
        return list(wanted)
    given = [0.0] * len(wanted)
    open_groups = {n for n, want in enumerate(wanted) if want > 0}
    left = max(0.0, places)
    while open_groups and left > 0:
        total = sum(weights[n] for n in open_groups)
        part = {n: left * weights[n] / total for n in open_groups}
        full = {n for n in open_groups if part[n] >= wanted[n]}
        if not full:
            for n in open_groups:
                given[n] = part[n]
            break
        for n in full:
            given[n] = wanted[n]
            left -= wanted[n]
        open_groups -= full
    return given


def drawn(customers: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Returns a number from 0 to 1 for each customer: the same for the same seed, whoever else is asked.

    A wave that was broken off chooses the same customers when it goes on. The numbers come from the finalizer of
    SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
    """
    mixed = customers.astype(np.uint64) ^ np.uint64(seed & (2**64 - 1))
    with np.errstate(over="ignore"):
        mixed = mixed + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _z() -> float:
    return NormalDist().inv_cdf(0.5 + _LEVEL / 2)
