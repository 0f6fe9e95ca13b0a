"""A pull from beginning to end: read in a child process, import what landed, write down how it ended."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from cxloop.collect.connectors.base import PASSING, SourceError
from cxloop.collect.connectors.failures import redacted
from cxloop.collect.connectors.forms import Parted, opened
from cxloop.collect.connectors.importing import Taken, take
from cxloop.collect.connectors.landing import Place
from cxloop.collect.connectors.running import Job, run
from cxloop.collect.connectors.systems import connector, ready_mapping
from cxloop.collect.files.sources import INBOX
from cxloop.collect.results import Pull
from cxloop.core.errors import CxloopError, InputError
from cxloop.core.time import parse_duration
from cxloop.core.wording import count
from cxloop.store import connections
from cxloop.store.connections import Connection, Run
from cxloop.store.context import Operations

__all__ = ["FIRST_PAUSE", "First", "alone", "first_rows", "is_running", "next_due", "pull"]

FIRST_PAUSE = timedelta(minutes=1)
"""After the first failure that may pass by itself; doubled after each further one, up to the usual pause."""
_running: set[Path] = set()
_guard = threading.Lock()


@dataclass
class _Heard:
    """What a child said on the way."""

    rows: int = 0
    position: str = ""
    notes: list[str] = field(default_factory=list)


def pull(ws: Operations, name: str, *, leave_out: bool = False) -> Pull:
    """Pulls a connection now, whether or not it is due.

    Args:
        ws: the workspace; its `heavy` lane is entered only while something is imported.
        name: the connection.
        leave_out: whether files that cannot be read are left out for good.

    Raises:
        SourceError: the source cannot be read, or only in part; the reason is kept as well.
        MistakesError: the mapping does not fit the rows; they wait for a corrected one.
        UnknownNameError: there is no such connection.
    """
    connection = connections.get(ws.store, name)
    if not connector(connection.system).pulls:
        raise InputError(f"{name} cannot be pulled: {connection.system} sends by itself. See: cxloop collect intake.")
    began = perf_counter()
    with alone(ws, name):
        connections.started(ws.store, name)
        taken, heard = Taken(), _Heard()
        try:
            _pull(ws, connection, taken, heard, leave_out=leave_out)
        except CxloopError as failure:
            _end(ws, connection, taken, heard, failure)
            raise
        except BaseException as failure:
            broken = SourceError(f"It was broken off ({type(failure).__name__}).", "interrupted")
            _end(ws, connection, taken, heard, broken)
            raise
        _end(ws, connection, taken, heard, None)
    return Pull(
        name=name,
        rows=taken.rows,
        admitted=taken.admitted,
        already_there=taken.already_there,
        rejected=taken.rejected,
        left_out=taken.left_out,
        seconds=perf_counter() - began,
        position=heard.position or connection.position,
        imports=tuple(taken.imports),
        reasons=tuple(taken.reasons),
        notes=tuple(dict.fromkeys([*heard.notes, *taken.notes])),
    )


@contextmanager
def alone(ws: Operations, name: str) -> Iterator[None]:
    """One pull of a connection at a time; a child of a process that was killed is held off by a lock on its folder."""
    place = ws.path / name
    with _guard:
        if place in _running:
            raise SourceError(f"{name} is being pulled at this moment already.", "busy")
        _running.add(place)
    try:
        yield
    finally:
        with _guard:
            _running.discard(place)


def is_running(ws: Operations, name: str) -> bool:
    """Whether this process pulls a connection now; no other can, since this one owns the workspace."""
    with _guard:
        return ws.path / name in _running


def _pull(ws: Operations, connection: Connection, taken: Taken, heard: _Heard, *, leave_out: bool) -> None:
    place = Place.of(ws.path, connection.name)
    place.make()
    mapping = connection.mapping or ready_mapping(connection.system)
    if mapping is None:
        raise InputError(f"{connection.name} has no mapping. Give it one: cxloop collect connect ... --mapping FILE.")

    def bring_in(*, finally_: bool = False) -> None:
        taken.merge(take(ws, place, connection.name, mapping, leave_out=leave_out and finally_))

    bring_in()  # of a pull that was killed, or that a mapping did not suit
    failed: SourceError | None = None
    try:
        _extract(ws, connection, place, heard, bring_in)
    except SourceError as failure:
        failed = failure
    bring_in(finally_=True)
    if failed is not None:
        raise failed
    if taken.unread:
        raise SourceError(_unread(connection.name, taken), "schema")


def _extract(ws: Operations, connection: Connection, place: Place, heard: _Heard, bring_in: Any) -> None:
    job = _job(ws, connection, place)

    def hear(message: Mapping[str, Any]) -> None:
        if "rows" in message:
            heard.rows = int(message["rows"])
            ws.progress(f"Pulling {connection.name}: {count(heard.rows)} rows", None)
        if "landed" in message:
            bring_in()
        if "note" in message:
            heard.notes.append(str(message["note"]))
        if "position" in message:
            heard.position = str(message["position"])

    run(job, hear)


def _job(ws: Operations, connection: Connection, place: Place) -> Job:
    try:
        sealed = connections.secrets_of(ws.store, connection.name)
    except InputError as failure:
        raise SourceError(failure.message, "settings") from None
    settings, secrets = opened(connector(connection.system), Parted(dict(connection.settings), sealed))
    plain = {key: value for key, value in settings.model_dump(mode="json").items() if key not in secrets}
    return Job(connection.system, plain, secrets, place.path, ws.path / INBOX)


def _unread(name: str, taken: Taken) -> str:
    shown = list(taken.unread.values())[:3]
    more = f" And {count(len(taken.unread) - 3)} more." if len(taken.unread) > 3 else ""
    files = "1 file waits that" if len(taken.unread) == 1 else f"{count(len(taken.unread))} files wait that"
    return (
        f"{files} cannot be read: {' '.join(shown)}{more} Correct the mapping, or replace the file at its source; "
        f"to do without: cxloop collect pull {name} --leave-out."
    )


def _end(ws: Operations, connection: Connection, taken: Taken, heard: _Heard, failure: CxloopError | None) -> None:
    kind = failure.kind if isinstance(failure, SourceError) else None if failure is None else "schema"
    ended = Run(
        outcome="done" if failure is None else "interrupted" if kind == "interrupted" else "failed",
        reason="" if failure is None else failure.message,
        failure=kind,
        rows=taken.rows,
        admitted=taken.admitted,
        already_there=taken.already_there,
        rejected=taken.rejected,
        position=heard.position,
    )
    connections.finished(ws.store, connection.name, ended, next_due(connection, ws.now(), kind))


def next_due(connection: Connection, now: datetime, failure: str | None) -> datetime | None:
    """Returns when a connection is pulled next, after a pull that ended now.

    Args:
        connection: as it was before the pull.
        now: UTC without zone.
        failure: what kind of failure it ended with, if it failed.
    """
    if connection.every is None:
        return None
    if failure == "interrupted":
        return now
    pause = parse_duration(connection.every)
    if failure in PASSING:
        pause = min(pause, FIRST_PAUSE * 2 ** min(connection.failures, 20))
    return now + pause


@dataclass(frozen=True, slots=True)
class First:
    """The first rows of a source: by resource, as files that an import can be tried with; and what there is to say."""

    rows: tuple[tuple[str, dict[str, Any]], ...]
    notes: tuple[str, ...]


def first_rows(workspace: Path, system: str, kept: Parted, most: int, use: Any) -> Any:
    """Reads the first rows of a source and keeps nothing.

    Args:
        workspace: its folder.
        system: which connector.
        kept: the settings.
        most: rows of each resource.
        use: given the rows and the folder with whole files that were fetched; what it returns is returned.

    Raises:
        SourceError: the source cannot be read.
    """
    settings, secrets = opened(connector(system), kept)
    plain = {key: value for key, value in settings.model_dump(mode="json").items() if key not in secrets}
    (workspace / "sources").mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".trial-", dir=workspace / "sources"))
    rows: list[tuple[str, dict[str, Any]]] = []
    notes: list[str] = []

    def hear(message: Mapping[str, Any]) -> None:
        if "first" in message:
            rows.append((message["first"]["resource"], json.loads(message["first"]["row"])))
        if "note" in message:
            notes.append(redacted(str(message["note"]), secrets))

    try:
        run(Job(system, plain, secrets, folder, workspace / INBOX, trial=True, most=most, quiet_seconds=120.0), hear)
        return use(First(tuple(rows), tuple(notes)), Place(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
