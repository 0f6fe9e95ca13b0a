"""The metrics, as data: definition, unit and scale of each. The reference page is written from these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cxloop.core.results import Unit

__all__ = ["METRICS", "Metric", "Statistic", "metric"]

Statistic = Literal["score", "share", "mean"]
"""score: promoters minus detractors. share: answers in the top two boxes. mean: the mean on the answers' own scale."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as in the log's column `metric` and in the verb.
        label: as people write it.
        statistic: what is made of the answers.
        unit: how the number reads.
        question: the question it usually stands for.
        definition: what the number is, in a sentence.
        reading: what it does not say.
        source: who defined it.
        direction: 1 where more is better, -1 where less is.
        scale: the only scale it is defined on; None for any.
        minimum_n: fewest answers for a number; None for the workspace's setting.
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

    @property
    def method(self) -> str:
        """The interval's method in words."""
        return _METHODS[self.statistic]

    @property
    def call(self) -> str:
        """How Python asks for it."""
        return f"ws.measure.{self.name}({_ARGUMENT.get((self.name, self.statistic), '')})"


_METHODS = {
    "score": "Adjusted Wald interval with the variance of a multinomial; .75, 1.5 and .75 answers are added to "
    "detractors, passives and promoters (Rocks 2016).",
    "share": "Wilson's score interval (Wilson 1927).",
    "mean": "On scales of up to 11 whole points, the posterior of a Dirichlet distribution with 1/K in each of the K "
    "cells; on other scales Student's t.",
}
_ARGUMENT = {("csat", "mean"): 'statistic="mean"'}

METRICS: tuple[Metric, ...] = (
    Metric(
        name="nps",
        label="NPS",
        statistic="score",
        unit="points",
        question="How likely are you to recommend us to a friend or colleague? (0 to 10)",
        definition="Share of promoters (9, 10) minus share of detractors (0 to 6), in points from −100 to 100; "
        "passives (7, 8) count in the base.",
        reading="It is the score of those who answered. Between countries it differs by answering style as well as by "
        "experience.",
        source="Reichheld (2003), The one number you need to grow, Harvard Business Review 81(12).",
        scale=(0, 10),
    ),
    Metric(
        name="csat",
        label="CSAT",
        statistic="share",
        unit="share",
        question="How satisfied are you with ...?",
        definition="Share of answers in the two highest points of the scale (top-two-box); on a scale of two points, "
        "in the highest.",
        reading="It says how many are satisfied, not how strongly: the answers below the top two are all alike to it.",
        source="Top-two-box share as in Farris et al. (2010), Marketing Metrics, 2nd edition, chapter 2.",
    ),
    Metric(
        name="csat",
        label="CSAT mean",
        statistic="mean",
        unit="score",
        question="How satisfied are you with ...?",
        definition="Mean of the answers on their own scale.",
        reading="Means of different scales cannot be compared.",
        source="Arithmetic mean.",
    ),
    Metric(
        name="ces",
        label="CES",
        statistic="mean",
        unit="score",
        question="The company made it easy to handle my issue. (1 disagree to 7 agree)",
        definition="Mean of the answers on their own scale, where more means easier.",
        reading="A source whose scale runs from easy to hard has to be turned around in its mapping.",
        source="Dixon, Freeman and Toman (2010), Stop trying to delight your customers, Harvard Business Review "
        "88(7/8); the agreement form of 2013.",
    ),
    Metric(
        name="rating",
        label="Rating",
        statistic="mean",
        unit="score",
        question="How many stars?",
        definition="Mean of the ratings on their own scale.",
        reading="People who rate without being asked are mostly very happy or very unhappy.",
        source="Arithmetic mean.",
    ),
)
"""Every metric of this release, in the order of the reference; the first of a name is its default."""


def metric(name: str, statistic: Statistic | None = None) -> Metric:
    """Returns the metric called `name`; raises KeyError where there is none.

    Example:
        >>> metric("csat").statistic, metric("csat", "mean").unit
        ('share', 'score')
    """
    for candidate in METRICS:
        if candidate.name == name and statistic in (None, candidate.statistic):
            return candidate
    raise KeyError(name)
