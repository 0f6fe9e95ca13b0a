"""The score of the whole base from those of it who answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cxloop.measure.whole_base.base import Base
from cxloop.measure.whole_base.leaning import leaning
from cxloop.measure.whole_base.learners import Learner, cells_of_others, folds_of, odds_of_others
from cxloop.stats.aipw import Dependence, Nuisances, Told, mean_and_error, pseudo_outcomes

if TYPE_CHECKING:
    from cxloop.stats.aipw import Flags
    from cxloop.stats.sums import Array

__all__ = ["LEAST_ODDS", "Adjusted", "adjust", "models_of"]

LEAST_ODDS = 0.02
"""Smaller probabilities count as this one: a weight over fifty would let one customer speak for a village."""
_STEP = 0.01


@dataclass(frozen=True, eq=False)
class Adjusted:
    """The base with the models of it.

    Attributes:
        base: who, what is known of them, and what they told.
        models: the nuisances, by models of other folds.
        leaning: how answering hangs on the answer; None where that cannot be seen.
    """

    base: Base
    models: Nuisances
    leaning: Dependence | None

    @property
    def tilt(self) -> float:
        """Log odds ratio of answering per point of the answer."""
        return 0.0 if self.leaning is None else self.leaning.slope

    @cached_property
    def pseudo(self) -> Array:
        """What the score is the mean of, one per customer."""
        return self.at(self.tilt)

    def at(self, tilt: float) -> Array:
        """Returns what the score would be the mean of, if answering hung on the answer by `tilt`."""
        return pseudo_outcomes(self.base.told, self.models, tilt)

    def score(self, of: Flags | None = None) -> tuple[float, float]:
        """Returns the score and its standard error, what is not known of the leaning included."""
        chosen = np.ones(self.base.count, bool) if of is None else of
        value, error = mean_and_error(self.pseudo[chosen])
        if self.leaning is None:
            return value, error
        moved = float(self.at(self.tilt + _STEP)[chosen].mean()) - value
        return value, float(np.hypot(error, moved / _STEP * self.leaning.error))

    @cached_property
    def weights(self) -> Array:
        """How many customers each of those who answered speaks for, before the leaning, shape (answers,)."""
        answered = self.base.told.answered
        return 1.0 / (self.models.invited[answered] * self.models.answered[answered])


def adjust(base: Base, *, seed: int) -> Adjusted:
    """Returns the base with its models and with how answering hangs on the answer."""
    return Adjusted(base, models_of(base.columns, base.told, seed), leaning(base))


def models_of(columns: Array, told: Told, seed: int, answering: Learner | None = None) -> Nuisances:
    """Returns what models of other customers say of each: who is invited, who answers, and what.

    Args:
        columns: what is known of each, shape (n, p).
        told: who answered what.
        seed: of the folds.
        answering: what learns who answers, where that has been chosen already.
    """
    count = told.invited.size
    fold, everybody = folds_of(count, seed), np.ones(count, bool)
    return Nuisances(
        invited=np.maximum(odds_of_others(columns, told.invited, everybody, fold), LEAST_ODDS),
        answered=np.maximum(odds_of_others(columns, told.answered, told.invited, fold, answering), LEAST_ODDS),
        cells=cells_of_others(columns, told.cell, told.answered, fold, told.values.size),
    )
