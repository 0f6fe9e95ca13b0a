"""Knots of records that likely pairs tie together: every two of them are scored, and gathered into persons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from cxloop.unify.matching.clusters import Join, Knot, components, gather, ties
from cxloop.unify.matching.comparisons import DIFFERENT, MISSING, Comparison
from cxloop.unify.matching.model import Model
from cxloop.unify.matching.scoring import Scored, Scorer
from cxloop.unify.matching.thresholds import weight_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxloop.unify.matching.link import Standing

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["MOST_IN_KNOT", "Explained", "Options", "gathered"]

MOST_IN_KNOT = 150
"""Records that are looked at together; of more, the weaker pairs are left out until they fall apart."""
_STRICTER = (0.5, 0.9, 0.99, 0.999, 0.999999)


class Options(NamedTuple):
    """What scores pairs, the model, and the least weight of a join."""

    scorer: Scorer
    model: Model
    floor: float


class Explained(NamedTuple):
    """A join with its explanation: (field, level, weight) of each comparison of its two records.

    `weight` is that of the two groups; where it is not that of the two records alone, their other records made the
    difference.
    """

    left: int
    right: int
    weight: float
    least: float
    held: bool
    steps: tuple[tuple[str, str, float], ...]


def gathered(options: Options, standing: Standing, candidates: Scored, count: int) -> list[Explained]:
    """Returns the joins, made and forbidden, that the candidate pairs lead to.

    Args:
        options: scorer, model and floor.
        standing: what is known of the records already.
        candidates: the pairs that were compared.
        count: how many records there are.
    """
    import numpy as np

    weights = candidates.evidence + options.model.start
    likely = weights >= options.floor
    pieces = _pieces(standing, candidates.left[likely], candidates.right[likely], weights[likely], count, options)
    if not len(pieces):
        return []
    scored = _complete(options, candidates, _all_pairs(pieces), count)
    found = list(_couples([piece for piece in pieces if len(piece) == 2], scored, standing, options))
    joins: list[Join] = []
    places: list[int] = []
    for knot, rows in _knots([piece for piece in pieces if len(piece) > 2], scored, standing):
        at = {record: place for place, record in enumerate(knot.records)}
        for join in gather(knot, options.model.start, options.floor):
            joins.append(join)
            places.append(int(rows[at[join.left], at[join.right]]))
    return [*found, *_explained(joins, scored.take(np.array(places, dtype=np.int64)), options)]


def _complete(options: Options, candidates: Scored, pairs: tuple[Ints, Ints], count: int) -> Scored:
    """Returns pairs in their order; those that no rule found, or that were too unlikely to keep, are scored here."""
    left, right = pairs
    places = candidates.places(left, right, count)
    gone = places < 0
    known = candidates.take(places[~gone])
    return known.with_also(options.scorer.pairs(left[gone], right[gone])) if gone.any() else known


def _couples(pieces: Sequence[Ints], scored: Scored, standing: Standing, options: Options) -> Iterator[Explained]:
    """Yields the joins of knots of two records, which are most: what `gather` says of each, all at once."""
    import numpy as np

    if not pieces:
        return
    couples = np.stack(pieces)
    rows = np.searchsorted(scored.left, couples[:, 0])
    weights = options.model.start + scored.take(rows).evidence
    open_ = weights >= options.floor
    if standing.groups is not None:
        groups = np.asarray(standing.groups)
        open_ &= groups[couples[:, 0]] != groups[couples[:, 1]]
    steps = _steps(options.model.comparisons, scored.take(rows[open_]))
    apart = _Apart(standing)
    for (left, right), weight, said in zip(couples[open_].tolist(), weights[open_].tolist(), steps, strict=True):
        yield Explained(left, right, weight, weight, apart.are(left, right), said)


def _pieces(standing: Standing, left: Ints, right: Ints, weights: Floats, count: int, options: Options) -> list[Ints]:
    """Returns the records of each knot, in order; knots in which nothing is new are left out."""
    import numpy as np

    tied_left, tied_right = ties(standing.groups)
    piece = components(np.concatenate([left, tied_left]), np.concatenate([right, tied_right]), count)
    moved = np.zeros(count, dtype=bool)
    moved[left] = moved[right] = True
    sizes = np.bincount(piece, minlength=1)
    for stricter in _STRICTER:
        if sizes.max(initial=0) <= MOST_IN_KNOT:
            break
        big = sizes[piece[left]] > MOST_IN_KNOT
        kept = ~big | (weights >= weight_of(stricter, options.model.calibration))
        left, right, weights = left[kept], right[kept], weights[kept]
        piece = components(np.concatenate([left, tied_left]), np.concatenate([right, tied_right]), count)
        sizes = np.bincount(piece, minlength=1)
    order = np.argsort(piece, kind="stable")
    ends = np.cumsum(sizes)
    wanted = np.isin(np.arange(len(sizes)), piece[moved]) & (sizes > 1) & (sizes <= 8 * MOST_IN_KNOT)
    return [order[ends[each] - sizes[each] : ends[each]] for each in np.flatnonzero(wanted)]


def _all_pairs(pieces: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Returns every pair of records within each knot, in order of (left, right)."""
    import numpy as np

    by_size: dict[int, list[Ints]] = defaultdict(list)
    for piece in pieces:
        by_size[len(piece)].append(piece)
    lefts, rights = [], []
    for size, same in by_size.items():
        at, to = np.triu_indices(size, 1)
        block = np.stack(same)
        lefts.append(block[:, at].ravel())
        rights.append(block[:, to].ravel())
    left, right = np.concatenate(lefts), np.concatenate(rights)
    order = np.lexsort((right, left))
    return left[order], right[order]


def _knots(pieces: Sequence[Ints], scored: Scored, standing: Standing) -> Iterator[tuple[Knot, Ints]]:
    """Yields each knot, with the places of its pairs among the scored ones (record x record)."""
    import numpy as np

    apart = _Apart(standing)
    first = np.searchsorted(scored.left, np.arange(int(scored.left.max(initial=-1)) + 2))
    for piece in pieces:
        size = len(piece)
        places = np.zeros((size, size), dtype=np.int64)
        for at in range(size - 1):
            places[at, at + 1 :] = places[at + 1 :, at] = np.arange(size - 1 - at) + first[piece[at]]
        weights = scored.weights[:, places]
        weights[:, np.arange(size), np.arange(size)] = np.nan
        groups = piece if standing.groups is None else [standing.groups[each] for each in piece]
        yield Knot([int(each) for each in piece], weights, [int(each) for each in groups], apart.of(piece)), places


class _Apart:
    """Which records are two persons for sure."""

    def __init__(self, standing: Standing) -> None:
        import numpy as np

        self._alone = None if standing.alone is None else np.asarray(standing.alone)
        self._pairs: dict[int, set[int]] = defaultdict(set)
        for one, other in standing.apart:
            self._pairs[one].add(other)
            self._pairs[other].add(one)

    def are(self, one: int, other: int) -> bool:
        """Whether two records are."""
        same_source = self._alone is not None and self._alone[one] >= 0 and self._alone[one] == self._alone[other]
        return bool(same_source) or other in self._pairs.get(one, ())

    def of(self, piece: Ints) -> NDArray[np.bool_]:
        """Returns record x record of a knot."""
        import numpy as np

        found = np.zeros((len(piece), len(piece)), dtype=bool)
        if self._alone is not None:
            sources = self._alone[piece]
            found |= (sources[:, None] == sources[None, :]) & (sources >= 0)[:, None]
        if self._pairs:
            here = {int(each): place for place, each in enumerate(piece)}
            for one, place in here.items():
                for other in self._pairs.get(one, ()):
                    if other in here:
                        found[place, here[other]] = True
        return found


def _explained(joins: Sequence[Join], pairs: Scored, options: Options) -> Iterator[Explained]:
    """Yields joins with what each comparison says of their two records, which are `pairs`, in the same order."""
    for join, steps in zip(joins, _steps(options.model.comparisons, pairs), strict=True):
        left, right = sorted((join.left, join.right))
        yield Explained(left, right, join.weight, join.least, join.held, steps)


def _steps(compared: Sequence[Comparison], scored: Scored) -> Iterator[tuple[tuple[str, str, float], ...]]:
    """Yields (field, level, weight) of each comparison of each pair."""
    import numpy as np

    weights = np.round(np.nan_to_num(scored.weights), 4)
    fields = []
    for comparison, levels, bits in zip(compared, scored.levels, weights, strict=True):
        # Splink counts the levels from the furthest, which is 0; missing is -1
        labels = [MISSING, DIFFERENT, *(level.label for level in reversed(comparison.levels))]
        named = [labels[level + 1] for level in levels.tolist()]
        fields.append(zip(repeat(comparison.field), named, bits.tolist(), strict=False))
    yield from zip(*fields, strict=True)
