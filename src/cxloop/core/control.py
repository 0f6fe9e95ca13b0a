"""Control charts as results: which points are unusual, and which are the noise that always was."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from cxloop.core.results import How, Result, Unit, Value
from cxloop.core.time import Period

__all__ = ["ChartKind", "ControlChart", "ControlPoint", "Expect", "Rules"]

ChartKind = Literal["auto", "p", "u", "xmr"]
Rules = Literal["western electric", "nelson", "limits"]
Expect = Literal["level", "season"]
"""level: one centre for all. season: what day of the week and month of the year let expect."""


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One period of a control chart.

    Attributes:
        period: its first day.
        value: None under the minimum n.
        n: what it counts.
        centre: what was to be expected; None where limits cannot be said.
        low: lower limit of what is usual.
        high: upper limit.
        signals: the rules that it completes; empty where it is usual.
        base: whether it took part in setting the limits.
    """

    period: date
    value: float | None
    n: int
    centre: float | None
    low: float | None
    high: float | None
    signals: tuple[str, ...] = ()
    base: bool = True

    @property
    def state(self) -> Literal["usual", "unusual", "cannot say"]:
        """What may be said of it."""
        if self.value is None or self.centre is None:
            return "cannot say"
        return "unusual" if self.signals else "usual"


@dataclass(frozen=True)
class ControlChart(Result):
    """A metric over time with the limits of what is usual.

    Attributes:
        metric: its name.
        label: as people write it.
        unit: how its numbers read.
        noun: what n counts.
        currency: of amounts of money; empty for other units.
        every: length of a point.
        chart: p, p prime, u, u prime, XmR or seasonal.
        rules: the run rules.
        expect: whether the centre follows the season.
        spread: how much more points vary than units drawn by chance would; 1 where that is not asked.
        where: the condition on all of it.
        zone: the reporting time zone.
        points: oldest first.
        lede: the sentence that a colleague would say.
        notes: what has to be known besides.
        scale: (lowest, highest) of the answers; None where there is none.
        how: definition, method and calls.
    """

    metric: str
    label: str
    unit: Unit
    noun: str
    currency: str
    every: Period
    chart: str
    rules: Rules
    expect: Expect
    spread: float
    where: str
    zone: str
    points: tuple[ControlPoint, ...]
    lede: str
    notes: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per point."""
        return [
            {
                self.every: point.period,
                self.metric: point.value,
                "n": point.n,
                "expected": point.centre,
                "low": point.low,
                "high": point.high,
                "state": point.state,
                "signals": ", ".join(point.signals),
            }
            for point in self.points
        ]

    def __str__(self) -> str:
        return self.lede
