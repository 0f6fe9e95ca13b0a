"""Rows for the log: of responses and invitations, held against what the log has of them already.

A row that is there is never written again, and one that says something else than the newest one of its slot revises
it. So it does not matter at which moment a process was killed: what is missing is added at the next look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.telling.answers import Answer, answers_of
from cxloop.store.surveys.invitations import InvitationRecord
from cxloop.store.surveys.responses import ResponseRecord

__all__ = [
    "LEFT_OUT",
    "SOURCE",
    "Context",
    "Key",
    "Known",
    "LogRow",
    "Row",
    "decision_of",
    "rows_of_invitation",
    "rows_of_response",
    "slots",
]

SOURCE = "surveys"
LEFT_OUT = "left_out"
"""The code of the flag with which a person takes a response out of the numbers."""
COLUMNS = ("location", "team", "employee", "brand", "product", "region")
"""Variables of a link that have a column of their own in the log."""
OBJECTS = {
    "order": "order",
    "order_id": "order",
    "parcel": "parcel",
    "parcel_id": "parcel",
    "ticket": "ticket",
    "ticket_id": "ticket",
    "case_id": "case",
}
"""Variables of a link that name what the survey is about."""
SAID = ("name", "metric", "score", "answer_value", "text", "outcome")
"""What makes two rows of one slot say the same, besides their properties."""
Key: TypeAlias = tuple[str, str, str]
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogRow:
    """What the log has in a slot: the newest row, and since when the slot is there."""

    message_id: str
    occurred_at: datetime
    said: Mapping[str, Any] = field(repr=False)
    properties: Mapping[str, Any] = field(repr=False)


Known: TypeAlias = Mapping[str, LogRow]
"""What the log has of one response or invitation, by slot: a question, or a step with a slash before it."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a row says besides the answer: whose it is, and where it was asked.

    Attributes:
        key: namespace, type and value; None for somebody unknown.
        touchpoint: from the survey's settings.
        wave: that the invitation belongs to.
        label: of the short link that led here.
    """

    key: Key | None = None
    touchpoint: str | None = None
    wave: int | None = None
    label: str | None = None


def rows_of_response(definition: Definition, one: ResponseRecord, context: Context, known: Known) -> list[Row]:
    """Returns the rows that the log lacks of a response."""
    shared = _shared(one, context)
    left_out = any(each.get("code") == LEFT_OUT for each in one.flags)
    answered = {answer.question: answer for answer in answers_of(definition, one.answers)}
    rows = [_row_of(one, shared, answer, known, left_out=left_out) for answer in answered.values()]
    gone = (slot for slot in known if not slot.startswith("/") and slot not in answered)
    rows += [_withdrawn(one, shared, slot, known[slot]) for slot in gone]
    rows += [_step(one, shared, *step, known, left_out=left_out) for step in _steps(one)]
    return [row for row in rows if row is not None]


def _shared(one: ResponseRecord, context: Context) -> Row:
    namespace, kind, value = context.key or ("surveys", "response", one.id)
    hidden = {name: str(value) for name, value in one.hidden.items() if value not in (None, "")}
    objects = [[OBJECTS[name], value] for name, value in hidden.items() if name in OBJECTS]
    return {
        "source": SOURCE,
        "channel": one.channel or None,
        "touchpoint": context.touchpoint,
        "key_namespace": namespace,
        "key_type": kind,
        "key_value": value,
        "survey_id": one.survey,
        "survey_version": str(one.version),
        "response_id": one.id,
        "campaign": None if context.wave is None else f"wave-{context.wave}",
        "location": context.label,
        **{name: hidden[name] for name in COLUMNS if name in hidden},
        "objects": json.dumps(objects) if objects else None,
    }


def _properties(one: ResponseRecord, *, left_out: bool, **more: Any) -> dict[str, Any]:
    rest = {name: value for name, value in one.hidden.items() if name not in COLUMNS and name not in OBJECTS}
    own = {"mode": one.mode, "flags": [each.get("code", "") for each in one.flags]}
    return {**rest, **own, **more, **({LEFT_OUT: True} if left_out else {})}


def _row_of(one: ResponseRecord, shared: Row, answer: Answer, known: Known, *, left_out: bool) -> Row | None:
    state = "partial" if one.state == "open" else one.state
    name = f"{answer.metric}_answered" if answer.metric else "question_answered"
    counted = {
        "metric": answer.metric,
        "score": answer.score,
        "scale_min": answer.low,
        "scale_max": answer.high,
        "answer_value": answer.value,
        "text": answer.text,
        "language": (one.language or None) if answer.text else None,
    }
    # left out, it keeps its place in the log and counts nowhere: what was said stands in the row that this one revises
    row = {
        **shared,
        **({} if left_out else counted),
        "kind": "answer",
        "name": "answer_left_out" if left_out else name,
        "question_id": answer.question,
        "ordinal": answer.place,
        "properties": _properties(one, left_out=left_out, state=state, type=answer.type, wording=answer.wording),
    }
    if answer.purpose and answer.granted is not None and shared["key_type"] != "response" and not left_out:
        wording, evidence = f"{one.survey} version {one.version}", f"answer to {answer.question}"
        told = [answer.purpose, None, answer.granted, "consent", None, wording, evidence]
        row["consents"] = json.dumps([told])
    return _new(row, f"{one.id}.{answer.question}", one.revision, known.get(answer.question), _answered_at(one))


def _answered_at(one: ResponseRecord) -> datetime:
    """When it was answered, as far as the records tell: at the end, or at the last page that came."""
    return one.finished_at if one.finished_at is not None and one.state != "partial" else one.changed_at


def _withdrawn(one: ResponseRecord, shared: Row, question: str, before: LogRow) -> Row | None:
    """An answer that was taken back, or that nobody is asked for any more."""
    properties = _properties(one, left_out=False, withdrawn=True)
    row = {**shared, "kind": "answer", "name": "answer_withdrawn", "question_id": question, "properties": properties}
    return _new(row, f"{one.id}.{question}", one.revision, before, one.changed_at)


def _steps(one: ResponseRecord) -> Iterator[tuple[str, str, datetime, int, dict[str, Any]]]:
    """Slot, name, moment, place and properties of what happened to the response as a whole."""
    yield "/started", "survey_started", one.started_at, 0, {"language": one.language}
    for place, (page, seconds) in enumerate(one.seconds.items(), 1):
        yield f"/page/{page}", "survey_page", one.changed_at, place, {"page": page, "seconds": seconds}
    if one.state in ("finished", "screened") and one.finished_at is not None:
        seconds = round((one.finished_at - one.started_at).total_seconds(), 1)
        properties = {"language": one.language, "seconds": seconds}
        yield f"/{one.state}", f"survey_{one.state}", one.finished_at, len(one.seconds) + 1, properties


def _step(
    one: ResponseRecord,
    shared: Row,
    slot: str,
    name: str,
    at: datetime,
    place: int,
    more: Mapping[str, Any],
    known: Known,
    *,
    left_out: bool,
) -> Row | None:
    before = known.get(slot)
    if before is not None and bool(before.properties.get(LEFT_OUT)) == left_out:
        return None  # a step happens once; only that somebody leaves the response out changes what it says
    properties = _properties(one, left_out=left_out, **more)
    row = {**shared, "kind": "touch", "name": name, "ordinal": place, "properties": properties}
    # No question has an empty name: two dots keep the revisions of a step apart from the answers to a question.
    plain = f"{one.id}.{slot[1:].replace('/', '.')}"
    return _new(row, f"{one.id}.{slot.replace('/', '.')}", one.revision, before, at, first=plain)


def _new(row: Row, slot: str, revision: int, before: LogRow | None, at: datetime, *, first: str = "") -> Row | None:
    """The row with its id and what it revises; None where the log has it, or says the same already."""
    message_id = first if first and before is None else f"{slot}.{revision}"
    if before is not None and (before.message_id == message_id or _says_the_same(before, row)):
        return None
    row["message_id"] = message_id
    row["occurred_at"] = at if before is None else before.occurred_at
    row["revises"] = None if before is None else before.message_id
    row["properties"] = json.dumps(row["properties"], ensure_ascii=False, sort_keys=True)
    return row


def _says_the_same(before: LogRow, row: Row) -> bool:
    return dict(before.properties) == row["properties"] and all(before.said.get(n) == row.get(n) for n in SAID)


def decision_of(invitation: int) -> str:
    """Returns the message id of what was decided about an invitation: all that follows refers to it."""
    return f"invitation.{invitation}.sampled"


def rows_of_invitation(one: InvitationRecord, context: Context, known: Known, now: datetime) -> list[Row]:
    """Returns the rows that the log lacks of an invitation: what was decided, and what became of it."""
    if context.key is None:
        return []  # erased with its customer: nothing is told of somebody whom nobody knows
    namespace, kind, value = context.key
    shared = {
        "source": SOURCE,
        "channel": one.channel or None,
        "touchpoint": context.touchpoint,
        "key_namespace": namespace,
        "key_type": kind,
        "key_value": value,
        "survey_id": one.survey,
        "campaign": f"wave-{one.wave_id}",
    }
    rows = [_decided(one, shared, known.get("/sampled"))]
    shared["refers_to"] = decision_of(one.id)
    for step, kind_of_row, name, at in _became(one, now):
        row: Row = {**shared, "kind": kind_of_row, "name": name, "properties": {}}
        rows.append(None if step in known else _new(row, "", 0, None, at, first=_id(one, step)))
    return [row for row in rows if row is not None]


def _id(one: InvitationRecord, step: str) -> str:
    return f"invitation.{one.id}.{step[1:].replace('/', '.')}"


def _decided(one: InvitationRecord, shared: Row, before: LogRow | None) -> Row | None:
    properties = {"probability": one.probability, "rule": one.rule or None}
    row: Row = {
        **shared,
        "kind": "treatment",
        "name": "survey_sampled",
        "outcome": one.reason or "asked",
        "properties": {name: value for name, value in properties.items() if value is not None},
    }
    first = decision_of(one.id)
    row["refers_to"] = None if before is None else first
    return _new(row, first, one.revision, before, one.created_at, first=first)


def _became(one: InvitationRecord, now: datetime) -> Iterator[tuple[str, str, str, datetime]]:
    """Slot, kind, name and moment of what became of an invitation, as far as it has come."""
    if one.sent_at is not None and one.state != "in_doubt":
        yield "/sent", "message", "survey_sent", one.sent_at
    for state in ("bounced", "failed", "in_doubt"):
        if one.state == state:
            yield f"/{state}", "message", f"survey_{state}", one.sent_at or one.due_at or one.created_at
    for number in range(1, one.reminders + 1):
        yield f"/reminded/{number}", "message", "survey_reminded", now
    if one.opened_at is not None:
        yield "/opened", "touch", "survey_opened", one.opened_at


def slots(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, LogRow]]:
    """Returns what the log has by response or invitation and slot, from its rows as the query gives them.

    An answer belongs to the slot of its question; a step to that of its message id, without a revision behind it.
    """
    revised = {row["revises"] for row in rows if row["revises"]}
    found: dict[str, dict[str, LogRow]] = {}
    for row in rows:
        if row["message_id"] in revised:
            continue
        owner, slot = _place(row)
        said = {name: row[name] for name in SAID}
        properties = json.loads(row["properties"] or "{}")
        found.setdefault(owner, {})[slot] = LogRow(row["message_id"], row["occurred_at"], said, properties)
    return found


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    message_id, response = str(row["message_id"]), row["response_id"]
    if response is None:
        _, number, *steps = message_id.split(".")
        # invitation.17.sampled, invitation.17.sampled.4, invitation.17.reminded.2
        name = steps[0] if steps[0] != "reminded" else "/".join(steps)
        return f"invitation.{number}", f"/{name}"
    if row["question_id"] is not None:
        return str(response), str(row["question_id"])
    if row["name"] == "survey_page":
        return str(response), f"/page/{json.loads(row['properties'])['page']}"
    return str(response), f"/{str(row['name']).removeprefix('survey_')}"
