"""Columns on their way to the log: blocks of rows whose strings are numbers into small pools.

Strings are made once per distinct value; rows carry 32-bit places, which sort and slice far faster than text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cxloop.simulate.clock import Floats, Ints
from cxloop.simulate.events import code

__all__ = ["Block", "Column", "Places", "Pooled", "constant", "join", "pick", "pooled", "texts_of"]

Places = NDArray[np.int32]


@dataclass(frozen=True)
class Pooled:
    """A text column: `pool` holds the distinct texts, `places` which one each row has; -1 is null."""

    pool: Any
    places: Places

    def where(self, holds: NDArray[np.bool_]) -> Pooled:
        """Returns the column with null where `holds` is false."""
        return Pooled(self.pool, np.where(holds, self.places, np.int32(-1)))

    def __getitem__(self, rows: Any) -> Pooled:
        """Returns the column at some rows."""
        return Pooled(self.pool, self.places[rows])


Column: TypeAlias = "Pooled | Floats | Ints"


@dataclass(frozen=True)
class Block:
    """Rows of one topic.

    Attributes:
        event: number of the event in `events.EVENTS`, per row.
        at: UTC seconds, per row.
        number: number of the row among the rows of its source and name, from which the message id is made; None where
            the log counts them.
        key: place of the customer's key in the table of keys; -1 where nobody was recognised.
        columns: what else is known, by the name of the column of `INCOMING`.
    """

    event: NDArray[np.int16]
    at: Ints
    number: Ints | None
    key: NDArray[np.int32]
    columns: Mapping[str, Column] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        event: str | NDArray[np.int16],
        at: Ints,
        number: Ints | None,
        key: NDArray[np.int32],
        **columns: Column | None,
    ) -> Block:
        """Returns the block of rows with one event (by its key) or with one per row."""
        codes = np.full(at.size, code(event), np.int16) if isinstance(event, str) else event
        kept = {name: column for name, column in columns.items() if column is not None}
        return cls(codes, at, number, key, kept)


def pooled(values: Sequence[str], places: NDArray[Any]) -> Pooled:
    """Returns a text column of a few values."""
    return Pooled(pa.array(values, pa.string()), places.astype(np.int32))


def constant(value: str, count: int) -> Pooled:
    """Returns a text column with one value everywhere."""
    return pooled([value], np.zeros(count, np.int32))


def texts_of(values: Any) -> Pooled:
    """Returns a text column whose texts are all different."""
    return Pooled(values, np.arange(len(values), dtype=np.int32))


def pick(values: Any, places: NDArray[Any]) -> Any:
    """Returns the values at some places, as an Arrow array; a negative place is null.

    Example:
        >>> pick(["one", "two"], np.array([1, -1])).to_pylist()
        ['two', None]
    """
    held = values if isinstance(values, pa.Array) else pa.array(values)
    return held.take(pa.array(places, mask=places < 0))


def join(*parts: Any) -> Any:
    """Returns the texts that result from writing arrays and constants one after another, as an Arrow array.

    Numbers are written in base ten.
    """
    texts = [
        part if isinstance(part, str) else pc.cast(part if isinstance(part, pa.Array) else pa.array(part), pa.string())
        for part in parts
    ]
    joined: Any = pc.binary_join_element_wise(*texts, "")  # type: ignore[call-overload]
    return joined
