"""From the rows of an export to rows for the log, in the shape in which surveys of one's own are logged."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cxloop.collect.surveys.importing.dates import Clock
from cxloop.collect.surveys.importing.export import Export, Fact, Part, plain
from cxloop.collect.surveys.importing.shapes import Shape, glued_choices, point, split
from cxloop.core.schema import INCOMING

__all__ = ["Refused", "Taken", "columns_of", "taken"]

_BETWEEN = "|"
_PREVIEWS = {"1", "2", "survey preview", "survey test", "9", "offline survey preview", "17"}
"""Qualtrics' states of responses that nobody from outside gave."""
_SPAM = {"8", "spam"}
_YES = {"1", "true", "yes", "completed", "complete", "wahr", "vrai"}
_NO = {"0", "false", "no", "partial", "incomplete", "falsch", "faux", "started"}
_UNTICKED = {"0", "false", "no", "unchecked"}
_LONGEST = 200
_ALLOWED = frozenset(INCOMING.names)


class Refused(NamedTuple):
    """Something that could not be taken: line of the file, question or None, code, reason, raw cells."""

    line: int
    question: str | None
    code: str
    reason: str
    raw: str


@dataclass
class Taken:
    """What the rows became."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    previews: int = 0
    answered: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Reader:
    """What every row is read by."""

    export: Export
    survey: str
    shapes: Sequence[Shape]
    facts: Mapping[Fact, int]
    began: Clock | None
    ended: Clock | None
    glued: Mapping[str, Sequence[str]]


def taken(
    export: Export,
    survey: str,
    shapes: Sequence[Shape],
    facts: Mapping[Fact, int],
    *,
    began: Clock | None,
    ended: Clock | None,
) -> Taken:
    """Returns what the rows of an export become.

    Args:
        export: the file.
        survey: the survey whose responses they are.
        shapes: what its questions are.
        facts: which column says what of a response.
        began: how the column `started_at` is read; None where there is none.
        ended: the same of `finished_at`.
    """
    glued = {shape.group.name: _glued(shape, export) for shape in shapes if shape.kind == "several"}
    reader = _Reader(export, survey, shapes, facts, began, ended, glued)
    found, ids = Taken(), Counter[str]()
    for number, row in enumerate(export.rows):
        line = export.first_line + number
        if any(cell.strip() for cell in row[export.width :]) or len(row) < export.width - 1:
            told = f"The row has {len(row)} cells; the header has {export.width}."
            found.refused.append(Refused(line, None, "malformed", told, _raw(row)))
            continue
        _take(reader, [*row, *[""] * (export.width - len(row))], line, found, ids)
    return found


def _glued(shape: Shape, export: Export) -> list[str]:
    place = shape.group.parts[0].place
    return glued_choices(shape.group.joined or ",", [row[place] for row in export.rows if place < len(row)])


def _raw(row: Sequence[str]) -> str:
    return json.dumps(list(row), ensure_ascii=False)


def _cell(reader: _Reader, row: Sequence[str], fact: Fact) -> str:
    place = reader.facts.get(fact)
    return "" if place is None else row[place].strip()


def _take(reader: _Reader, row: Sequence[str], line: int, found: Taken, ids: Counter[str]) -> None:
    moments = _moments(reader, row)
    if isinstance(moments, str):
        found.refused.append(Refused(line, None, "bad_date", moments, _raw(row)))
        return
    began, ended = moments
    number = _number_of(reader, row, ids)
    if number in ids and reader.facts.get("response") is not None and ids[number] > 1:
        told = f"The response {number} stands in the file twice. The first is taken."
        found.refused.append(Refused(line, None, "duplicate", told, _raw(row)))
        return
    shared = _shared(reader, row, number)
    found.previews += shared.get("traffic") == "test"
    finished = _finished(reader, row)
    state = {"mode": "import", "state": "finished" if finished else "partial", "flags": _flags(reader, row)}
    found.rows.append(_step(shared, "started", began, 0, state))
    for place, answer in enumerate(_answers(reader, row, line, found), 1):
        name = answer.pop("question_id")
        properties = {**state, **answer.pop("properties")}
        metric = answer.get("metric")
        found.rows.append(
            {
                **shared,
                **answer,
                "kind": "answer",
                "name": f"{metric}_answered" if metric else "question_answered",
                "message_id": f"{number}.{name}.1",
                "question_id": name,
                "occurred_at": ended,
                "ordinal": place,
                "properties": json.dumps(properties, ensure_ascii=False, sort_keys=True),
            }
        )
    if finished:
        seconds = _seconds(reader, row, began, ended)
        more = {} if seconds is None else {"seconds": seconds}
        found.rows.append(_step(shared, "finished", ended, 9_999, {**state, **more}))


def _moments(reader: _Reader, row: Sequence[str]) -> tuple[datetime, datetime] | str:
    """Beginning and end of a response, UTC; a sentence where neither can be read."""
    began = reader.began.utc(_cell(reader, row, "started_at")) if reader.began else None
    ended = reader.ended.utc(_cell(reader, row, "finished_at")) if reader.ended else None
    if began is None and ended is None:
        given = _cell(reader, row, "finished_at") or _cell(reader, row, "started_at")
        return f"{given[:60]!r} is no date that can be read." if given else "The response has no date."
    first, last = began or ended, ended or began
    assert first is not None
    assert last is not None
    return min(first, last), max(first, last)


def _number_of(reader: _Reader, row: Sequence[str], ids: Counter[str]) -> str:
    """What the response is called: the product's own id; without one, its moment, address and place among its like.

    The answers are no part of it, so that a form that got another question later still names old responses alike.
    """
    given = _cell(reader, row, "response")
    if not given:
        about = [reader.survey, _cell(reader, row, "finished_at"), _cell(reader, row, "email").lower()]
        digest = hashlib.sha256("\x1f".join(about).encode()).hexdigest()[:20]
        ids[digest] += 1
        return f"{digest}-{ids[digest]}"
    ids[given] += 1
    return given[:_LONGEST]


def _shared(reader: _Reader, row: Sequence[str], number: str) -> dict[str, Any]:
    source = reader.export.product
    email, customer = _cell(reader, row, "email").lower(), _cell(reader, row, "customer")
    phone = _cell(reader, row, "phone")
    keys = [
        [source, kind, value]
        for kind, value in (("customer_id", customer), ("email", email), ("phone", phone))
        if value and value not in reader.export.missing
    ]
    first = keys[0] if keys else [source, "response", number]
    status = _cell(reader, row, "state").lower()
    preview = source == "qualtrics" and status in _PREVIEWS
    return {
        "source": source,
        "survey_id": reader.survey,
        "response_id": f"{source}:{number}",
        "channel": _channel(reader, row),
        "language": _cell(reader, row, "language")[:40] or None,
        "key_namespace": first[0],
        "key_type": first[1],
        "key_value": first[2],
        "other_keys": json.dumps(keys[1:]) if keys[1:] else None,
        "traffic": "test" if preview else None,
    }


def _channel(reader: _Reader, row: Sequence[str]) -> str | None:
    """By which way the survey was reached, in the words of channels; a product's own word where there is no other."""
    known = {"anonymous": "web", "gl": "email", "email": "email", "sms": "sms", "qr": "qr", "social": "social"}
    given = _cell(reader, row, "channel").lower()
    return known.get(given, given) or None


def _finished(reader: _Reader, row: Sequence[str]) -> bool:
    """Whether a response was ended; Google Forms and SurveyMonkey do not say, and there it was sent off."""
    said = _cell(reader, row, "finished").lower() or _cell(reader, row, "state").lower()
    return said not in _NO or said in _YES


def _flags(reader: _Reader, row: Sequence[str]) -> list[str]:
    return ["spam"] if _cell(reader, row, "state").lower() in _SPAM else []


def _seconds(reader: _Reader, row: Sequence[str], began: datetime, ended: datetime) -> float | None:
    try:
        given = float(_cell(reader, row, "seconds").replace(",", "."))
    except ValueError:
        return round((ended - began).total_seconds(), 1) if ended - began > timedelta(0) else None
    return given if math.isfinite(given) else None


def _step(
    shared: Mapping[str, Any], name: str, at: datetime, place: int, properties: Mapping[str, Any]
) -> dict[str, Any]:
    number = str(shared["response_id"]).split(":", 1)[1]
    return {
        **shared,
        "kind": "touch",
        "name": f"survey_{name}",
        "message_id": f"{number}.{name}",
        "occurred_at": at,
        "ordinal": place,
        "language": None,
        "properties": json.dumps(dict(properties), ensure_ascii=False, sort_keys=True),
    }


def _answers(reader: _Reader, row: Sequence[str], line: int, found: Taken) -> Iterator[dict[str, Any]]:
    for shape in reader.shapes:
        if shape.kind == "skip" or shape.fact is not None:
            continue
        for name, given in _given(reader, shape, row):
            try:
                answer = _answer(reader, shape, name, given)
            except ValueError as failure:
                found.refused.append(Refused(line, name, "bad_answer", str(failure), _raw(row)))
                continue
            written = row[shape.group.other].strip() if shape.group.other is not None else ""
            if written and written not in reader.export.missing and shape.kind in ("single", "several"):
                answer["text"] = written
                answer["answer_value"] = answer["answer_value"] or "other"
            if answer["answer_value"] is None and answer["text"] is None and answer["score"] is None:
                continue
            found.answered[shape.group.name] += 1
            yield answer


def _given(reader: _Reader, shape: Shape, row: Sequence[str]) -> Iterator[tuple[str, list[tuple[Part, str]]]]:
    """The answers of a row to one question: of a matrix one per row, of anything else one."""
    cells = [(part, row[part.place].strip()) for part in shape.group.parts]
    cells = [(part, cell) for part, cell in cells if cell not in reader.export.missing]
    if shape.kind == "matrix" or (shape.kind == "score" and len(shape.group.parts) > 1):
        for part, cell in cells:
            yield f"{shape.group.name}.{_id(part.label)}", [(part, cell)]
        return
    other = shape.group.other
    if cells or (other is not None and row[other].strip() not in reader.export.missing):
        yield shape.group.name, cells


def _id(label: str) -> str:
    return plain(label)[:_LONGEST].replace(_BETWEEN, "/")


def _answer(reader: _Reader, shape: Shape, name: str, given: Sequence[tuple[Part, str]]) -> dict[str, Any]:
    """Columns of the log of one answer; raises ValueError with a sentence for one that cannot be."""
    kind = "single" if shape.kind == "matrix" else shape.kind
    title = shape.group.title
    label = given[0][0].label if given and "." in name and given[0][0].label else ""
    properties = {"type": kind, "question": f"{title} [{label}]" if label else title}
    row: dict[str, Any] = {
        "question_id": name, "metric": None, "score": None, "scale_min": None, "scale_max": None,
        "answer_value": None, "text": None, "properties": properties,
    }  # fmt: skip
    if not given:
        return row
    cell = given[0][1]
    if kind == "score":
        assert shape.scale is not None
        row |= {"metric": shape.metric, "scale_min": float(shape.scale[0]), "scale_max": float(shape.scale[1])}
        row["score"] = _score(shape, cell)
    elif kind == "several":
        row["answer_value"] = _BETWEEN.join(_choices(reader, shape, given)) or None
    elif kind == "ranking":
        order = sorted(given, key=lambda each: _place(each[1]))
        row["answer_value"] = _BETWEEN.join(_id(part.label) for part, _ in order)
    elif kind == "number":
        row["answer_value"] = _number(cell)
    elif kind == "text":
        row["text"] = cell
    else:
        row["answer_value"] = _id(cell)
    return row


def _score(shape: Shape, cell: str) -> float:
    assert shape.scale is not None
    word = plain(cell).lower()
    found = shape.ladder.index(word) + 1 if word in shape.ladder else point(cell)
    if found is None or not shape.scale[0] <= found <= shape.scale[1]:
        raise ValueError(f"{cell[:60]!r} is no answer from {shape.scale[0]} to {shape.scale[1]}.")
    return float(found)


def _choices(reader: _Reader, shape: Shape, given: Sequence[tuple[Part, str]]) -> list[str]:
    if len(shape.group.parts) == 1 and not shape.group.parts[0].label:
        sign = shape.group.joined or ","
        return [_id(choice) for choice in split(given[0][1], sign, reader.glued.get(shape.group.name, ()))]
    return [_id(part.label) for part, cell in given if cell.lower() not in _UNTICKED]


def _place(cell: str) -> int:
    try:
        return int(float(cell))
    except ValueError:
        raise ValueError(f"{cell[:60]!r} is no place in an order.") from None


def _number(cell: str) -> str:
    try:
        found = float(cell.replace(",", ".")) if cell.count(",") == 1 and "." not in cell else float(cell)
    except ValueError:
        raise ValueError(f"{cell[:60]!r} is no number.") from None
    if not math.isfinite(found):
        raise ValueError(f"{cell[:60]!r} is no number.")
    return f"{found:.15g}"


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the columns that the rows have, in the order of the log."""
    used = {name for row in rows for name in row}
    return [name for name in INCOMING.names if name in used and name in _ALLOWED]
