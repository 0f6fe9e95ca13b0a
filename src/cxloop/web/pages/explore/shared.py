"""A dashboard that somebody shared: read without signing in, its tiles and nothing else.

Whoever reads it sees what a viewer sees, under the dashboard's own filters: neither rows nor persons, and no question
of their own, with which small groups could be told apart.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop.core.accounts import ThrottledError
from cxloop.core.addresses import truncate_ip
from cxloop.core.boards import Filters
from cxloop.core.errors import InputError
from cxloop.core.host import Actor
from cxloop.measure.results import OpenedShare
from cxloop.web.access import Door, Visit, accounts_of, browser_of
from cxloop.web.pages.explore.boards import age_of, changes_of, lede_of
from cxloop.web.pages.explore.tiles import View, drawn
from cxloop.web.site import Site, respond
from cxloop.web.words import _, since_phrase

__all__ = ["router"]

router = APIRouter()
HEADERS = {"x-robots-tag": "noindex, nofollow, noarchive", "referrer-policy": "no-referrer"}
"""Nobody finds it by searching, and the address, which is the key, is told to nobody."""
_NO_KEY = 0
"""Who reads by a link is nobody of the accounts, and not who sits at the machine either."""


@router.get("/shared/{token}")
def shared(request: Request, token: str) -> HTMLResponse:
    """Shows a dashboard to whoever has its link."""
    address = truncate_ip(browser_of(request).address)
    reader = Actor(account_id=None, name="a shared link", role="viewer", key_id=_NO_KEY, address=address)
    site: Site = request.app.state.site
    door = Door(site.host, accounts_of(request), Visit(reader, ""))
    try:
        found = door.run("measure.shared_dashboard", {"token": token[:200]})
    except ThrottledError as failure:
        return _closed(request, _("Not so fast, please."), failure.message, 429, {"retry-after": str(failure.seconds)})
    except InputError as failure:
        if failure.code in ("expired", "stopped"):
            asked = _("Ask who sent it to you for a new one.")
            return _closed(request, _("This link opens nothing any more."), f"{failure.message} {asked}", 410)
        whole = _("It was not made here, or a part of it is missing. Open it from the message that you got.")
        return _closed(request, _("This link opens nothing."), whole, 404)
    assert isinstance(found, OpenedShare)
    return _told(respond(request, "explore/shared.html", _context(door, found)), {})


def _context(door: Door, found: OpenedShare) -> dict[str, Any]:
    board = found.board
    shown = [drawn(View(door, board, Filters(), ""), place) for place in range(len(board.tiles))]
    changes = changes_of(door, board.name, Filters(), shown)
    since = board.filters.since
    return {
        "title": board.title,
        "board": board,
        "tiles": shown,
        "lede": lede_of(board, changes),
        "period": since_phrase(since) if since else _("each number over its own period"),
        "until": found.until,
        "age": age_of(shown),
    }


def _closed(
    request: Request, heading: str, message: str, status: int, headers: dict[str, str] | None = None
) -> HTMLResponse:
    context = {"title": heading, "heading": heading, "message": message}
    return _told(respond(request, "explore/shared_closed.html", context, status=status), headers or {})


def _told(response: HTMLResponse, headers: dict[str, str]) -> HTMLResponse:
    response.headers.update({**HEADERS, **headers})
    return response
