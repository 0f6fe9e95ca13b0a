"""Inviting to a survey: whom, when, who will not be asked and why, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.collect.results import InvitationPlan, SurveyDetails, Wave
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.surveys.cards import REASONS
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.site import Site
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
INVITE = "/surveys/{name}/invite"
WAVES = INVITE + "/{number}"
KINDS = (
    ("segment", _("A segment")),
    ("people", _("Single customers")),
    ("file", _("A file")),
    ("event", _("Something happens")),
    ("schedule", _("Again and again")),
)
"""From where those come who are to be asked."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "segment": ("segment", "at", "spread", "rate"),
    "people": ("people", "at"),
    "file": ("file", "at", "spread", "rate"),
    "event": ("event", "delay", "rate"),
    "schedule": ("segment", "every", "at", "spread", "rate"),
}
"""Which inputs a kind has; anything else that a form sends is not read."""
EVERYBODY = "everybody"
ROWS = 50
MOST_DOUBTS = 50
PERCENT = 100.0
STATES = {
    "held": _("not asked"),
    "planned": _("to be asked"),
    "queued": _("on their way"),
    "sent": _("sent"),
    "in_doubt": _("in doubt"),
    "failed": _("failed"),
    "bounced": _("bounced"),
    "expired": _("expired"),
}
WAVE_STATES = {
    "planned": (_("begins later"), ""),
    "running": (_("running"), "good"),
    "done": (_("done"), ""),
    "stopped": (_("stopped"), "warn"),
}


@router.get(INVITE)
def invite(
    request: Request, door: SignedIn, name: str, kind: Annotated[str, Query(max_length=20)] = "segment"
) -> HTMLResponse:
    """Shows whom to ask, and the waves there were."""
    door.require("collect.waves")
    return _page(request, door, found_survey(door, name), kind=kind)


@router.post(INVITE)
def plan(request: Request, door: Checked, name: str, form: Inputs) -> Response:
    """Shows who would be asked, or asks them."""
    survey = found_survey(door, name)
    kind, sending = form.get("kind", "segment"), form.get("do") == "send"
    try:
        found: InvitationPlan = door.run("collect.invite", {**_given(name, kind, form), "dry_run": not sending})
    except InputError as failure:
        return _page(request, door, survey, kind=kind, form=form, failure=failure)
    if sending and found.wave is not None:
        return done(address_of(name, f"/invite/{found.wave}"), "invited")
    return _page(request, door, survey, kind=kind, form=form, planned=found)


def _given(name: str, kind: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of the verb; raises InputError for what a form cannot mean."""
    given: dict[str, Any] = {"survey": name}
    for field in FIELDS.get(kind, ()):
        value = form.get(field, "").strip()
        if not value:
            continue
        if field == "people":
            given[field] = [line.strip() for line in value.replace(",", "\n").splitlines() if line.strip()]
        elif field == "rate":
            given[field] = _share(value)
        else:
            given[field] = value
    return given


def _share(value: str) -> float:
    try:
        found = float(value.replace(",", ".").removesuffix("%")) / PERCENT
    except ValueError:
        found = 0.0
    if not 0 < found <= 1:
        raise InputError(f"{value!r} is no share. Write a number from 1 to 100, such as 20.")
    return found


def _page(
    request: Request,
    door: Door,
    survey: SurveyDetails,
    *,
    kind: str,
    form: Mapping[str, str] | None = None,
    planned: InvitationPlan | None = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    known = kind if kind in FIELDS else "segment"
    waves = door.run("collect.waves", {"survey": survey.name}).records()
    context = {
        "title": _("Invite"),
        "survey": survey,
        "kinds": KINDS,
        "kind": known,
        "fields": FIELDS[known],
        "form": {"segment": EVERYBODY, **(form or {})},
        "segments": _segments(door),
        "everybody": EVERYBODY,
        "plan": None if planned is None else _planned(request, planned),
        "waves": [_wave_line(request, row) for row in waves],
        "doubts": _doubts(request, door),
        "may_invite": door.may("collect.invite") and survey.state == "live",
        "lede": _lede(survey, waves, planned),
        "failure": failure,
    }
    return show(request, door, "invite", "invite.html", context, survey=survey)


def _segments(door: Door) -> list[str]:
    if not door.may("unify.segments"):
        return []
    return [str(row["name"]) for row in door.snapshot("unify.segments", {}).result.records()]


def _lede(survey: SurveyDetails, waves: list[Any], planned: InvitationPlan | None) -> str:
    if planned is not None:
        who = wording.many(planned.asked, _("customer"))
        return f"{who} {_('of')} {wording.count(planned.wanted)} {_('would be asked. Nothing has been sent yet.')}"
    if survey.state != "live":
        return _("Publish it first: nobody can be asked to answer what is not live.")
    if not waves:
        return _("Whom do you want to ask?")
    return f"{wording.many(len(waves), _('wave'))} {_('so far. Whom do you want to ask next?')}"


def _planned(request: Request, plan: InvitationPlan) -> dict[str, Any]:
    return {
        "plan": plan,
        "last": _moment(request, plan.last_at),
        "reasons": _reasons([(each.reason, each.rule, each.customers) for each in plan.not_asked]),
        "channels": sorted(plan.by_channel.items(), key=lambda item: -item[1]),
        "rows": [_candidate(request, row) for row in plan.records()[:ROWS]],
    }


def _reasons(counts: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """Why not, in words, with the rule that decided."""
    return [
        {"words": REASONS.get(reason, reason), "code": reason, "rule": rule, "n": n}
        for reason, rule, n in sorted(counts, key=lambda each: -each[2])
    ]


def _candidate(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    reason = str(row.get("reason") or "")
    return {**row, "at": _moment(request, row.get("at")), "why": REASONS.get(reason, reason)}


def _moment(request: Request, when: Any) -> str:
    site: Site = request.app.state.site
    return words.moment(when, site.zone) if isinstance(when, datetime) else ""


def _wave_line(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    state, tone = WAVE_STATES.get(str(row.get("state")), (str(row.get("state")), ""))
    asked = row.get("asked") or 0
    return {
        **row,
        "state": state,
        "tone": tone,
        "when": _moment(request, row.get("starts_at") or row.get("created_at")),
        "share": round(PERCENT * (row.get("finished") or 0) / asked) if asked else None,
    }


def _doubts(request: Request, door: Door) -> list[dict[str, Any]]:
    """Messages of which nobody knows whether they arrived: a person who looks at the server's log says what is so."""
    if not door.may("collect.messages"):
        return []
    found = door.run("collect.messages", {"state": "in_doubt", "limit": MOST_DOUBTS}).records()
    return [{**row, "when": _moment(request, row.get("changed_at") or row.get("due_at"))} for row in found]


@router.post(INVITE + "/doubt")
def resolve(
    door: Checked,
    name: str,
    message: Annotated[int, Form(ge=1)],
    outcome: Annotated[str, Form(pattern="^(sent|failed)$")],
) -> Response:
    """Says of a message in doubt what became of it."""
    door.run("collect.resolve_message", {"message_id": message, "outcome": outcome})
    return done(address_of(name, "/invite"), "resolved")


@router.get(WAVES)
def wave(request: Request, door: SignedIn, name: str, number: int) -> HTMLResponse:
    """Shows what became of everybody whom a wave wanted."""
    return _wave(request, door, name, number)


@router.post(WAVES)
def steer(
    request: Request, door: Checked, name: str, number: int, do: Annotated[str, Form(pattern="^(stop|remind)$")]
) -> Response:
    """Stops a wave, or reminds whoever has not answered."""
    _of_survey(door, name, number)
    try:
        if do == "stop":
            door.run("collect.stop_wave", {"number": number})
        else:
            door.run("collect.remind", {"wave": number})
    except InputError as failure:
        return _wave(request, door, name, number, failure)
    return done(address_of(name, f"/invite/{number}"), "stopped" if do == "stop" else "reminded")


def _of_survey(door: Door, name: str, number: int) -> Wave:
    found: Wave = door.run("collect.wave", {"number": number})
    if found.survey != name:
        raise NotFoundError(f"{name} has no wave {number}.")
    return found


def _wave(request: Request, door: Door, name: str, number: int, failure: CxloopError | None = None) -> HTMLResponse:
    survey, found = found_survey(door, name), _of_survey(door, name, number)
    state, tone = WAVE_STATES.get(found.state, (found.state, ""))
    people: list[dict[str, Any]] = []
    if door.may("collect.invitations"):
        listed = door.run("collect.invitations", {"survey": name, "wave": number, "limit": ROWS}).records()
        people = [{**_candidate(request, row), "state": STATES.get(str(row.get("state")), "")} for row in listed]
    context = {
        "title": f"{_('Wave')} {number}",
        "survey": survey,
        "wave": found,
        "wave_state": state,
        "tone": tone,
        "begins": _moment(request, found.starts_at),
        "next": _moment(request, found.next_at),
        "states": [(STATES.get(each, each), n) for each, n in found.states.items() if each != "held"],
        "reasons": _reasons([(each.reason, each.rule, each.customers) for each in found.not_asked]),
        "people": people,
        "may_steer": door.may("collect.stop_wave"),
        "over": found.state in ("done", "stopped"),
        "lede": _wave_lede(found),
        "failure": failure,
    }
    return show(request, door, "invite", "wave.html", context, survey=survey)


def _wave_lede(found: Wave) -> str:
    asked = wording.many(found.asked, _("customer"))
    if not found.wanted:
        return _("Nobody yet: it waits for whom it is to ask.")
    answered = f"{wording.count(found.finished)} {_('answered')}"
    return f"{asked} {_('of')} {wording.count(found.wanted)} {_('asked')}, {answered}."
