"""What a run of matching changes in the ledger: links that are new, pairs to propose, and what it takes back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.clusters import components, ties
from cxloop.unify.matching.thresholds import probability

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.unify.matching.gathering import People
    from cxloop.unify.matching.knots import Explained
    from cxloop.unify.matching.ledger import Links, Pair, Said
    from cxloop.unify.matching.link import Linked
    from cxloop.unify.matching.model import Model

    Ints = NDArray[np.int64]

__all__ = ["Changes", "changes_of"]


MOST_PROPOSED = 300
"""New pairs for the review in one run, the likeliest first: a list that takes longer than a day is read by nobody."""


@dataclass(frozen=True)
class Changes:
    """What is to be written.

    Attributes:
        links: new links, with the pair of keys.
        proposals: new pairs for the review.
        left_out: how many more there would have been.
        retracted: decisions that no longer hold.
        unchanged: how many links hold as they were.
        dropped: how many links and proposals named keys that are gone.
        model: which explains them.
    """

    links: Sequence[tuple[Pair, Explained]]
    proposals: Sequence[tuple[Pair, Explained]]
    left_out: int
    retracted: Sequence[int]
    unchanged: int
    dropped: int
    model: Model

    def entries(self, first: int, *, now: datetime, author: str) -> pa.Table:
        """Returns the entries of the ledger, numbered from `first` on."""
        import pyarrow as pa

        rows: list[dict[str, Any]] = []
        common = {"evidence": "probabilistic", "known_at": now, "decided_at": now, "author": author}
        for state, found in (("accepted", self.links), ("proposed", self.proposals)):
            about = {**common, "action": "link", "state": state}
            rows += [{**about, **self._about(pair, join)} for pair, join in found]
        undo = {**common, "action": "undo", "state": "accepted"}
        rows += [{**undo, "refers_to": decision} for decision in self.retracted]
        numbered = [{"entry_id": first + place, "decision_id": first + place, **row} for place, row in enumerate(rows)]
        return pa.Table.from_pylist(numbered, schema=_schema())

    def _about(self, pair: Pair, join: Explained) -> dict[str, Any]:
        import numpy as np

        chance = float(probability(np.array([join.least]), self.model.calibration)[0])
        told = {
            "start": round(self.model.start, 4),
            "steps": [{"field": name, "level": level, "weight": weight} for name, level, weight in join.steps],
            "total": round(join.weight, 4),
            "held": join.held,
        }
        return {
            "key_a": pair[0],
            "key_b": pair[1],
            "probability": chance,
            "weight": join.weight,
            "comparison": json.dumps(told),
        }


def changes_of(people: People, said: Said, linked: Linked, *, present: Collection[int]) -> Changes:
    """Returns what a run changes.

    Args:
        people: the records as the run saw them.
        said: the ledger as it is now.
        linked: what matching found.
        present: the keys that still exist, of those that it found.
    """
    import numpy as np

    looked = _Looked(people, linked.clusters, set(present))
    accepted = said.accepted
    left, right = people.places(accepted.key_a), people.places(accepted.key_b)
    over = looked.takes_back(left, right)
    tied = _Ties(people, accepted.take(~over))
    alive, dead = looked.alive(linked.links)
    apart = said.apart
    links = [(pair, join) for pair, join in alive if pair not in apart and tied.tie(join)]
    proposals, moot, lost = _proposals(said, linked, looked)
    left_out = max(len(proposals) - MOST_PROPOSED, 0)
    gone = [*accepted.decision[over].tolist(), *moot]
    kept = int(np.count_nonzero(~over))
    return Changes(links, proposals[:MOST_PROPOSED], left_out, gone, kept, dead + lost, linked.model)


class _Looked:
    """What a run looked at, and which person it found each record to be."""

    def __init__(self, people: People, clusters: Ints, there: Collection[int]) -> None:
        import numpy as np

        self._people, self._clusters, self._there = people, clusters, there
        self._moved = np.zeros(len(people.keys), dtype=bool)
        self._moved[people.fresh] = True

    def takes_back(self, left: Ints, right: Ints) -> NDArray[np.bool_]:
        """Whether a look at the records takes back links; -1 is the place of a key without a record."""
        import numpy as np

        # a key without a record stands in for somebody who was erased: what it holds together was found before
        known = np.flatnonzero((left >= 0) & (right >= 0))
        one, other = left[known], right[known]
        over = np.zeros(len(left), dtype=bool)
        over[known] = (self._moved[one] | self._moved[other]) & (self._clusters[one] != self._clusters[other])
        return over

    def moved(self, pair: Pair) -> bool:
        """Whether a key of a pair has a record that was compared."""
        import numpy as np

        at = self._people.places(np.array(pair))
        return bool(self._moved[at[at >= 0]].any())

    def sides(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Returns the persons of pairs of keys; a key without a record is a person of its own (below zero)."""
        import numpy as np

        keys = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        places = self._people.places(keys.ravel()).reshape(-1, 2)
        persons = np.sort(np.where(places < 0, -keys, self._clusters[places]), axis=1)
        return [(low, high) for low, high in persons.tolist()]

    def alive(self, joins: Iterable[Explained]) -> tuple[list[tuple[Pair, Explained]], int]:
        """Returns joins with their pairs of keys, without those of keys that are gone, and how many these were."""
        found, dead = [], 0
        keys = self._people.keys
        for join in joins:
            low, high = sorted((int(keys[join.left]), int(keys[join.right])))
            if low in self._there and high in self._there:
                found.append(((low, high), join))
            else:
                dead += 1
        return found, dead


def _proposals(said: Said, linked: Linked, looked: _Looked) -> tuple[list[tuple[Pair, Explained]], list[int], int]:
    """Returns the pairs to propose, the proposals that no longer stand, and how many were dropped."""
    alive, dead = looked.alive(linked.proposals)
    between = set(looked.sides(sorted(said.apart)))
    wanted: dict[Pair, tuple[Pair, Explained]] = {}
    for sides, found in zip(looked.sides([pair for pair, _ in alive]), alive, strict=True):
        if sides not in between and sides[0] != sides[1]:
            wanted.setdefault(sides, found)
    weaker = set(looked.sides([pair for pair, _ in looked.alive(linked.weaker)[0]]))
    # what one decision does to the probabilities shall not take other pairs out of somebody's hands
    standing = set(wanted) | {sides for sides in weaker - between if sides[0] != sides[1]}
    moot = []
    proposed = said.links("proposed")
    for sides, each in zip(looked.sides([each.pair for each in proposed]), proposed, strict=True):
        if sides in standing:
            wanted.pop(sides, None)
        elif looked.moved(each.pair) or sides[0] == sides[1]:
            moot.append(each.decision_id)
    return list(wanted.values()), moot, dead


class _Ties:
    """Which records are one person's by the links counted so far."""

    def __init__(self, people: People, links: Links) -> None:
        import numpy as np

        keys = np.concatenate([links.key_a, links.key_b])
        places = people.places(keys)
        # keys without a record may tie two that have one
        strangers = np.unique(keys[places < 0])
        places[places < 0] = len(people.keys) + np.searchsorted(strangers, keys[places < 0])
        ends = np.split(places, 2)
        left, right = ties(people.groups)
        left, right = np.concatenate([left, ends[0]]), np.concatenate([right, ends[1]])
        self._pieces = components(left, right, len(people.keys) + len(strangers))
        self._leads: dict[int, int] = {}

    def _lead(self, place: int) -> int:
        at = int(self._pieces[place])
        while (on := self._leads.get(at, at)) != at:
            at = on
        return at

    def tie(self, join: Explained) -> bool:
        """Ties the two records of a join; returns whether they were not tied before."""
        left, right = self._lead(join.left), self._lead(join.right)
        if left == right:
            return False
        self._leads[max(left, right)] = min(left, right)
        return True


def _schema() -> pa.Schema:
    import pyarrow as pa

    moment: pa.DataType = pa.timestamp("us")
    kinds: list[tuple[str, pa.DataType]] = [
        ("entry_id", pa.int64()),
        ("decision_id", pa.int64()),
        ("action", pa.string()),
        ("key_a", pa.int64()),
        ("key_b", pa.int64()),
        ("evidence", pa.string()),
        ("state", pa.string()),
        ("known_at", moment),
        ("decided_at", moment),
        ("author", pa.string()),
        ("probability", pa.float64()),
        ("weight", pa.float64()),
        ("comparison", pa.string()),
        ("refers_to", pa.int64()),
    ]
    return pa.schema(kinds)
