"""What the verbs return that pass dashboards on: links that were signed, and mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cxloop.core.boards import Board
from cxloop.core.results import Result, Value
from cxloop.core.wording import day, many

__all__ = [
    "MailedDashboard",
    "Mailing",
    "Mailings",
    "OpenedShare",
    "SavedLink",
    "SavedMailing",
    "SharedLink",
    "SharedLinks",
    "StoppedMailing",
    "StoppedSharing",
]


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A dashboard that opens without signing in.

    Attributes:
        number: of the link.
        board: the dashboard.
        title: of it.
        link: the whole address: who has it reads the dashboard.
        until: when it ends, UTC without zone.
        shared_at: when it was made, UTC without zone.
    """

    number: int
    board: str
    title: str
    link: str
    until: datetime
    shared_at: datetime


@dataclass(frozen=True)
class SavedLink(Result):
    """A link that was signed."""

    share: SharedLink

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [_of_share(self.share)]

    def __str__(self) -> str:
        return f"{self.share.title} opens at {self.share.link} until {day(self.share.until.date())}."


@dataclass(frozen=True)
class SharedLinks(Result):
    """The links that are open."""

    rows: tuple[SharedLink, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per link."""
        return [_of_share(row) for row in self.rows]

    def __str__(self) -> str:
        return f"{many(len(self.rows), 'link')} to dashboards."


@dataclass(frozen=True)
class StoppedSharing(Result):
    """A link that opens nothing any more."""

    number: int

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"number": self.number}]

    def __str__(self) -> str:
        return f"Link {self.number} opens nothing any more."


@dataclass(frozen=True)
class OpenedShare(Result):
    """What a link opens: a dashboard as it is now, and until when."""

    board: Board
    until: datetime

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"name": self.board.name, "title": self.board.title, "until": self.until}]

    def __str__(self) -> str:
        return f"{self.board.title}, open until {day(self.until.date())}."


@dataclass(frozen=True, slots=True)
class Mailing:
    """A dashboard that goes out by itself.

    Attributes:
        number: of the mailing.
        board: the dashboard.
        title: of it.
        every: day, week or month.
        day: of the week (1 is Monday) or of the month.
        hour: by the clock of the company.
        to: who gets it.
        stopped: those of them who have said no.
        next_at: when it goes next, UTC without zone.
        last_at: when it went, UTC without zone; None for not yet.
        failure: why it did not go the last time.
    """

    number: int
    board: str
    title: str
    every: str
    day: int
    hour: int
    to: tuple[str, ...]
    stopped: tuple[str, ...]
    next_at: datetime
    last_at: datetime | None
    failure: str


@dataclass(frozen=True)
class SavedMailing(Result):
    """A mailing that was written down."""

    mailing: Mailing

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [_of_mailing(self.mailing)]

    def __str__(self) -> str:
        found = self.mailing
        return f"{found.title} goes to {many(len(found.to), 'address')} every {found.every}."


@dataclass(frozen=True)
class Mailings(Result):
    """The dashboards that go out by themselves."""

    rows: tuple[Mailing, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per mailing."""
        return [_of_mailing(row) for row in self.rows]

    def __str__(self) -> str:
        return f"{many(len(self.rows), 'mailing')} of dashboards."


@dataclass(frozen=True)
class StoppedMailing(Result):
    """A mailing that goes out no more."""

    number: int

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"number": self.number}]

    def __str__(self) -> str:
        return f"Mailing {self.number} goes out no more."


@dataclass(frozen=True)
class MailedDashboard(Result):
    """A dashboard that waits to be sent.

    Attributes:
        name: the dashboard.
        title: of it.
        to: how many get it.
        stopped: how many do not, because they have said no.
    """

    name: str
    title: str
    to: int
    stopped: int

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"name": self.name, "title": self.title, "to": self.to, "stopped": self.stopped}]

    def __str__(self) -> str:
        but = f" {self.stopped} said no to such mails." if self.stopped else ""
        return f"{self.title} is on its way to {many(self.to, 'address')}.{but}"


def _of_share(share: SharedLink) -> dict[str, Value]:
    return {
        "number": share.number,
        "dashboard": share.board,
        "title": share.title,
        "link": share.link,
        "until": share.until,
        "shared_at": share.shared_at,
    }


def _of_mailing(mailing: Mailing) -> dict[str, Value]:
    return {
        "number": mailing.number,
        "dashboard": mailing.board,
        "title": mailing.title,
        "every": mailing.every,
        "day": mailing.day,
        "hour": mailing.hour,
        "to": ", ".join(mailing.to),
        "stopped": ", ".join(mailing.stopped),
        "next_at": mailing.next_at,
        "last_at": mailing.last_at,
        "failure": mailing.failure,
    }
