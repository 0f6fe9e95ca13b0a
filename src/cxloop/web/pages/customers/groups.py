"""Groups: households and business accounts, where they stand, who is in them, and their scores together."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cxloop.core import wording
from cxloop.core.results import Estimate
from cxloop.unify.results import Group, Groups, GroupScore
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.pages.customers.frame import paged, show
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/customers/groups"
GROUPS_PER_PAGE = 25
MEMBERS_PER_PAGE = 25
KINDS: dict[str, str] = {
    "": _("all kinds"),
    "account": _("accounts"),
    "household": _("households"),
    "level": _("levels"),
}
KIND: dict[str, str] = {"account": _("account"), "household": _("household"), "level": _("level of a hierarchy")}
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get(PATH)
def groups(
    request: Request,
    door: SignedIn,
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    page: Page = 1,
) -> HTMLResponse:
    """Finds groups; without a text, the largest first."""
    chosen = kind if kind in KINDS else ""
    start = (page - 1) * GROUPS_PER_PAGE
    asked = {"query": q, "kind": chosen or None, "limit": GROUPS_PER_PAGE, "offset": start}
    found: Groups = door.run("unify.groups", asked)
    context = {
        "title": _("Groups"),
        "found": found,
        "kind": chosen,
        "kinds": KINDS,
        "kind_names": KIND,
        "lede": _groups_lede(found, chosen),
        "links": paged(PATH, {"q": q, "kind": chosen}, page, GROUPS_PER_PAGE, found.total),
    }
    return show(request, door, "groups", "groups.html", context)


def _groups_lede(found: Groups, kind: str) -> str:
    if not found.total:
        return f"{_('No group found for')} “{found.query}”." if found.query else _("No group is known yet.")
    one = {"account": _("account"), "household": _("household"), "level": _("level")}.get(kind, _("group"))
    said = words.plural(found.total, one, f"{one}s")
    return f"{said} {_('found for')} “{found.query}”." if found.query else f"{said}, {_('the largest first.')}"


@router.get(PATH + "/{group_id:path}")
def group(request: Request, door: SignedIn, group_id: str, page: Page = 1) -> HTMLResponse:
    """Shows one group with its members and scores."""
    start = (page - 1) * MEMBERS_PER_PAGE
    found: Group = door.run("unify.group", {"group": group_id, "limit": MEMBERS_PER_PAGE, "offset": start})
    context = {
        "title": found.label,
        "group": found,
        "kind": KIND[found.kind],
        "lede": _group_lede(found),
        "scores": [_score(score) for score in found.scores],
        "links": paged(f"{PATH}/{quote(group_id, safe='')}", {}, page, MEMBERS_PER_PAGE, found.total),
    }
    return show(request, door, "groups", "group.html", context)


def _group_lede(found: Group) -> str:
    people = words.plural(found.total, _("customer"), _("customers"))
    beneath = f" {_('in')} {words.plural(len(found.below), _('group below'), _('groups below'))}" if found.below else ""
    said = next((score for score in map(_score, found.scores) if score["said"]), None)
    score = f", {said['title']} {said['number']}" if said else ""
    return f"{found.label}: {people}{beneath}{score}."


def _score(score: GroupScore) -> dict[str, Any]:
    """A score as a figure; never alone, or what it would take to have one."""
    number = score.result
    if not isinstance(number, Estimate):
        needs = f"{_('needs')} {wording.answers(number.needed)}"
        return {"title": wording.label(score.metric), "said": False, "number": _("cannot say"), "note": needs}
    between = words.span(wording.number(number.low, score.unit), wording.number(number.high, score.unit))
    return {
        "title": wording.label(score.metric),
        "said": True,
        "number": wording.number(number.value, score.unit),
        "note": f"{between}, {words.plural(number.customers, _('customer'), _('customers'))}",
    }
