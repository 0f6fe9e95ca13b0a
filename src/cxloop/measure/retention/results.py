"""What the verbs of retention return: cohorts with what became of them, and curves of who stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from cxloop.core import wording
from cxloop.core.pictured import Grid, Gridded, GridRow, Stair, StairPoint, Stairs, Stepped
from cxloop.core.results import Estimate, How, InsufficientData, Value

__all__ = ["Churn", "Cohort", "CohortRetention", "Contrast", "CurvePoint", "Stay"]

Every = Literal["week", "month", "quarter"]
Counting = Literal["calendar", "rolling"]
Cell = Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who came first in the same period.

    Attributes:
        start: first day of the period.
        customers: how many they are.
        cells: the share of them that was active in each period after, from the first; only those that are over.
    """

    start: date
    customers: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class CohortRetention(Gridded):
    """Who comes back: cohorts by how long ago they came first.

    Attributes:
        of: what makes a customer active: a purchase or any interaction.
        counting: by periods of the calendar, or by windows of exactly so many days after each customer's first moment.
        every: length of periods and cohorts.
        days: length of a rolling window in days; None for the calendar.
        cohorts: oldest first.
        overall: the share over all cohorts for which a period is over, from the first.
        unfinished: cells that are not over yet, and so left out.
        until: up to when things are known, UTC.
        zone: the reporting time zone.
        how: how it came about.
    """

    of: Literal["purchase", "interaction"]
    counting: Counting
    every: Every
    days: int | None
    cohorts: tuple[Cohort, ...]
    overall: tuple[Cell, ...]
    unfinished: int
    until: datetime | None
    zone: str
    how: How = field(default_factory=How)

    def place_name(self, place: int) -> str:
        """Returns what a column is called: "month 1", or "days 1 to 30"."""
        if self.days is None:
            return f"{self.every} {place + 1}"
        return f"days {place * self.days + 1} to {(place + 1) * self.days}"

    def grid(self) -> Grid:
        """Returns the cohorts as a grid of shares, the oldest first."""
        rows = tuple(
            GridRow(wording.period(cohort.start, self.every), cohort.customers, _shares(cohort.cells))
            for cohort in self.cohorts
        )
        size = sum(cohort.customers for cohort in self.cohorts)
        columns = tuple(str(place + 1) for place in range(len(self.overall)))
        what = "bought again" if self.of == "purchase" else "came back"
        unit = f"{self.days} days" if self.days is not None else self.every
        title = f"Percent of each cohort that {what}, by how many times a {unit} later"
        return Grid(title, columns, rows, GridRow("all", size, _shares(self.overall)))

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per cohort and finished period."""
        return [
            {
                "cohort": cohort.start,
                "customers": cohort.customers,
                "after": self.place_name(place),
                **_cell(cell),
            }
            for cohort in self.cohorts
            for place, cell in enumerate(cohort.cells)
        ]

    def __str__(self) -> str:
        first = next((cell for cell in self.overall if isinstance(cell, Estimate)), None)
        what = "bought again" if self.of == "purchase" else "came back"
        left_out = f" {wording.many(self.unfinished, 'cell')} not over yet left out." if self.unfinished else ""
        if first is None:
            return f"Retention cannot be said: no cohort has enough customers and a finished {self.every}.{left_out}"
        when = f"the {self.every} after their first" if self.days is None else f"{self.days} days of their first"
        return (
            f"{wording.number(first.value, 'share')} {wording.interval(first, 'share')} {what} "
            f"{'in' if self.days is None else 'within'} {when} ({wording.many(first.n, 'customer')}).{left_out}"
        )


def _shares(cells: tuple[Cell, ...]) -> tuple[float | None, ...]:
    return tuple(cell.value if isinstance(cell, Estimate) else None for cell in cells)


def _cell(cell: Cell) -> dict[str, Value]:
    known = cell if isinstance(cell, Estimate) else None
    return {
        "retained": None if known is None else known.value,
        "low": None if known is None else known.low,
        "high": None if known is None else known.high,
        "n": cell.n,
    }


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a survival curve: the share that stays longer than so many days."""

    day: int
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Stay:
    """How long the members of one group stay.

    Attributes:
        group: labels of the dimensions.
        members: how many joined.
        left: how many of them have left; the others are still there and count for as long as they were seen.
        curve: the share that stays, at days where it changes (at most 200 of them).
        median: after how many days half are gone; None where so many have not left.
        median_low: lower limit; None where it is not reached.
        median_high: upper limit; None where it is not reached.
        kept: the share that stays longer than `Churn.horizon` days; None where nobody was seen for so long.
        seen: how many lasted until each of some round days: day and number.
    """

    group: tuple[str | None, ...]
    members: int
    left: int
    curve: tuple[CurvePoint, ...]
    median: int | None
    median_low: int | None
    median_high: int | None
    kept: Cell | None
    seen: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """Whether two groups stay equally long; p is adjusted for all pairs that were compared."""

    first: tuple[str | None, ...]
    second: tuple[str | None, ...]
    p: float
    shown: bool


@dataclass(frozen=True)
class Churn(Stepped):
    """Who leaves what they had joined, and when.

    Attributes:
        label: what is left: the name of the contract, or the events.
        by: dimensions that split; those of the joining.
        titles: what people call them.
        horizon: days of `Stay.kept`.
        stays: one per group, the largest first.
        p: of the log-rank test that all groups stay equally long; None where there is one group.
        contrasts: pairs of groups.
        level: level of the intervals; a contrast is shown where its p is at most one minus that.
        until: up to when things are known, UTC.
        how: how it came about.
    """

    label: str
    by: tuple[str, ...]
    titles: tuple[str, ...]
    horizon: int
    stays: tuple[Stay, ...]
    p: float | None
    contrasts: tuple[Contrast, ...]
    level: float
    until: datetime
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group."""
        return [
            {
                **dict(zip(self.by, stay.group, strict=True)),
                "members": stay.members,
                "left": stay.left,
                f"kept_{self.horizon}d": stay.kept.value if isinstance(stay.kept, Estimate) else None,
                "low": stay.kept.low if isinstance(stay.kept, Estimate) else None,
                "high": stay.kept.high if isinstance(stay.kept, Estimate) else None,
                "median_days": stay.median,
                "median_low": stay.median_low,
                "median_high": stay.median_high,
            }
            for stay in self.stays
        ]

    def stairs(self) -> Stairs:
        """Returns the curves of the groups, the largest first."""
        groups = tuple(
            Stair(
                ", ".join(map(wording.group_label, stay.group)),
                stay.members,
                tuple(StairPoint(at.day, at.share, at.low, at.high, at.at_risk) for at in stay.curve),
                stay.seen,
            )
            for stay in self.stays
        )
        return Stairs(f"Share of members of {self.label} still there, by days since joining", groups)

    @property
    def said(self) -> str:
        """What may be said of differences between groups."""
        if self.p is None:
            return ""
        shown = sum(contrast.shown for contrast in self.contrasts)
        if shown:
            pairs = wording.many(len(self.contrasts), "pair")
            return f"{shown} of {pairs} of groups differ in how long they stay (log-rank, corrected for all pairs)."
        return "The groups are not shown to differ in how long they stay."

    def __str__(self) -> str:
        if not self.stays:
            return f"Nobody has joined {self.label} in this selection."
        members, left = sum(stay.members for stay in self.stays), sum(stay.left for stay in self.stays)
        start = f"{left:,} of {wording.many(members, 'member')} of {self.label} have left."
        if len(self.stays) > 1:
            return f"{start} {self.said}".strip()
        kept = self.stays[0].kept
        if not isinstance(kept, Estimate):
            return f"{start} How many stay {self.horizon} days cannot be said yet."
        share, limits = wording.number(kept.value, "share"), wording.interval(kept, "share")
        return f"{start} {share} {limits} stay longer than {self.horizon} days."
