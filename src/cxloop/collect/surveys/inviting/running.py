"""Runs waves: decides about who is wanted, writes that down in batches, and puts messages up for those who are asked.

Whatever is killed when, nobody is asked twice and nobody is lost: a batch is written together with how far its wave
has come, what asks (`trigger`) asks once, and an invitation that has its place but no message yet gets one at the next
look.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from cxloop.collect.surveys.desk import read_settings
from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.inviting.claims import claims_on
from cxloop.collect.surveys.inviting.deciding import Decided, asks_of, decide
from cxloop.collect.surveys.inviting.letters import Letters
from cxloop.collect.surveys.inviting.people import Profiles, door_of, profiles_of
from cxloop.collect.surveys.inviting.plans import WavePlan
from cxloop.collect.surveys.inviting.wanting import of_wave
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.time import moved
from cxloop.outreach.budget.values import moment_of
from cxloop.outreach.messages import NewMessage, put, put_many
from cxloop.store.messages import history
from cxloop.store.messages.history import Sent
from cxloop.store.surveys import invitations, surveys, waves
from cxloop.store.surveys.invitations import InvitationRecord, NewInvitation, Planned, Step
from cxloop.store.surveys.surveys import SurveyRecord
from cxloop.store.surveys.waves import WaveRecord

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["due", "hand_over", "known_contacts", "remind_due", "run_due", "run_wave"]

AT_ONCE = 5000
"""Invitations in one transaction: an answer that is given meanwhile waits for no longer than this takes."""
_WAIT = timedelta(hours=1)
"""How long a wave of a paused survey sleeps."""


def due(ws: Operations) -> bool:
    """Whether anything waits to be done: a wave, a message to be put up, a reminder."""
    now = ws.now()
    return bool(
        waves.due(ws.store, now)
        or invitations.planned(ws.store, limit=1)
        or invitations.to_remind(ws.store, now, limit=1)
    )


def run_due(ws: Operations) -> int:
    """Does what is due, and returns how many customers were decided about."""
    hand_over(ws)
    decided = sum(run_wave(ws, wave) for wave in waves.due(ws.store, ws.now()))
    remind_due(ws)
    return decided


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps Python from searching for cycles: a large wave makes millions of values that hold none, all in use."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def run_wave(ws: Operations, wave: WaveRecord) -> int:
    """Decides about everybody whom a wave wants by now; returns how many there were.

    Raises:
        UnknownNameError: its segment or a name in its condition is gone; the wave is stopped then.
    """
    now = ws.now()
    survey = surveys.get(ws.store, wave.survey)
    if not survey.takes_answers(now):
        _sleep(ws, wave, survey, now)
        return 0
    plan, settings, door = WavePlan.model_validate(dict(wave.settings)), read_settings(survey), door_of(ws)
    try:
        turn = of_wave(ws, wave, plan, now)
    except Exception:
        waves.set_state(ws.store, wave.id, "stopped")
        raise
    decided: Decided | None = None
    if turn.wants:
        contacts = known_contacts(ws, wave.survey, settings, now)
        decided = decide(ws, door, wave.survey, settings, plan, turn.wants, now, contacts=contacts)
        wave = _write(ws, wave, decided, decided.invitations(settings), resumes=turn.resumes)
    state: waves.State = "done" if turn.next_at is None else "running"
    waves.moved_on(ws.store, wave, position=turn.position, state=state, next_at=turn.next_at)
    hand_over(ws, None if decided is None else decided.profiles)
    return len(turn.wants)


def known_contacts(ws: Operations, survey: str, settings: SurveySettings, now: datetime) -> list[Sent]:
    """Returns what was sent to customers and what waits, with the places that go before a survey's invitations."""
    door = door_of(ws)
    since = now - timedelta(microseconds=door.longest(list(door.policies)))
    return [*history.sent_since(ws.store, since), *claims_on(ws, survey, settings.priority, now)]


def _sleep(ws: Operations, wave: WaveRecord, survey: SurveyRecord, now: datetime) -> None:
    """A wave of a survey that takes no answers asks nobody: it waits, or is over with its survey."""
    over = survey.state == "closed" or (survey.closes_at is not None and survey.closes_at <= now)
    state: waves.State = "done" if over else wave.state
    waves.moved_on(ws.store, wave, position=wave.position, state=state, next_at=None if over else now + _WAIT)


def _write(
    ws: Operations, wave: WaveRecord, decided: Decided, rows: Sequence[NewInvitation], *, resumes: bool
) -> WaveRecord:
    """Writes what was decided in batches; stops where somebody stopped the wave, or runs it as well."""
    begin = 0
    while begin < len(rows):
        end = min(begin + AT_ONCE, len(rows))
        # a batch ends with all rows of its last customer: from there a wave that was broken off goes on
        while resumes and end < len(rows) and decided.wants[end].customer == decided.wants[end - 1].customer:
            end += 1
        number = decided.wants[end - 1].trigger.split(".")[1] if resumes else ""
        after = f"{number}:{decided.wants[end - 1].customer}" if resumes else wave.position
        if not invitations.add(ws.store, wave.id, rows[begin:end], before=wave.position, after=after):
            return wave
        wave = waves.get(ws.store, wave.id)
        ws.progress("inviting", end / len(rows))
        begin = end
    return wave


def hand_over(ws: Operations, known: Profiles | None = None) -> int:
    """Puts messages up for all invitations that have their place and no message yet; returns how many.

    Args:
        ws: the workspace.
        known: profiles that are read already; whoever is not among them is looked up.
    """
    done = 0
    letters: dict[str, Letters] = {}
    while rows := invitations.planned(ws.store, limit=AT_ONCE):
        profiles, places = _profiles(ws, rows, known)
        messages: list[NewMessage] = []
        steps: list[Step] = []
        for row, place in zip(rows, places, strict=True):
            if row.survey not in letters:
                letters[row.survey] = _letters(ws, row.survey)
            address = "" if place < 0 else profiles.addresses[row.channel][place]
            if not address:
                steps.append(Step(row.id, "held", reason="NO_ADDRESS"))
                continue
            messages.append(_message(letters[row.survey], row, address, profiles, place))
            steps.append(Step(row.id, "queued"))
        put_many(ws.store, messages)
        invitations.set_states(ws.store, steps, only=["planned"])
        done += len(messages)
    return done


def _letters(ws: Operations, name: str) -> Letters:
    survey = surveys.get(ws.store, name)
    return Letters(ws, survey, read_settings(survey))


def _profiles(
    ws: Operations, rows: Sequence[InvitationRecord | Planned], known: Profiles | None
) -> tuple[Profiles, list[int]]:
    """The profiles of who is invited, and the place of each row in them; -1 for whoever is gone."""
    keys = np.array([row.key_id for row in rows], dtype=np.int64)
    if known is not None:
        places = known.people.places(keys)
        if (places >= 0).all():
            return known, places.tolist()
    table = ws.engine.fetch(queries.KNOWN, {"keys": sorted(set(keys.tolist()))})
    customers = np.unique(np.array(table.column("customer_id").to_pylist(), dtype=np.int64))
    profiles = profiles_of(ws, customers)
    return profiles, profiles.people.places(keys).tolist()


def _message(letters: Letters, row: Planned, address: str, profiles: Profiles, place: int) -> NewMessage:
    language = letters.language(row.language)
    return NewMessage(
        once=f"invitation:{row.id}",
        purpose=letters.purpose,
        about="invitation",
        reference=row.id,
        key_id=row.key_id,
        channel=row.channel,
        address=address,
        language=language,
        template="survey_invitation",
        parameters=letters.parameters(row, language, profiles.first_name[place]),
        due_at=row.due_at,
        not_after=row.expires_at,
    )


def remind_due(ws: Operations) -> int:
    """Reminds whoever is to be reminded by now and has not answered; returns how many messages were put up."""
    now, done = ws.now(), 0
    while rows := invitations.to_remind(ws.store, now, limit=AT_ONCE):
        for name in sorted({row.survey for row in rows}):
            done += _remind(ws, name, [row for row in rows if row.survey == name], now)
    return done


def _remind(ws: Operations, name: str, rows: Sequence[InvitationRecord], now: datetime) -> int:
    survey = surveys.get(ws.store, name)
    settings, door = read_settings(survey), door_of(ws)
    if not survey.takes_answers(now):
        invitations.set_states(ws.store, [Step(row.id, clear_reminder=True) for row in rows])
        return 0
    profiles, found = _profiles(ws, rows, None)
    here = [(row, place) for row, place in zip(rows, found, strict=True) if place >= 0]
    who = np.array([place for _, place in here], dtype=np.int64)
    nobody = np.zeros(len(here), dtype=np.int64)
    asks = asks_of(ws, name, settings, profiles, who, [0] * len(here), "7d", nobody, now, reminder=True)
    told = door.plan(asks, now)
    letters, messages = Letters(ws, survey, settings), list[NewMessage]()
    for n, (row, place) in enumerate(here):
        when = moment_of(int(told.when[n]))
        late = when is None or (row.expires_at is not None and when >= row.expires_at)
        if told.reason[n] or late:
            continue
        language = letters.language(row.language)
        messages.append(
            NewMessage(
                once=f"reminder:{row.id}:{row.reminders + 1}", purpose=asks.purpose, about="reminder",
                reference=row.id, key_id=row.key_id, channel=str(told.channel[n]), address=str(told.address[n]),
                language=language, template="survey_reminder",
                parameters=letters.parameters(row, language, profiles.first_name[place]),
                due_at=when, not_after=row.expires_at,
            )
        )  # fmt: skip
    put(ws.store, messages)
    reminded = {message.reference for message in messages}
    invitations.set_states(ws.store, [_reminded(row, settings.reminders, now, row.id in reminded) for row in rows])
    return len(messages)


def _reminded(row: InvitationRecord, terms: Sequence[str], now: datetime, was: bool) -> Step:
    """The next step of an invitation whose reminder was due: the next reminder of the survey's settings, or none."""
    number = row.reminders + was
    if row.sent_at is not None and number < len(terms) and was:
        return Step(row.id, reminders=number, remind_at=max(moved(row.sent_at, terms[number]), now))
    return Step(row.id, reminders=number, clear_reminder=True)
