"""What the verbs about dashboards return."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime

from cxloop.core.boards import Board
from cxloop.core.comparing import Comparison
from cxloop.core.results import How, Result, Value
from cxloop.core.wording import many

__all__ = [
    "Dashboard",
    "DashboardChanges",
    "DashboardEntry",
    "DashboardPdf",
    "Dashboards",
    "DeletedDashboard",
    "SavedDashboard",
    "TileChange",
]


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """One dashboard of a list.

    Attributes:
        name: unique in the workspace.
        title: what people call it.
        about: what it is for.
        version: of its document.
        tiles: how many it has.
        saved_at: since when it is as it is, UTC.
    """

    name: str
    title: str
    about: str
    version: int
    tiles: int
    saved_at: datetime


@dataclass(frozen=True)
class Dashboards(Result):
    """The dashboards of a workspace, and the templates that one may begin with."""

    rows: tuple[DashboardEntry, ...]
    templates: tuple[tuple[str, str], ...] = ()
    """Name and title of each."""

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per dashboard."""
        return [
            {"name": row.name, "title": row.title, "tiles": row.tiles, "version": row.version, "saved_at": row.saved_at}
            for row in self.rows
        ]

    def __str__(self) -> str:
        return f"{many(len(self.rows), 'dashboard')}."


@dataclass(frozen=True)
class Dashboard(Result):
    """One dashboard: what it asks. The answers come from the verbs of its tiles."""

    board: Board
    version: int
    saved_at: datetime

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per tile."""
        return [
            {
                "title": tile.title,
                "verb": tile.verb,
                "arguments": ", ".join(f"{name}={value}" for name, value in tile.arguments.items()),
                "size": tile.size,
            }
            for tile in self.board.tiles
        ]

    def __str__(self) -> str:
        return f"{self.board.title}: {many(len(self.board.tiles), 'tile')}, version {self.version}."


@dataclass(frozen=True, slots=True)
class TileChange:
    """What the number of a tile did.

    Attributes:
        place: of the tile, from 0.
        comparison: with the period before; its p counts all comparisons of the dashboard.
    """

    place: int
    comparison: Comparison


@dataclass(frozen=True)
class DashboardChanges(Result):
    """What the numbers of a dashboard did since the period before, corrected for all that stand on it together."""

    name: str
    rows: tuple[TileChange, ...]
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per tile that has a number to compare."""
        return [
            {"tile": row.place, "metric": row.comparison.metric, **record}
            for row in self.rows
            for record in row.comparison.records()
        ]

    def __str__(self) -> str:
        found = {row.comparison.label: row.comparison.rows[0].verdict for row in self.rows}
        moved = [label for label, verdict in found.items() if verdict == "changed"]
        most = f"{', '.join(moved)} changed." if moved else "No number is shown to have changed."
        return f"{most} {many(len(self.rows), 'number')} compared with the period before."


@dataclass(frozen=True)
class DashboardPdf(Result):
    """A dashboard as a PDF of A4 pages.

    `content` is the file, in base64: JSON holds no bytes.
    """

    name: str
    title: str
    file_name: str
    content: str

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"name": self.name, "file": self.file_name, "bytes": len(self.pdf)}]

    @property
    def pdf(self) -> bytes:
        """The file."""
        return b64decode(self.content)

    def __str__(self) -> str:
        return f"{self.title} as {self.file_name}, {len(self.pdf) / 1000:,.0f} kB."


@dataclass(frozen=True)
class SavedDashboard(Result):
    """A dashboard that was written down."""

    name: str
    title: str
    version: int
    tiles: int

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"name": self.name, "title": self.title, "version": self.version, "tiles": self.tiles}]

    def __str__(self) -> str:
        return f"{self.title} is saved as {self.name}, version {self.version}, with {many(self.tiles, 'tile')}."


@dataclass(frozen=True)
class DeletedDashboard(Result):
    """A dashboard that is offered no more."""

    name: str

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"name": self.name}]

    def __str__(self) -> str:
        return f"The dashboard {self.name} is deleted; its versions are kept."
