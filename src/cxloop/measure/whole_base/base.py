"""The base: everybody whom the score is for, what was known of them, and who of them has answered since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from cxloop.measure.whole_base.features import Design, design
from cxloop.measure.whole_base.occasions import Occasions
from cxloop.stats.aipw import Told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.stats.aipw import Flags
    from cxloop.stats.sums import Array

__all__ = ["Answers", "Base"]

Reading = Literal["score", "share", "mean"]
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True, slots=True)
class Answers:
    """How answers on a scale of whole points count.

    Attributes:
        low: lowest answer.
        high: highest answer.
        reading: score (NPS, in points), share (of the two highest) or mean.
    """

    low: int
    high: int
    reading: Reading

    @property
    def points(self) -> Array:
        """The answers that can be given."""
        return np.arange(self.low, self.high + 1, dtype=float)

    @property
    def values(self) -> Array:
        """What each answer is worth."""
        points = self.points
        if self.reading == "score":
            return 100.0 * ((points >= PROMOTER).astype(float) - (points <= DETRACTOR))
        if self.reading == "share":
            return (points > self.high - (2 if points.size > 2 else 1)).astype(float)
        return points

    @property
    def span(self) -> float:
        """The distance between the best and the worst number that can come out."""
        return float(np.ptp(self.values))

    def cells(self, score: Array) -> NDArray[np.intp]:
        """Returns the place of each answer in `points`; 0 where there is none."""
        known = np.nan_to_num(score, nan=float(self.low))
        places: NDArray[np.intp] = np.clip(np.rint(known) - self.low, 0, self.high - self.low).astype(np.intp)
        return places


@dataclass(frozen=True, eq=False)
class Base:
    """Everybody whom the score is for: the newest occasion of each customer who had one lately.

    Attributes:
        seen: all occasions.
        active_days: how long ago the newest may have begun.
        answers: how answers count.
    """

    seen: Occasions
    active_days: float
    answers: Answers

    @cached_property
    def members(self) -> Flags:
        """Which occasions are the base."""
        return np.asarray(self.seen.newest & (self.seen.ago <= self.active_days) & (self.seen.ago >= 0))

    @cached_property
    def design(self) -> Design:
        """What was known of every occasion, standardised by the base."""
        return design(self.seen, rows=self.members)

    @cached_property
    def columns(self) -> Array:
        """What was known of the base, shape (n, p)."""
        return self.design.take(self.members)

    @cached_property
    def told(self) -> Told:
        """Who of the base was asked, who answered, and what."""
        score = self.seen.score[self.members]
        return Told(
            invited=self.seen.invited[self.members],
            answered=self.seen.answered[self.members],
            cell=self.answers.cells(score),
            values=self.answers.values,
            positions=self.answers.points,
        )

    @property
    def count(self) -> int:
        """Customers in the base."""
        return int(self.members.sum())

    def text(self, name: str) -> NDArray[np.object_]:
        """Returns a text of each customer of the base; None where it is not known."""
        values = np.array([*self.seen.names[name], None], dtype=object)
        return values[self.seen.texts[name][self.members]]

    @cached_property
    def lately(self) -> Array:
        """Every answer given in as many days as the base reaches back, in what it is worth: the score as it is."""
        seen = self.seen
        recent = seen.answered & (seen.moments["answered_at"] <= self.active_days)
        return self.answers.values[self.answers.cells(seen.score[recent])]
