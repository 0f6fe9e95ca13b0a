"""What the way of answering does to answers: a code on a tablet in a store, a text message, a letter, a call.

People who answer in different ways differ anyhow. The effect of a way is told only where customers of like behaviour
answered in either: then it is the doubly robust difference between the two, and it can be taken out of the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxloop.core.errors import UnknownNameError
from cxloop.core.results import Estimate
from cxloop.measure.whole_base.base import Base
from cxloop.measure.whole_base.learners import folds_of, mean_of_others, odds_of_others
from cxloop.measure.whole_base.results import BaseMode
from cxloop.stats.aipw import mean_and_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.stats.sums import Array

__all__ = ["Modes", "contrast", "modes_of"]

LEAST_ANSWERS = 50
LEAST_OVERLAP = 0.8
_EDGE = 0.05
NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Modes:
    """Ways of answering: the one that the score is told in, and what the others do to answers."""

    reference: str | None
    rows: tuple[BaseMode, ...]

    def shift(self, answered_by: NDArray[np.object_], weights: Array) -> tuple[float, float]:
        """Returns what is in a weighted score by other ways than the reference, and its standard error."""
        total, value, square = weights.sum(), 0.0, 0.0
        for row in self.rows:
            if row.effect is None:
                continue
            share = float(weights[answered_by == row.name].sum() / total) if total else 0.0
            value += share * row.effect.value
            square += (share * (row.effect.high - row.effect.low) / 2 / NORMAL_95) ** 2
        return value, float(np.sqrt(square))


def modes_of(base: Base, *, reference: str | None, seed: int) -> Modes:
    """Returns the effects of all ways of answering; the most common one is the reference unless another is named.

    Raises:
        UnknownNameError: nobody answered by the reference.
    """
    seen = base.seen
    told = seen.answered
    names, codes = seen.names["answered_by"], seen.texts["answered_by"]
    counts = {name: int((told & (codes == place)).sum()) for place, name in enumerate(names)}
    usual = max(counts, key=lambda name: (counts[name], name), default=None)
    if reference is not None and reference not in counts:
        raise UnknownNameError("way of answering", reference, tuple(counts))
    chosen = reference or usual
    if chosen is None or len(counts) < 2:
        return Modes(None, ())
    place = names.index(chosen)
    rows = [_effect(base, number, name, place, counts, seed) for number, name in enumerate(names) if number != place]
    removed = any(row.effect is not None for row in rows)
    return Modes(chosen if removed else None, tuple(sorted(rows, key=lambda row: -row.n)))


def _effect(base: Base, mode: int, name: str, reference: int, counts: dict[str, int], seed: int) -> BaseMode:
    seen = base.seen
    codes = seen.texts["answered_by"]
    other = seen.names["answered_by"][reference]
    if min(counts[name], counts[other]) < LEAST_ANSWERS:
        return BaseMode(name, counts[name], None, f"fewer than {LEAST_ANSWERS} answers came this way or by {other}")
    rows = seen.answered & ((codes == mode) | (codes == reference))
    values = base.answers.values[base.answers.cells(seen.score[rows])]
    found = contrast(base.design.columns[rows], codes[rows] == mode, values, seed=seed)
    if found is None:
        why = f"cannot be told: who answers this way is too unlike who answers by {other}"
        return BaseMode(name, counts[name], None, why)
    value, error = found
    low, high = value - NORMAL_95 * error, value + NORMAL_95 * error
    return BaseMode(name, counts[name], Estimate(value, low, high, int(rows.sum()), counts[name], "AIPW"), "")


def contrast(columns: Array, treated: NDArray[np.bool_], values: Array, *, seed: int) -> tuple[float, float] | None:
    """Returns the doubly robust difference between treated and others, and its error; None without overlap.

    Args:
        columns: what was known before, shape (n, p).
        treated: shape (n,).
        values: outcomes, shape (n,).
        seed: of the folds.
    """
    fold = folds_of(treated.size, seed)
    odds = odds_of_others(columns, treated, np.ones(treated.size, bool), fold)
    inside = (odds > _EDGE) & (odds < 1 - _EDGE)
    if min(inside[treated].mean(), inside[~treated].mean()) < LEAST_OVERLAP:
        return None
    odds = np.clip(odds, _EDGE, 1 - _EDGE)
    with_it, without = (mean_of_others(columns, values, who, fold) for who in (treated, ~treated))
    pseudo = (
        with_it - without
        + np.where(treated, (values - with_it) / odds, 0.0)
        - np.where(treated, 0.0, (values - without) / (1 - odds))
    )  # fmt: skip
    return mean_and_error(pseudo)
