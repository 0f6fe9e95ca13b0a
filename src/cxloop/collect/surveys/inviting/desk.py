"""What people do with waves: invite, look, stop, remind."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxloop.collect.surveys.desk import read_settings
from cxloop.collect.surveys.inviting import lists, queries
from cxloop.collect.surveys.inviting.choosing import response_rate
from cxloop.collect.surveys.inviting.deciding import Decided, decide
from cxloop.collect.surveys.inviting.people import door_of
from cxloop.collect.surveys.inviting.plans import EVERYBODY, WavePlan
from cxloop.collect.surveys.inviting.results import InvitationPlan, Invitations, ReasonCount, Wave, Waves
from cxloop.collect.surveys.inviting.running import known_contacts, remind_due, run_wave
from cxloop.collect.surveys.inviting.wanting import check_event, events_between, members, of_wave, want_of
from cxloop.collect.surveys.settings import Sampling, SurveySettings
from cxloop.core.errors import InputError
from cxloop.core.results import Value
from cxloop.core.time import moved, parse_moment, parse_zone
from cxloop.core.wording import many
from cxloop.outreach.budget.values import moment_of, us_of
from cxloop.store.surveys import invitations, surveys, waves
from cxloop.store.surveys.invitations import State, Step
from cxloop.store.surveys.surveys import SurveyRecord
from cxloop.store.surveys.waves import Kind, WaveRecord

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["Whom", "invite", "list_invitations", "list_waves", "look_at", "reasons_of", "remind", "stop"]

_SHOWN = 50
"""How many of the wanted customers a look before sending shows."""


@dataclass(frozen=True)
class Whom:
    """Whom a wave asks and when, as people say it; exactly one of the first four is given."""

    segment: str | None = None
    file: Path | None = None
    people: tuple[str, ...] = ()
    event: str | None = None
    delay: str | None = None
    every: str | None = None
    at: str | None = None
    spread: str | None = None
    wait: str | None = None
    rate: float | None = None
    precision: float | None = None
    by: str | None = None


def invite(ws: Operations, name: str, whom: Whom, *, dry_run: bool) -> InvitationPlan:
    """Makes a wave and runs it where it is due, or says who it would ask; raises as the verb says."""
    survey = surveys.get(ws.store, name)
    settings = read_settings(survey)
    kind, plan, unknown = _plan(ws, settings, whom)
    starts = ws.now() if whom.at is None else _moment(ws, whom.at)
    if dry_run:
        return _dry(ws, survey, settings, kind, plan, unknown, max(starts, ws.now()))
    if survey.state != "live":
        raise InputError(f"{name!r} is {survey.state}, so nobody could answer. Publish it first, or look with dry_run.")
    position = "" if plan.event is None else str(ws.engine.fetch(queries.LAST_BATCH)["batch"][0].as_py())
    wave = waves.create(
        ws.store, name, kind, settings=plan.model_dump(mode="json"), starts_at=starts, position=position,
        by=ws.actor.account_id,
    )  # fmt: skip
    if starts <= ws.now():
        run_wave(ws, wave)
    return _told(ws, waves.get(ws.store, wave.id), unknown)


def _plan(ws: Operations, settings: SurveySettings, whom: Whom) -> tuple[Kind, WavePlan, int]:
    """What a wave is told: its kind, its settings, and how many identifiers of its list nobody has."""
    named = {"segment": whom.segment, "file": whom.file, "people": whom.people, "event": whom.event}
    given = [name for name, value in named.items() if value]
    if len(given) != 1:
        told = f"{' and '.join(given)} are given" if given else "none of them is given"
        raise InputError(f"A wave asks a segment, the customers of a file, people by name, or on an event; {told}.")
    if whom.delay is not None and whom.event is None:
        raise InputError("delay is how long after an event. Give an event, or leave delay out.")
    if whom.every is not None and whom.segment is None:
        raise InputError("every asks a segment anew and anew. Give a segment, or leave every out.")
    listed = lists.Listed((), 0)
    if whom.file is not None:
        listed = lists.of_file(ws, whom.file)
    elif whom.people:
        listed = lists.of_identifiers(ws, whom.people)
    elif whom.segment is not None:
        members(ws, whom.segment)
    elif whom.event is not None:
        check_event(ws, whom.event)
    kind: Kind = "schedule" if whom.every else "file" if whom.file else given[0]  # type: ignore[assignment]
    plan = WavePlan(
        segment=whom.segment, people=listed.people, listed=len(listed.people), event=whom.event,
        delay=_term(whom.delay, "0m"),
        every=whom.every and _term(whom.every, ""), spread=whom.spread and _term(whom.spread, ""),
        wait=_term(whom.wait, ws.experience.contact.wait), sampling=_sampling(settings.sampling, whom),
        seed=secrets.randbits(60),
    )  # fmt: skip
    return kind, plan, listed.unknown


def _term(given: str | None, default: str) -> str:
    """A term that can be read; raises InputError for another."""
    moved(datetime(2000, 1, 1), given or default)
    return given or default


def _sampling(own: Sampling, whom: Whom) -> Sampling:
    given = {name: getattr(whom, name) for name in ("rate", "precision", "by") if getattr(whom, name) is not None}
    return own.model_copy(update=given)


def _moment(ws: Operations, text: str) -> datetime:
    return parse_moment(text, zone=parse_zone(ws.settings.company.time_zone), now=ws.now())


def _dry(
    ws: Operations,
    survey: SurveyRecord,
    settings: SurveySettings,
    kind: Kind,
    plan: WavePlan,
    unknown: int,
    now: datetime,
) -> InvitationPlan:
    """What a wave would do now; nothing is written. Of one that waits for events: with those that came lately."""
    if plan.event is not None:
        since = moved(moved(now, plan.wait, back=True), plan.delay, back=True)
        wants = [want_of(row, plan) for row in events_between(ws, plan.event, since, now)]
    else:
        unwritten = WaveRecord(0, survey.name, kind, "planned", {}, now, None, now, now, "")
        wants = list(of_wave(ws, unwritten, plan, now).wants)
    contacts = known_contacts(ws, survey.name, settings, now)
    decided = decide(ws, door_of(ws), survey.name, settings, plan, wants, now, contacts=contacts)
    return _planned(ws, survey.name, decided, unknown, now)


def _planned(ws: Operations, survey: str, decided: Decided, unknown: int, now: datetime) -> InvitationPlan:
    told = decided.told
    goes = np.array([not reason for reason in told.reason], dtype=bool)
    at_once = goes & (told.when <= us_of(now))
    asked = int(goes.sum())
    pairs = Counter((str(reason), rule) for reason, rule in zip(told.reason, told.rule, strict=True) if reason)
    return InvitationPlan(
        survey=survey,
        wave=None,
        wanted=len(decided.wants),
        now=int(at_once.sum()),
        later=asked - int(at_once.sum()),
        last_at=moment_of(int(told.when[goes].max())) if asked else None,
        not_asked=reasons_of(pairs),
        by_channel=dict(Counter(told.channel[goes].tolist())),
        unknown=unknown,
        expected=asked * response_rate(ws, survey),
        rows=_first(ws, decided),
    )


def reasons_of(pairs: Mapping[tuple[str, str], int]) -> tuple[ReasonCount, ...]:
    """Returns why customers were not asked, the commonest reason first."""
    return tuple(
        ReasonCount(reason, rule, number) for (reason, rule), number in sorted(pairs.items(), key=lambda pair: -pair[1])
    )


def _first(ws: Operations, decided: Decided) -> tuple[tuple[Value, ...], ...]:
    told, shown = decided.told, decided.wants[:_SHOWN]
    labels = _labels(ws, [want.customer for want in shown])
    return tuple(
        (
            want.customer,
            labels.get(want.customer),
            str(told.channel[n]) or None,
            moment_of(int(told.when[n])),
            told.reason[n] or None,
            told.rule[n] or None,
            round(float(decided.chance[n]), 4),
        )
        for n, want in enumerate(shown)
    )


def _labels(ws: Operations, customers: Sequence[int]) -> dict[int, str]:
    if not customers:
        return {}
    rows = ws.engine.fetch(queries.LABELS, {"customers": sorted(set(customers))}).to_pylist()
    return {int(row["customer_id"]): str(row["label"]) for row in rows}


def _told(ws: Operations, wave: WaveRecord, unknown: int) -> InvitationPlan:
    """What a wave has decided so far, as a look before sending says it."""
    tally = invitations.tally(ws.store, wave_id=wave.id)
    held = Counter({(each.reason, each.rule): each.number for each in tally if each.state == "held"})
    now = ws.now()
    later, last = invitations.waiting(ws.store, wave.id, now)
    asked = sum(each.number for each in tally if each.state != "held")
    channels = Counter[str]()
    for each in tally:
        if each.state != "held":
            channels[each.channel] += each.number
    return InvitationPlan(
        survey=wave.survey,
        wave=wave.id,
        wanted=asked + held.total(),
        now=asked - later,
        later=later,
        last_at=last,
        not_asked=reasons_of(held),
        by_channel=dict(channels),
        unknown=unknown,
        expected=asked * response_rate(ws, wave.survey),
    )


def list_waves(ws: Operations, survey: str | None) -> Waves:
    """Returns the waves, newest first; raises UnknownNameError for a survey that is not there."""
    if survey is not None:
        surveys.get(ws.store, survey)
    columns = (
        "wave", "survey", "kind", "whom", "state", "wanted", "asked", "sent", "finished", "reminded",
        "starts_at", "next_at", "created_at",
    )  # fmt: skip
    rows = []
    for each in waves.every_one(ws.store, survey):
        tally = invitations.progress(ws.store, each.id)
        rows.append(
            (
                each.id, each.survey, each.kind, whom_of(each), each.state, tally.wanted, tally.asked, tally.sent,
                tally.finished, tally.reminded, each.starts_at, each.next_at, each.created_at,
            )
        )  # fmt: skip
    running = sum(row[4] in ("planned", "running") for row in rows)
    summary = f"{many(len(rows), 'wave')}, {running} of them under way." if rows else "Nobody has been invited yet."
    return Waves(summary, columns, tuple(rows))


def look_at(ws: Operations, wave_id: int) -> Wave:
    """Returns one wave; raises NotFoundError."""
    wave = waves.get(ws.store, wave_id)
    tally = invitations.tally(ws.store, wave_id=wave_id)
    states, held = Counter[str](), Counter[tuple[str, str]]()
    for each in tally:
        states[each.state] += each.number
        if each.state == "held":
            held[each.reason, each.rule] += each.number
    far = invitations.progress(ws.store, wave_id)
    settings = {name: value for name, value in wave.settings.items() if name not in ("people", "seed")}
    return Wave(
        wave=wave.id,
        survey=wave.survey,
        kind=wave.kind,
        whom=whom_of(wave),
        state=wave.state,
        created_at=wave.created_at,
        starts_at=wave.starts_at,
        next_at=wave.next_at,
        states=dict(states),
        not_asked=reasons_of(held),
        opened=far.opened,
        started=far.started,
        finished=far.finished,
        reminded=far.reminded,
        settings=settings,
    )


def whom_of(wave: WaveRecord) -> str:
    """Returns whom a wave asks, in words."""
    plan = WavePlan.model_validate(dict(wave.settings))
    if plan.event is not None:
        return f"{plan.delay} after {plan.event}"
    if plan.segment is None:
        return f"a list of {plan.listed:,}"
    whom = "everybody" if plan.segment == EVERYBODY else f"segment {plan.segment}"
    return whom if plan.every is None else f"{whom}, every {plan.every}"


def stop(ws: Operations, wave_id: int) -> Wave:
    """Stops a wave, and takes back what it has not sent yet; raises NotFoundError."""
    waves.set_state(ws.store, wave_id, "stopped")
    invitations.take_back(ws.store, wave_id)
    return look_at(ws, wave_id)


def remind(ws: Operations, wave_id: int) -> Wave:
    """Reminds whoever of a wave has not answered; raises NotFoundError or InputError."""
    wave = waves.get(ws.store, wave_id)
    survey = surveys.get(ws.store, wave.survey)
    if not survey.takes_answers(ws.now()):
        raise InputError(f"{wave.survey!r} takes no answers now, so nobody is reminded of it.")
    waiting = invitations.unanswered(ws.store, wave_id)
    invitations.set_states(ws.store, [Step(number, remind_at=ws.now()) for number in waiting])
    remind_due(ws)
    return look_at(ws, wave_id)


def list_invitations(
    ws: Operations,
    survey: str,
    state: State | None,
    reason: str | None,
    wave: int | None,
    limit: int,
    offset: int,
) -> Invitations:
    """Returns one page of whom a survey wanted to ask; raises UnknownNameError."""
    surveys.get(ws.store, survey)
    rows = invitations.some(
        ws.store, survey=survey, wave_id=wave, state=state, reason=reason, limit=limit, offset=offset
    )
    whose = {}
    if rows:
        known = ws.engine.fetch(queries.KNOWN, {"keys": sorted({row.key_id for row in rows})}).to_pylist()
        whose = {row["key_id"]: row["customer_id"] for row in known}
    labels = _labels(ws, list(whose.values()))
    columns = (
        "invitation", "wave", "customer", "label", "channel", "language", "state", "reason", "rule", "probability",
        "at", "sent_at", "opened_at", "started_at", "finished_at", "reminders", "expires_at",
    )  # fmt: skip
    cells = tuple(
        (
            row.id, row.wave_id, whose.get(row.key_id), labels.get(whose.get(row.key_id, -1)), row.channel or None,
            row.language or None, row.state, row.reason or None, row.rule or None, row.probability, row.due_at,
            row.sent_at, row.opened_at, row.started_at, row.finished_at, row.reminders, row.expires_at,
        )
        for row in rows
    )  # fmt: skip
    total = sum(
        each.number
        for each in invitations.tally(ws.store, survey=survey, wave_id=wave)
        if state in (None, each.state) and reason in (None, each.reason)
    )
    summary = f"{many(total, 'customer')} of {survey}" + (f", {many(len(rows), 'row')} shown." if rows else ".")
    return Invitations(summary, columns, cells)
