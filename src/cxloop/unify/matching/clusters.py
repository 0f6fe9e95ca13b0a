"""From pairs to persons: records are gathered step by step, and each step looks at all that the two sides say.

A chain of likely pairs can tie strangers together by one bad record in the middle. So a group is not what can be
reached: the likeliest two groups are joined first, the evidence of each comparison is taken over all pairs of their
records (half its mean, half its best), and nothing is joined that a person or a source says to be apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Join", "Knot", "components", "firsts", "gather", "ties"]

MEAN_SHARE = 0.5
"""Of the evidence of a comparison between two groups: how much is the mean over their pairs, the rest is the best."""


_SPREAD = 16
"""Numbers of groups that reach further than this many times their count are numbered anew, which takes sorting."""


class Join(NamedTuple):
    """Two groups joined: by which two records, with which weight (bits), and the least weight on the way there.

    `held` is one that a source or a person forbids: it is not made, and may be proposed.
    """

    left: int
    right: int
    weight: float
    least: float
    held: bool = False


@dataclass
class Knot:
    """Records that are tied by likely pairs, and what each comparison says of each two of them.

    Attributes:
        records: their numbers.
        weights: comparison x record x record, in bits; nan where a comparison says nothing.
        groups: of each record, a number that is equal where the two are one person already.
        apart: record x record, true where the two are two persons for sure.
    """

    records: Sequence[int]
    weights: Floats
    groups: Sequence[int]
    apart: NDArray[np.bool_]


def components(left: Ints, right: Ints, count: int) -> Ints:
    """Returns for each of `count` records which of the connected pieces it is in."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    found: Ints = connected_components(edges, directed=False)[1].astype(np.int64)
    return found


def ties(groups: Sequence[int] | Ints | None) -> tuple[Ints, Ints]:
    """Returns pairs of places that tie together what is of one group: each place with the first one of its group."""
    import numpy as np

    numbers = np.asarray(groups if groups is not None else (), dtype=np.int64)
    places = np.arange(len(numbers))
    if not len(numbers):
        return places, places
    numbers = numbers - numbers.min()
    if numbers.max() >= _SPREAD * len(numbers):
        numbers = np.unique(numbers, return_inverse=True)[1]
    first = firsts(numbers)
    tied = first != places
    return first[tied], places[tied]


def firsts(numbers: Ints) -> Ints:
    """Returns for each place the first place with the same number; numbers are small, and not below 0."""
    import numpy as np

    first = np.empty(int(numbers.max(initial=0)) + 1, dtype=np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]  # of several, the last one written is the first one
    found: Ints = first[numbers]
    return found


def gather(knot: Knot, start: float, floor: float) -> list[Join]:
    """Returns the joins among the records of a knot, in the order in which they are made.

    Args:
        knot: the records with what is known of each two.
        start: weight before any comparison.
        floor: weight under which nothing is joined.
    """
    return _Gathering(knot, start).run(floor)


class _Gathering:
    """The groups of a knot while they grow; each group stands at the place of its first record."""

    def __init__(self, knot: Knot, start: float) -> None:
        import numpy as np

        self._records = knot.records
        self._start = start
        said = ~np.isnan(knot.weights)
        self._known = said.astype(np.float64)
        self._sum = np.where(said, knot.weights, 0.0)
        self._best = np.where(said, knot.weights, -np.inf)
        self._pair = start + self._sum.sum(axis=0)
        self._apart = knot.apart.copy()
        self._members = {place: [place] for place in range(len(knot.records))}
        first: dict[int, int] = {}
        for place, group in enumerate(knot.groups):
            if (at := first.setdefault(group, place)) != place:
                self._merge(at, place)
        self._score = self._scores()

    def _scores(self) -> Floats:
        import numpy as np

        scores = np.full(self._pair.shape, -np.inf)
        for place in self._members:
            scores[place] = self._row(place)
        return scores

    def _row(self, place: int) -> Floats:
        """Returns the weight of a group with each other one; -inf with itself and what is gone."""
        import numpy as np

        known = self._known[:, place]
        mean = self._sum[:, place] / np.maximum(known, 1.0)
        best = np.where(known > 0, self._best[:, place], 0.0)
        row: Floats = self._start + (MEAN_SHARE * mean + (1 - MEAN_SHARE) * best).sum(axis=0)
        others = np.zeros(len(row), dtype=bool)
        others[[each for each in self._members if each != place]] = True
        return np.where(others, row, -np.inf)

    def _merge(self, into: int, gone: int) -> None:
        import numpy as np

        for table in (self._known, self._sum):
            table[:, into] += table[:, gone]
            table[:, :, into] = table[:, into]
        self._best[:, into] = np.maximum(self._best[:, into], self._best[:, gone])
        self._best[:, :, into] = self._best[:, into]
        self._apart[into] |= self._apart[gone]
        self._apart[:, into] = self._apart[into]
        self._members[into] += self._members.pop(gone)

    def run(self, floor: float) -> list[Join]:
        """Joins the two likeliest groups again and again, down to `floor`."""
        import numpy as np

        joins: list[Join] = []
        least = np.inf
        while len(self._members) > 1:
            into, other = sorted(int(at) for at in np.unravel_index(int(self._score.argmax()), self._score.shape))
            weight = float(self._score[into, other])
            if weight < floor:
                break
            held = bool(self._apart[into, other])
            least = least if held else min(least, weight)
            joins.append(self._join(into, other, weight, weight if held else least, held))
            if held:
                self._score[into, other] = self._score[other, into] = -np.inf
            else:
                self._unite(into, other)
        return joins

    def _join(self, into: int, other: int, weight: float, least: float, held: bool) -> Join:
        left, right = self._members[into], self._members[other]
        block = self._pair[left][:, right]
        at, to = divmod(int(block.argmax()), len(right))
        return Join(self._records[left[at]], self._records[right[to]], weight, float(least), held)

    def _unite(self, into: int, gone: int) -> None:
        import numpy as np

        held = (self._score == -np.inf) & self._apart
        self._merge(into, gone)
        self._score[gone] = self._score[:, gone] = -np.inf
        row = np.where(held[into] | held[gone], -np.inf, self._row(into))
        self._score[into] = self._score[:, into] = row
