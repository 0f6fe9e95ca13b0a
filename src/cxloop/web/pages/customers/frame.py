"""What the pages of Customers share: their tabs, pages of a list, and a word after something was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from cxloop.core import wording
from cxloop.core.errors import CxloopError
from cxloop.unify.results import Matching
from cxloop.web.access import Door
from cxloop.web.site import Site, respond
from cxloop.web.tabs import Tab, open_tabs, said_of, status_of
from cxloop.web.words import _

__all__ = ["DONE", "address_of", "paged", "show"]

TABS = (
    Tab("list", _("All"), "/customers", "unify.customers"),
    Tab("segments", _("Segments"), "/customers/segments", "unify.segments"),
    Tab("groups", _("Groups"), "/customers/groups", "unify.groups"),
    Tab("review", _("Review"), "/customers/review", "unify.review"),
    Tab("shared", _("Shared identifiers"), "/customers/shared", "unify.doubts"),
)
DONE: dict[str, str] = {
    "merged": _("They are one customer now. Every number counts them so from now on; this can be undone here."),
    "split": _("They are apart now. Every number is restated; this can be undone here."),
    "undone": _("Undone. Every number is restated."),
    "never": _("Kept apart for good, until a person joins them."),
    "quarantined": _("Quarantined: it ties nobody together any more."),
    "released": _("Released: it ties customers together again."),
    "note": _("Noted."),
    "note-deleted": _("The note is gone."),
    "consent": _("Recorded."),
    "defined": _("Saved. From now on it is kept up to date as events arrive."),
    "dropped": _("The segment is gone; nothing else was changed."),
}
"""What is said after something was done."""


def show(request: Request, door: Door, tab: str, template: str, context: Mapping[str, Any]) -> HTMLResponse:
    """Returns one page of Customers.

    Args:
        request: what was asked.
        door: the visitor.
        tab: name of the tab; empty for a page below the list.
        template: file name within templates/customers.
        context: what the template shows, with its `title`; `failure` is told above the page and gives its status.
    """
    failure: CxloopError | None = context.get("failure")
    site: Site = request.app.state.site
    frame = {
        "page": "customers",
        "tab": tab,
        "tabs": open_tabs(door, TABS),
        "waiting": waiting_pairs(door),
        "said": said_of(request, DONE),
        "mistake": failure.message if failure else "",
        "zone_name": site.host.settings.company.time_zone,
    }
    status = status_of(failure) if failure else 200
    return respond(request, f"customers/{template}", {**frame, **context}, door=door, status=status)


def waiting_pairs(door: Door) -> int:
    """Returns how many pairs wait for a person; 0 for those who are not asked."""
    if not door.may("unify.review"):
        return 0
    kept = door.snapshot("unify.matching", {}).result  # of a moment ago: no page waits for the whole ledger
    return kept.proposed if isinstance(kept, Matching) else 0


def address_of(customer_id: int) -> str:
    """Returns where a customer is shown."""
    return f"/customers/{customer_id}"


def paged(
    address: str, asked: Mapping[str, str], page: int, size: int, total: int, names: tuple[str, str] | None = None
) -> dict[str, str]:
    """Returns where the pages before and after are, and where this one stands: for the macro `pager`."""

    def link(number: int) -> str:
        given = {name: value for name, value in asked.items() if value}
        if number > 1:
            given["page"] = str(number)
        return f"{address}?{urlencode(given)}" if given else address

    newer, older = names or (_("Previous"), _("Next"))
    first, last = (page - 1) * size + 1, min(page * size, total)
    return {
        "newer": link(page - 1) if page > 1 else "",
        "newer_text": newer,
        "older": link(page + 1) if last < total else "",
        "older_text": older,
        "where": f"{wording.count(first)}–{wording.count(last)} {_('of')} {wording.count(total)}",
    }
