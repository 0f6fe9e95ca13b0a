"""Passing a dashboard on: links that open it without signing in, and mails, now or by a schedule."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import CxloopError, InputError
from cxloop.measure.results import Mailings, SharedLinks
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.explore.boards import PATH, board_address, found_board
from cxloop.web.pages.explore.frame import show
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
DAYS = ((7, _("a week")), (30, _("30 days")), (90, _("90 days")), (366, _("a year")))
WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
Recipients = Annotated[str, Form(max_length=20_000)]
Number = Annotated[int, Form(ge=1, lt=10**9)]


@router.get(PATH + "/{name}/share")
def links(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Lists the links that are open, with a form for a new one."""
    return _links(request, door, name)


@router.post(PATH + "/{name}/share")
def share(request: Request, door: Checked, name: str, days: Annotated[int, Form()] = 30) -> Response:
    """Signs a link."""
    found_board(door, name)
    try:
        door.run("measure.share_dashboard", {"name": name, "days": days})
    except InputError as failure:
        return _links(request, door, name, failure)
    return done(f"{board_address(name)}/share", "shared")


@router.post(PATH + "/{name}/share/stop")
def stop_link(door: Checked, name: str, number: Number) -> Response:
    """Has a link open nothing any more."""
    door.run("measure.stop_sharing", {"number": number})
    return done(f"{board_address(name)}/share", "share_stopped")


@router.get(PATH + "/{name}/mail")
def mails(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Lists to whom it goes and when, with forms to mail it now and to have it go out."""
    return _mails(request, door, name)


@router.post(PATH + "/{name}/mail")
def mail(
    request: Request, door: Checked, name: str, to: Recipients = "", once: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Mails it now; a button that is pressed twice mails it once."""
    found_board(door, name)
    try:
        door.run("measure.mail_dashboard", {"name": name, "to": _split(to), "once": once})
    except InputError as failure:
        return _mails(request, door, name, failure, {"now": to})
    return done(f"{board_address(name)}/mail", "mailed")


@router.post(PATH + "/{name}/mail/schedule")
def schedule(
    request: Request,
    door: Checked,
    name: str,
    to: Recipients = "",
    when: Annotated[str, Form(max_length=20)] = "week-1",
    hour: Annotated[str, Form(max_length=2)] = "7",
) -> Response:
    """Has it go out by itself."""
    found_board(door, name)
    every, _dash, day = when.partition("-")
    try:
        given = {"name": name, "to": _split(to), "every": every, "day": day or 1, "hour": hour}
        door.run("measure.schedule_dashboard", given)
    except InputError as failure:
        return _mails(request, door, name, failure, {"to": to, "when": when, "hour": hour})
    return done(f"{board_address(name)}/mail", "scheduled")


@router.post(PATH + "/{name}/mail/stop")
def stop_mailing(door: Checked, name: str, number: Number) -> Response:
    """Has a mailing go out no more."""
    door.run("measure.unschedule_dashboard", {"number": number})
    return done(f"{board_address(name)}/mail", "unscheduled")


def _links(request: Request, door: Door, name: str, failure: CxloopError | None = None) -> HTMLResponse:
    door.require("measure.share_dashboard")
    board = found_board(door, name).board
    found = door.run("measure.shared_dashboards", {"name": name})
    assert isinstance(found, SharedLinks)
    context = {
        "title": board.title,
        "path": board_address(name),
        "rows": found.rows,
        "days": DAYS,
        "failure": failure,
    }
    return show(request, door, "boards", "share.html", context)


def _mails(
    request: Request, door: Door, name: str, failure: CxloopError | None = None, given: dict[str, str] | None = None
) -> HTMLResponse:
    door.require("measure.mail_dashboard")
    board = found_board(door, name).board
    found = door.run("measure.scheduled_dashboards", {"name": name})
    assert isinstance(found, Mailings)
    context: dict[str, Any] = {
        "title": board.title,
        "path": board_address(name),
        "rows": [(row, _when(row.every, row.day)) for row in found.rows],
        "can": "email" in door.settings.outreach.channels,
        "once": token_hex(12),
        "groups": _choices(),
        "zone": door.settings.company.time_zone,
        "form": {"now": "", "to": "", "when": "week-1", "hour": "7", **(given or {})},
        "failure": failure,
    }
    return show(request, door, "boards", "mail.html", context)


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """When it may go, in groups: one list to choose from works without a script."""
    weeks = [(f"week-{day}", _when("week", day)) for day in range(1, 8)]
    months = [(f"month-{day}", _when("month", day)) for day in range(1, 29)]
    return [(_("Day"), [("day", _when("day", 1))]), (_("Week"), weeks), (_("Month"), months)]


def _when(every: str, day: int) -> str:
    if every == "day":
        return _("every day")
    if every == "week":
        return _("every %(day)s") % {"day": WEEKDAYS[day - 1]}
    return _("every month on day %(day)s") % {"day": day}


def _split(to: str) -> list[str]:
    """Returns addresses that were written with commas, semicolons, spaces or on lines of their own."""
    return [each for each in re.split(r"[\s,;]+", to) if each]
