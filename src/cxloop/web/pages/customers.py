"""Customers: search, and one customer's timeline across channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cxloop.core import wording
from cxloop.unify.results import Customers, Step, Timeline
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PEOPLE_PER_PAGE = 25
STEPS_PER_PAGE = 60


@dataclass(frozen=True)
class Moment:
    """One step of a timeline as it stands on the page."""

    moment: datetime
    clock: str
    title: str
    details: tuple[str, ...]
    text: str | None
    mark: str
    mark_tone: str
    tone: str


@dataclass(frozen=True)
class Day:
    """The steps of one day, in the order of the page."""

    day: date
    steps: tuple[Moment, ...]


@router.get("/customers")
def customers(
    request: Request,
    door: SignedIn,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Finds customers; without a text, whoever was seen last."""
    start = (page - 1) * PEOPLE_PER_PAGE
    found: Customers = door.run("unify.customers", {"query": q, "limit": PEOPLE_PER_PAGE, "offset": start})
    context = {
        "title": _("Customers"),
        "page": "customers",
        "found": found,
        "lede": _customers_lede(found),
        "links": _links("/customers", {"q": q}, page, PEOPLE_PER_PAGE, found.total, (_("Previous"), _("Next"))),
    }
    return respond(request, "customers.html", context, door=door)


def _customers_lede(found: Customers) -> str:
    people = words.plural(found.total, _("customer"), _("customers"))
    if not found.query and not found.total:
        return _("No customer is known yet.")
    if not found.query:
        return f"{people}, {_('whoever was seen last first.')}" if found.total > 1 else f"{people}."
    if not found.total:
        return f"{_('Nobody found for')} “{found.query}”."
    return f"{people} {_('found for')} “{found.query}”."


@router.get("/customers/{customer_id}")
def customer(
    request: Request,
    door: SignedIn,
    customer_id: int,
    channel: Annotated[str, Query(max_length=80)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Shows what happened to one customer, latest first."""
    asked = {"customer": str(customer_id), "channel": channel}
    start = (page - 1) * STEPS_PER_PAGE
    timeline: Timeline = door.run("unify.timeline", {**asked, "limit": STEPS_PER_PAGE, "offset": start})
    site: Site = request.app.state.site
    context = {
        "title": timeline.customer.label,
        "page": "customers",
        "timeline": timeline,
        "lede": _timeline_lede(timeline),
        "sub": _timeline_sub(timeline, site.zone),
        "days": list(_days(timeline.steps, site.zone)),
        "zone_name": door.settings.company.time_zone,
        "links": _links(
            f"/customers/{customer_id}",
            {"channel": channel},
            page,
            STEPS_PER_PAGE,
            timeline.total,
            (_("Later"), _("Earlier")),
        ),
    }
    return respond(request, "customer.html", context, door=door)


def _links(
    address: str, asked: dict[str, str], page: int, size: int, total: int, names: tuple[str, str]
) -> dict[str, str]:
    """Where the pages before and after are, and where this one stands."""

    def link(number: int) -> str:
        given = {name: value for name, value in asked.items() if value}
        if number > 1:
            given["page"] = str(number)
        return f"{address}?{urlencode(given)}" if given else address

    first, last = (page - 1) * size + 1, min(page * size, total)
    return {
        "newer": link(page - 1) if page > 1 else "",
        "newer_text": names[0],
        "older": link(page + 1) if last < total else "",
        "older_text": names[1],
        "where": f"{wording.count(first)}–{wording.count(last)} {_('of')} {wording.count(total)}",
    }


def _timeline_lede(timeline: Timeline) -> str:
    """What a colleague would say of this customer: how much, and what was said last."""
    who = timeline.customer
    through = [item.channel for item in timeline.channels if item.channel]
    steps = words.plural(who.interactions, _("interaction"), _("interactions"))
    channels = words.plural(len(through), _("channel"), _("channels"))
    said = ""
    if who.latest_score is not None:
        said = f", {_('latest score')} {wording.label(who.latest_metric or '')} {who.latest_score:g}"
    return f"{who.label}: {steps} {_('in')} {channels}{said}."


def _timeline_sub(timeline: Timeline, zone: ZoneInfo) -> str:
    who = timeline.customer
    first, last = (wording.day(words.local(moment, zone)) for moment in (who.first_seen_at, who.last_seen_at))
    since = f"{_('Seen first on')} {first}, {_('last on')} {last}."
    late = [step for step in timeline.steps if step.promise_state in ("broken", "overdue")]
    if not late:
        return since
    return f"{since} {words.plural(len(late), _('promise'), _('promises'))} {_('on this page not kept in time.')}"


def _days(steps: Iterable[Step], zone: ZoneInfo) -> Iterable[Day]:
    for on, group in groupby(steps, key=lambda step: words.local(step.occurred_at, zone).date()):
        yield Day(on, tuple(_moment(step, zone) for step in group))


def _moment(step: Step, zone: ZoneInfo) -> Moment:
    at = words.local(step.occurred_at, zone)
    mark, mark_tone = _mark(step, zone)
    return Moment(
        moment=at,
        clock="" if step.occurred_precision == "day" else words.clock(at),
        title=_title(step),
        details=tuple(_details(step)),
        text=step.text,
        mark=mark,
        mark_tone=mark_tone,
        tone=_tone(step),
    )


def _title(step: Step) -> str:
    name = words.readable(step.name or step.kind)
    return name[:1].upper() + name[1:]


def _details(step: Step) -> Iterable[str]:
    yield from (words.readable(part) for part in (step.touchpoint, step.channel) if part)
    if step.score is not None:
        yield f"{wording.label(step.metric) if step.metric else _('score')} {step.score:g}"
    if step.value is not None:
        yield f"{step.value:,.2f} {step.currency or ''}".strip()
    yield from (part for part in (step.product, step.location, step.outcome, step.answer_value) if part)


def _mark(step: Step, zone: ZoneInfo) -> tuple[str, str]:
    """The promise of a step in words, and its tone."""
    if step.due_at is None or step.promise_state is None:
        return "", ""
    due = wording.day(words.local(step.due_at, zone))
    if step.promise_state == "kept":
        return f"{_('promised for')} {due}: {_('kept')}", "good"
    if step.promise_state == "open":
        return f"{_('promised for')} {due}", ""
    if step.kept_at is None:
        return f"{_('promised for')} {due}: {_('not seen yet')}", "warn"
    return f"{_('promised for')} {due}: {_late(step.due_at, step.kept_at, zone)}", "bad"


def _late(due_at: datetime, kept_at: datetime, zone: ZoneInfo) -> str:
    days = (words.local(kept_at, zone).date() - words.local(due_at, zone).date()).days
    late = words.plural(days, _("day"), _("days")) if days else words.duration(kept_at - due_at)
    return f"{late} {_('late')}"


def _tone(step: Step) -> str:
    states: dict[Any, str] = {"kept": "kept", "broken": "broken", "overdue": "broken"}
    if step.promise_state in states:
        return states[step.promise_state]
    return "voice" if step.text or step.score is not None else ""
