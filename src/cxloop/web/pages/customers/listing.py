"""All customers: search, one segment of them, page by page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cxloop.unify.results import Customers
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.customers.frame import paged, show
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PEOPLE_PER_PAGE = 25
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/customers")
def customers(
    request: Request,
    door: SignedIn,
    q: Annotated[str, Query(max_length=200)] = "",
    segment: Annotated[str, Query(max_length=200)] = "",
    page: Page = 1,
) -> HTMLResponse:
    """Finds customers; without a text, whoever was seen last."""
    found = _found(door, q, segment, page)
    context = {
        "title": _("Customers"),
        "found": found,
        "segment": segment,
        "segments": _segments(door, segment),
        "lede": _lede(found, segment),
        "links": paged("/customers", {"q": q, "segment": segment}, page, PEOPLE_PER_PAGE, found.total),
    }
    return show(request, door, "list", "list.html", context)


def _found(door: Door, query: str, segment: str, page: int) -> Customers:
    asked = {"query": query, "segment": segment, "limit": PEOPLE_PER_PAGE, "offset": (page - 1) * PEOPLE_PER_PAGE}
    found: Customers = door.run("unify.customers", asked)
    return found


def _segments(door: Door, chosen: str) -> list[str]:
    """What the filter offers."""
    if not door.may("unify.segments"):
        return []
    names = [row["name"] for row in door.run("unify.segments", {}).records()]
    return names if not chosen or chosen in names else [chosen, *names]


def _lede(found: Customers, segment: str) -> str:
    people = words.plural(found.total, _("customer"), _("customers"))
    within = f" {_('in the segment')} “{segment}”" if segment else ""
    if found.query:
        who = people if found.total else _("Nobody")
        return f"{who}{within} {_('found for')} “{found.query}”."
    if not found.total:
        return f"{_('Nobody is')}{within} {_('at present')}." if segment else _("No customer is known yet.")
    return f"{people}{within}, {_('whoever was seen last first.')}" if found.total > 1 else f"{people}{within}."
