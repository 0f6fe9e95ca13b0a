"""League tables: how groups compare once luck and the mix of their cases are taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.results import Estimate, How, InsufficientData, Result, Unit, Value

__all__ = ["LIKELY", "Adjustment", "League", "LeagueRow", "Standing", "chance"]

LIKELY = 0.8
"""Probability of being in the lowest or highest fifth from which a group is named."""

Standing = Literal["better", "worse", "not told apart", "cannot say"]
"""Whether the interval of a group lies on one side of the mean of all groups. "not told apart": luck is enough to
explain what it differs by. "cannot say": too few answers."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One way in which cases differ, and what was done about it.

    Attributes:
        name: the dimension.
        title: what people call it.
        state: "adjusted": all groups are shown with the same mix of it. "no difference": it explains nothing that
            chance would not. "each its own": groups do not share it, so that nobody can tell it from the groups
            themselves. "too many": with it there would be too many kinds of case for the answers.
    """

    name: str
    title: str
    state: Literal["adjusted", "no difference", "each its own", "too many"]


@dataclass(frozen=True, slots=True)
class LeagueRow:
    """One group.

    Attributes:
        name: the value of the dimension.
        label: what people call it.
        n: its answers.
        raw: their number as it is.
        expected: what a group of average merit would have with the same cases.
        adjusted: the number with the mix of cases that all have together; not shrunk.
        shrunk: what the group is probably worth: luck taken out as well.
        lowest: probability of being in the worst fifth; None where that cannot be said.
        highest: probability of being in the best fifth.
        ranks: interval of its place, 1 for the best.
        standing: what may be said.
        where: the condition that selects its answers.
    """

    name: str
    label: str
    n: int
    raw: float
    expected: float
    adjusted: Estimate | InsufficientData
    shrunk: Estimate | None
    lowest: float | None
    highest: float | None
    ranks: tuple[int, int] | None
    standing: Standing
    where: str


@dataclass(frozen=True)
class League(Result):
    """A league table that knows what luck can do.

    Attributes:
        metric: name of the metric.
        title: what people call it.
        unit: how its number reads.
        direction: 1 where more is better, -1 where less is.
        by: the dimension whose values are compared.
        groups: what people call these values, in the plural: "employees".
        lede: what may be said of the whole table.
        sub: the figures behind it.
        rows: the best first; those that cannot be judged at the end, by name.
        mean: mean of the groups.
        spread: standard deviation of what they are truly worth; 0 where luck explains all differences.
        reliability: share of their differences that is not luck, 0 to 1.
        p: probability of such differences if all were the same; None where fewer than three can be judged.
        one: standard deviation of a single answer, within groups and kinds of case, as repeated answers make it.
        fifth: how many groups a fifth is; 0 where there are fewer than five.
        adjustments: ways in which cases differ.
        explained: share of the variation within groups that the cases explain.
        unsaid: answers that say no value of the dimension.
        minimum_n: fewest answers for a judgement.
        since: start of the window, UTC.
        until: its end, exclusive.
        level: of the intervals.
        how: the calls that return it.
        noun: what `n` counts.
        currency: of amounts of money; empty for other units.
    """

    metric: str
    title: str
    unit: Unit
    direction: Literal[1, -1]
    by: str
    groups: str
    lede: str
    sub: str
    rows: tuple[LeagueRow, ...]
    mean: float | None
    spread: float
    reliability: float
    p: float | None
    one: float
    fifth: int
    adjustments: tuple[Adjustment, ...]
    explained: float
    unsaid: int
    minimum_n: int
    since: datetime | None
    until: datetime | None
    level: float
    how: How = field(default_factory=How)
    noun: str = "answer"
    currency: str = ""

    @property
    def judged(self) -> tuple[LeagueRow, ...]:
        """The groups with enough answers."""
        return tuple(row for row in self.rows if row.shrunk is not None)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group; what cannot be said is None."""
        return [_record(self.by, row) for row in self.rows]

    def __str__(self) -> str:
        return f"{self.lede} {self.sub}"


def chance(probability: float) -> str:
    """Returns a probability in whole percent: draws know no finer ones, and nothing is certain.

    Example:
        >>> chance(0.874), chance(0.9999), chance(0.0)
        ('87 %', '> 99 %', '< 1 %')
    """
    return "< 1 %" if probability < 0.005 else "> 99 %" if probability > 0.995 else f"{100 * probability:.0f} %"


def _record(by: str, row: LeagueRow) -> dict[str, Value]:
    known = row.adjusted if isinstance(row.adjusted, Estimate) else None
    return {
        by: row.name,
        "value": None if row.shrunk is None else row.shrunk.value,
        "low": None if row.shrunk is None else row.shrunk.low,
        "high": None if row.shrunk is None else row.shrunk.high,
        "n": row.n,
        "raw": row.raw,
        "expected": row.expected,
        "adjusted": None if known is None else known.value,
        "lowest_fifth": row.lowest,
        "highest_fifth": row.highest,
        "best_rank": None if row.ranks is None else row.ranks[0],
        "worst_rank": None if row.ranks is None else row.ranks[1],
        "standing": row.standing,
    }
