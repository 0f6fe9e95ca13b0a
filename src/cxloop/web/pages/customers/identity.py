"""Identity and evidence of a customer: each identifier and link, what is doubted, what was decided, and the undoing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.unify.results import Compared, Identity, IdentityKey, IdentityLink, LedgerEntry
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.customers.evidence import certainty, pair_of
from cxloop.web.pages.customers.frame import address_of
from cxloop.web.pages.customers.person import show_person
from cxloop.web.site import Site
from cxloop.web.words import _

__all__ = ["DOUBTS", "PATH", "router", "show_identity"]

router = APIRouter()
PATH = "/customers/{customer_id}/identity"
EXPLAINED = 5
"""Estimated links whose waterfall stands on the page itself; the others have theirs one click away."""
CANDIDATES = 8
EVIDENCE: dict[str, str] = {
    "identify": _("named together"),
    "alias": _("alias call"),
    "exact": _("same identifier"),
    "profile": _("told in the profile"),
    "probabilistic": _("estimated"),
    "person": _("a person"),
    "rule": _("a rule"),
}
STANDING: dict[str, str] = {
    "held": _("held back"),
    "guarded": _("ties nobody"),
    "proposed": _("to be reviewed"),
    "rejected": _("rejected"),
    "cut": _("cut"),
    "undone": _("undone"),
}
DOUBTS: dict[str, str] = {
    "shared": _("shared"),
    "placeholder": _("placeholder"),
    "degree": _("too many links"),
    "conflict": _("contradiction"),
    "never": _("never these two"),
    "quarantined": _("quarantined"),
}
RULES: dict[str, str] = {"unique": _("one person's only"), "personal": _("a person's"), "shared": _("shared by nature")}
ACTIONS: dict[str, str] = {
    "link": _("joined"),
    "cut": _("split"),
    "never": _("never these two"),
    "undo": _("undone"),
    "quarantine": _("quarantined"),
    "release": _("released"),
}


@router.get(PATH)
def identity(
    request: Request,
    door: SignedIn,
    customer_id: int,
    q: Annotated[str, Query(max_length=200)] = "",
    also: Annotated[list[int] | None, Query(max_length=10)] = None,
) -> Response:
    """Explains why a customer is one customer; a former number leads on to the present one."""
    found: Identity = door.run("unify.identity", {"customer": str(customer_id)})
    if found.customer_id != customer_id:
        return RedirectResponse(f"{address_of(found.customer_id)}/identity?was={customer_id}", 302)
    return show_identity(request, door, found, query=q, also=tuple(also or ()))


def show_identity(
    request: Request,
    door: Door,
    found: Identity,
    *,
    query: str = "",
    also: tuple[int, ...] = (),
    typed: str = "",
    failure: CxloopError | None = None,
) -> HTMLResponse:
    """Returns the page.

    Args:
        request: what was asked.
        door: the visitor.
        found: what it shows.
        query: of the search for a customer to join with.
        also: customers that a decision has left beside this one.
        typed: the reason of a form that was refused.
        failure: why it was refused.
    """
    site: Site = request.app.state.site
    counting = sorted((link for link in found.links if link.standing == "counts"), key=_certain)
    context: dict[str, Any] = {
        "identity": found,
        "lede": _lede(found, counting),
        "keys": [_key(key, site.zone) for key in found.keys],
        "links": [_link(door, link, place, site.zone) for place, link in enumerate(counting)],
        "idle": [_link(door, link, EXPLAINED, site.zone) for link in found.links if link.standing != "counts"],
        "doubts": [{"sign": DOUBTS.get(doubt.doubt, doubt.doubt), "doubt": doubt} for doubt in found.doubts],
        "decisions": [_decision(entry, site.zone) for entry in found.decisions if _by_person(entry)],
        "restated": list(_restated(_came_later(found), site.zone)),
        "query": query,
        "candidates": _candidates(door, found, query),
        "also": [number for number in also if number != found.customer_id],
        "typed": typed,
        "failure": failure,
    }
    return show_person(request, door, "identity", "identity.html", found.customer_id, found.label, context)


def _certain(link: IdentityLink) -> tuple[float, int]:
    return (2.0 if link.probability is None else link.probability, link.entry_id)


def _lede(found: Identity, counting: list[IdentityLink]) -> str:
    keys = words.plural(len(found.keys), _("identifier"), _("identifiers"))
    sources = len({key.namespace for key in found.keys})
    known = f"{found.label} {_('is known by')} {keys}"
    if sources > 1:
        known += f" {_('from')} {words.plural(sources, _('source'), _('sources'))}"
    if not counting or len(found.keys) == 1:
        return f"{known}."
    weakest = counting[0].probability
    if weakest is None:
        return f"{known}, {_('and every link is certain')}."
    return f"{known}; {_('the weakest link is')} {certainty(weakest)}."


def _key(key: IdentityKey, zone: ZoneInfo) -> dict[str, Any]:
    seen = ""
    if key.first_seen_at is not None and key.last_seen_at is not None:
        first, last = (wording.day(words.local(at, zone)) for at in (key.first_seen_at, key.last_seen_at))
        seen = first if first == last else f"{first} – {last}"
    return {"key": key, "rule": RULES.get(key.rule, key.rule), "seen": seen}


def _link(door: Door, link: IdentityLink, place: int, zone: ZoneInfo) -> dict[str, Any]:
    """A link as the page says it; the weakest estimated ones with their waterfall."""
    estimated = link.evidence == "probabilistic"
    pair: Compared | None = None
    if estimated and place < EXPLAINED and door.may("unify.compare"):
        try:
            pair = door.run("unify.compare", {"entry": link.entry_id})
        except (NotFoundError, InputError):  # its records are gone: the link still stands, with what the ledger says
            pair = None
    return {
        "link": link,
        "evidence": EVIDENCE.get(link.evidence, link.evidence),
        "standing": STANDING.get(link.standing, ""),
        "sure": certainty(link.probability) if link.probability is not None else "",
        "when": words.moment(link.known_at, zone),
        "author": _("matching") if link.author.startswith("match:") else link.author,
        "estimated": estimated,
        "pair": pair_of(pair) if pair is not None else None,
    }


def _decision(entry: LedgerEntry, zone: ZoneInfo) -> dict[str, Any]:
    action = _("rejected") if entry.state == "rejected" else ACTIONS.get(entry.action, entry.action)
    return {"entry": entry, "action": action, "when": words.moment(entry.decided_at, zone)}


def _by_person(entry: LedgerEntry) -> bool:
    """Whether somebody decided it: what the log told stands among the links."""
    return entry.evidence == "person" or entry.action != "link"


def _came_later(found: Identity) -> list[IdentityKey]:
    """Identifiers that were somebody else's when they were first seen: what they did moved with them."""
    return [
        key
        for key in found.keys
        if key.key_id != found.customer_id
        and key.since is not None
        and (key.first_seen_at is None or key.since > key.first_seen_at)
    ]


def _restated(keys: Iterable[IdentityKey], zone: ZoneInfo) -> Iterator[dict[str, str]]:
    """Since when which identifiers count here: what every number was restated by."""
    moved = sorted(keys, key=lambda key: str(key.since), reverse=True)
    for day, group in groupby(moved, key=lambda key: wording.day(words.local(key.since, zone)) if key.since else ""):
        came = list(group)
        steps = sum(key.interactions for key in came)
        yield {
            "day": day,
            "said": f"{words.plural(len(came), _('identifier'), _('identifiers'))} {_('with')} "
            f"{words.plural(steps, _('interaction'), _('interactions'))}",
        }


def _candidates(door: Door, found: Identity, query: str) -> list[Any]:
    """Customers that could be joined with this one."""
    if not query.strip() or not door.may("unify.merge"):
        return []
    rows = door.run("unify.customers", {"query": query, "limit": CANDIDATES + 1}).rows
    return [row for row in rows if row.customer_id != found.customer_id][:CANDIDATES]
