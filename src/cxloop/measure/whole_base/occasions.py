"""Occasions as arrays: who was invited after what, who answered, and which is the newest of each customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from cxloop.stats.aipw import Flags
    from cxloop.stats.sums import Array

__all__ = ["DAY", "TEXTS", "Occasions", "nearest", "read"]

DAY = 86_400.0
TEXTS = ("product", "region", "brand", "channel", "delivery", "contact", "invited_by", "answered_by")
_MOMENTS = ("began_at", "first_at", "invited_at", "answered_at")
_NUMBERS = ("occasion", "worth", "score", "contacts", "returned", "elsewhere")


@dataclass(frozen=True, eq=False)
class Occasions:
    """Every occasion, sorted by customer and time; each array has one entry per occasion.

    Attributes:
        customer: whose it is.
        moments: began_at, first_at, invited_at, answered_at in days before the end of the window; nan for never.
        numbers: occasion (its number), worth, score, contacts, returned, elsewhere; nan where it is not known.
        texts: for each of TEXTS the place in `names` of its value; -1 where it is not known.
        names: for each of TEXTS the values.
    """

    customer: NDArray[np.int64]
    moments: Mapping[str, Array]
    numbers: Mapping[str, Array]
    texts: Mapping[str, NDArray[np.int64]]
    names: Mapping[str, tuple[str, ...]]

    @property
    def count(self) -> int:
        """Number of occasions."""
        return self.customer.size

    @property
    def ago(self) -> Array:
        """Days before the end at which each began."""
        return self.moments["began_at"]

    @property
    def score(self) -> Array:
        """The answer to the invitation; nan where there is none."""
        return self.numbers["score"]

    @cached_property
    def answered(self) -> Flags:
        """Whether the customer answered before their next occasion."""
        return np.asarray(np.isfinite(self.score))

    @cached_property
    def invited(self) -> Flags:
        """Whether they were asked; where the log knows of no invitation, everybody could have answered."""
        asked = np.isfinite(self.moments["invited_at"])
        return np.asarray(asked | self.answered) if asked.any() else np.ones(self.count, bool)

    @cached_property
    def newest(self) -> Flags:
        """Whether it is the customer's last."""
        return np.append(self.customer[1:] != self.customer[:-1], True)[: self.count]


def nearest(customer: NDArray[np.int64], score: Array) -> Array:
    """Returns the last known score before each row, of the same customer; nan where there is none.

    Args:
        customer: sorted, shape (n,).
        score: nan where it is not known, shape (n,).
    """
    place = np.arange(score.size)
    last = np.maximum.accumulate(np.where(np.isfinite(score), place, -1))
    before = np.concatenate([[-1], last[:-1]])[: score.size].astype(int)
    same = (before >= 0) & (customer[before] == customer)
    return np.where(same, score[before], np.nan)


def read(table: pa.Table, until: datetime) -> Occasions:
    """Returns the rows of `measure.occasions` as arrays; `until` is the end of the window, UTC."""
    end = np.datetime64(until, "us")
    texts = {name: _codes(table.column(name)) for name in TEXTS}
    return Occasions(
        customer=_whole(table.column("customer")),
        moments={name: _days_before(end, table.column(name)) for name in _MOMENTS},
        numbers={name: _numbers(table.column(name)) for name in _NUMBERS},
        texts={name: codes for name, (codes, _) in texts.items()},
        names={name: values for name, (_, values) in texts.items()},
    )


def _days_before(end: np.datetime64, column: Any) -> Array:
    """Returns how many days before the end each moment was; nan for never."""
    import pyarrow as pa

    moments: Any = column.cast(pa.timestamp("us")).combine_chunks().to_numpy(zero_copy_only=False)
    days: Array = (end - moments) / np.timedelta64(1, "D")
    return days


# Filling with a number from Python would have Arrow load pandas, which takes longer than all that follows.
def _numbers(column: Any) -> Array:
    """Returns numbers; nan where there is none."""
    import pyarrow as pa

    numbers: Array = column.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False)
    return numbers


def _whole(column: Any) -> NDArray[np.int64]:
    """Returns whole numbers, of which none is missing."""
    import pyarrow as pa

    numbers: NDArray[np.int64] = column.cast(pa.int64()).combine_chunks().to_numpy(zero_copy_only=False)
    return numbers


def _codes(column: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Returns the place of each text among the different ones, -1 for none, and these."""
    found = column.combine_chunks().dictionary_encode()
    places = found.indices.to_numpy(zero_copy_only=False)
    codes = np.nan_to_num(places, nan=-1.0) if places.dtype.kind == "f" else places
    return codes.astype(np.int64), tuple(found.dictionary.to_pylist())
