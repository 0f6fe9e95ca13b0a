"""Decisions about who is who: merge, split, never these two, undo; quarantine and release of identifiers."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.unify.results import Identity, IdentityDecision, IdentityDoubt, IdentityDoubts
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.customers.frame import address_of, paged, show
from cxloop.web.pages.customers.identity import DOUBTS, PATH, show_identity
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
SHARED = "/customers/shared"
DOUBTS_PER_PAGE = 25
REFUSED = (InputError, NotFoundError)
Reason = Annotated[str, Form(max_length=2000)]


@router.post(PATH + "/merge")
def merge(
    request: Request,
    door: Checked,
    customer_id: int,
    other: Annotated[str, Form(max_length=500)],
    reason: Reason = "",
    do: Annotated[str, Form(max_length=10)] = "merge",
) -> Response:
    """Says that two customers are one person, or that they never are."""
    act, said = ("never", "never") if do == "never" else ("merge", "merged")
    arguments = {"customer": str(customer_id), "other": other.strip(), "reason": reason.strip()}
    return _decide(request, door, customer_id, f"unify.{act}", arguments, said)


@router.post(PATH + "/split")
def split(
    request: Request,
    door: Checked,
    customer_id: int,
    keys: Annotated[list[str] | None, Form(max_length=500)] = None,
    reason: Reason = "",
) -> Response:
    """Says that the chosen identifiers are somebody else's."""
    door.require("unify.split")
    if not keys:
        failure = InputError("No identifier is chosen. Tick those that are somebody else's.")
        return _again(request, door, customer_id, failure, reason)
    arguments = {"customer": str(customer_id), "keys": keys, "reason": reason.strip()}
    return _decide(request, door, customer_id, "unify.split", arguments, "split")


@router.post(PATH + "/undo")
def undo(
    request: Request, door: Checked, customer_id: int, decision: Annotated[int, Form()], reason: Reason = ""
) -> Response:
    """Takes a decision back: a merge, a split, a link, or another undo."""
    arguments = {"decision": decision, "reason": reason.strip()}
    return _decide(request, door, customer_id, "unify.undo", arguments, "undone")


def _decide(
    request: Request, door: Door, customer_id: int, verb: str, arguments: dict[str, Any], said: str
) -> Response:
    try:
        decided: IdentityDecision = door.run(verb, arguments)
    except REFUSED as failure:
        return _again(request, door, customer_id, failure, str(arguments.get("reason", "")))
    here = customer_id if customer_id in decided.customers or not decided.customers else decided.customers[0]
    others = [number for number in decided.customers if number != here][:10]
    asked = urlencode({"done": said, "also": others}, doseq=True)
    return RedirectResponse(f"{address_of(here)}/identity?{asked}", 303)


def _again(request: Request, door: Door, customer_id: int, failure: CxloopError, typed: str) -> HTMLResponse:
    found: Identity = door.run("unify.identity", {"customer": str(customer_id)})
    return show_identity(request, door, found, typed=typed, failure=failure)


@router.get(SHARED)
def shared(
    request: Request, door: SignedIn, page: Annotated[int, Query(ge=1, le=100_000)] = 1, done: str = ""
) -> HTMLResponse:
    """Lists what ties nobody together, and why."""
    del done  # the frame says it
    return _shared(request, door, page)


@router.post(SHARED + "/{act}")
def set_aside(
    request: Request,
    door: Checked,
    act: str,
    key: Annotated[str, Form(max_length=500)],
    reason: Reason = "",
) -> Response:
    """Quarantines an identifier, or releases one."""
    if act not in ("quarantine", "release"):
        raise NotFoundError(f"An identifier cannot be asked to {act!r}.")
    try:
        door.run(f"unify.{act}", {"key": key.strip(), "reason": reason.strip()})
    except REFUSED as failure:
        return _shared(request, door, 1, failure=failure, typed=key)
    return done(SHARED, "quarantined" if act == "quarantine" else "released")


def _shared(
    request: Request, door: Door, page: int, *, failure: CxloopError | None = None, typed: str = ""
) -> HTMLResponse:
    asked = {"limit": DOUBTS_PER_PAGE, "offset": (page - 1) * DOUBTS_PER_PAGE}
    found: IdentityDoubts = door.run("unify.doubts", asked)
    context = {
        "title": _("Shared identifiers"),
        "found": found,
        "rows": [{"doubt": row, "sign": DOUBTS.get(row.doubt, row.doubt), "why": _why(row)} for row in found.rows],
        "lede": _shared_lede(found),
        "typed": typed,
        "failure": failure,
        "links": paged(SHARED, {}, page, DOUBTS_PER_PAGE, found.total),
    }
    return show(request, door, "shared", "shared.html", context)


def _why(row: IdentityDoubt) -> str:
    """Why a key is held back, without the key again: it stands right above."""
    why = row.why.removeprefix(f"{row.key}: ")
    return why[:1].upper() + why[1:]


def _shared_lede(found: IdentityDoubts) -> str:
    if not found.total:
        return _("Nothing is in doubt: every identifier ties one person's history together.")
    many = words.plural(found.total, _("identifier or link is"), _("identifiers and links are"))
    return f"{many} {_('held back, so that nobody is tied to strangers.')}"
