"""Tallies: what is counted of the answers of one customer in one group, and how the formulas get it.

A tally names its parts (aggregates over the answers of one customer), the customer's total in terms of these parts,
and reads the sums over customers back into sufficient statistics.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sqlglot import exp

from cxloop.engine.quoting import column_node
from cxloop.stats import intervals
from cxloop.stats.sums import Array, Cells, Clusters, Moments

if TYPE_CHECKING:
    from cxloop.measure.metrics import Statistic

__all__ = ["MOST_POINTS", "Scale", "Tally", "tally_of"]

MOST_POINTS = 11
"""Longest scale whose points are counted one by one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a set of answers.

    Attributes:
        low: its lower end; None where the source said nothing.
        high: its upper end.
        whole: whether all answers stand on whole points.
        mixed: whether they come from several surveys or questions.
    """

    low: float | None
    high: float | None
    whole: bool = True
    mixed: bool = False

    @property
    def points(self) -> tuple[float, ...] | None:
        """The points of a scale that is short and whole; None for any other."""
        if self.low is None or self.high is None or not self.whole or self.low % 1 or self.high % 1:
            return None
        return tuple(np.arange(self.low, self.high + 1).tolist()) if self.high - self.low < MOST_POINTS else None


class Tally(ABC):
    """Counts answers for one formula."""

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, exp.Expr]:
        """Name of each part to its aggregate over answers of the alias `i`."""

    @property
    @abstractmethod
    def total(self) -> exp.Expr:
        """A customer's total, in terms of the parts and of `answers`."""

    @abstractmethod
    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Returns the estimates of all groups from the sums over customers."""


class NpsTally(Tally):
    """Detractors and promoters; the rest is passive."""

    @property
    def parts(self) -> Mapping[str, exp.Expr]:
        """How many of each."""
        return {"detractors": _count(exp.LTE, 6), "promoters": _count(exp.GTE, 9)}

    @property
    def total(self) -> exp.Expr:
        """Promoters minus detractors."""
        return exp.Sub(this=column_node("promoters"), expression=column_node("detractors"))

    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Adjusted Wald."""
        low, high = columns["detractors"], columns["promoters"]
        counts = np.column_stack([low, columns["n"] - low - high, high])
        return intervals.nps(Cells(np.array(intervals.NPS_VALUES), counts, _clusters(columns, 100.0)), level=level)


@dataclass(frozen=True)
class ShareTally(Tally):
    """Answers at or above a threshold."""

    threshold: float

    @property
    def parts(self) -> Mapping[str, exp.Expr]:
        """How many are there."""
        return {"satisfied": _count(exp.GTE, self.threshold)}

    @property
    def total(self) -> exp.Expr:
        """The same."""
        return column_node("satisfied")

    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Wilson."""
        counts = np.column_stack([columns["n"] - columns["satisfied"], columns["satisfied"]])
        return intervals.share(Cells(np.array([0.0, 1.0]), counts, _clusters(columns)), level=level)


@dataclass(frozen=True)
class PointsTally(Tally):
    """Answers at each point of a short scale; those at the lowest are the rest."""

    points: Sequence[float]

    @property
    def _names(self) -> dict[float, str]:
        return {point: f"point_{place}" for place, point in enumerate(self.points) if place}

    @property
    def parts(self) -> Mapping[str, exp.Expr]:
        """How many stand at each point."""
        return {name: _count(exp.EQ, point) for point, name in self._names.items()}

    @property
    def total(self) -> exp.Expr:
        """Sum of the scores."""
        lowest = self.points[0]
        total: exp.Expr = exp.Mul(this=_number(lowest), expression=column_node("answers"))
        for point, name in self._names.items():
            above = exp.Mul(this=_number(point - lowest), expression=column_node(name))
            total = exp.Add(this=total, expression=above)
        return exp.Paren(this=total)

    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Posterior of a Dirichlet distribution."""
        above = np.column_stack([columns[name] for name in self._names.values()])
        counts = np.column_stack([columns["n"] - above.sum(axis=1), above])
        return intervals.scale_mean(Cells(np.array(self.points), counts, _clusters(columns)), level=level)


@dataclass(frozen=True)
class MomentsTally(Tally):
    """Sum and sum of squares, for scales whose points are too many or not whole."""

    scale: Scale

    @property
    def parts(self) -> Mapping[str, exp.Expr]:
        """Both sums."""
        score = column_node("score", "i")
        return {"scores": exp.Sum(this=score), "squares": exp.Sum(this=exp.Mul(this=score, expression=score.copy()))}

    @property
    def total(self) -> exp.Expr:
        """Sum of the scores."""
        return column_node("scores")

    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Student's t."""
        sums = Moments(columns["n"], columns["scores"], columns["squares"], _clusters(columns))
        known = self.scale.low is not None and self.scale.high is not None
        bounds = (float(self.scale.low or 0), float(self.scale.high or 0)) if known else None
        return intervals.t_mean(sums, bounds=bounds, level=level)


@dataclass(frozen=True)
class PerCustomerTally(Tally):
    """What each customer's scores come to; a customer counts once."""

    @property
    def parts(self) -> Mapping[str, exp.Expr]:
        """The sum of the scores."""
        return {"scores": exp.Sum(this=column_node("score", "i"))}

    @property
    def total(self) -> exp.Expr:
        """The same."""
        return column_node("scores")

    def intervals(self, columns: Mapping[str, Array], level: float) -> intervals.Intervals:
        """Student's t over customers."""
        customers, total, squares = columns["customers"], columns["scores"], columns["total_squares"]
        once = Clusters(customers, squares, total, customers)
        return intervals.t_mean(Moments(customers, total, squares, once), level=level)


def tally_of(statistic: Statistic, scale: Scale) -> Tally:
    """Returns how answers on `scale` are counted for `statistic`; a share needs a known scale."""
    if statistic == "score":
        return NpsTally()
    if statistic == "share":
        assert scale.low is not None  # a share of an unknown scale was refused before
        assert scale.high is not None
        return ShareTally(scale.high if scale.high - scale.low <= 1 else scale.high - 1)
    if statistic == "per_customer":
        return PerCustomerTally()
    return MomentsTally(scale) if scale.points is None else PointsTally(scale.points)


def _count(comparison: type[exp.Binary], limit: float) -> exp.Expr:
    condition = comparison(this=column_node("score", "i"), expression=_number(limit))
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))


def _number(value: float) -> exp.Expr:
    literal = exp.Literal.number(f"{abs(value):g}")
    return exp.Neg(this=literal) if value < 0 else literal


def _clusters(columns: Mapping[str, Array], unit: float = 1.0) -> Clusters:
    return Clusters(
        columns["customers"],
        columns["total_squares"] * unit**2,
        columns["total_sizes"] * unit,
        columns["size_squares"],
    )
