"""Derivations: tables computed from other tables, with their inputs, version and incremental update.

A part describes a derivation; only the runtime runs it, with `derive`, keeps its watermark and writes its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cxloop.core.schema import table
from cxloop.engine.base import Analysis, Engine
from cxloop.engine.query import Query

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LATEST_BATCH", "Changes", "Derivation", "Derived", "Step", "derive", "is_due"]

LATEST_BATCH = Query(
    name="engine.latest_batch",
    sql="select coalesce(max(batch), 0) as position from interactions where batch >= $since",
    inputs=("interactions",),
    parameters={"since": "bigint"},
    output={"position": "bigint"},
)
"""The last admission to the log, where any came since one; most derivations catch up by it."""

_WATERMARK = Query(
    name="engine.watermark",
    sql="select version, position from watermarks where derivation = $derivation",
    inputs=("watermarks",),
    output={"version": "text", "position": "bigint"},
    parameters={"derivation": "text"},
)


class Changes(NamedTuple):
    """What an update does to a table: rows in place of those with the same key, and rows that are gone."""

    rows: pa.Table
    gone: Sequence[int] = ()
    """Values of the table's first key column (a bigint) whose rows are removed."""


@dataclass(frozen=True)
class Derivation:
    """A table computed from other tables.

    Attributes:
        name: dotted, part first; the name of its watermark.
        table: the table of the schema that it fills.
        inputs: the tables it reads.
        version: the version of code and settings; another one than last time means a full rebuild.
        update: given a position, the rows that are new or changed since, and which are gone; given None, all rows.
        position: the query of how far the inputs have come (one bigint called `position`). Where it takes `$since`, the
            position of the last time, it need not look at what came before.
        rows: the query behind `update`, where it is one and its only parameter is `$after`: for who is limited to some
            rows, the table is computed anew from these. Without it, `engine.scope` needs a rule for the table.
    """

    name: str
    table: str
    inputs: tuple[str, ...]
    version: Callable[[Analysis], str]
    update: Callable[[Analysis, int | None], pa.Table | Changes]
    position: Query = LATEST_BATCH
    rows: Query | None = None


@dataclass(frozen=True)
class Step:
    """Work between derivations that writes several tables itself, such as the identity ledger's.

    Attributes:
        name: dotted, part first; the name of its watermark.
        table: the table that it is mainly about; what people are told.
        inputs: the tables it reads.
        version: the version of code and settings; another one than last time means that it starts anew.
        run: given the analysis, a position (None for everything) and the moment that counts as now; called inside the
            transaction that moves the watermark.
        position: the query of how far the inputs have come (one bigint called `position`).
        due: the query of when the passing of time alone makes work (one timestamp called `due_at`, null for never); the
            moment that counts as now is then `as_of`.
        adds: whether it may add to its own inputs, so that its position is another one afterwards.
    """

    name: str
    table: str
    inputs: tuple[str, ...]
    version: Callable[[Analysis], str]
    run: Callable[[Analysis, int | None, datetime], None]
    position: Query = LATEST_BATCH
    due: Query | None = None
    adds: bool = True


Derived: TypeAlias = Derivation | Step


def derive(analysis: Analysis, derivation: Derived, *, now: datetime) -> bool:
    """Brings what a derivation or step writes up to date, in one transaction with its watermark.

    Args:
        analysis: the workspace.
        derivation: what to bring up to date.
        now: when this happens, UTC without zone.

    Returns:
        Whether there was anything to do.
    """
    engine = analysis.engine
    version = derivation.version(analysis)
    late = is_due(analysis, derivation)
    commits = engine.commits()
    seen = _seen(engine, derivation)
    if not late and (seen.version, seen.mark) == (version, seen.position):
        return False
    with engine.transaction():
        if engine.commits() != commits:  # another writer has gone first
            seen = _seen(engine, derivation)
        position, since = seen.position, seen.mark if seen.version == version else None
        if not late and since is not None and since >= position:
            return False
        if isinstance(derivation, Step):
            derivation.run(analysis, since, now)
            if derivation.adds:
                position = _position(engine, derivation, seen.mark)
        else:
            _write(engine, derivation.table, derivation.update(analysis, since), whole=since is None)
        _set_mark(engine, derivation, version, position, now)
    return True


def is_due(analysis: Analysis, derivation: Derived) -> bool:
    """Returns whether the passing of time alone makes work for a derivation or step."""
    if not isinstance(derivation, Step) or derivation.due is None:
        return False
    due_at = analysis.engine.rows(derivation.due)[0]["due_at"]
    return due_at is not None and due_at <= analysis.as_of


def _write(engine: Engine, name: str, update: pa.Table | Changes, *, whole: bool) -> None:
    rows, gone = update if isinstance(update, Changes) else (update, ())
    engine.replace(name, rows, whole=whole)
    if gone and not whole:
        engine.delete(name, table(name).key[0], gone)


def _position(engine: Engine, derivation: Derived, since: int) -> int:
    query = derivation.position
    return int(engine.rows(query, {"since": since} if query.parameters else {})[0]["position"])


class _Seen(NamedTuple):
    """With which version a derivation ran last, up to where, and how far its inputs have come."""

    version: str | None
    mark: int
    position: int


def _seen(engine: Engine, derivation: Derived) -> _Seen:
    found = engine.rows(_WATERMARK, {"derivation": derivation.name})
    version, mark = (found[0]["version"], found[0]["position"]) if found else (None, 0)
    return _Seen(version, mark, _position(engine, derivation, mark))


def _set_mark(engine: Engine, derivation: Derived, version: str, position: int, now: datetime) -> None:
    import pyarrow as pa

    mark: dict[str, list[object]] = {
        "derivation": [derivation.name],
        "version": [version],
        "position": [position],
        "updated_at": [now],
    }
    engine.replace("watermarks", pa.table(mark))
