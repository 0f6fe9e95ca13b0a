"""Connected systems: their settings with sealed secrets, their schedule, and how their last pull ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from cxloop.core.errors import UnknownNameError
from cxloop.core.time import parse_duration
from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "Connection",
    "Run",
    "due",
    "every_one",
    "find",
    "finished",
    "get",
    "interrupted",
    "pause",
    "remove",
    "save",
    "secrets_of",
    "set_due",
    "started",
]

CLOCK_TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected system.

    Attributes:
        settings: in clear; secrets are apart.
        secrets: names of the secrets that are kept, sealed.
        mapping: None where the connector's own is used.
        every: how often it is pulled; None for a system that sends by itself.
        outcome: done, failed or interrupted; None before the first pull.
        failure: what kind of failure the last one was.
        failures: failed pulls in a row.
        position: how far the source was read, for people.
    """

    name: str
    system: str
    settings: Mapping[str, Any]
    secrets: tuple[str, ...]
    mapping: str | None
    every: str | None
    paused: bool
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    succeeded_at: datetime | None
    outcome: str | None
    failure: str | None
    reason: str
    rows: int
    admitted: int
    already_there: int
    rejected: int
    failures: int
    next_due: datetime | None
    position: str

    @property
    def running(self) -> bool:
        """Whether a pull has begun and not ended."""
        return self.started_at is not None and (self.finished_at is None or self.finished_at < self.started_at)


@dataclass(frozen=True, slots=True)
class Run:
    """How a pull ended."""

    outcome: str
    reason: str = ""
    failure: str | None = None
    rows: int = 0
    admitted: int = 0
    already_there: int = 0
    rejected: int = 0
    position: str = ""


def save(
    store: Store,
    name: str,
    system: str,
    *,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    mapping: str | None,
    every: str | None,
    next_due: datetime | None,
    by: int | None = None,
) -> Connection:
    """Adds a connection, or changes the settings of the one called `name`; its history and its pause stay.

    Args:
        store: the records.
        name: what people call it; the source of its interactions.
        system: which connector.
        settings: in clear.
        secrets: sealed before they are written.
        mapping: None for the connector's own.
        every: how often it is pulled.
        next_due: when it is pulled next.
        by: the account that connects it; None for whoever sits at the machine.
    """
    sealed = {key: store.vault.seal(value) for key, value in sorted(secrets.items())}
    now = store.clock()
    with store.work() as work:
        row = work.scalar(select(models.Connection).where(models.Connection.name == name))
        if row is None:
            row = models.Connection(
                name=name, paused=False, created_at=now, created_by=by, reason="", position="", failures=0
            )
            row.rows = row.admitted = row.already_there = row.rejected = 0
            work.add(row)
        row.system, row.settings, row.secrets = system, dict(settings), json.dumps(sealed)
        row.mapping, row.every, row.next_due = mapping, every, next_due
        row.changed_at, row.changed_by = now, by
        return _connection(row)


def find(store: Store, name: str) -> Connection | None:
    """Returns the connection called `name`, if there is one."""
    with store.read() as work:
        row = work.scalar(select(models.Connection).where(models.Connection.name == name))
        return None if row is None else _connection(row)


def get(store: Store, name: str) -> Connection:
    """Returns the connection called `name`; raises UnknownNameError with the nearest one."""
    found = find(store, name)
    if found is None:
        raise UnknownNameError("connection", name, [each.name for each in every_one(store)])
    return found


def every_one(store: Store) -> list[Connection]:
    """Returns all connections by name."""
    with store.read() as work:
        return [_connection(row) for row in work.scalars(select(models.Connection).order_by(models.Connection.name))]


def secrets_of(store: Store, name: str) -> dict[str, str]:
    """Returns the secrets of a connection in clear, for the process that connects.

    Raises:
        InputError: they were sealed with another key.
    """
    with store.read() as work:
        sealed = work.scalar(select(models.Connection.secrets).where(models.Connection.name == name))
    return {key: store.vault.open(value) for key, value in json.loads(sealed or "{}").items()}


def due(store: Store) -> list[str]:
    """Returns the connections whose time has come, those that wait longest first.

    One that is due later than a whole pause from now was put off before the clock was set back: its time has come, too.
    """
    connections, now = models.Connection, store.clock()
    waiting = (
        select(connections.name, connections.next_due, connections.every)
        .where(connections.next_due.is_not(None), connections.paused.is_(False))
        .order_by(connections.next_due)
    )
    with store.read() as work:
        return [name for name, moment, every in work.execute(waiting) if _has_come(moment, every, now)]


def _has_come(moment: datetime | None, every: str | None, now: datetime) -> bool:
    if moment is None:
        return False
    return moment <= now or (every is not None and moment - now > parse_duration(every) + CLOCK_TOLERANCE)


def started(store: Store, name: str) -> None:
    """Writes that a pull has begun."""
    _update(store, name, {"started_at": store.clock()})


def finished(store: Store, name: str, run: Run, next_due: datetime | None) -> None:
    """Writes how a pull ended, and when the next one is due."""
    now = store.clock()
    values = {
        "finished_at": now,
        "outcome": run.outcome,
        "reason": run.reason,
        "failure": run.failure,
        "rows": run.rows,
        "admitted": run.admitted,
        "already_there": run.already_there,
        "rejected": run.rejected,
        "failures": models.Connection.failures + 1 if run.outcome == "failed" else 0,
        "next_due": next_due,
    }
    if run.outcome == "done":
        values["succeeded_at"] = now
    if run.position:
        values["position"] = run.position
    _update(store, name, values)


def interrupted(store: Store) -> list[str]:
    """Marks pulls that began under a process that is gone, and makes them due; returns their names."""
    names = [each.name for each in every_one(store) if each.running]
    for name in names:
        reason = "The process ended while it was being pulled. The next pull goes on from there."
        _update(
            store,
            name,
            {"outcome": "interrupted", "reason": reason, "finished_at": store.clock(), "next_due": store.clock()},
        )
    return names


def pause(store: Store, name: str, *, paused: bool) -> Connection:
    """Stops or resumes the schedule of a connection; raises UnknownNameError."""
    get(store, name)
    _update(store, name, {"paused": paused, "changed_at": store.clock()})
    return get(store, name)


def set_due(store: Store, name: str, moment: datetime | None) -> None:
    """Says when a connection is pulled next."""
    _update(store, name, {"next_due": moment})


def remove(store: Store, name: str) -> None:
    """Removes a connection with its secrets; raises UnknownNameError."""
    get(store, name)
    with store.work() as work:
        work.execute(delete(models.Connection).where(models.Connection.name == name))


def _update(store: Store, name: str, values: Mapping[str, Any]) -> None:
    with store.work() as work:
        work.execute(update(models.Connection).where(models.Connection.name == name).values(**values))


def _connection(row: models.Connection) -> Connection:
    kept: dict[str, str] = json.loads(row.secrets or "{}")
    return Connection(
        name=row.name,
        system=row.system,
        settings=row.settings,
        secrets=tuple(kept),
        mapping=row.mapping,
        every=row.every,
        paused=row.paused,
        created_at=row.created_at,
        changed_at=row.changed_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        succeeded_at=row.succeeded_at,
        outcome=row.outcome,
        failure=row.failure,
        reason=row.reason,
        rows=row.rows,
        admitted=row.admitted,
        already_there=row.already_there,
        rejected=row.rejected,
        failures=row.failures,
        next_due=row.next_due,
        position=row.position,
    )
