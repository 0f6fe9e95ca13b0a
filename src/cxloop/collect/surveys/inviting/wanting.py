"""Whom a wave wants at a moment: members of a segment, the customers of a list, or those to whom something happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.inviting.plans import EVERYBODY, WavePlan
from cxloop.collect.surveys.inviting.sampling import drawn
from cxloop.core.errors import UnknownNameError
from cxloop.core.expr import ValueType, names, parse
from cxloop.core.time import moved
from cxloop.engine.dimensions import LOG_FACTS, dimensions_of, log_source
from cxloop.engine.quoting import column_node
from cxloop.engine.segments import segment_names
from cxloop.outreach.budget.values import Times, span_of, us_of
from cxloop.store.surveys import invitations

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Value
    from cxloop.engine.query import Slots
    from cxloop.store.context import Operations
    from cxloop.store.surveys.waves import WaveRecord

__all__ = ["SUBJECTS", "Want", "check_event", "events_between", "members", "of_wave", "rounds_between"]

SUBJECTS = ("location", "product", "team", "employee", "brand", "region", "campaign")
"""What of an event a survey may show and is kept with its answers."""
_NAMES: Mapping[str, ValueType] = {"name": "text", "path": "text", "outcome": "text", "value": "number"}


class Want(NamedTuple):
    """A customer whom a wave wants.

    Attributes:
        customer: the number.
        trigger: what asks: nothing asks twice.
        at: when at the earliest, microseconds UTC.
        hidden: what the survey may know besides.
        again: whether this customer stands in the same list before.
    """

    customer: int
    trigger: str
    at: int
    hidden: Mapping[str, Any]
    again: bool = False


@dataclass(frozen=True)
class Round:
    """What a wave wants now, in the order in which it is decided, and where it stands afterwards.

    Attributes:
        wants: the customers.
        position: of the wave, once all of them are decided.
        resumes: whether the position says how far the list is done while it is under way.
        next_at: when the wave is looked at again; None where it is done.
    """

    wants: Sequence[Want]
    position: str
    resumes: bool
    next_at: datetime | None


def of_wave(ws: Operations, wave: WaveRecord, plan: WavePlan, now: datetime) -> Round:
    """Returns whom a wave wants at a moment.

    Raises:
        UnknownNameError: its segment, or a name in its condition, is gone.
    """
    if plan.event is not None:
        return _after_events(ws, wave, plan, now)
    number, begins = _round(wave, plan, now)
    wants = list(_spread(_listed(ws, plan), plan, f"{wave.id}.{number}", begins))
    done, _, last = wave.position.partition(":")
    if last and int(done) == number:
        wants = [each for each in wants if each.customer > int(last)]
    next_at = None if plan.every is None else _begin(wave, plan, number + 1)
    return Round(wants, f"{number + 1}:" if plan.every else f"{number}:done", True, next_at)


def rounds_between(
    ws: Operations, wave: WaveRecord, plan: WavePlan, since: datetime, until: datetime
) -> list[tuple[datetime, list[Want]]]:
    """Returns the rounds of a wave that began in a stretch of time, with whom they wanted; members are today's."""
    found, number = [], 0
    listed = _listed(ws, plan) if plan.segment or plan.people else _asked(ws, wave)
    while (begins := _begin(wave, plan, number)) < until:
        if begins >= since:
            found.append((begins, list(_spread(listed, plan, f"{wave.id}.{number}", begins))))
        if plan.every is None:
            break
        number += 1
    return found


def members(ws: Analysis, segment: str) -> Times:
    """Returns the members of a segment, or everybody, by number.

    Raises:
        UnknownNameError: there is no such segment.
    """
    if segment == EVERYBODY:
        table = ws.engine.fetch(queries.EVERYBODY)
    else:
        known = segment_names(ws.engine)
        if segment not in known:
            raise UnknownNameError("segment", segment, [*known, EVERYBODY])
        table = ws.engine.fetch(queries.MEMBERS, {"segment": segment})
    found: Times = table.column("customer_id").to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def check_event(ws: Analysis, condition: str) -> None:
    """Raises InputError where a condition on events cannot be used."""
    _slots(ws, condition)


def events_between(ws: Analysis, condition: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Returns what happened in a stretch of time and fits a condition."""
    given: dict[str, Value] = {"since": since, "until": until}
    return ws.engine.fetch(queries.PAST_EVENTS, given, _slots(ws, condition)).to_pylist()


def want_of(event: Mapping[str, Any], plan: WavePlan) -> Want:
    """Returns the want that an event raises."""
    hidden = {name: event[name] for name in SUBJECTS if event[name] is not None}
    at = us_of(moved(event["occurred_at"], plan.delay))
    return Want(int(event["customer_id"]), f"{event['source']}/{event['message_id']}", at, hidden)


def _after_events(ws: Operations, wave: WaveRecord, plan: WavePlan, now: datetime) -> Round:
    upto = int(ws.engine.fetch(queries.LAST_BATCH)["batch"][0].as_py())
    given: dict[str, Value] = {"after": int(wave.position or 0), "upto": upto}
    rows = ws.engine.fetch(queries.EVENTS, given, _slots(ws, plan.event or "")).to_pylist() if upto else []
    # what was imported of years ago is no reason to ask today
    fresh = [row for row in rows if moved(row["occurred_at"], plan.delay) + _term(plan.wait) >= now]
    return Round([want_of(row, plan) for row in fresh], str(upto), False, now + LOOK)


LOOK = timedelta(minutes=1)
"""How often a wave looks for new events."""


def _term(term: str) -> timedelta:
    return timedelta(microseconds=span_of(term))


def _slots(ws: Analysis, condition: str) -> Slots:
    """The condition as a node, and the log with what it needs beside it."""
    from sqlglot import exp

    from cxloop.engine.expression import compile as compile_expression

    known = dimensions_of(ws)
    tree = parse(condition)
    own = {name for name in names(tree) if name in _NAMES or name in LOG_FACTS}
    needed = [known.resolve(name) for name in sorted(set(names(tree)) - own)]
    types: dict[str, ValueType] = {**dict.fromkeys((each.name for each in needed), "text"), **LOG_FACTS, **_NAMES}

    def resolve(name: str) -> Any:
        if name in ("name", "path"):
            return column_node(name, "e")
        return column_node(name, "i") if name in own else known.resolve(name).node

    source = log_source(needed)
    if own & {"name", "path"}:
        table = exp.Table(this=exp.to_identifier("event_codes"), alias=exp.TableAlias(this=exp.to_identifier("e")))
        on = exp.EQ(this=column_node("event_code", "e"), expression=column_node("event_code", "i"))
        source.append("joins", exp.Join(this=table, side="LEFT", on=on))
    return {"log": source, "holds": exp.paren(compile_expression(tree, resolve, types), copy=False)}


def _round(wave: WaveRecord, plan: WavePlan, now: datetime) -> tuple[int, datetime]:
    """The number of the round that is on, and when it began: rounds that nobody was there to run are passed over."""
    done = wave.position.partition(":")[0]
    number = int(done) if done else 0
    if plan.every is not None:
        while _begin(wave, plan, number + 1) <= now:
            number += 1
    return number, _begin(wave, plan, number)


def _begin(wave: WaveRecord, plan: WavePlan, number: int) -> datetime:
    moment = wave.starts_at
    for _ in range(number if plan.every else 0):
        moment = moved(moment, plan.every or "0m")
    return moment


def _listed(ws: Operations, plan: WavePlan) -> list[tuple[int, Mapping[str, Any]]]:
    """Customers with what the list says of them, by number."""
    if plan.segment is not None:
        return [(customer, {}) for customer in members(ws, plan.segment).tolist()]
    keys = sorted({each.key for each in plan.people})
    table = ws.engine.fetch(queries.KNOWN, {"keys": keys})
    whose = {int(row["key_id"]): int(row["customer_id"]) for row in table.to_pylist()}
    rows: list[tuple[int, Mapping[str, Any]]]
    rows = [(whose[each.key], each.hidden) for each in plan.people if each.key in whose]
    return sorted(rows, key=lambda row: row[0])


def _asked(ws: Operations, wave: WaveRecord) -> list[tuple[int, Mapping[str, Any]]]:
    """The customers of a list that is done, from its invitations."""
    keys = invitations.keys_of(ws.store, wave.id)
    rows = ws.engine.fetch(queries.KNOWN, {"keys": sorted(set(keys))}).to_pylist() if keys else []
    whose = {int(row["key_id"]): int(row["customer_id"]) for row in rows}
    return [(customer, {}) for customer in sorted(whose[key] for key in keys if key in whose)]


def _spread(
    rows: Sequence[tuple[int, Mapping[str, Any]]], plan: WavePlan, prefix: str, begins: datetime
) -> Iterator[Want]:
    start = us_of(begins)
    length = 0 if plan.spread is None else span_of(plan.spread)
    customers = np.array([customer for customer, _ in rows], dtype=np.int64)
    late = (drawn(customers, plan.seed + 1) * length).astype(np.int64).tolist()
    before, times = None, 0
    for (customer, hidden), wait in zip(rows, late, strict=True):
        times = times + 1 if customer == before else 0
        suffix = f".{times}" if times else ""
        yield Want(customer, f"wave {prefix}.{customer}{suffix}", start + wait, hidden, again=times > 0)
        before = customer
