"""Sessions, such as focus groups: what was said, by whom, becomes answers with the speaker as their customer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.collect.files.mapping import mapping_text
from cxloop.collect.surveys.answer_results import SessionRecord
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.desk import document_of
from cxloop.collect.surveys.flow.values import Refused, fitting, is_empty
from cxloop.core.errors import InputError, Mistake, MistakesError, did_you_mean
from cxloop.store.surveys import responses, surveys
from cxloop.store.surveys.responses import NewResponse, Writing

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["record"]

SPEAKER = "speaker"
"""The question that says who spoke; the template has it, and a protocol of one's own may."""
SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")
MOST = 5_000


def record(
    ws: Operations, survey: str, session: str, *, remarks: str, file: Path | None, participants: str
) -> SessionRecord:
    """Writes down what was said in a session; the same remark of the same speaker is written down once.

    Raises:
        UnknownNameError: there is no such survey.
        InputError: it is no protocol, was never published, or the remarks cannot be read.
        MistakesError: every remark that does not fit the protocol.
    """
    kept = surveys.get(ws.store, survey)
    if kept.version is None:
        raise InputError(f"{survey} was never published. Publish it first: answers are tied to a version.")
    asked = document_of(ws, survey, kept.version)
    if asked.session is None:
        raise InputError(f"{survey} is no protocol of a session. The template focus_group makes one.")
    if not SESSION.fullmatch(session):
        raise InputError(f"{session[:100]!r} cannot be the name of a session. Use letters, digits, space, . _ and -.")
    given = _listed(remarks if file is None else mapping_text(file))
    who = _customers(participants, asked)
    answered = list(_checked(asked, given, survey))
    added = 0
    with responses.writing(ws.store) as desk:
        for one in answered:
            added += _write(desk, survey, kept.version, session, one, who)
    speakers = tuple(sorted({str(one[SPEAKER]) for one in answered}))
    return SessionRecord(survey, session, added, len(answered) - added, speakers)


def _listed(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text or "null")
    except ValueError as failure:
        raise InputError(f"The remarks are no JSON: {failure}.") from None
    listed = [found] if isinstance(found, dict) else found
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise InputError('Give the remarks as a JSON list, such as [{"speaker": "p1", "remark": "It is slow."}].')
    if len(listed) > MOST:
        raise InputError(f"{len(listed):,} remarks; at most {MOST:,} are written down at once. Split them.")
    return listed


def _customers(participants: str, asked: Definition) -> dict[str, tuple[str, str, str]]:
    """The customer behind each speaker, where somebody said who it is: namespace, type and value."""
    try:
        found = json.loads(participants or "{}")
    except ValueError as failure:
        raise InputError(f"The participants are no JSON: {failure}.") from None
    if not isinstance(found, dict):
        raise InputError('Give the participants as a JSON object, such as {"p1": "email:anna@example.org"}.')
    known = [each.id for each in asked.session.participants] if asked.session else []
    return {speaker: _key(speaker, said, known) for speaker, said in found.items()}


def _key(speaker: str, said: Any, known: list[str]) -> tuple[str, str, str]:
    if speaker not in known:
        raise InputError(f"{speaker!r} takes no part in the session. {did_you_mean(speaker, known)}")
    kind, _, value = str(said).partition(":")
    if not kind or not value:
        raise InputError(f"Of {speaker}, give type and value of an identifier, such as user_id:4711.")
    space, slash, name = kind.partition("/")
    return (space, name, value) if slash else ("surveys", kind, value)


def _checked(asked: Definition, given: list[dict[str, Any]], survey: str) -> Iterator[dict[str, Any]]:
    """The remarks as answers; all mistakes are told at once."""
    mistakes: list[Mistake] = []
    session = asked.session
    assert session is not None
    for place, one in enumerate(given):
        found: dict[str, Any] = {}
        for name, value in one.items():
            where = f"[{place}].{name}"
            question = asked.by_name.get(name)
            if question is None:
                mistakes.append(Mistake(where, f"There is no such question. {did_you_mean(name, list(asked.by_name))}"))
            elif not is_empty(value):
                try:
                    found[name] = fitting(question, value)
                except Refused as failure:
                    mistakes.append(Mistake(where, str(failure)))
        mistakes += [
            Mistake(f"[{place}].{name}", "It is needed.") for name in (SPEAKER, session.remarks) if not one.get(name)
        ]
        if not mistakes:
            yield found
    if mistakes:
        raise MistakesError(f"The session of {survey}", mistakes)


def _write(
    desk: Writing,
    survey: str,
    version: int,
    session: str,
    answers: Mapping[str, Any],
    who: Mapping[str, tuple[str, str, str]],
) -> bool:
    """Writes one remark as a finished response; returns False where it is there already."""
    speaker = str(answers[SPEAKER])
    said = json.dumps([session, answers], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    namespace, kind, value = who.get(speaker, ("surveys", "participant", f"{survey}/{session}/{speaker}"))
    number = f"session-{digest}"
    if desk.find(number) is not None:
        return False
    desk.begin(
        NewResponse(
            id=number,
            survey=survey,
            version=version,
            mode="session",
            channel="session",
            key_namespace=namespace,
            key_type=kind,
            key_value=value,
            hidden={"session": session},
        )
    )
    desk.change(number, answers=dict(answers), state="finished", finished_at=desk.now)
    return True
