"""The step that keeps segments right: after each event, each merge or split, and as time passes.

Facts are taken out of new rows only, and only the customers whom something new concerns are looked at again. A new
definition is computed whole, in one transaction: until it is done everybody sees the members of the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cxloop.core.errors import CxloopError
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import Step
from cxloop.unify.identity.queries import POSITION, batch_of, entry_of
from cxloop.unify.segments import queries
from cxloop.unify.segments.definition import Definition, Read, definitions, read
from cxloop.unify.segments.facts import ALL_OF_IT, forget, superseded, take
from cxloop.unify.segments.members import close_all, due_keys, members_now, next_due, pass_time, settle

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Engine
    from cxloop.store.context import Operations

__all__ = ["SEGMENTS", "Touched", "compute", "keep", "mark_of", "touched"]

_CODE = "1"
MOST_TOUCHED = 100_000
"""Where more customers are concerned, everybody is looked at: one pass is faster than so many look-ups."""
MOST_MOMENTS = 20_000
"""Where time has made more changes than this, because nobody was there for long, they count from now on."""


def mark_of(segment: str) -> str:
    """Returns the name of the watermark of a segment."""
    return f"unify.segment.{segment}"


@dataclass(frozen=True)
class _Known:
    """What the engine's tables say of a segment that is computed."""

    version: int | None
    clock: datetime | None
    digest: str | None
    position: int | None

    def goes_on(self, digest: str, position: int) -> bool:
        """Whether its facts are those of the definition, and as new as those of the other segments."""
        return self.digest == digest and self.position == position


def _version(analysis: Analysis) -> str:
    """Changes with the definitions: then the step runs, and finds out itself what has to be computed."""
    said = "\n".join(f"{each.name} {each.version} {each.where}" for each in _defined(analysis))
    return f"{_CODE}.{EVENT_CATALOGUE.version(analysis)}.{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _defined(analysis: Analysis) -> list[Definition]:
    # A part gets its definitions as a value; that unify may ask the records itself is what Operations says.
    store = getattr(analysis, "store", None)
    return [] if store is None else definitions(cast("Operations", analysis).store)


def _digest(analysis: Analysis, definition: Definition) -> str:
    """Another one means that everything is computed anew: definition, catalogue or code have changed."""
    declared = analysis.experience.model_dump_json(include={"dimension"})
    said = f"{_CODE}\n{definition.where}\n{EVENT_CATALOGUE.version(analysis)}\n{declared}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _run(analysis: Analysis, _since: int | None, now: datetime) -> None:
    """Brings every segment up to date; each has its own watermark, so that one definition costs no other one."""
    engine = analysis.engine
    position = int(engine.fetch(POSITION)["position"][0].as_py())
    known = _known(engine)
    wanted = _defined(analysis)
    _drop(engine, [name for name in known if name not in {each.name for each in wanted}], analysis.as_of)
    news = _News(engine, max((each.position for each in known.values() if each.position is not None), default=-1))
    lines = [_one(analysis, each, known.get(each.name), news) for each in wanted]
    _write_lines(engine, lines, position, now)


def _known(engine: Engine) -> dict[str, _Known]:
    marks = {row["derivation"]: row for row in engine.fetch(queries.MARKS).to_pylist()}
    found = {}
    for row in engine.fetch(queries.KNOWN).to_pylist():
        mark = marks.get(mark_of(row["segment"]), {})
        found[row["segment"]] = _Known(row["version"], row["clock"], mark.get("version"), mark.get("position"))
    return found


def _drop(engine: Engine, names: Sequence[str], at: datetime) -> None:
    for name in names:
        close_all(engine, name, at)
        forget(engine, name)
    if names:
        engine.delete("segments", "segment", list(names))
        engine.delete("watermarks", "derivation", [mark_of(name) for name in names])


@dataclass(frozen=True)
class _Line:
    """What is noted of a segment after a run; `digest` is None where it could not be computed."""

    name: str
    row: Mapping[str, Any]
    digest: str | None


def _one(analysis: Analysis, definition: Definition, before: _Known | None, news: _News) -> _Line:
    try:
        understood = read(definition.where, analysis.experience)
    except CxloopError as failure:
        shown = before or _Known(None, None, None, None)
        row = {"version": shown.version, "clock": shown.clock, "due_at": None, "problem": failure.message}
        return _Line(definition.name, {**row, "definition": definition.where}, None)
    engine, digest = analysis.engine, _digest(analysis, definition)
    at = _moment(analysis, definition.name, None if before is None else before.clock)
    if before is not None and before.clock is not None and before.clock <= at and before.goes_on(digest, news.position):
        keep(engine, definition.name, understood, before.clock, at, news.touched)
    else:
        compute(engine, definition.name, understood, at)
    return _Line(definition.name, _row(engine, definition, understood, at), digest)


def _moment(analysis: Analysis, segment: str, before: datetime | None) -> datetime:
    """Returns the moment that members shall be those of: never before one that the history tells of already."""
    if before is None or before <= analysis.as_of:
        return analysis.as_of
    empty = analysis.engine.fetch(queries.MOVES, {"segment": segment})["first_at"][0].as_py() is None
    return analysis.as_of if empty else before


def _row(engine: Engine, definition: Definition, understood: Read, at: datetime) -> dict[str, Any]:
    return {
        "version": definition.version,
        "clock": at,
        "due_at": next_due(engine, definition.name, understood, at),
        "problem": None,
        "definition": definition.where,
    }


def _write_lines(engine: Engine, lines: Sequence[_Line], position: int, now: datetime) -> None:
    import pyarrow as pa

    if not lines:
        return
    rows = [{"segment": line.name, **line.row} for line in lines]
    moments: dict[str, pa.DataType] = dict.fromkeys(("clock", "due_at"), pa.timestamp("us"))
    texts: dict[str, pa.DataType] = dict.fromkeys(("segment", "definition", "problem"), pa.string())
    shape = pa.schema([*texts.items(), *moments.items(), ("version", pa.int64())])
    engine.replace("segments", pa.Table.from_pylist(rows, schema=shape))
    marks = [
        {"derivation": mark_of(line.name), "version": line.digest, "position": position, "updated_at": now}
        for line in lines
        if line.digest is not None
    ]
    if marks:
        engine.replace("watermarks", pa.Table.from_pylist(marks))


@dataclass(frozen=True)
class Touched:
    """Whom something new concerns: customers, present and former, and all keys of the present ones."""

    batch: int
    customers: Sequence[int]
    keys: Sequence[int]


class _News:
    """What is new since the last run; asked once, however many segments there are, and only if one asks."""

    def __init__(self, engine: Engine, position: int) -> None:
        self.position = position
        self._engine = engine

    @cached_property
    def touched(self) -> Touched:
        """Whom it concerns. The facts that new rows take back are removed, of all segments at once."""
        batch, entry = batch_of(self.position), entry_of(self.position)
        again = superseded(self._engine, batch)
        return touched(self._engine, batch, entry, again)


def touched(engine: Engine, batch: int, entry: int, keys: Sequence[int] = ()) -> Touched:
    """Returns whom what came after a batch and an entry of the ledger concerns, and some keys besides."""
    rows = engine.fetch(queries.TOUCHED, {"batch": batch, "entry": entry, "keys": list(keys)})
    customers, of_them = (np.unique(rows[name].to_numpy()) for name in ("customer_id", "key_id"))
    return Touched(batch, np.union1d(customers, of_them).tolist(), of_them.tolist())


_NO_BATCH = 2**62
"""After all batches and entries: nothing is new but what is named."""


def compute(engine: Engine, segment: str, understood: Read, at: datetime) -> None:
    """Computes a segment from the whole log."""
    forget(engine, segment)
    take(engine, segment, understood, ALL_OF_IT)
    settle(engine, segment, members_now(engine, segment, understood, at), at)


def keep(engine: Engine, segment: str, understood: Read, before: datetime, at: datetime, news: Touched) -> None:
    """Brings a segment from one moment to another, by what time changed and by what is new.

    Args:
        engine: the engine.
        segment: the segment.
        understood: its definition.
        before: the moment that its members are those of.
        at: the moment that they shall be those of.
        news: whom something new concerns.
    """
    if at > before:
        _age(engine, segment, understood, before, at)
    if not news.customers:
        return
    take(engine, segment, understood, news.batch)
    _decide(engine, segment, understood, at, news)


def _age(engine: Engine, segment: str, understood: Read, before: datetime, at: datetime) -> None:
    """Lets time pass, by the facts that there are."""
    due = due_keys(engine, segment, understood, before, at)
    if not len(due):
        return
    whom = touched(engine, _NO_BATCH, _NO_BATCH, sorted(set(due)))
    if len(due) > MOST_MOMENTS:
        _decide(engine, segment, understood, at, whom)
    else:
        pass_time(engine, segment, understood, before, at, whom.keys)


def _decide(engine: Engine, segment: str, understood: Read, at: datetime, whom: Touched) -> None:
    """Looks at some customers anew, or at all where they are many."""
    if len(whom.customers) > MOST_TOUCHED:
        settle(engine, segment, members_now(engine, segment, understood, at), at)
    else:
        members = members_now(engine, segment, understood, at, whom.keys)
        settle(engine, segment, members, at, whom.customers)


SEGMENTS = Step(
    name="unify.segments",
    table="segment_members",
    inputs=("interactions", "event_catalogue", "event_codes", "traits", "consents", "customer_keys"),
    version=_version,
    run=_run,
    position=POSITION,
    due=queries.DUE_AT,
)
"""Runs after identities and customers, and whenever a moment has come at which a window ends."""
