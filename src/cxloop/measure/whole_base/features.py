"""What was known of customers before they could answer, as the columns of a design."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxloop.measure.whole_base.occasions import Occasions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.stats.sums import Array

__all__ = ["Design", "design"]

MOST_LEVELS = 24
"""More values of a property than these, the rarest, count as one: "another"."""
LEAST_IN_LEVEL = 20
_KNOWN = ("region", "channel", "product", "brand", "delivery", "contact")
_TITLES = {"delivery": "delivery", "contact": "contact ended"}


@dataclass(frozen=True, eq=False)
class Design:
    """Columns in standard deviations, with the name of each.

    Attributes:
        columns: shape (n, p).
        names: what each column is, for people: "region is DE", "days since".
    """

    columns: Array
    names: tuple[str, ...]

    def take(self, rows: NDArray[np.bool_]) -> Array:
        """Returns the columns of some of the rows."""
        return self.columns[rows]


def design(seen: Occasions, *, rows: NDArray[np.bool_]) -> Design:
    """Returns what was known of each occasion; standardised by, and levels chosen from, the occasions in `rows`."""
    found = [*_numbers(seen), *_levels(seen, rows)]
    columns = np.column_stack([column for _, column in found]).astype(float)
    spread = columns[rows].std(axis=0)
    kept = spread > 1e-9
    columns = (columns[:, kept] - columns[rows][:, kept].mean(axis=0)) / spread[kept]
    return Design(columns, tuple(name for (name, _), keep in zip(found, kept, strict=True) if keep))


def _numbers(seen: Occasions) -> Iterator[tuple[str, Array]]:
    numbers = seen.numbers
    yield "time since", np.log1p(np.maximum(seen.ago, 0.0))
    yield "how many so far", np.log(np.maximum(numbers["occasion"], 1.0))
    yield "time with us", np.log1p(np.maximum(seen.moments["first_at"], 0.0))
    yield "money", np.log1p(np.maximum(np.nan_to_num(numbers["worth"]), 0.0))
    yield "contacts", np.minimum(np.nan_to_num(numbers["contacts"]), 3.0)
    yield "returns", np.minimum(np.nan_to_num(numbers["returned"]), 2.0)
    told = np.isfinite(numbers["elsewhere"])
    yield "told us otherwise", told.astype(float)
    usual = float(numbers["elsewhere"][told].mean()) if told.any() else 0.0
    yield "what they told us otherwise", np.where(told, numbers["elsewhere"], usual)


def _levels(seen: Occasions, rows: NDArray[np.bool_]) -> Iterator[tuple[str, Array]]:
    for name in _KNOWN:
        codes, names = seen.texts[name], seen.names[name]
        if not names:
            continue
        counts = np.bincount(codes[rows] + 1, minlength=len(names) + 1)
        common = [place for place in np.argsort(-counts)[: MOST_LEVELS + 1] if counts[place] >= LEAST_IN_LEVEL]
        title = _TITLES.get(name, name)
        # The most common value is what the others are compared with.
        for place in common[1:]:
            said = names[place - 1] if place else "not known"
            yield f"{title} is {said}", (codes == place - 1).astype(float)
