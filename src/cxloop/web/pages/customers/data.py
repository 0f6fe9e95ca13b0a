"""Consent and data of a customer: what is allowed and since when, the answer to an access request, and erasure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.config import Basis
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, NotFoundError
from cxloop.unify.results import Access, ChannelConsent, ConsentEntry, Consents, Erasure, PurposeConsent
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.customers.frame import address_of
from cxloop.web.pages.customers.person import show_person
from cxloop.web.site import Site
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["MODES", "router"]

router = APIRouter()
PATH = "/customers/{customer_id}/data"
REFUSED = (InputError, NotFoundError, AccessDeniedError)
BASES: tuple[str, ...] = get_args(Basis)
BLANK = {"purpose": "", "granted": "", "channel": "", "basis": "", "source": "", "wording": "", "expires": ""}
STATUS: dict[str, tuple[str, str]] = {
    "granted": (_("yes"), "good"),
    "denied": (_("no"), "bad"),
    "withdrawn": (_("withdrawn"), "bad"),
    "expired": (_("expired"), "warn"),
}
MODES: dict[str, tuple[str, str]] = {
    "erase": (_("Erase"), _("everything goes: identifiers, profile, interactions, texts, notes, predictions")),
    "anonymise": (
        _("Anonymise"),
        _("the bare interactions stay for statistics under a new random number; texts, names, identifiers, notes go"),
    ),
    "detach": (
        _("Detach"),
        _("the interactions stay with their texts and belong to nobody; identifiers, profile, notes go"),
    ),
}
KINDS = {"html": "text/html; charset=utf-8", "json": "application/json"}


@router.get(PATH)
def data(request: Request, door: SignedIn, customer_id: int) -> Response:
    """Shows what a customer allows, and what can be done with the data that is held; a former number leads on."""
    found: Consents = door.run("unify.consents", {"customer": str(customer_id)})
    if found.customer_id != customer_id:
        return RedirectResponse(f"{address_of(found.customer_id)}/data?was={customer_id}", 302)
    return _show(request, door, found)


@router.post("/customers/{customer_id}/consent")
def record(request: Request, door: Checked, customer_id: int, form: Inputs) -> Response:
    """Writes down what a customer allows or forbids."""
    door.require("unify.consent")
    given = {name: form.get(name, "").strip() for name in BLANK}
    if given["granted"] not in ("yes", "no"):
        return _again(request, door, customer_id, InputError("Say whether the customer said yes or no."), given)
    wanted = {**given, "customer": str(customer_id), "granted": given["granted"] == "yes"}
    try:
        door.run("unify.consent", wanted)
    except REFUSED as failure:
        return _again(request, door, customer_id, failure, given)
    return done(f"{address_of(customer_id)}/data", "consent")


@router.post("/customers/{customer_id}/access")
def access(
    request: Request,
    door: Checked,
    customer_id: int,
    file_format: Annotated[str, Form(alias="format", max_length=10)] = "html",
) -> Response:
    """Makes the answer to an access request, as a file to take along: a page to read, or one for programs."""
    try:
        made: Access = door.run("unify.access", {"customer": str(customer_id), "format": file_format})
    except REFUSED as failure:
        return _again(request, door, customer_id, failure)
    name = f"customer-{made.customer_id}.{made.format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(made.document, media_type=KINDS[made.format], headers=headers)


@router.post("/customers/{customer_id}/erase")
def erase(
    request: Request,
    door: Checked,
    customer_id: int,
    mode: Annotated[str, Form(max_length=20)] = "",
    sure: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Erases, anonymises or detaches a customer, once the number is typed."""
    door.require("unify.erase")
    typed = {"mode": mode, "reason": reason}
    if sure.strip() != str(customer_id):
        failure = InputError(f"Type {customer_id}, the number of this customer, to say that you mean it.")
        return _again(request, door, customer_id, failure, erasing=typed)
    try:
        made: Erasure = door.run(
            "unify.erase", {"customers": [str(customer_id)], "mode": mode, "reason": reason.strip()}
        )
    except REFUSED as failure:
        return _again(request, door, customer_id, failure, erasing=typed)
    return RedirectResponse(f"/settings/privacy/erasures/{made.erasure}", 303)


def _again(
    request: Request,
    door: Door,
    customer_id: int,
    failure: CxloopError,
    form: Mapping[str, str] | None = None,
    *,
    erasing: Mapping[str, str] | None = None,
) -> HTMLResponse:
    found: Consents = door.run("unify.consents", {"customer": str(customer_id)})
    return _show(request, door, found, form=form, erasing=erasing, failure=failure)


def _show(
    request: Request,
    door: Door,
    found: Consents,
    *,
    form: Mapping[str, str] | None = None,
    erasing: Mapping[str, str] | None = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    site: Site = request.app.state.site
    channels = {channel.channel for purpose in found.purposes for channel in purpose.channels if channel.channel}
    context: dict[str, Any] = {
        "lede": _lede(found),
        "purposes": [_purpose(purpose, site.zone) for purpose in found.purposes],
        "history": [_said(entry, site.zone) for entry in found.history],
        "channels": sorted(channels | set(door.experience.channel)),
        "bases": BASES,
        "form": {**BLANK, **(form or {})},
        "erasing": {"mode": "erase", "reason": "", **(erasing or {})},
        "modes": MODES,
        "failure": failure,
    }
    return show_person(request, door, "data", "data.html", found.customer_id, found.label, context)


def _lede(found: Consents) -> str:
    if not found.purposes:
        return _("No purpose is declared, and nothing was said.")
    allowed = [purpose.label for purpose in found.purposes if purpose.allowed]
    if not allowed:
        return _("{} allows none of the {}.").format(
            found.label, words.plural(len(found.purposes), _("purpose"), _("purposes"))
        )
    return _("{} allows {}.").format(found.label, _listed(allowed))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {_('and')} {names[-1]}"


def _purpose(purpose: PurposeConsent, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "basis": purpose.basis or _("not declared: it allows nothing"),
        "channels": [_channel(channel, zone) for channel in purpose.channels],
    }


def _channel(channel: ChannelConsent, zone: ZoneInfo) -> dict[str, Any]:
    until = f"{_('That counts until')} {words.moment(channel.expires, zone)}." if channel.expires else ""
    return {
        "name": words.readable(channel.channel) if channel.channel else "",
        "allowed": channel.allowed,
        "because": " ".join(part for part in (channel.because, until) if part),
    }


def _said(entry: ConsentEntry, zone: ZoneInfo) -> dict[str, Any]:
    sign, tone = STATUS[entry.status]
    about = (
        entry.basis,
        entry.source,
        entry.evidence,
        f"{_('wording')} {entry.wording}" if entry.wording else "",
        f"{_('until')} {words.moment(entry.expires_at, zone)}" if entry.expires_at else "",
        f"{_('written down by')} {entry.author}" if entry.author else "",
    )
    return {
        "sign": sign,
        "tone": tone,
        "what": f"{entry.label}, {words.readable(entry.channel)}" if entry.channel else entry.label,
        "when": words.moment(entry.occurred_at, zone),
        "about": " · ".join(part for part in about if part),
    }
