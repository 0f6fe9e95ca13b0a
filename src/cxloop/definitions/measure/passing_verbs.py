"""The verbs that pass dashboards on: by a signed link, and by mail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Names, verb
from cxloop.definitions.measure.occasions import Every
from cxloop.measure.boards.passing import (
    MailedDashboard,
    Mailings,
    OpenedShare,
    SavedLink,
    SavedMailing,
    SharedLinks,
    StoppedMailing,
    StoppedSharing,
)
from cxloop.store.context import Operations

__all__ = [
    "mail_dashboard",
    "schedule_dashboard",
    "scheduled_dashboards",
    "share_dashboard",
    "shared_dashboard",
    "shared_dashboards",
    "stop_sharing",
    "unschedule_dashboard",
]

BoardName = Annotated[str, Field(min_length=1, max_length=40)]
MaybeBoard = Annotated[str, Field(max_length=40)]
Number = Annotated[int, Field(ge=1, lt=10**9)]


@verb(part="measure", right="write", changes="records")
def share_dashboard(ws: Operations, name: BoardName, *, days: Annotated[int, Field(ge=1, le=366)] = 30) -> SavedLink:
    """Sign a link that opens a dashboard without signing in: its tiles and nothing else, until it ends or is stopped.

    Whoever has the link reads the dashboard as it is at that time, under its own filters. No row and no person can be
    reached from it.

    Args:
        name: The dashboard.
        days: After so many days it ends by itself.

    Raises:
        UnknownNameError: there is no such dashboard.
        InputError: too many links are open.
    """
    from cxloop.definitions.measure.sharing import share

    return share(ws, name, days)


@verb(part="measure", right="write", changes="nothing")
def shared_dashboards(ws: Operations, name: MaybeBoard = "") -> SharedLinks:
    """The links to dashboards that are open, with their addresses and ends.

    Args:
        name: Only those of this dashboard.
    """
    from cxloop.definitions.measure.sharing import list_shares

    return list_shares(ws, name)


@verb(part="measure", right="read", limited="refuse")
def shared_dashboard(ws: Operations, token: Annotated[str, Field(min_length=1, max_length=200)]) -> OpenedShare:
    """What a signed link opens: the dashboard, and until when.

    Args:
        token: The last part of the link's address.

    Raises:
        LinkError: it was not signed here, is over, or was stopped.
    """
    from cxloop.definitions.measure.sharing import open_share

    return open_share(ws, token)


@verb(part="measure", right="write", changes="records")
def stop_sharing(ws: Operations, number: Number) -> StoppedSharing:
    """Stop a link to a dashboard: from now on it opens nothing.

    Args:
        number: Of the link; `measure.shared_dashboards` lists them.

    Raises:
        NotFoundError: there is no such link.
    """
    from cxloop.definitions.measure.sharing import stop_share

    return stop_share(ws, number)


@verb(part="measure", right="write", changes="records")
def mail_dashboard(
    ws: Operations, name: BoardName, to: Names, *, once: Annotated[str, Field(pattern="^[a-z0-9]{0,40}$")] = ""
) -> MailedDashboard:
    """Mail a dashboard now: its numbers in sentences, and the PDF.

    Args:
        name: The dashboard.
        to: E-mail addresses of colleagues, at most 50.
        once: A word of your own: what is asked for twice with the same word goes once.

    Raises:
        UnknownNameError: there is no such dashboard.
        InputError: mail is not set up, or an address is none.
    """
    from cxloop.definitions.measure.mailing_out import mail_now

    return mail_now(ws, name, to, once)


@verb(part="measure", right="write", changes="records")
def schedule_dashboard(
    ws: Operations,
    name: BoardName,
    to: Names,
    *,
    every: Every = "week",
    day: Annotated[int, Field(ge=1, le=28)] = 1,
    hour: Annotated[int, Field(ge=0, le=23)] = 7,
) -> SavedMailing:
    """Have a dashboard go out by mail every day, week or month, with its PDF, as long as a server runs.

    Args:
        name: The dashboard.
        to: E-mail addresses of colleagues, at most 50. Each mail has a link to say no to it.
        every: day, week or month.
        day: Of the week, from 1 for Monday to 7, or of the month, from 1 to 28.
        hour: By the clock of the company.

    Raises:
        UnknownNameError: there is no such dashboard.
        InputError: mail is not set up, an address is none, or there is no such day.
    """
    from cxloop.definitions.measure.mailing import schedule

    return schedule(ws, name, to, every, day, hour)


@verb(part="measure", right="write", changes="nothing")
def scheduled_dashboards(ws: Operations, name: MaybeBoard = "") -> Mailings:
    """The dashboards that go out by mail: to whom, when next, and why one did not go.

    Args:
        name: Only those of this dashboard.
    """
    from cxloop.definitions.measure.mailing import list_mailings

    return list_mailings(ws, name)


@verb(part="measure", right="write", changes="records")
def unschedule_dashboard(ws: Operations, number: Number) -> StoppedMailing:
    """Have a mailing of a dashboard go out no more.

    Args:
        number: Of the mailing; `measure.scheduled_dashboards` lists them.

    Raises:
        NotFoundError: there is no such mailing.
    """
    from cxloop.definitions.measure.mailing import unschedule

    return unschedule(ws, number)
