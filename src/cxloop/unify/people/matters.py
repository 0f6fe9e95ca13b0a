"""Open matters of a customer: cases that nobody closed, promises not kept yet, messages that nobody answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from cxloop.core.time import parse_zone
from cxloop.unify.people import queries
from cxloop.unify.people.results import Matter
from cxloop.unify.promises import kept_moments, promise_state

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["open_matters"]

_CLOSED = (
    "abandoned answered cancelled canceled closed completed deleted done duplicate fixed merged rejected resolved "
    "solved spam success won lost"
)
CLOSED = frozenset(_CLOSED.split(" "))
"""States, in plain letters, in which nothing is left to do. A case in any other state is open."""
_OPEN = "escalated hold inprogress new onhold open pending reopened unresolved waiting"
OPEN = frozenset(_OPEN.split(" "))
"""States in which a call or a chat has left something to do."""
MOST_ROWS = 2000
ANSWER_WITHIN = timedelta(days=90)
"""A message that waits for longer is history and not a matter."""
_TITLE = 80
_THREADS = ("case", "ticket", "conversation", "chat", "thread")

_Row: TypeAlias = Mapping[str, Any]
_Thread: TypeAlias = tuple[str, str]


def open_matters(ws: Analysis, customer_id: int, keys: Sequence[int]) -> tuple[Matter, ...]:
    """Returns what is not settled with a customer, what is overdue first, then what is open for longest."""
    rows = ws.engine.fetch(queries.SERVICE_OF, {"keys": keys, "most": MOST_ROWS}).to_pylist()
    service = _Service(_current(rows), _threads(ws, rows))
    replying = {row["source"] for row in ws.engine.fetch(queries.REPLYING_SOURCES).to_pylist()} if rows else set()
    found = [*_promises(ws, customer_id, keys), *service.cases()]
    found += service.messages(replying, ws.as_of - ANSWER_WITHIN)
    return tuple(sorted(found, key=lambda matter: (not matter.overdue, matter.since, matter.interaction_id)))


def _current(rows: Sequence[_Row]) -> list[_Row]:
    """Returns the rows that no newer one revises, oldest first."""
    revised = {(row["source"], row["revises"]) for row in rows if row["revises"] is not None}
    return [row for row in reversed(rows) if (row["source"], row["message_id"]) not in revised]


def _threads(ws: Analysis, rows: Sequence[_Row]) -> Mapping[int, list[_Thread]]:
    """Returns the objects that interactions are about; tickets and conversations before orders and parcels."""
    threads: dict[int, list[_Thread]] = defaultdict(list)
    if rows:
        wanted = {"interactions": [row["interaction_id"] for row in rows]}
        for item in ws.engine.fetch(queries.OBJECTS_OF, wanted).to_pylist():
            threads[item["interaction_id"]].append((item["type"], item["id"]))
    for found in threads.values():
        found.sort(key=lambda thread: (thread[0] not in _THREADS, thread))
    return threads


def _promises(ws: Analysis, customer_id: int, keys: Sequence[int]) -> Iterator[Matter]:
    made = ws.engine.fetch(queries.PROMISES_OF, {"keys": keys}).to_pylist()
    if not made:
        return
    kept = kept_moments(ws, customer_id)
    zone = parse_zone(ws.settings.company.time_zone)
    labels = {promise.what: promise.label for promise in ws.experience.promise}
    for row in made:
        by_day = row["due_precision"] == "day"
        kept_at = kept.get(row["interaction_id"])
        state = promise_state(row["due_at"], kept_at, by_day=by_day, zone=zone, now=ws.as_of)
        if state in ("open", "overdue"):
            yield Matter(
                kind="promise",
                title=labels.get(row["what"]) or row["what"],
                since=row["made_at"],
                due_at=row["due_at"],
                overdue=state == "overdue",
                outcome=None,
                channel=row["channel"],
                object=None,
                interaction_id=row["interaction_id"],
            )


class _Service:
    """Cases, calls and messages of one customer, oldest first, by what they are about."""

    def __init__(self, rows: Sequence[_Row], threads: Mapping[int, list[_Thread]]) -> None:
        self._rows = rows
        self._threads = threads
        self._open = {self._main(row): row for row in self._last_states() if _left_open(row)}

    def _about(self, row: _Row) -> list[_Thread]:
        return self._threads.get(row["interaction_id"], [])

    def _main(self, row: _Row) -> _Thread:
        """What a row is mainly about; itself where it names nothing."""
        about = self._about(row)
        return about[0] if about else ("", str(row["interaction_id"]))

    def _last_states(self) -> list[_Row]:
        states = [row for row in self._rows if row["kind"] == "case" or _state(row) in OPEN | CLOSED]
        return list({self._main(row): row for row in states}.values())

    def cases(self) -> Iterator[Matter]:
        """Gives what was left open, each thing once."""
        for thread, row in self._open.items():
            begun = [each["occurred_at"] for each in self._rows if self._main(each) == thread]
            yield _matter("case", row, min(begun), thread)

    def messages(self, replying: set[str], after: datetime) -> Iterator[Matter]:
        """Gives the messages that wait for an answer: of each thing the latest one, since the first that waits."""
        waiting: dict[_Thread, list[_Row]] = defaultdict(list)
        for row in self._rows:
            asks = row["kind"] == "message" and row["outcome"] is None and row["source"] in replying
            if asks and row["occurred_at"] >= after and self._main(row) not in self._open:
                waiting[self._conversation(row)].append(row)
        for rows in waiting.values():
            unanswered = [row for row in rows if not self._answered(row)]
            if unanswered:
                yield _matter("message", unanswered[-1], unanswered[0]["occurred_at"], self._main(unanswered[-1]))

    def _conversation(self, row: _Row) -> _Thread:
        return self._about(row)[0] if self._about(row) else (row["source"], row["channel"] or "")

    def _answered(self, message: _Row) -> bool:
        return any(self._answers(row, message) for row in self._rows)

    def _answers(self, row: _Row, message: _Row) -> bool:
        later = (row["occurred_at"], row["ordinal"]) > (message["occurred_at"], message["ordinal"])
        if row["source"] != message["source"] or not later:
            return False
        if row["kind"] == "case":
            return _state(row) in CLOSED and bool({*self._about(row)} & {*self._about(message)})
        if row["kind"] not in ("reply", "call"):
            return False
        named = row["refers_to"] == message["message_id"] or {*self._about(row)} & {*self._about(message)}
        # a reply that names nothing answers whatever was said before it
        return bool(named) or not (row["refers_to"] or self._about(row))


def _state(row: _Row) -> str:
    return "".join(letter for letter in (row["outcome"] or "").casefold() if letter.isalnum())


def _left_open(row: _Row) -> bool:
    return _state(row) not in CLOSED if row["kind"] == "case" else _state(row) in OPEN


def _matter(kind: Any, row: _Row, since: datetime, thread: _Thread) -> Matter:
    words = " ".join((row["text"] or row["name"] or row["kind"]).split())
    return Matter(
        kind=kind,
        title=words if len(words) <= _TITLE else f"{words[: _TITLE - 1].rstrip()}…",
        since=since,
        due_at=None,
        overdue=False,
        outcome=row["outcome"],
        channel=row["channel"],
        object=" ".join(thread) if thread[0] else None,
        interaction_id=row["interaction_id"],
    )
