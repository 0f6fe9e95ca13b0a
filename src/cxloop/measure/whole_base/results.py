"""What `measure.whole_base` returns: two scores side by side, what lies between them, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cxloop.core.results import Estimate, EstimateRow, Estimates, How, InsufficientData, Result, Unit, Value
from cxloop.core.wording import count, label, number

__all__ = [
    "BaseBalance",
    "BaseCheck",
    "BaseGroup",
    "BaseLeaning",
    "BaseMode",
    "BasePretence",
    "BaseStep",
    "HeldOut",
    "WholeBase",
]


@dataclass(frozen=True, slots=True)
class BaseGroup:
    """One group of the base: the score of those of it who answered, and of all of it."""

    group: str | None
    customers: int
    answerers: Estimate | InsufficientData
    whole: Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class BaseStep:
    """One step from the score of those who answered to that of everybody."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class BaseBalance:
    """How much those who answered differ from the base in one thing, in standard deviations."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Answerers whom a model had not seen: what it expected of them, and what they said."""

    name: str
    expected: float
    said: Estimate


@dataclass(frozen=True, slots=True)
class BasePretence:
    """Answerers of whom some were hidden by a known rule: how far off the score of the rest was, raw and adjusted."""

    raw: float
    adjusted: float
    held: bool


@dataclass(frozen=True, slots=True)
class BaseMode:
    """What a way of answering does to answers, against the reference; None where that cannot be told."""

    name: str
    n: int
    effect: Estimate | None
    note: str


@dataclass(frozen=True, slots=True)
class BaseLeaning:
    """How answering hangs on the answer.

    Attributes:
        slope: log odds ratio of answering per point of the answer.
        low: lower limit.
        high: upper limit.
        pairs: invitations of people who also answered another one.
        customers: who these people are, in number.
        scores: (times the slope, score of everybody) if answering hung on the answer by that much.
        tipping: at how many times the slope the score of everybody would be that of those who answered; None for never
            within reach.
    """

    slope: float
    low: float
    high: float
    pairs: int
    customers: int
    scores: tuple[tuple[float, float], ...]
    tipping: float | None


@dataclass(frozen=True, slots=True)
class BaseCheck:
    """One thing that has to hold for the score to be believed, with what was found."""

    name: str
    held: bool
    said: str


@dataclass(frozen=True)
class WholeBase(Result):
    """The score of all customers, beside that of those who answered.

    Attributes:
        metric: whose score it is.
        unit: how it reads.
        until: end of the window, UTC.
        active_days: how long ago the newest occasion of a customer may have begun.
        occasion: what makes somebody a customer: order, contact, return.
        customers: how many there are.
        invited: how many of them were asked after their newest occasion.
        answered: how many of them answered since.
        reference: the way of answering that the score is told in; None where ways of answering were not told apart.
        trusted: whether everything held that has to hold.
        reasons: why it cannot be trusted; empty where it can.
        answerers: the score of those who answered within the same days.
        whole: the score of everybody. Where it is not trusted, what came out nevertheless.
        raked: the simple alternative: those who answered, weighted to known totals.
        steps: what lies between the two scores, in order.
        groups: both scores of each group, where they were split.
        by: by what they were split; empty for nothing.
        balance: what those who answered differ in, the largest first.
        extreme_share: share of those who answered whose weights are larger than ten times the middle one.
        worth: how many equally weighted answers the weighted ones are worth.
        odds: tenths of the probability of answering: (of those who answered, of the others), from 0 to 1.
        held_out: what models expected of answerers whom they had not seen, and what these said.
        pretences: answerers hidden by a known rule, and what became of the score.
        modes: what ways of answering do to answers.
        leaning: how answering hangs on the answer; None where that cannot be seen.
        checks: everything that has to hold.
        zone: the reporting time zone.
        how: definition, method, calls.
    """

    metric: str
    unit: Unit
    until: datetime
    active_days: float
    occasion: str
    customers: int
    invited: int
    answered: int
    reference: str | None
    trusted: bool
    reasons: tuple[str, ...]
    answerers: Estimate | InsufficientData
    whole: Estimate | InsufficientData
    raked: Estimate | InsufficientData
    steps: tuple[BaseStep, ...]
    groups: tuple[BaseGroup, ...]
    by: str
    balance: tuple[BaseBalance, ...]
    extreme_share: float
    worth: float
    odds: tuple[tuple[int, int], ...]
    held_out: tuple[HeldOut, ...]
    pretences: tuple[BasePretence, ...]
    modes: tuple[BaseMode, ...]
    leaning: BaseLeaning | None
    checks: tuple[BaseCheck, ...]
    zone: str
    how: How = field(default_factory=How)

    @property
    def scores(self) -> Estimates:
        """The scores as estimates of one split, for a chart; that of everybody only where it can be trusted."""
        whole = [("everybody", self.whole), ("by raking", self.raked)] if self.trusted else []
        rows = (("those who answered", self.answerers), *whole)
        return Estimates(
            metric=self.metric,
            unit=self.unit,
            by=("who",),
            every=None,
            since=None,
            until=self.until,
            zone=self.zone,
            scale=None,
            rows=tuple(EstimateRow((name,), None, found) for name, found in rows),
            titles=("way of counting",),
        )

    def plot(self) -> Any:
        """Returns the chart of the scores with their intervals."""
        return self.scores.plot()

    def records(self) -> list[dict[str, Value]]:
        """Returns one row for everybody and one per group; the score is None where it cannot be trusted."""
        everybody = BaseGroup("everybody", self.customers, self.answerers, self.whole)
        return [self._record(row) for row in (everybody, *self.groups)]

    def _record(self, row: BaseGroup) -> dict[str, Value]:
        told = row.answerers if isinstance(row.answerers, Estimate) else None
        whole = row.whole if isinstance(row.whole, Estimate) and self.trusted else None
        return {
            self.by or "who": row.group,
            "customers": row.customers,
            "answers": row.answerers.n,
            "of_those_who_answered": None if told is None else told.value,
            "told_low": None if told is None else told.low,
            "told_high": None if told is None else told.high,
            "of_everybody": None if whole is None else whole.value,
            "low": None if whole is None else whole.low,
            "high": None if whole is None else whole.high,
            "trusted": self.trusted,
        }

    def __str__(self) -> str:
        name = label(self.metric)
        if not self.trusted or not isinstance(self.whole, Estimate):
            return f"{name} of all {count(self.customers)} customers cannot be trusted: {' '.join(self.reasons)}"
        return f"{name} of all {count(self.customers)} customers is {self._said(self.whole)}; {self._answerers()}."

    def _answerers(self) -> str:
        if not isinstance(self.answerers, Estimate):
            return "too few answered for a score of their own"
        return f"of those who answered it is {self._said(self.answerers)}, {count(self.answerers.n)} answers"

    def _said(self, found: Estimate) -> str:
        low, high = number(found.low, self.unit), number(found.high, self.unit)
        return f"{number(found.value, self.unit)} ({low} to {high})"
