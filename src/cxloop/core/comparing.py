"""What comparisons say: two sides, their difference with its interval, and a verdict that goes no further."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.results import Estimate, How, InsufficientData, Result, Unit, Value
from cxloop.core.wording import number

__all__ = [
    "Against",
    "Change",
    "Comparison",
    "ComparisonVerdict",
    "ReferenceBeside",
    "SideBySide",
    "amount",
    "limits",
    "signed",
]

Against = Literal["before", "year", "rest", "group"]
"""before: the period of equal length before. year: 52 weeks earlier, so that weekdays agree. rest: each group against
all others. group: each group against one of them."""
ComparisonVerdict = Literal["changed", "not shown to have changed", "differs", "not shown to differ", "cannot say"]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two sides. `p` is corrected for all comparisons shown together."""

    value: float
    low: float
    high: float
    p: float
    method: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One group, or everybody, on both sides.

    Attributes:
        group: its label; None for "not said", and where nothing is split.
        where: the condition that selects it.
        current: this period, or the group itself.
        other: the period before, or the other group.
        change: current minus other, with limits; None where one side cannot be said.
        verdict: what may be said of it.
        tag: the same in few words: "rose by 3.1", "higher by 2.0", "no change shown", "cannot say".
        better: whether the difference is for the better; None where none is shown.
    """

    group: str | None
    where: str
    current: Estimate | InsufficientData
    other: Estimate | InsufficientData
    change: Change | None
    verdict: ComparisonVerdict
    tag: str
    better: bool | None


@dataclass(frozen=True, slots=True)
class ReferenceBeside:
    """A reference value beside a number.

    Attributes:
        name: of the reference.
        label: what people call it: "industry 2025", "our target".
        value: in the metric's unit.
        low: lower limit where the source gives one.
        high: upper limit.
        source: who says so.
        date: of when it is.
        comparable: whether it was asked in the same words on the same scale.
        note: what stands against a comparison; empty where nothing is known to.
    """

    name: str
    label: str
    value: float
    low: float | None
    high: float | None
    source: str
    date: str
    comparable: bool
    note: str


@dataclass(frozen=True)
class Comparison(Result):
    """A metric on two sides, with what may be said of the difference.

    Attributes:
        metric: its name.
        label: as people write it.
        version: of its definition.
        unit: how its numbers read; differences of shares are in percentage points.
        noun: what n counts.
        currency: of amounts of money; empty for other units.
        scale: (lowest, highest) of the answers; None where there is none.
        against: what is compared with what.
        by: the dimension; empty where nothing is split.
        title: what people call it.
        other_label: what the other side is called: "30 days before", "all others", "web".
        since: start of this period, UTC.
        until: its end, exclusive.
        other_since: start of the earlier period; the same as `since` where groups are compared.
        other_until: its end.
        zone: the reporting time zone.
        where: the condition on all of it.
        rows: one per group, the surest large difference first.
        comparisons: how many differences p values are corrected for.
        references: reference values of the metric; only where nothing is split.
        lede: the sentence that a colleague would say.
        how: definition, method and calls.
    """

    metric: str
    label: str
    version: int
    unit: Unit
    noun: str
    currency: str
    scale: tuple[float, float] | None
    against: Against
    by: str
    title: str
    other_label: str
    since: datetime
    until: datetime
    other_since: datetime
    other_until: datetime
    zone: str
    where: str
    rows: tuple[SideBySide, ...]
    comparisons: int
    lede: str
    references: tuple[ReferenceBeside, ...] = ()
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group."""
        return [{**({self.by: row.group} if self.by else {}), **_record(row)} for row in self.rows]

    def __str__(self) -> str:
        return self.lede


def _record(row: SideBySide) -> dict[str, Value]:
    change = row.change
    return {
        **_side(row.current, ""),
        **_side(row.other, "other_"),
        "difference": None if change is None else change.value,
        "difference_low": None if change is None else change.low,
        "difference_high": None if change is None else change.high,
        "p": None if change is None else change.p,
        "verdict": row.verdict,
    }


def _side(side: Estimate | InsufficientData, prefix: str) -> dict[str, Value]:
    known = side if isinstance(side, Estimate) else None
    return {
        f"{prefix}value": None if known is None else known.value,
        f"{prefix}low": None if known is None else known.low,
        f"{prefix}high": None if known is None else known.high,
        f"{prefix}n": side.n,
    }


def amount(size: float, unit: Unit) -> str:
    """Returns the size of a difference: points without sign, shares in percentage points, scores as they are.

    Example:
        >>> amount(3.14, "points"), amount(0.023, "share"), amount(0.3, "score")
        ('3.1', '2.3 percentage points', '0.30')
    """
    if unit in ("points", "share"):
        return f"{size:.1f}" if unit == "points" else f"{100 * size:.1f} percentage points"
    return number(size, unit)


def signed(size: float, unit: Unit) -> str:
    """Returns a difference with its sign; what is rounded to nothing has none.

    Example:
        >>> signed(-3.14, "points"), signed(-0.01, "points")
        ('−3.1', '0.0')
    """
    told = amount(abs(size), unit)
    sign = "−" if size < 0 else "+"
    return f"{sign}{told}" if any(digit in told for digit in "123456789") else told


def limits(change: Change, unit: Unit) -> str:
    """Returns a difference with its interval.

    Example:
        >>> limits(Change(-3.14, -5, -1, 0.01, "MOVER"), "points")
        '−3.1 [−5.0, −1.0]'
    """
    low, high = (signed(end, unit).removesuffix(" percentage points") for end in (change.low, change.high))
    return f"{signed(change.value, unit)} [{low}, {high}]"
