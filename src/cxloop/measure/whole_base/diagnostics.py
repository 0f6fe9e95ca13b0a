"""Whether the adjusted score may be believed: how alike the weighted are, and how well answers are foreseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, expit, logit

from cxloop.core.results import Estimate
from cxloop.measure.whole_base.adjusting import Adjusted, models_of
from cxloop.measure.whole_base.learners import Learner, learner
from cxloop.measure.whole_base.results import BaseBalance, BasePretence, HeldOut
from cxloop.stats.aipw import Nuisances, Told, mean_and_error, pseudo_outcomes
from cxloop.stats.weighting import differences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.measure.whole_base.base import Base
    from cxloop.stats.sums import Array

__all__ = ["Trend", "balance", "drift", "held_out", "misfit", "odds", "pretend", "resistance"]

BINS, PRETENCES, LEAST_IN_BIN = 5, 8, 10
NORMAL_95 = 1.959964


def balance(found: Adjusted) -> tuple[BaseBalance, ...]:
    """Returns the standardised differences of those who answered, before and after weighting, the largest first."""
    columns, answered = found.base.columns, found.base.told.answered
    before = differences(columns, answered)
    after = differences(columns, answered, found.weights)
    rows = zip(found.base.design.names, before, after, strict=True)
    return tuple(
        sorted((BaseBalance(name, float(b), float(a)) for name, b, a in rows), key=lambda row: -abs(row.before))
    )


def odds(found: Adjusted) -> tuple[tuple[int, int], ...]:
    """Returns how many of those who answered, and of the others, have each tenth of the probability to answer."""
    answered = found.base.told.answered
    chance = found.models.invited * found.models.answered
    counts = [np.histogram(chance[who], bins=10, range=(0.0, 1.0))[0] for who in (answered, ~answered)]
    return tuple((int(a), int(b)) for a, b in zip(*counts, strict=True))


def held_out(found: Adjusted) -> tuple[HeldOut, ...]:
    """Returns what was expected of fifths of those who answered, by models without them, and what they said."""
    told = found.base.told
    expected = (found.models.cells @ told.values)[told.answered]
    said = told.values[told.cell][told.answered]
    if said.size < BINS * LEAST_IN_BIN:
        return ()
    place = np.argsort(np.argsort(expected, kind="stable"), kind="stable") * BINS // said.size
    return tuple(_fifth(number, expected[place == number], said[place == number]) for number in range(BINS))


def _fifth(number: int, expected: Array, said: Array) -> HeldOut:
    mean, error = mean_and_error(said)
    low, high = mean - NORMAL_95 * error, mean + NORMAL_95 * error
    found = Estimate(mean, low, high, said.size, said.size, "normal")
    return HeldOut(f"fifth {number + 1} of {BINS}", float(expected.mean()), found)


def misfit(rows: tuple[HeldOut, ...]) -> float:
    """Returns the p value of "what was expected is what they said", by the squared distances of all rows."""
    errors = [max((row.said.high - row.said.low) / 2 / NORMAL_95, 1e-9) for row in rows]
    squares = sum(((row.said.value - row.expected) / error) ** 2 for row, error in zip(rows, errors, strict=True))
    return float(chdtrc(len(rows), squares)) if rows else 1.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A change of answers that behaviour does not explain, with its standard error, in units of the score."""

    value: float
    error: float

    @property
    def least(self) -> float:
        """How large it is at least, at 95 %."""
        return max(abs(self.value) - NORMAL_95 * self.error, 0.0)


_OF_TIME = ("time since", "how many so far", "time with us")


def drift(base: Base) -> Trend:
    """Returns by how much answers rise in a year among customers of like behaviour."""
    seen = base.seen
    told = seen.answered
    lasting = [place for place, name in enumerate(base.design.names) if name not in _OF_TIME]
    values = base.answers.values[base.answers.cells(seen.score[told])]
    return _slope(-seen.ago[told] / 365.0, base.design.columns[told][:, lasting], values, seen.customer[told])


def resistance(base: Base) -> Trend:
    """Returns how answers change with each doubling of the time that they took: late answers are half a silence.

    Lin and Schaeffer (1995), "Using survey participants to estimate the impact of nonparticipation", Public Opinion
    Quarterly 59, 236-258: those who are hard to get stand for those who cannot be got.
    """
    seen = base.seen
    delay = seen.moments["invited_at"] - seen.moments["answered_at"]
    known = seen.answered & np.isfinite(delay) & (delay > 0)
    if known.sum() < 2 * base.design.columns.shape[1]:
        return Trend(0.0, np.inf)
    values = base.answers.values[base.answers.cells(seen.score[known])]
    return _slope(np.log2(delay[known]), base.design.columns[known], values, seen.customer[known])


def _slope(of: Array, beside: Array, values: Array, customers: NDArray[np.int64]) -> Trend:
    """Returns the slope of least squares, with its error clustered by customer (Liang and Zeger 1986)."""
    if values.size < 2 * beside.shape[1] + 10 or np.ptp(of) == 0:
        return Trend(0.0, np.inf)
    design = np.column_stack([of - of.mean(), np.ones(of.size), beside])
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ (design.T @ values)
    residual = design * (values - design @ found)[:, None]
    place = np.unique(customers, return_inverse=True)[1]
    summed = np.column_stack([np.bincount(place, weights=column) for column in residual.T])
    spread = inverse @ (summed.T @ summed) @ inverse
    return Trend(float(found[0]), float(np.sqrt(max(spread[0, 0], 0.0))))


def pretend(found: Adjusted, *, seed: int) -> Iterator[BasePretence]:
    """Yields what becomes of the score of those who answered when some of them are hidden by a rule that is known.

    They stay silent as customers like them do, twice as clearly, and by their answer as much as was seen.
    """
    base = found.base
    told = base.told
    rows = np.flatnonzero(told.answered)
    values = told.values[told.cell][rows]
    lean = logit(np.clip(found.models.answered[rows], 0.02, 0.98))
    answer = told.positions[told.cell][rows]
    shown = expit(2 * (lean - lean.mean()) + found.tilt * (answer - answer.mean()))
    columns, everybody = base.columns[rows], replace(told, invited=np.ones(rows.size, bool), cell=told.cell[rows])
    answering: Learner | None = None
    for number in range(PRETENCES):
        heard = np.random.default_rng([seed, number]).random(rows.size) < shown
        # The rule is the same each time, and so is what learns it best: only what it learns is learned anew.
        answering = answering or learner(columns, heard)
        hidden = replace(everybody, answered=heard)
        yield _pretence(hidden, models_of(columns, hidden, seed, answering), found.tilt, values)


def _pretence(told: Told, models: Nuisances, tilt: float, values: Array) -> BasePretence:
    value, error = mean_and_error(pseudo_outcomes(told, models, tilt))
    truth = float(values.mean())
    return BasePretence(
        float(values[told.answered].mean()) - truth, value - truth, abs(value - truth) <= NORMAL_95 * error
    )
