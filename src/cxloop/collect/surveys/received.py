"""What came in: the responses of a survey, one of them in full, and taking one out of the numbers or back."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.collect.surveys import definition
from cxloop.collect.surveys.answer_results import ResponseAnswer, ResponseDetails, ResponseFile, Responses
from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.telling import LEFT_OUT, answers_of
from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.results import Value
from cxloop.core.wording import many
from cxloop.engine.query import Query
from cxloop.store import documents
from cxloop.store.surveys import files, responses, surveys
from cxloop.store.surveys.responses import ResponseRecord, ResponseState
from cxloop.store.surveys.surveys import PUBLISHED

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["CUSTOMERS_OF", "file", "flag", "list_responses", "one"]

CUSTOMERS_OF = Query(
    name="collect.customers_of_keys",
    sql="""
        select o.key_id, o.customer_id, c.label
        from customer_of as o
        left join customers as c on c.customer_id = o.customer_id
        where o.key_id in (select unnest($keys))
    """,
    inputs=("customer_of", "customers"),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "customer_id": "bigint", "label": "text"},
)
"""Whose some keys are now, and what the customers are called."""

COLUMNS = (
    "response",
    "state",
    "started_at",
    "finished_at",
    "customer_id",
    "customer",
    "answers",
    "seconds",
    "flags",
    "left_out",
    "version",
    "mode",
    "channel",
    "language",
)


def list_responses(ws: Operations, survey: str, state: ResponseState | None, limit: int) -> Responses:
    """Returns the responses of a survey, the newest first; raises UnknownNameError where there is no such survey."""
    surveys.get(ws.store, survey)
    found = responses.of_survey(ws.store, survey, state=state, limit=limit)
    customers = _customers(ws, found)
    rows = tuple(_line(each, customers) for each in found)
    counted = responses.counts(ws.store, survey)
    total = sum(counted.values()) if state is None else counted.get(state, 0)
    shown = f"; the newest {limit:,} of them" if total > len(rows) else ""
    kinds = ", ".join(f"{n:,} {name}" for name, n in sorted(counted.items()))
    return Responses(f"{many(total, 'response')} to {survey} ({kinds or 'none yet'}){shown}.", COLUMNS, rows)


def _line(each: ResponseRecord, customers: Mapping[int, tuple[int, str | None]]) -> tuple[Value, ...]:
    customer, label = customers.get(each.key_id, (None, None)) if each.key_id is not None else (None, None)
    codes = [flag.get("code", "") for flag in each.flags]
    end = each.finished_at
    return (
        each.id,
        each.state,
        each.started_at,
        end,
        customer,
        None if label == each.id else label,  # somebody unknown is called by their response
        sum(name not in each.hidden for name in each.answers),
        None if end is None else round((end - each.started_at).total_seconds(), 1),
        ", ".join(code for code in codes if code != LEFT_OUT) or None,
        LEFT_OUT in codes,
        each.version,
        each.mode,
        each.channel,
        each.language or None,
    )


def _customers(ws: Operations, found: Sequence[ResponseRecord]) -> dict[int, tuple[int, str | None]]:
    keys = sorted({each.key_id for each in found if each.key_id is not None})
    rows = ws.engine.fetch(CUSTOMERS_OF, {"keys": keys}).to_pylist() if keys else []
    return {row["key_id"]: (row["customer_id"], row["label"]) for row in rows}


def one(ws: Operations, response: str, *, said: str = "") -> ResponseDetails:
    """Returns one response with its answers; raises NotFoundError where there is none of that number."""
    found = responses.get(ws.store, response)
    customer, label = next(iter(_customers(ws, [found]).values()), (None, None))
    kept = files.of_response(ws.store, response)
    return ResponseDetails(
        response=found.id,
        survey=found.survey,
        version=found.version,
        state=found.state,
        mode=found.mode,
        channel=found.channel,
        language=found.language,
        customer_id=customer,
        customer=None if label == found.id else label,
        started_at=found.started_at,
        finished_at=found.finished_at,
        seconds={page: float(seconds) for page, seconds in found.seconds.items()},
        answers=tuple(_answers(ws, found)),
        variables={name: str(value) for name, value in found.hidden.items()},
        flags=tuple(str(each.get("reason") or each.get("code")) for each in found.flags),
        left_out=any(each.get("code") == LEFT_OUT for each in found.flags),
        files=tuple(f"{each.id}: {each.name} ({each.question}, {each.size:,} bytes)" for each in kept),
        said=said,
    )


def _answers(ws: Operations, found: ResponseRecord) -> list[ResponseAnswer]:
    try:
        asked = definition.read(documents.get(ws.store, PUBLISHED, found.survey, found.version).content)
    except NotFoundError:  # without its document: the names of the questions say what they can
        return [ResponseAnswer(name, name, _shown(value)) for name, value in found.answers.items()]
    return [
        ResponseAnswer(each.question, _title(asked, each.question, found.language), each.text or each.value or "")
        for each in answers_of(asked, found.answers)
    ]


def _title(asked: Definition, question: str, language: str) -> str:
    name, _, row = question.partition(".")
    title = in_language(asked.by_name[name].title, language or asked.own_language, asked.own_language) or name
    return f"{title} ({row})" if row else title


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def flag(ws: Operations, response: str, reason: str, *, left_out: bool | None) -> ResponseDetails:
    """Writes what a person thinks of a response, takes it out of the numbers, or takes it back.

    Raises:
        NotFoundError: there is no such response.
        InputError: a reason is missing where one is needed.
    """
    found = responses.get(ws.store, response)
    if not reason.strip() and left_out is not False:
        raise InputError("Say why: whoever looks at this later sees the reason. Give one.")
    kept = [dict(each) for each in found.flags if each.get("code") != LEFT_OUT or left_out is None]
    if left_out:
        kept.append({"code": LEFT_OUT, "reason": reason.strip()})
    elif reason.strip():
        kept.append({"code": "person", "reason": reason.strip()})
    responses.flag(ws.store, response, kept)
    done = {True: "is left out of every number", False: "counts again", None: "is flagged"}[left_out]
    return one(ws, response, said=f"The response {response} {done}; what was answered stays as it is.")


def file(ws: Operations, number: int, to: Path | None) -> ResponseFile:
    """Returns an uploaded file, and writes it where it is wanted.

    Raises:
        NotFoundError: there is no such file.
        AccessDeniedError: `to` is for who sits at the machine.
        InputError: `to` is there already, or cannot be written.
    """
    if to is not None and not ws.actor.at_machine:
        raise AccessDeniedError("to: only who sits at the machine names a file to write to. Leave it out.")
    found = files.get(ws.store, number)
    if found is None:
        raise NotFoundError(f"There is no file {number}. `cxloop collect response` lists those of a response.")
    content = base64.b64encode(found.content).decode()
    told = ResponseFile(found.id, found.response_id, found.question, found.name, found.media_type, found.size, content)
    if to is None:
        return told
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(found.content)
    except OSError as failure:
        told_why = f"{to} cannot be written ({failure.strerror}). Name a file that is not there, in a folder that is."
        raise InputError(told_why) from None
    return replace(told, content="", written_to=str(to))
