"""What the ledger says of pairs of keys: what matching found before, and what persons decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cxloop.engine.query import Query
from cxloop.unify.matching import queries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxloop.engine.base import Engine

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Found", "Links", "Pair", "Said", "read_ledger", "read_pair", "undone", "void_undos"]

Pair = tuple[int, int]
PERSON = "person"


class Found(NamedTuple):
    """An entry about a pair that counts, or counted."""

    entry_id: int
    decision_id: int
    action: str
    key_a: int
    key_b: int
    evidence: str
    state: str
    decided_at: datetime
    author: str
    probability: float | None
    weight: float | None
    comparison: str | None

    @property
    def pair(self) -> Pair:
        """Its two keys."""
        return (self.key_a, self.key_b)


class Links(NamedTuple):
    """Links as columns: there may be as many of them as there are records.

    `weight` and `probability` are nan where nothing was estimated.
    """

    decision: Ints
    key_a: Ints
    key_b: Ints
    probability: Floats
    weight: Floats

    def take(self, which: NDArray[np.bool_]) -> Links:
        """Returns some of them."""
        return Links(
            self.decision[which], self.key_a[which], self.key_b[which], self.probability[which], self.weight[which]
        )

    def with_also(self, other: Links) -> Links:
        """Returns these links and others."""
        import numpy as np

        return Links(*(np.concatenate(both) for both in zip(self, other, strict=True)))


@dataclass
class Said:
    """The entries about pairs, sorted out.

    Attributes:
        untouched: links that matching made, and that nobody has touched since; they are in none of the others.
        found: every link that matching wrote, by entry.
        counted: those of them that no undo takes back.
        undone_by_person: pairs that a person took apart again; they stay apart until a person links them.
        persons: the last counted word of a person on a pair: link, cut or never.
    """

    untouched: Links | None = None
    found: dict[int, Found] = field(default_factory=dict)
    counted: dict[int, Found] = field(default_factory=dict)
    undone_by_person: set[Pair] = field(default_factory=set)
    persons: dict[Pair, str] = field(default_factory=dict)

    def links(self, state: str) -> list[Found]:
        """Returns what matching found that counts, on which no person has decided, apart from the untouched links."""
        return [each for each in self.counted.values() if each.state == state and each.pair not in self.persons]

    @property
    def accepted(self) -> Links:
        """What matching linked and counts, on which no person has decided."""
        import numpy as np

        rest = self.links("accepted")
        known = Links(
            np.array([each.decision_id for each in rest], dtype=np.int64),
            np.array([each.key_a for each in rest], dtype=np.int64),
            np.array([each.key_b for each in rest], dtype=np.int64),
            np.array([each.probability for each in rest], dtype=np.float64),
            np.array([each.weight for each in rest], dtype=np.float64),
        )
        return known if self.untouched is None else self.untouched.with_also(known)

    @property
    def apart(self) -> set[Pair]:
        """Pairs that are two persons because a person says so."""
        linked = {pair for pair, word in self.persons.items() if word == "link"}
        return {pair for pair, word in self.persons.items() if word != "link"} | (self.undone_by_person - linked)

    def decisions(self) -> tuple[list[float], list[bool]]:
        """Returns the weights of the pairs that persons decided on, and whether they are one person."""
        last = {each.pair: each for each in self.found.values() if each.weight is not None}
        known = [
            (each.weight or 0.0, self.persons[pair] == "link") for pair, each in last.items() if pair in self.persons
        ]
        known += [(last[pair].weight or 0.0, False) for pair in self.undone_by_person if pair not in self.persons]
        return [weight for weight, _ in known], [same for _, same in known]


def read_ledger(engine: Engine) -> Said:
    """Returns what matching found before and what persons decided."""
    rows = engine.fetch(queries.PAIR_ENTRIES).to_pylist()
    said = _sorted_out((Found(**row) for row in rows), undone(engine))
    said.untouched = _untouched(engine)
    return said


def _untouched(engine: Engine) -> Links:
    import numpy as np

    rows = engine.fetch(queries.UNTOUCHED)
    decision, one, other = (rows[name].to_numpy() for name in ("decision_id", "key_a", "key_b"))
    chance, weight = (rows[name].to_numpy().astype(np.float64) for name in ("probability", "weight"))
    return Links(decision, one, other, chance, weight)


def read_pair(engine: Engine, entry: int) -> Said:
    """Returns what the ledger says of the pair of an entry; nothing where matching wrote no such entry."""
    rows = engine.rows(queries.PAIR_OF_ENTRY, {"entry": entry, "void": void_undos(engine)})
    gone = {row["decision_id"]: row["undone_by"] for row in rows if row["undone_by"] is not None}
    told = ({name: value for name, value in row.items() if name != "undone_by"} for row in rows)
    return _sorted_out((Found(**row) for row in told), gone)


def undone(engine: Engine) -> Mapping[int, str]:
    """Returns the decisions that do not count any more, each with who took it back (`evidence` of the undo).

    Newest first: an undo that was undone itself takes nothing back.
    """
    return _taken_back(engine, queries.UNDOS)


def void_undos(engine: Engine) -> list[int]:
    """Returns the undos that do not count, because they were undone."""
    return sorted(_taken_back(engine, queries.UNDONE_UNDOS))


def _taken_back(engine: Engine, undos: Query) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in reversed(engine.fetch(undos).to_pylist()):
        if row["decision_id"] not in found:
            found.setdefault(row["refers_to"], row["evidence"])
    return found


def _sorted_out(entries: Iterable[Found], gone: Mapping[int, str]) -> Said:
    said = Said()
    for row in entries:
        if row.evidence == PERSON:
            if row.decision_id not in gone:
                said.persons[row.pair] = row.action
            continue
        said.found[row.entry_id] = row
        if row.decision_id not in gone:
            said.counted[row.entry_id] = row
        elif gone[row.decision_id] == PERSON:
            said.undone_by_person.add(row.pair)
    return said
