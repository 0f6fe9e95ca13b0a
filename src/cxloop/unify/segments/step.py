"""The step that keeps segments right: after each event, each merge or split, and as time passes.

Facts are taken out of new rows only, and only the customers whom something new concerns are looked at again. A new
definition is computed whole, in one transaction: until it is done everybody sees the members of the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from cxloop.core.errors import CxloopError
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import Step
from cxloop.unify.identity.queries import POSITION, batch_of, entry_of
from cxloop.unify.identity.step import identity_version
from cxloop.unify.segments import queries, showing
from cxloop.unify.segments.definition import Definition, definitions
from cxloop.unify.segments.facts import ALL_OF_IT, check_size, forget, superseded, take
from cxloop.unify.segments.members import (
    Customers,
    as_us,
    close_all,
    due_keys,
    from_us,
    members_now,
    next_due,
    pass_time,
    settle,
)
from cxloop.unify.segments.prepared import Prepared, prepare

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Engine, Value
    from cxloop.store.context import Operations

__all__ = ["NAME", "SEGMENTS"]

NAME = "unify.segments"
_CODE = "1"
MOST_TOUCHED = 100_000
"""Where more customers are concerned, everybody is looked at: one pass is faster than so many look-ups."""
MOST_MOMENTS = 20_000
"""Where time has made more changes than this, because nobody was there for long, they count from now on."""


@dataclass(frozen=True)
class _Line:
    """What the table `segments` says of one."""

    segment: str
    version: int | None = None
    definition: str | None = None
    digest: str | None = None
    clock: datetime | None = None
    due_at: datetime | None = None
    problem: str | None = None


def _version(analysis: Analysis) -> str:
    """Changes with the definitions: then the step runs, and finds out itself what has to be computed."""
    said = "\n".join(f"{each.name} {each.version} {each.where}" for each in _defined(analysis))
    return _short(f"{_surroundings(analysis)}\n{said}")


def _surroundings(analysis: Analysis) -> str:
    """What members depend on besides the definition: code, catalogue, dimensions, and the rules of who is who."""
    declared = analysis.experience.model_dump_json(include={"dimension"})
    return "\n".join((_CODE, EVENT_CATALOGUE.version(analysis), identity_version(analysis), declared))


def _short(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _defined(analysis: Analysis) -> list[Definition]:
    # A part gets its definitions as a value; that unify may ask the records itself is what Operations says.
    store = getattr(analysis, "store", None)
    return [] if store is None else definitions(cast("Operations", analysis).store)


def _digest(analysis: Analysis, definition: Definition) -> str:
    """Another one means that everything is computed anew: definition, catalogue or code have changed."""
    return _short(f"{definition.where}\n{_surroundings(analysis)}")


def _run(analysis: Analysis, _since: int | None, _now: datetime) -> None:
    """Brings every segment up to date: those whose definition is new whole, the others by what is new."""
    engine = analysis.engine
    known = {row["segment"]: _Line(**row) for row in engine.rows(queries.KNOWN)}
    wanted = _defined(analysis)
    gone = [name for name in known if name not in {each.name for each in wanted}]
    _drop(engine, gone, analysis.as_of)
    if wanted:
        # asked by itself: to the step, another definition of one segment looks like a new beginning of all
        seen = engine.rows(queries.SEEN, {"derivation": NAME})[0]
        run = _Run(analysis, seen["position"], revised=bool(seen["revisions"]))
        _write(engine, [run.line(each, known.get(each.name, _Line(each.name))) for each in wanted])


def _drop(engine: Engine, names: Sequence[str], at: datetime) -> None:
    for name in names:
        close_all(engine, name, at)
        forget(engine, name)
    if names:
        engine.delete("segments", "segment", list(names))


def _write(engine: Engine, lines: Sequence[_Line]) -> None:
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(("segment", "definition", "digest", "problem"), pa.string()),
        "version": pa.int64(),
        **dict.fromkeys(("clock", "due_at"), pa.timestamp("us")),
    }
    columns = {name: pa.array([getattr(line, name) for line in lines], kind) for name, kind in kinds.items()}
    engine.replace("segments", pa.table(columns))


@dataclass(frozen=True)
class Touched:
    """Whom something new concerns: customers, present and former, and all keys of the present ones.

    Where they are too many to be named, `everybody` stands for them.
    """

    customers: Sequence[int] = ()
    keys: Sequence[int] = ()
    everybody: bool = False

    def __bool__(self) -> bool:
        return self.everybody or bool(self.customers)


def touched(engine: Engine, changed: Customers) -> Touched:
    """Returns the customers, present and former, of keys and former customers, with all their keys."""
    if changed.size > MOST_TOUCHED:
        return Touched(everybody=True)
    if not changed.size:
        return Touched()
    kin = engine.rows(queries.KIN, {"keys": changed.tolist()})
    owned = np.array([row["key_id"] for row in kin], np.int64)
    # who belongs to nobody else is a customer; the others' customers are their owners
    alone = np.setdiff1d(changed, owned)
    present = np.union1d(alone, np.array([row["customer_id"] for row in kin], np.int64))
    return Touched(np.union1d(changed, present).tolist(), np.union1d(present, owned).tolist())


@dataclass(frozen=True)
class _Run:
    """One run over all segments; what is new is asked once, however many there are.

    Attributes:
        analysis: the workspace.
        seen: position up to which log and ledger have been seen; None where all is made anew.
        revised: whether the log holds any revision.
    """

    analysis: Analysis
    seen: int | None
    revised: bool

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self.analysis.engine

    @cached_property
    def news(self) -> Touched:
        """Whom new rows and entries concern. The facts that they take back are removed, of all segments at once."""
        batch = batch_of(self.seen)
        again = superseded(self.engine, batch) if self.revised else []
        since: dict[str, Value] = {"batch": batch, "entry": entry_of(self.seen), "most": MOST_TOUCHED + 1}
        changed = [row["customer_id"] for row in self.engine.rows(queries.CHANGED, since)]
        return touched(self.engine, np.unique(np.array([*changed, *again], np.int64)))

    def line(self, definition: Definition, before: _Line) -> _Line:
        """Brings one segment up to date, and returns what is noted of it."""
        digest = None
        try:
            prepared = prepare(definition.where, self.analysis.experience)
            digest = _digest(self.analysis, definition)
            known = self.seen is not None and before.digest == digest
            if known and before.problem is not None:
                return before  # by its size: the whole log is not counted again with each event
            if not known:
                check_size(self.engine, prepared)
        except CxloopError as failure:
            said = (digest, before.clock, None, failure.message)
            return _Line(before.segment, before.version, definition.where, *said)
        at = self._moment(before)
        if known and before.clock is not None and before.clock <= at:
            due = self._keep(before, prepared, at)
        else:
            due = self._compute(before.segment, prepared, at)
        # what ends after the last moment that a calendar knows never ends
        due_at = None if due is None or due > as_us(datetime.max) else from_us(due)
        return _Line(before.segment, definition.version, definition.where, digest, at, due_at)

    def _moment(self, before: _Line) -> datetime:
        """Returns the moment that members shall be those of: never before one that the history tells of already."""
        as_of = self.analysis.as_of
        if before.clock is None or before.clock <= as_of:
            return as_of
        empty = self.engine.fetch(showing.MOVES, {"segment": before.segment})["first_at"][0].as_py() is None
        return as_of if empty else before.clock

    def _compute(self, segment: str, prepared: Prepared, at: datetime) -> int | None:
        """Computes a segment from the whole log; returns when time changes something next."""
        forget(self.engine, segment)
        due = take(self.engine, segment, prepared, ALL_OF_IT, after_us=as_us(at), revised=self.revised)
        settle(self.engine, segment, members_now(self.engine, segment, prepared, at), at)
        return due

    def _keep(self, before: _Line, prepared: Prepared, at: datetime) -> int | None:
        """Brings a segment to another moment, by what time changed and by what is new; returns what is due next."""
        segment, due = before.segment, None if before.due_at is None else as_us(before.due_at)
        assert before.clock is not None
        if before.due_at is not None and before.due_at <= at:
            self._age(segment, prepared, before.clock, at)
            due = next_due(self.engine, segment, prepared, at)
        if not self.news:
            return due
        batch = batch_of(self.seen)
        new = take(self.engine, segment, prepared, batch, after_us=as_us(at), revised=self.revised)
        self._decide(segment, prepared, at, self.news)
        return min((each for each in (due, new) if each is not None), default=None)

    def _age(self, segment: str, prepared: Prepared, before: datetime, at: datetime) -> None:
        """Lets time pass, by the facts that there are."""
        due = due_keys(self.engine, segment, prepared, before, at)
        if not due:
            return
        whom = touched(self.engine, np.unique(np.array(due, np.int64)))
        if len(due) > MOST_MOMENTS or whom.everybody:
            self._decide(segment, prepared, at, whom)
        else:
            pass_time(self.engine, segment, prepared, before, at, whom.keys)

    def _decide(self, segment: str, prepared: Prepared, at: datetime, whom: Touched) -> None:
        """Looks at some customers anew, or at all where they are many."""
        if whom.everybody:
            settle(self.engine, segment, members_now(self.engine, segment, prepared, at), at)
        else:
            members = members_now(self.engine, segment, prepared, at, whom.keys)
            settle(self.engine, segment, members, at, whom.customers)


SEGMENTS = Step(
    name=NAME,
    table="segment_members",
    inputs=("interactions", "event_catalogue", "event_codes", "traits", "consents", "customer_keys"),
    version=_version,
    run=_run,
    position=POSITION,
    due=queries.DUE_AT,
    adds=False,
)
"""Runs after identities and customers, and whenever a moment has come at which a window ends."""
