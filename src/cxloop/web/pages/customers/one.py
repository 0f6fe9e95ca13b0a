"""One customer in full: who it is, what is open, and everything that happened, across channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core import wording
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, NotFoundError
from cxloop.unify.results import FullCustomer, IdentitySummary, Matter, Timeline
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.customers.evidence import certainty
from cxloop.web.pages.customers.frame import address_of, paged
from cxloop.web.pages.customers.person import show_person
from cxloop.web.pages.customers.steps import days_of
from cxloop.web.site import Site, now
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
STEPS_PER_PAGE = 60
KINDS: dict[str, str] = {"case": _("case"), "promise": _("promise"), "message": _("message")}
RULES: dict[str, str] = {
    "recent": _("the most recent one"),
    "trusted": _("of the most trusted source"),
    "verified": _("the verified one"),
    "longest": _("the longest one"),
}
Channel = Annotated[str, Query(max_length=80)]
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/customers/{customer_id}")
def customer(request: Request, door: SignedIn, customer_id: int, channel: Channel = "", page: Page = 1) -> Response:
    """Shows one customer; a former number leads on to the present one."""
    who: FullCustomer = door.run("unify.customer", {"customer": str(customer_id)})
    if who.customer_id != customer_id:
        return RedirectResponse(f"{address_of(who.customer_id)}?{urlencode({'was': customer_id})}", 302)
    return _show(request, door, who, channel=channel, page=page)


@router.post("/customers/{customer_id}/notes")
def write_note(
    request: Request, door: Checked, customer_id: int, text: Annotated[str, Form(max_length=4000)] = ""
) -> Response:
    """Writes a note."""
    try:
        door.run("unify.note", {"customer": str(customer_id), "text": text.strip()})
    except (InputError, AccessDeniedError) as failure:
        return _failed(request, door, customer_id, failure, typed=text)
    return done(address_of(customer_id), "note")


@router.post("/customers/{customer_id}/notes/{note}/delete")
def delete_note(request: Request, door: Checked, customer_id: int, note: int) -> Response:
    """Deletes a note."""
    try:
        door.run("unify.delete_note", {"note": note})
    except (InputError, NotFoundError, AccessDeniedError) as failure:
        return _failed(request, door, customer_id, failure)
    return done(address_of(customer_id), "note-deleted")


def _failed(request: Request, door: Door, customer_id: int, failure: CxloopError, typed: str = "") -> HTMLResponse:
    who: FullCustomer = door.run("unify.customer", {"customer": str(customer_id)})
    return _show(request, door, who, failure=failure, typed=typed)


def _show(
    request: Request,
    door: Door,
    who: FullCustomer,
    *,
    channel: str = "",
    page: int = 1,
    failure: CxloopError | None = None,
    typed: str = "",
) -> HTMLResponse:
    site: Site = request.app.state.site
    asked = {"customer": str(who.customer_id), "channel": channel}
    start = (page - 1) * STEPS_PER_PAGE
    timeline: Timeline = door.run("unify.timeline", {**asked, "limit": STEPS_PER_PAGE, "offset": start})
    earlier = (_("Later"), _("Earlier"))
    context: dict[str, Any] = {
        "who": who,
        "timeline": timeline,
        "days": list(days_of(timeline.steps, site.zone)),
        "lede": _lede(who),
        "sub": _sub(who, site.zone),
        "known_by": known_by(who.identity),
        "matters": [_matter(matter, site.zone) for matter in who.matters],
        "rules": RULES,
        "typed": typed,
        "failure": failure,
        "links": paged(
            address_of(who.customer_id), {"channel": channel}, page, STEPS_PER_PAGE, timeline.total, earlier
        ),
    }
    return show_person(request, door, "overview", "one.html", who.customer_id, who.label, context)


def _lede(who: FullCustomer) -> str:
    """What a colleague would say of this customer: what is open, and what was said last."""
    said = "; ".join(part for part in (_open(who.matters), _latest(who)) if part)
    return f"{who.label}: {said}." if said else f"{who.label}: {_('nothing is open, and no score was given yet')}."


def _open(matters: tuple[Matter, ...]) -> str:
    if not matters:
        return _("nothing is open")
    late = sum(matter.overdue for matter in matters)
    things = words.plural(len(matters), _("matter is open"), _("matters are open"))
    if not late:
        return things
    return f"{things}, {_('one of them overdue') if late == 1 else _('{} of them overdue').format(late)}"


def _latest(who: FullCustomer) -> str:
    if not who.scores:
        return ""
    latest = max(who.scores, key=lambda score: score.occurred_at)
    scale = f" {_('of')} {latest.scale_max:g}" if latest.scale_max and latest.metric != "nps" else ""
    return f"{_('latest score')} {wording.label(latest.metric)} {latest.score:g}{scale}"


def _sub(who: FullCustomer, zone: ZoneInfo) -> str:
    first, last = (wording.day(words.local(moment, zone)) for moment in (who.first_seen_at, who.last_seen_at))
    steps = words.plural(who.interactions, _("interaction"), _("interactions"))
    channels = words.plural(who.channels, _("channel"), _("channels"))
    spent = ", ".join(f"{money.value:,.2f} {money.currency}" for money in who.value)
    worth = f" {_('Spent')} {spent} {_('to date')}." if spent else ""
    return f"{steps} {_('in')} {channels}, {_('first on')} {first}, {_('last on')} {last}.{worth}"


def known_by(identity: IdentitySummary) -> str:
    """Returns how it is known that all of this is one customer, in a sentence.

    Example:
        >>> known_by(IdentitySummary(keys=1))
        'Known by 1 identifier.'
    """
    return "".join(_known_by(identity))


def _known_by(identity: IdentitySummary) -> Iterator[str]:
    yield f"{_('Known by')} {words.plural(identity.keys, _('identifier'), _('identifiers'))}"
    if identity.weakest is not None:
        yield f"; {_('the weakest link is')} {certainty(identity.weakest.probability)}"
    elif identity.keys > 1:
        yield f"; {_('every link is certain')}"
    yield "."
    if identity.doubts:
        yield f" {words.plural(identity.doubts, _('link is'), _('links are'))} {_('held back.')}"


def _matter(matter: Matter, zone: ZoneInfo) -> dict[str, Any]:
    """An open matter as the page says it."""
    about = [KINDS[matter.kind], matter.object, matter.channel, matter.outcome]
    due = ""
    if matter.due_at is not None:
        due = f"{_('was due') if matter.overdue else _('due')} {wording.day(words.local(matter.due_at, zone))}"
    return {
        "title": words.readable(matter.title)[:1].upper() + words.readable(matter.title)[1:],
        "about": " · ".join(words.readable(part) for part in about if part),
        "mark": due or f"{_('open')} {words.ago(matter.since, now()).removesuffix(_(' ago'))}",
        "tone": "bad" if matter.overdue else "",
    }
