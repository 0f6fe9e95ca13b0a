"""Pairs of records and what each comparison says of them: found by rules, scored once, and kept to be looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.blocking import KEYS, rule_condition
from cxloop.unify.matching.ceilings import MOST, enough, frequent
from cxloop.unify.matching.model import Model, linker_for

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.duckdb.linkage import Scratch

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Scored", "Scorer"]

_BLOCKED, _ASKED, _WEIGHED = "rule_pairs", "asked_pairs", "weighed_records"
_FRESH, _NEAR = "fresh_records", "near_records"


@dataclass(frozen=True)
class Scored:
    """Pairs in order of (left, right), each with left before right.

    Attributes:
        left: a record of each pair.
        right: the other one.
        weights: comparison x pair, in bits; nan where it says nothing.
        levels: comparison x pair, as Splink numbers them: 0 is the furthest, -1 missing.
    """

    left: Ints
    right: Ints
    weights: Floats
    levels: NDArray[np.int8]

    @property
    def evidence(self) -> Floats:
        """Weight of each pair without the prior, in bits."""
        import numpy as np

        found: Floats = np.nansum(self.weights, axis=0)
        return found

    def places(self, left: Ints, right: Ints, count: int) -> Ints:
        """Returns where pairs of `count` records are among these, and -1 for those that are not."""
        import numpy as np

        have, want = self.left * count + self.right, left * count + right
        if not len(have):
            return np.full(len(want), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(have, want), len(have) - 1)
        found: Ints = np.where(have[at] == want, at, -1)
        return found

    def take(self, at: Ints) -> Scored:
        """Returns some of the pairs."""
        return Scored(self.left[at], self.right[at], self.weights[:, at], self.levels[:, at])

    def with_also(self, other: Scored) -> Scored:
        """Returns these pairs and others, in order."""
        import numpy as np

        left = np.concatenate([self.left, other.left])
        right = np.concatenate([self.right, other.right])
        weights = np.concatenate([self.weights, other.weights], axis=1)
        levels = np.concatenate([self.levels, other.levels], axis=1)
        return Scored(left, right, weights, levels).take(np.lexsort((right, left)))


class Scorer:
    """Compares pairs of a table's records with Splink, by a model."""

    def __init__(self, room: Scratch, table: str, model: Model) -> None:
        """Looks at nothing yet.

        Args:
            room: the database.
            table: name of the table of records.
            model: its prior does not matter here.
        """
        self._room, self._table, self._model = room, table, model
        self._linker: Any = None
        self._register: Callable[[Any], Any] = lambda relation: relation

    def candidates(
        self, *, apart: bool, fresh: Sequence[int] | Ints | None, groups: Sequence[int] | Ints | None, least: float
    ) -> Scored:
        """Returns the pairs that the model's rules find.

        Args:
            apart: whether records whose column `alone` is equal are left out.
            fresh: records of which one at least is in each pair; None for all.
            groups: a number for each record that is equal where records are one person's already; None where none are.
            least: weight (bits, prior included) under which a pair is left out.
        """
        keys = {key.name: key for key in KEYS}
        rules = [rule_condition([keys[name] for name in rule], apart=apart) for rule in self._model.rules]
        also = enough(self._model, least)
        if fresh is None:
            self._room.weighed(_WEIGHED, self._table, self._shares(self._table), MOST)
            found = self._room.agreeing(_BLOCKED, _WEIGHED, rules, also)
            self._open(self._table)
        else:
            self._room.some(_FRESH, self._table, fresh)
            self._room.weighed(_WEIGHED, _FRESH, self._shares(_FRESH), MOST)
            found = self._room.agreeing_with(_BLOCKED, _WEIGHED, self._table, rules, also)
            self._open(self._near(groups))
        return self._scored(found, least)

    def _shares(self, among: str) -> dict[str, tuple[str, float]]:
        """Counts how frequent values are that some records have; a table of each field, and the m of equal values."""
        found = {}
        for field, same in frequent(self._model).items():
            found[field] = (f"{among}_{field}", same)
            self._room.shares(found[field][0], self._table, field, among)
        return found

    def _near(self, groups: Sequence[int] | Ints | None) -> str:
        """Makes a table of the records that can be asked about: those of the pairs found, with all of their persons."""
        import numpy as np

        pairs = self._room.read(_BLOCKED, ("join_key_l", "join_key_r"))
        near = np.unique(np.concatenate([pairs["join_key_l"].to_numpy(), pairs["join_key_r"].to_numpy()]))
        if groups is not None:
            numbers = np.asarray(groups)
            near = np.flatnonzero(np.isin(numbers, numbers[near]))
        self._room.some(_NEAR, self._table, near)
        return _NEAR

    def _open(self, table: str) -> None:
        """Opens Splink's linker over records, which are all or some of the table's, with shares among all."""
        self._linker, self._register = linker_for(self._room, table, self._model, explain=True)
        for field, (shares, _) in self._shares(table).items():
            known = self._register(self._room.connection.table(shares))
            self._linker.table_management.register_term_frequency_lookup(known, field)

    def pairs(self, left: Ints, right: Ints) -> Scored:
        """Returns the pairs given."""
        import pyarrow as pa

        rows = pa.table(
            {"join_key_l": pa.array(left), "join_key_r": pa.array(right), "match_key": pa.repeat("0", len(left))}
        )
        return self._scored(self._room.put(_ASKED, rows), None)

    def _scored(self, blocked: object, least: float | None) -> Scored:
        import numpy as np

        self._linker.table_management.register_blocked_pairs_for_predict(self._register(blocked))
        prediction = self._linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        fields = [comparison.field for comparison in self._model.comparisons]
        rows = self._room.read(prediction.physical_name, self._told(), order=("record_l", "record_r"))
        prediction.drop_table_from_database_and_remove_from_cache()
        levels = np.stack([rows[f"gamma_{name}"].to_numpy() for name in fields]).astype(np.int8)
        weights = np.where(levels < 0, np.nan, np.stack([_bits(rows, name) for name in fields]))
        left, right = (rows[name].to_numpy().astype(np.int64) for name in ("record_l", "record_r"))
        return Scored(left, right, weights, levels)

    def _told(self) -> list[str]:
        """Columns of a prediction that are read."""
        told = ["record_l", "record_r"]
        for comparison in self._model.comparisons:
            told += [f"gamma_{comparison.field}", f"mw_{comparison.field}"]
            told += [f"mw_tf_adj_{comparison.field}"] * any(level.by_frequency for level in comparison.levels)
        return told


def _bits(rows: pa.Table, name: str) -> Floats:
    weight: Floats = rows[f"mw_{name}"].to_numpy()
    adjusted = f"mw_tf_adj_{name}"
    return weight + rows[adjusted].to_numpy() if adjusted in rows.column_names else weight
