"""The way of what surveys bring into the log: answers, steps and invitations, each exactly once.

The records are committed first, and the log in one transaction after them; only then do the records say that the log
has it. Killed anywhere in between, the next look finds the log's own rows and adds what is missing
(docs/decisions/0034).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxloop.collect.loader.redacting import redacted
from cxloop.collect.redaction import redactor_of
from cxloop.collect.surveys import definition
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.collect.surveys.telling import (
    Context,
    Key,
    LogRow,
    Row,
    decision_of,
    rows_of_invitation,
    rows_of_response,
    slots,
)
from cxloop.collect.surveys.telling.queries import KEYS, NUMBERS, TOLD
from cxloop.core.errors import NotFoundError, UnknownNameError
from cxloop.core.schema import INCOMING
from cxloop.store import documents
from cxloop.store.surveys import invitations, responses, short_links, surveys
from cxloop.store.surveys.invitations import InvitationRecord
from cxloop.store.surveys.responses import ResponseRecord
from cxloop.store.surveys.surveys import PUBLISHED

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.store.context import Operations

__all__ = ["IDLE", "Logged", "log_all", "step"]

IDLE = timedelta(minutes=15)
"""After so long without an answer, what somebody gave so far counts as partial."""
MOST = 1_000
"""Responses and invitations of one step: some 10,000 rows."""
CLOCK_TOLERANCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Logged:
    """What one step did; `more` says that it was as large as it may be."""

    responses: int
    invitations: int
    rows: int
    more: bool


def step(ws: Operations, most: int = MOST) -> Logged | None:
    """Tells the log what it lacks of surveys, up to `most` responses and invitations; returns None where it has all.

    Raises:
        CxloopError: the engine or the records cannot be written; nothing is lost, and the next step tells it.
    """
    _end_what_is_over(ws)
    answered = responses.changed(ws.store, ws.now() - IDLE, most)
    invited = invitations.changed(ws.store, most)
    if not answered and not invited:
        return None
    rows = _Telling(ws, answered, invited).rows()
    if rows:
        with ws.engine.transaction():
            table = redacted(ws.engine, redactor_of(ws.settings), as_table(rows))
            ws.engine.admit(table, now=ws.now(), keep_conflicts=False)
    responses.tie(ws.store, _numbers(ws, answered, rows))
    responses.mark_logged(ws.store, {each.id: each.revision for each in answered})
    invitations.mark_logged(ws.store, {each.id: each.revision for each in invited})
    return Logged(len(answered), len(invited), len(rows), more=most in (len(answered), len(invited)))


def log_all(ws: Operations) -> int:
    """Tells the log everything that it lacks of surveys; returns how many rows that were."""
    rows = 0
    while (done := step(ws)) is not None:
        rows += done.rows
        if not done.more:
            break
    return rows


def _end_what_is_over(ws: Operations) -> None:
    """Ends the open responses of surveys whose end has come by itself."""
    for each in surveys.every_one(ws.store):
        if each.state in ("live", "paused") and each.state_at(ws.now()) == "closed":
            responses.end_open(ws.store, each.name)


class _Telling:
    """What a batch of responses and invitations becomes, with all that has to be looked up for it."""

    def __init__(self, ws: Operations, answered: Sequence[ResponseRecord], invited: Sequence[InvitationRecord]) -> None:
        self._ws, self._answered, self._invited = ws, answered, invited
        self._definitions: dict[tuple[str, int], Definition | None] = {}
        self._touchpoints: dict[str, str | None] = {}
        self._labels: dict[str, str | None] = {}
        self._waves = _waves(ws, answered)
        numbers = [each.key_id for each in answered] + [one.key_id for one in invited]
        self._keys = _keys(ws, {number for number in numbers if number is not None})
        self._known = self._told()

    def rows(self) -> list[Row]:
        """The rows that the log lacks."""
        found: list[Row] = []
        for each in self._answered:
            asked = self._definition(each.survey, each.version)
            if asked is not None:
                found += rows_of_response(asked, each, self._context_of(each), self._known.get(each.id, {}))
        for one in self._invited:
            context = Context(self._keys.get(one.key_id), self._touchpoint(one.survey))
            known = self._known.get(f"invitation.{one.id}", {})
            found += rows_of_invitation(one, context, known, self._ws.now())
        return found

    def _told(self) -> Mapping[str, Mapping[str, LogRow]]:
        begun = [each.started_at for each in self._answered] + [each.created_at for each in self._invited]
        rows = self._ws.engine.fetch(
            TOLD,
            {
                "since": min(begun) - CLOCK_TOLERANCE,
                "responses": [each.id for each in self._answered],
                "invitations": [decision_of(each.id) for each in self._invited],
            },
        )
        return slots(rows.to_pylist())

    def _context_of(self, one: ResponseRecord) -> Context:
        given = (one.key_namespace, one.key_type, one.key_value)
        key = self._keys.get(one.key_id) if one.key_id is not None else None
        if key is None and all(given):
            key = (str(one.key_namespace), str(one.key_type), str(one.key_value))
        wave = None if one.invitation_id is None else self._waves.get(one.invitation_id)
        return Context(key, self._touchpoint(one.survey), wave, self._label(one.link))

    def _definition(self, survey: str, version: int) -> Definition | None:
        if (survey, version) not in self._definitions:
            try:
                found = definition.read(documents.get(self._ws.store, PUBLISHED, survey, version).content)
            except (NotFoundError, UnknownNameError):
                found = None
            self._definitions[survey, version] = found
        return self._definitions[survey, version]

    def _touchpoint(self, survey: str) -> str | None:
        return _remembered(self._touchpoints, survey, lambda: _touchpoint(self._ws, survey))

    def _label(self, code: str | None) -> str | None:
        return None if code is None else _remembered(self._labels, code, lambda: _label(self._ws, code))


def _remembered(kept: dict[str, str | None], name: str, find: Callable[[], str | None]) -> str | None:
    if name not in kept:
        kept[name] = find()
    return kept[name]


def _touchpoint(ws: Operations, survey: str) -> str | None:
    record = surveys.find(ws.store, survey)
    return None if record is None else SurveySettings.model_validate(dict(record.settings)).touchpoint


def _label(ws: Operations, code: str) -> str | None:
    link = short_links.find(ws.store, code)
    return None if link is None else link.label


def _waves(ws: Operations, answered: Sequence[ResponseRecord]) -> dict[int, int]:
    wanted = sorted({each.invitation_id for each in answered if each.invitation_id is not None})
    return invitations.waves_of(ws.store, wanted)


def _keys(ws: Operations, numbers: set[int]) -> dict[int, Key]:
    rows = ws.engine.fetch(KEYS, {"keys": sorted(numbers)}).to_pylist() if numbers else []
    return {row["key_id"]: (row["namespace"], row["type"], row["value"]) for row in rows}


def _numbers(ws: Operations, answered: Sequence[ResponseRecord], rows: Sequence[Row]) -> dict[str, int]:
    """The numbers of the keys of responses that have none yet: by them they are found, shown and erased."""
    unknown = {each.id for each in answered if each.key_id is None}
    keys = {
        row["response_id"]: (row["key_namespace"], row["key_type"], row["key_value"])
        for row in rows
        if row.get("response_id") in unknown
    }
    if not keys:
        return {}
    found = ws.engine.fetch(NUMBERS, {"named": sorted({value for _, _, value in keys.values()})}).to_pylist()
    numbers = {(row["namespace"], row["type"], row["value"]): row["key_id"] for row in found}
    return {response: numbers[key] for response, key in keys.items() if key in numbers}


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Returns rows as an Arrow table with those columns of the incoming table that any of them has."""
    import pyarrow as pa

    types: dict[str, Any] = {
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "timestamp": pa.timestamp("us"),
    }
    present = [column for column in INCOMING.columns if any(row.get(column.name) is not None for row in rows)]
    return pa.table(
        {
            column.name: pa.array([row.get(column.name) for row in rows], types.get(column.type, pa.string()))
            for column in present
        }
    )
