"""Settings, Privacy: what data is used for, how long it is kept, what is taken out of texts, and what was erased."""

from __future__ import annotations

import json
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError
from cxloop.unify.results import (
    ErasureCheck,
    PrivacyOverview,
    PurposeOverview,
    Receipt,
    Retained,
    Retention,
    RetentionRule,
)
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.settings.frame import show
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/settings/privacy"
ERASURES = f"{PATH}/erasures"
ROWS = 25
STATES: dict[str, tuple[str, str]] = {
    "requested": (_("requested"), ""),
    "hidden": (_("hidden"), "warn"),
    "rewriting": (_("rewriting"), "warn"),
    "proved": (_("proved"), "good"),
    "found": (_("something found"), "bad"),
}
WAY = ("requested", "hidden", "rewriting", "proved")
SAID: dict[str, str] = {
    "requested": _("It was asked for."),
    "hidden": _("It is gone from every answer."),
    "rewriting": _("Every file is written anew."),
    "proved": _("It is gone from every file, and the receipt is signed."),
}
DONE: dict[str, str] = {"erase": _("erased"), "anonymise": _("anonymised"), "detach": _("detached")}
KEYS: dict[str, str] = {
    "none": _("What is taken out is gone: no key is set to keep it sealed."),
    "set": _("What is taken out is kept sealed beside, and only an owner opens it."),
    "missing": _("A key is named in cxloop.toml, but its variable is not set."),
}


@router.get(PATH)
def privacy(request: Request, door: SignedIn) -> HTMLResponse:
    """Shows purposes, retention, redaction and exports as they are."""
    return _show(request, door)


@router.post(f"{PATH}/retain")
def retain(request: Request, door: Checked) -> HTMLResponse:
    """Removes what is past its term."""
    try:
        gone: Retained = door.run("unify.retain", {})
    except InputError as failure:
        return _show(request, door, failure=failure)
    return _show(request, door, said=str(gone))


def _show(request: Request, door: Door, *, said: str = "", failure: CxloopError | None = None) -> HTMLResponse:
    overview: PrivacyOverview = door.run("unify.privacy", {})
    terms: Retention = door.run("unify.retention", {})
    site: Site = request.app.state.site
    context: dict[str, Any] = {
        "overview": overview,
        "purposes": [_purpose(purpose) for purpose in overview.purposes],
        "terms": terms,
        "rules": [_rule(rule, site.zone) for rule in terms.rules],
        "due": sum(rule.rows for rule in terms.rules),
        "last_run": words.moment(terms.last_run, site.zone) if terms.last_run else "",
        "sealing": KEYS[overview.redaction_key],
        "exports": [_export(export, site.zone) for export in overview.exports],
        "erasures": _rows(door, site, limit=5, page=1) if door.may("unify.erasures") else None,
        "lede": _lede(overview, terms),
        "failure": failure,
    }
    return show(request, door, "privacy", "privacy.html", {**context, **({"said": said} if said else {})})


def _lede(overview: PrivacyOverview, terms: Retention) -> str:
    purposes = words.plural(len(overview.purposes), _("purpose"), _("purposes"))
    due = sum(rule.rows for rule in terms.rules)
    kept = _("everything is kept without limit")
    if terms.rules:
        kept = f"{words.plural(due, _('row is'), _('rows are'))} {_('past the term')}" if due else ""
        kept = kept or _("nothing is past its term")
    texts = _("texts are kept as they come")
    if overview.redact:
        texts = f"{_('taken out of texts:')} {', '.join(overview.redact)}"
    return f"{purposes}; {kept}; {texts}."


def _purpose(purpose: PurposeOverview) -> dict[str, Any]:
    about = (
        purpose.basis or _("not declared: it allows nothing"),
        f"{_('expires after')} {purpose.expires}" if purpose.expires else "",
        ", ".join(words.readable(channel) for channel in purpose.channels),
    )
    return {"purpose": purpose, "about": " · ".join(part for part in about if part)}


def _rule(rule: RetentionRule, zone: ZoneInfo) -> dict[str, Any]:
    oldest = words.moment(rule.oldest, zone) if rule.oldest else ""
    return {"rule": rule, "before": words.moment(rule.before, zone), "oldest": oldest}


def _export(export: Any, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "export": export,
        "made": words.moment(export.made_at, zone),
        "until": words.moment(export.expires_at, zone),
    }


@router.get(ERASURES)
def erasures(request: Request, door: SignedIn, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> HTMLResponse:
    """Lists the erasures, the latest first."""
    site: Site = request.app.state.site
    rows = _rows(door, site, limit=ROWS + 1, page=page)
    context = {
        "rows": rows[:ROWS],
        "lede": _("What was erased, and how far each is.") if rows else _("Nothing was erased yet."),
        "links": {
            "newer": f"{ERASURES}?page={page - 1}" if page > 1 else "",
            "newer_text": _("Later"),
            "older": f"{ERASURES}?page={page + 1}" if len(rows) > ROWS else "",
            "older_text": _("Earlier"),
            "where": f"{_('Page')} {page}",
        },
        "failure": None,
    }
    return show(request, door, "privacy", "erasures.html", context)


def _rows(door: Door, site: Site, *, limit: int, page: int) -> list[dict[str, Any]]:
    listed = door.run("unify.erasures", {"limit": limit, "offset": (page - 1) * ROWS}).records()
    return [
        {
            **row,
            "sign": STATES[row["state"]],
            "done": DONE[row["mode"]],
            "when": words.moment(row["requested_at"], site.zone),
            "address": f"{ERASURES}/{row['erasure']}",
        }
        for row in listed
    ]


@router.get(ERASURES + "/{erasure}")
def receipt(request: Request, door: SignedIn, erasure: int) -> HTMLResponse:
    """Shows how far an erasure is, and its receipt."""
    return _receipt(request, door, erasure)


@router.get(ERASURES + "/{erasure}/progress")
def progress(request: Request, door: SignedIn, erasure: int) -> HTMLResponse:
    """Shows the moving part of the page."""
    context = {"part": "settings/erasure_progress.html", **_context(request, door, erasure)}
    return respond(request, "sources/fragment.html", context, door=door)


@router.post(ERASURES + "/{erasure}/check")
def check(request: Request, door: Checked, erasure: int) -> HTMLResponse:
    """Looks once more for what was erased."""
    looked: ErasureCheck = door.run("unify.check_erasure", {"erasure": erasure})
    return _receipt(request, door, erasure, checked=looked)


@router.get(ERASURES + "/{erasure}/receipt.json")
def receipt_file(door: SignedIn, erasure: int) -> Response:
    """Returns the signed receipt as a file: document, signature and public key."""
    made: Receipt = door.run("unify.receipt", {"erasure": erasure})
    headers = {"content-disposition": f'attachment; filename="erasure-{erasure}.json"'}
    return Response(_as_file(made), media_type="application/json", headers=headers)


def _as_file(made: Receipt) -> str:
    signed = {"document": made.document, "signature": made.signature, "public_key": made.public_key}
    return json.dumps(signed, indent=2)


def _receipt(request: Request, door: Door, erasure: int, checked: ErasureCheck | None = None) -> HTMLResponse:
    context = {"title": f"{_('Erasure')} {erasure}", "checked": checked, "failure": None}
    return show(request, door, "privacy", "erasure.html", {**context, **_context(request, door, erasure)})


def _context(request: Request, door: Door, erasure: int) -> dict[str, Any]:
    made: Receipt = door.run("unify.receipt", {"erasure": erasure})
    site: Site = request.app.state.site

    def at(moment: Any) -> str:
        return words.moment(moment, site.zone) if moment else ""

    reached = WAY.index(made.state) if made.state in WAY else WAY.index("rewriting")
    when = {"requested": at(made.requested_at), "hidden": at(made.hidden_at), "proved": at(made.proved_at)}
    return {
        "receipt": made,
        "address": f"{ERASURES}/{erasure}",
        "lede": _receipt_lede(made),
        "sign": STATES[made.state],
        "way": [(SAID[step], when.get(step, ""), place <= reached) for place, step in enumerate(WAY)],
        "moving": made.state not in ("proved", "found"),
        "backups": at(made.backups_until),
    }


def _receipt_lede(made: Receipt) -> str:
    who = words.plural(len(made.customers), _("customer"), _("customers")) if made.customers else _("Nobody")
    rows = sum(row.amount for row in made.removed)
    if made.state == "proved":
        return f"{who} {DONE[made.mode]}: {wording.count(rows)} {_('rows and files are gone, and found nowhere.')}"
    if made.state == "found":
        return _("Something was found in a file, so the receipt is not signed.")
    return f"{who} {DONE[made.mode]}: {_('the proof is being made.')}"
