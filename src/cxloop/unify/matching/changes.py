"""What a run of matching changes in the ledger: links that are new, pairs to propose, and what it takes back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.thresholds import probability

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.unify.matching.gathering import People
    from cxloop.unify.matching.knots import Explained
    from cxloop.unify.matching.ledger import Found, Pair, Said
    from cxloop.unify.matching.link import Linked
    from cxloop.unify.matching.model import Model

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
        retracted: entries that no longer hold.
        unchanged: how many links hold as they were.
        dropped: how many links and proposals named keys that are gone.
        model: which explains them.
    """

    links: Sequence[tuple[Pair, Explained]]
    proposals: Sequence[tuple[Pair, Explained]]
    left_out: int
    retracted: Sequence[Found]
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
        rows += [{**undo, "refers_to": entry.decision_id} for entry in self.retracted]
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


def changes_of(
    people: People, said: Said, linked: Linked, *, fresh: Collection[int], present: Collection[int]
) -> Changes:
    """Returns what a run changes.

    Args:
        people: the records as the run saw them.
        said: the ledger as it is now.
        linked: what matching found.
        fresh: the places of the records that were compared.
        present: the keys that still exist.
    """
    there = set(present)
    label = {key: int(linked.clusters[place]) for place, key in enumerate(people.keys)}
    moved = {people.keys[place] for place in fresh}
    kept, gone = _reviewed(said, label, moved)
    ties = _Ties([(key, people.groups[place]) for place, key in enumerate(people.keys)])
    for each in kept:
        ties.tie(each.key_a, each.key_b)
    alive, dead = _alive(people, linked.links, there)
    known = {each.pair for each in kept}
    apart = said.apart
    links = [(pair, join) for pair, join in alive if pair not in apart and ties.tie(*pair) and pair not in known]
    proposals, moot, lost = _proposals(people, said, linked, label, moved, there)
    left_out = max(len(proposals) - MOST_PROPOSED, 0)
    return Changes(links, proposals[:MOST_PROPOSED], left_out, [*gone, *moot], len(kept), dead + lost, linked.model)


def _reviewed(said: Said, label: Mapping[int, int], moved: set[int]) -> tuple[list[Found], list[Found]]:
    """Sorts the links that hold so far into those that still do, and those that a look at the records takes back."""
    kept: list[Found] = []
    gone: list[Found] = []
    for each in said.links("accepted"):
        # a key without a record stands in for somebody who was erased: what it holds together was found before
        looked_at = each.key_a in label and each.key_b in label and bool({each.key_a, each.key_b} & moved)
        (gone if looked_at and label[each.key_a] != label[each.key_b] else kept).append(each)
    return kept, gone


def _proposals(
    people: People, said: Said, linked: Linked, label: Mapping[int, int], moved: Collection[int], there: Collection[int]
) -> tuple[list[tuple[Pair, Explained]], list[Found], int]:
    """Returns the pairs to propose, the proposals that no longer stand, and how many were dropped."""
    alive, dead = _alive(people, linked.proposals, there)
    between = {_sides(pair, label) for pair in said.apart}
    wanted: dict[Pair, tuple[Pair, Explained]] = {}
    for pair, join in alive:
        sides = _sides(pair, label)
        if sides not in between and sides[0] != sides[1]:
            wanted.setdefault(sides, (pair, join))
    weaker = {_sides(pair, label) for pair, _ in _alive(people, linked.weaker, there)[0]}
    # what one decision does to the probabilities shall not take other pairs out of somebody's hands
    standing = set(wanted) | {sides for sides in weaker - between if sides[0] != sides[1]}
    moot = []
    for each in said.links("proposed"):
        if _sides(each.pair, label) in standing:
            wanted.pop(_sides(each.pair, label), None)
        elif {each.key_a, each.key_b} & set(moved) or _sides(each.pair, label)[0] == _sides(each.pair, label)[1]:
            moot.append(each)
    return list(wanted.values()), moot, dead


def _sides(pair: Pair, label: Mapping[int, int]) -> Pair:
    """Returns the persons of a pair of keys; a key without a record is a person of its own (below zero)."""
    low, high = sorted((label.get(pair[0], -pair[0]), label.get(pair[1], -pair[1])))
    return (low, high)


def _alive(
    people: People, joins: Iterable[Explained], there: Collection[int]
) -> tuple[list[tuple[Pair, Explained]], int]:
    """Returns the joins with their pairs of keys, without those of keys that are gone, and how many these were."""
    found, dead = [], 0
    for join in joins:
        low, high = sorted((people.keys[join.left], people.keys[join.right]))
        if low in there and high in there:
            found.append(((low, high), join))
        else:
            dead += 1
    return found, dead


class _Ties:
    """Which keys are one person's by the links counted so far."""

    def __init__(self, groups: Iterable[tuple[int, int]]) -> None:
        self._leads: dict[tuple[str, int], tuple[str, int]] = {}
        for key, group in groups:
            self._leads[("key", key)] = ("group", group)

    def _lead(self, at: tuple[str, int]) -> tuple[str, int]:
        while (on := self._leads.get(at, at)) != at:
            at = on
        return at

    def tie(self, one: int, other: int) -> bool:
        """Ties two keys; returns whether they were not tied before."""
        left, right = self._lead(("key", one)), self._lead(("key", other))
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
