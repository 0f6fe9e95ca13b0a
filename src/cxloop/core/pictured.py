"""What charts need of results which are no estimates: grids of shares, curves that fall, or estimates after all."""

from __future__ import annotations

from dataclasses import dataclass

from cxloop.core.results import Estimates, Result

__all__ = ["Estimated", "Grid", "GridRow", "Gridded", "Stair", "StairPoint", "Stairs", "Stepped"]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a grid: its name, how many stand behind it, and shares from 0 to 1; None where too few to say."""

    name: str
    size: int
    cells: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Shares in rows and columns.

    Attributes:
        title: what it is, for screen readers.
        columns: short names.
        rows: shorter ones where something is not over yet.
        total: over all rows.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]
    total: GridRow


class Gridded(Result):
    """A result whose chart is a grid."""

    def grid(self) -> Grid:
        """Returns what to draw."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class StairPoint:
    """From this day on the share is this, with its limits; so many were at risk."""

    day: int
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Stair:
    """One group: its name, how many it is, the points at which it falls, and how many lasted until some round days."""

    name: str
    size: int
    points: tuple[StairPoint, ...]
    seen: tuple[tuple[int, int], ...] = ()

    def at(self, day: float) -> StairPoint | None:
        """Returns the last point up to a day; None before the first."""
        return next((point for point in reversed(self.points) if point.day <= day), None)

    def at_risk(self, day: float) -> int:
        """Returns how many were seen until a day: exactly on round days, else the number at the next one or fall."""
        later = [*self.seen, *((point.day, point.at_risk) for point in self.points)]
        return next((many for at, many in sorted(later) if at >= day), 0)


@dataclass(frozen=True, slots=True)
class Stairs:
    """Groups whose shares fall over days."""

    title: str
    groups: tuple[Stair, ...]

    @property
    def last(self) -> int:
        """The last day that is known of any group."""
        return max((group.points[-1].day for group in self.groups if group.points), default=1)


class Stepped(Result):
    """A result whose chart is curves that fall by steps."""

    def stairs(self) -> Stairs:
        """Returns what to draw."""
        raise NotImplementedError


class Estimated(Result):
    """A result whose chart is that of estimates."""

    def estimates(self) -> Estimates:
        """Returns what to draw."""
        raise NotImplementedError
