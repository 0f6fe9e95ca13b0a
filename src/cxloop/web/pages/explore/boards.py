"""Dashboards: which there are, and one of them with its answers under its filters."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.boards import Board, Filters
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, NotFoundError, UnknownNameError
from cxloop.core.expr import parse
from cxloop.measure.results import Dashboard, DashboardChanges, DashboardPdf, Dashboards
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.tiles import Drawn, View, address_of, drawn
from cxloop.web.site import age
from cxloop.web.tabs import done
from cxloop.web.words import _, since_phrase

__all__ = ["PATH", "age_of", "board_address", "changes_of", "found_board", "free_name", "lede_of", "router"]

router = APIRouter()
PATH = "/explore/dashboards"
SINCE = ("", "30d", "90d", "180d", "365d")
Moment = Annotated[str, Query(max_length=40)]
Condition = Annotated[str, Query(max_length=4000)]
Title = Annotated[str, Form(max_length=80)]


@router.get(PATH)
def boards(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists the dashboards, and what to begin a new one with."""
    return _list(request, door)


@router.post(PATH)
def create(
    request: Request, door: Checked, title: Title = "", template: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Begins a dashboard: from a template, or with no tiles yet."""
    found = _known(door)
    called = title.strip() or dict(found.templates).get(template, "")
    name = free_name(called or template, found)
    try:
        if template and not title.strip():
            door.run("measure.save_dashboard", {"name": name, "template": template})
        else:
            document = {"title": called, "tiles": []}
            door.run("measure.save_dashboard", {"name": name, "document": json.dumps(document)})
    except InputError as failure:
        return _list(request, door, failure)
    return done(board_address(name), "board_saved")


@router.get(PATH + "/{name}")
def board(
    request: Request,
    door: SignedIn,
    name: str,
    since: Moment = "",
    until: Moment = "",
    where: Condition = "",
) -> HTMLResponse:
    """Shows one dashboard under its filters, with what changed since the period before."""
    kept = found_board(door, name)
    asked = Filters(since, until, where)
    context: dict[str, Any] = {
        "title": kept.board.title,
        "board": kept.board,
        "path": board_address(name),
        "asked": asked,
        "pdf": address_of(f"{board_address(name)}/pdf", asked),
        "since_choices": SINCE if since in SINCE else (since, *SINCE),
        "tiles": (),
        "lede": kept.board.title,
        "usual": since_phrase(kept.board.filters.since) if kept.board.filters.since else _("as each tile has it"),
        "age": "",
        "filtered": False,
        "everyone": board_address(name),
    }
    try:
        if where:
            parse(where)  # said once, above the page, and not by every tile
        whole = kept.board.with_filters(asked)
        view = View(door, whole, asked, board_address(name))
        shown = [drawn(view, place) for place in range(len(whole.tiles))]
        changes = changes_of(door, name, asked, shown)
    except InputError as failure:
        return show(request, door, "boards", "board.html", {**context, "failure": failure})
    context |= {"filtered": bool(asked.where), "everyone": address_of(view.path, Filters(since, until))}
    context |= {"tiles": shown, "lede": lede_of(kept.board, changes), "age": age_of(shown), "filters": whole.filters}
    return show(request, door, "boards", "board.html", context)


@router.get(PATH + "/{name}/pdf")
def paper(door: SignedIn, name: str, since: Moment = "", until: Moment = "", where: Condition = "") -> Response:
    """Returns the dashboard under its filters as PDF."""
    found_board(door, name)
    found = door.run("measure.dashboard_pdf", {"name": name, "since": since, "until": until, "where": where})
    assert isinstance(found, DashboardPdf)
    headers = {"content-disposition": f'attachment; filename="{found.file_name}"'}
    return Response(found.pdf, media_type="application/pdf", headers=headers)


def found_board(door: Door, name: str) -> Dashboard:
    """Returns a dashboard; raises NotFoundError where there is none: in an address it is a place that is not there."""
    try:
        found = door.run("measure.dashboard", {"name": name})
    except UnknownNameError as failure:
        raise NotFoundError(failure.message) from None
    assert isinstance(found, Dashboard)
    return found


def board_address(name: str) -> str:
    """Returns the address of a dashboard."""
    return f"{PATH}/{quote(name, safe='')}"


def free_name(title: str, known: Dashboards) -> str:
    """Returns a name for a dashboard of that title which no other has.

    Example:
        >>> free_name("Wie es Kunden geht: Übersicht", Dashboards(()))
        'wie-es-kunden-geht-ubersicht'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:34].strip("-")
    base = base if base[:1].isalpha() else f"board-{base}".strip("-")
    taken = {row.name for row in known.rows}
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if name not in taken)


def _known(door: Door) -> Dashboards:
    found = door.run("measure.dashboards", {})
    assert isinstance(found, Dashboards)
    return found


def _list(request: Request, door: Door, failure: CxloopError | None = None) -> HTMLResponse:
    found = _known(door)
    context = {
        "title": _("Dashboards"),
        "rows": [(row, board_address(row.name)) for row in found.rows],
        "templates": found.templates,
        "failure": failure,
    }
    return show(request, door, "boards", "boards.html", context)


def changes_of(door: Door, name: str, asked: Filters, shown: Sequence[Drawn]) -> DashboardChanges | None:
    """Puts beside each tile what its number did, and returns it; None where that cannot be said of this period."""
    arguments: Mapping[str, object] = {"name": name, "since": asked.since, "until": asked.until, "where": asked.where}
    try:
        found = door.snapshot("measure.dashboard_changes", arguments).result
    except (InputError, AccessDeniedError):  # a period without one before it; the tiles say what is wrong themselves
        return None
    assert isinstance(found, DashboardChanges)
    for row in found.rows:
        if row.place < len(shown):
            shown[row.place].change = row.comparison
    return found


def lede_of(board: Board, changes: DashboardChanges | None) -> str:
    """Returns what changed, in a sentence."""
    if changes is None or not changes.rows:
        return board.title
    before = changes.rows[0].comparison.other_label
    moved = dict.fromkeys(
        f"{row.comparison.label} {row.comparison.rows[0].tag}"
        for row in changes.rows
        if row.comparison.rows[0].verdict == "changed"
    )
    if not moved:
        return _("No number of this dashboard is shown to have changed against the %(before)s.") % {"before": before}
    others = _("nothing else is shown to have changed against the %(before)s.") % {"before": before}
    return f"{', '.join(moved)}; {others}"


def age_of(shown: Sequence[Drawn]) -> str:
    """Returns how old the oldest of the tiles is."""
    kept = [tile.kept for tile in shown if tile.kept is not None]
    return age(min(kept, key=lambda each: each.computed_at)) if kept else ""
