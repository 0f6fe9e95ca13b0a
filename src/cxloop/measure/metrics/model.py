"""What a metric is: data, from which numbers, panels and the reference pages are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cxloop.core.results import Unit

__all__ = ["Metric", "Statistic"]

Statistic = Literal["score", "share", "mean", "median", "per_customer"]
"""score: promoters minus detractors. share: of answers in the top two boxes, or of units that score 1. mean: of the
scores on their own scale. median: the score that half of the units stay below. per_customer: mean over customers of the
sum of each one's scores."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as people ask for it; of answers, as in the log's column `metric`.
        label: as people write it.
        statistic: what is made of the answers.
        unit: how the number reads.
        question: the question it usually stands for.
        definition: what the number is, in a sentence.
        reading: what it does not say.
        source: who defined it.
        direction: 1 where more is better, -1 where less is.
        scale: the only scale it is defined on; None for any.
        minimum_n: fewest units for a number; None for the workspace's setting.
        version: 1 and up; another version counts another way.
        units: what is counted: "answers", or a name of `measure.units.UNITS`.
        days: within how many days something has to follow, for units that know such a limit.
        counts: condition which of the units count; none means all.
        value: what a unit scores, in place of what the units say: a condition for a share, else a number.
        one_scale: whether answers on different scales are refused as one number, though each scores only its share.
        own: whether people of this workspace defined it.
    """

    name: str
    label: str
    statistic: Statistic
    unit: Unit
    question: str
    definition: str
    reading: str
    source: str
    direction: Literal[1, -1] = 1
    scale: tuple[float, float] | None = None
    minimum_n: int | None = None
    version: int = 1
    units: str = "answers"
    days: int | None = None
    counts: str = ""
    value: str = ""
    one_scale: bool = False
    own: bool = False

    @property
    def of_answers(self) -> bool:
        """Whether it is made of the answers to the question that it is called after, as they stand in the log."""
        return not self.own and self.units == "answers" and not self.value and not self.counts

    @property
    def on_scales(self) -> bool:
        """Whether it is made of answers on their own scales, of which one number takes one."""
        return self.units == "answers" and not self.value

    @property
    def noun(self) -> str:
        """What n counts, in the singular."""
        from cxloop.measure.units import UNITS

        return "customer" if self.statistic == "per_customer" else UNITS[self.units].noun

    @property
    def method(self) -> str:
        """The interval's method in words."""
        return _METHODS[self.statistic]

    @property
    def call(self) -> str:
        """How Python asks for it."""
        if self.name in VERBS:
            return f"ws.measure.{self.name}({_ARGUMENT.get((self.name, self.statistic), '')})"
        return f'ws.measure.metric("{self.name}")'

    @property
    def command(self) -> str:
        """How the command line asks for it."""
        if self.name in VERBS:
            more = " --statistic mean" if (self.name, self.statistic) in _ARGUMENT else ""
            return f"cxloop measure {self.name}{more}"
        return f"cxloop measure metric {self.name}"


_METHODS = {
    "score": "Adjusted Wald interval with the variance of a multinomial; .75, 1.5 and .75 answers are added to "
    "detractors, passives and promoters (Rocks 2016).",
    "share": "Wilson's score interval (Wilson 1927).",
    "mean": "On scales of up to 11 whole points, the posterior of a Dirichlet distribution with 1/K in each of the K "
    "cells; on other scales Student's t.",
    "median": "Median with the interval of its order statistics (Campbell and Gardner 1988), whose ranks are those "
    "of as many units as there are customers.",
    "per_customer": "Mean over customers of the sum of what is each one's, with Student's t.",
}
VERBS = ("nps", "csat", "ces", "rating")
"""Metrics that are verbs of their own."""
_ARGUMENT = {("csat", "mean"): 'statistic="mean"'}
