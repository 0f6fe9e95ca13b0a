"""Segments: who is in which, how that changed, and definitions that show what they mean before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError, UnknownNameError
from cxloop.unify.results import DefinedSegment, OverlapPair, Segment, SegmentInFull, SegmentMembers, Segments
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.customers.frame import paged, show
from cxloop.web.site import now
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/customers/segments"
NEW = f"{PATH}/new"
MEMBERS_PER_PAGE = 25
LINES = 24
"""Segments of the list whose history is drawn: each costs a question."""
HISTORY_WIDTHS = (640, 270)
REFUSED = (InputError, NotFoundError)
BLANK = {"name": "", "where": "", "about": ""}
EXAMPLE = 'count(kind == "delivery" and outcome == "late", within="60d") >= 2 and latest(score, metric == "nps") < 7'
STATES: dict[str, tuple[str, str]] = {
    "current": ("", ""),
    "pending": (_("being computed"), ""),
    "broken": (_("cannot be computed"), "bad"),
}


@router.get(PATH)
def segments(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists the segments with their size and how it changed."""
    found: Segments = door.run("unify.segments", {})
    rows = sorted(found.rows, key=lambda row: -row.members)
    context = {
        "title": _("Segments"),
        "found": found,
        "rows": [_row(door, row, found.days, drawn=place < LINES) for place, row in enumerate(rows)],
        "lede": _list_lede(found),
        "overlap": _overlap(door, found),
    }
    return show(request, door, "segments", "segments.html", context)


@router.get(NEW)
def new(request: Request, door: SignedIn, name: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """Asks for a definition; with a name, for a new one of that segment."""
    door.require("unify.define_segment")
    form = dict(BLANK)
    if name:
        segment = _found(door, name).segment
        form = {"name": segment.name, "where": segment.where, "about": segment.about}
    return _form(request, door, form, changes=bool(name))


@router.post(NEW)
def define(request: Request, door: Checked, form: Inputs) -> Response:
    """Shows what a definition means, or saves it."""
    given = {name: form.get(name, "").strip() for name in BLANK}
    changes = bool(form.get("changes"))
    save = form.get("do") == "save"
    try:
        meant: DefinedSegment = door.run("unify.define_segment", {**given, "dry_run": not save})
    except REFUSED as failure:
        return _form(request, door, given, changes=changes, failure=failure)
    if save:
        return done(_address(given["name"]), "defined")
    return _form(request, door, given, changes=changes, meant=meant)


@router.get(PATH + "/{name}")
def segment(
    request: Request, door: SignedIn, name: str, page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> HTMLResponse:
    """Shows one segment: definition, size over time, members, overlap."""
    found = _found(door, name)
    points = _line(found)
    members = _members(door, name, page)
    context = {
        "title": found.segment.name,
        "found": found,
        "segment": found.segment,
        "state": STATES[found.segment.state],
        "is_new": _is_new(found.segment, found.days),
        "lede": _lede(found),
        "charts": [charts.size_history(points, label=found.segment.name, width=width) for width in HISTORY_WIDTHS],
        "members": members,
        "pairs": [_pair(pair, name) for pair in found.overlap],
        "shares": _share,
        "links": paged(_address(name), {}, page, MEMBERS_PER_PAGE, members.total) if members else None,
    }
    return show(request, door, "segments", "segment.html", context)


@router.post(PATH + "/{name}/drop")
def drop(door: Checked, name: str) -> Response:
    """Drops a segment."""
    door.run("unify.drop_segment", {"name": name})
    return RedirectResponse(f"{PATH}?done=dropped", 303)


def _found(door: Door, name: str) -> SegmentInFull:
    try:
        found: SegmentInFull = door.run("unify.segment", {"name": name})
    except UnknownNameError as failure:  # in an address it is a place that is not there
        raise NotFoundError(failure.message) from None
    return found


def _address(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"


def _form(
    request: Request,
    door: Door,
    form: Mapping[str, str],
    *,
    changes: bool,
    meant: DefinedSegment | None = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    replay = [(point.day, point.members) for point in meant.replay] if meant else []
    context = {
        "title": form["name"] if changes else _("A new segment"),
        "form": form,
        "changes": changes,
        "meant": meant,
        "meant_lede": _meant_lede(meant, changes=changes) if meant else "",
        "replay": [charts.size_history(replay, label=_("past months"), width=width) for width in HISTORY_WIDTHS],
        "around": _around(form["where"], getattr(failure, "at", None)),
        "example": EXAMPLE,
        "failure": failure,
    }
    return show(request, door, "segments", "segment_form.html", context)


def _around(where: str, at: int | None) -> tuple[str, str] | None:
    """The definition up to the place of a mistake, and from there on."""
    if at is None or not where or not 1 <= at <= len(where) + 1:
        return None
    return where[: at - 1], where[at - 1 :] or " "


def _members(door: Door, name: str, page: int) -> SegmentMembers | None:
    """Who is in it, for those who may see single persons."""
    if not door.may("unify.segment_members"):
        return None
    asked = {"name": name, "limit": MEMBERS_PER_PAGE, "offset": (page - 1) * MEMBERS_PER_PAGE}
    found: SegmentMembers = door.run("unify.segment_members", asked)
    return found


def _row(door: Door, row: Segment, days: int, *, drawn: bool) -> dict[str, Any]:
    line = ""
    if drawn:
        with suppress(UnknownNameError):  # dropped by somebody else in this moment
            line = charts.size_line(_line(door.run("unify.segment", {"name": row.name})), label=row.name)
    return {"segment": row, "address": _address(row.name), "line": line, "state": STATES[row.state],
            "share": _share(row.share), "moved": _moved(row, days)}  # fmt: skip


def _line(found: SegmentInFull) -> list[tuple[date, int]]:
    """Size over time: of a new segment over past months, as its definition tells it, and by day as soon as it can be.

    A month that ended today has today's point in its place.
    """
    days = {point.day: point.members for point in (*found.before, *found.history)}
    return sorted(days.items())


def _is_new(row: Segment, days: int) -> bool:
    """Whether its definition is of these days: whom it brought in did not come in by anything that happened."""
    return now() - row.changed_at < timedelta(days=days)


def _moved(row: Segment, days: int) -> str:
    if _is_new(row, days):
        return f"{_('defined')} {words.ago(row.changed_at, now())}"
    if not row.entered and not row.left:
        return _("no change")
    return f"{wording.count(row.entered)} {_('came')}, {wording.count(row.left)} {_('went')}"


def _share(share: float | None) -> str:
    if share is None:
        return ""
    return _("under 0.1 %") if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _list_lede(found: Segments) -> str:
    if not found.rows:
        return _("No segment is defined yet.")
    said = words.plural(len(found.rows), _("segment"), _("segments"))
    known = [row for row in found.rows if not _is_new(row, found.days)]
    if not known:
        return f"{said}, {_('defined in the last {} days.').format(found.days)}"
    moved = max(known, key=lambda row: abs(row.entered - row.left))
    net = moved.entered - moved.left
    if not net:
        return f"{said}; {_('none grew or shrank in the last {} days.').format(found.days)}"
    grew = _("grew by {}") if net > 0 else _("shrank by {}")
    most = f"{moved.name} {grew.format(wording.count(abs(net)))}"
    return f"{said}; {most} {_('in the last {} days.').format(found.days)}"


def _lede(found: SegmentInFull) -> str:
    segment = found.segment
    people = words.plural(segment.members, _("customer is"), _("customers are"))
    share = f", {_share(segment.share)} {_('of all')}" if segment.share is not None else ""
    return f"{people} {_('in')} {segment.name}{share}."


def _meant_lede(meant: DefinedSegment, *, changes: bool) -> str:
    people = words.plural(meant.members, _("customer"), _("customers"))
    of_all = f"{people} {_('of')} {wording.count(meant.customers)} {_('would be in it now')}"
    if not changes:
        return f"{of_all}."
    came, went = wording.count(meant.enter), wording.count(meant.leave)
    return f"{of_all}: {came} {_('would come in,')} {went} {_('would go out.')}"


def _overlap(door: Door, found: Segments) -> list[dict[str, Any]]:
    """Which segments share most of their customers."""
    if len(found.rows) < 2 or len(found.rows) > 20 or not door.may("unify.overlap"):
        return []
    pairs = sorted(door.run("unify.overlap", {}).pairs, key=lambda pair: -(pair.jaccard or 0))
    return [_pair(pair, pair.first) for pair in pairs if pair.both]


def _pair(pair: OverlapPair, of: str) -> dict[str, Any]:
    """An overlap as seen from one of the two."""
    mine, other, theirs = pair.first_members, pair.second, pair.second_members
    if pair.first != of:
        mine, other, theirs = pair.second_members, pair.first, pair.first_members
    return {
        "name": of,
        "address": _address(of),
        "other": other,
        "other_address": _address(other),
        "both": pair.both,
        "of_mine": _share(pair.both / mine) if mine else "–",
        "of_theirs": _share(pair.both / theirs) if theirs else "–",
    }
