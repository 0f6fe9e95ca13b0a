"""What the verbs about segments say: lists, one segment in full, members, overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import How
from cxloop.core.time import parse_moment, parse_zone
from cxloop.engine.dimensions import period_node
from cxloop.engine.quoting import column_node
from cxloop.store import documents
from cxloop.unify.segments import queries, showing
from cxloop.unify.segments.definition import KIND, Definition, definition, definitions
from cxloop.unify.segments.prepared import prepare
from cxloop.unify.segments.replay import replay
from cxloop.unify.segments.results import (
    Overlap,
    OverlapPair,
    Segment,
    SegmentInFull,
    SegmentMember,
    SegmentMembers,
    SegmentPoint,
    Segments,
    SegmentVersion,
)

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis
    from cxloop.store.context import Operations

__all__ = ["list_members", "list_segments", "one_segment", "overlap_of"]

MOST_OVERLAPS = 20


def list_segments(ws: Operations, days: int) -> Segments:
    """Returns every segment, by name."""
    customers = ws.engine.count("customers")
    known, counts = _known(ws), _counts(ws, days)
    rows = [_row(each, known.get(each.name), counts.get(each.name), customers) for each in definitions(ws.store)]
    return Segments(tuple(rows), customers, days)


def one_segment(ws: Operations, name: str, days: int) -> SegmentInFull:
    """Returns one segment; raises UnknownNameError where there is none."""
    found = definition(ws.store, name)
    customers = ws.engine.count("customers")
    counts = _counts(ws, days)
    segment = _row(found, _known(ws).get(name), counts.get(name), customers)
    others = [each.name for each in definitions(ws.store) if each.name != name]
    history = _history(ws, name, days)
    new = len(history) < 2 and segment.state == "current"
    return SegmentInFull(
        segment=segment,
        customers=customers,
        days=days,
        history=history,
        overlap=tuple(_pairs(ws, [(name, other) for other in others], counts, name)),
        versions=tuple(_version(each) for each in documents.history(ws.store, KIND, name)),
        before=tuple(replay(ws, name, prepare(found.where, ws.experience))) if new else (),
        how=_how(found),
    )


def list_members(ws: Operations, name: str, *, as_of: str | None, limit: int, offset: int) -> SegmentMembers:
    """Returns one page of who is in a segment; raises UnknownNameError or InputError as the verb says."""
    found = definition(ws.store, name)
    known = _known(ws).get(found.name, {})
    clock = known.get("clock")
    at = clock or ws.as_of
    if as_of is not None:
        at = parse_moment(as_of, zone=parse_zone(ws.settings.company.time_zone), now=at)
    asked = {"segment": name, "moment": at, "rows": limit, "first": offset}
    rows = ws.engine.fetch(showing.MEMBERS, asked).to_pylist()
    total = int(rows[0].pop("total")) if rows else 0
    for row in rows[1:]:
        del row["total"]
    return SegmentMembers(name, known.get("version"), at, total, offset, tuple(SegmentMember(**row) for row in rows))


def overlap_of(ws: Operations, names: Sequence[str]) -> Overlap:
    """Returns how far segments hold the same customers; raises as the verb says."""
    every = [each.name for each in definitions(ws.store)]
    for name in names:
        if name not in every:
            raise UnknownNameError("segment", name, every)
    chosen = sorted(set(names)) or every
    if len(chosen) > MOST_OVERLAPS:
        raise InputError(f"{len(chosen)} segments make too many pairs. Name at most {MOST_OVERLAPS}.")
    known = _known(ws)
    clocks = [known[name]["clock"] for name in chosen if known.get(name, {}).get("clock") is not None]
    pairs = tuple(_pairs(ws, combinations(chosen, 2), _counts(ws, 1), ""))
    return Overlap(tuple(chosen), ws.engine.count("customers"), min(clocks, default=None), pairs)


def _known(ws: Analysis) -> dict[str, dict[str, Any]]:
    return {row["segment"]: row for row in ws.engine.fetch(queries.KNOWN).to_pylist()}


def _counts(ws: Analysis, days: int) -> dict[str, dict[str, int]]:
    since = ws.as_of - timedelta(days=days)
    rows = ws.engine.fetch(showing.MEMBER_COUNTS, {"since": since}).to_pylist()
    return {row["segment"]: row for row in rows}


def _row(
    found: Definition, known: Mapping[str, Any] | None, counts: Mapping[str, int] | None, customers: int
) -> Segment:
    shown = known or {"version": None, "clock": None, "problem": None, "definition": None}
    numbers = counts or {"members": 0, "entered": 0, "gone": 0}
    broken = shown["problem"] is not None and shown["definition"] == found.where
    # a version that differs in words for people only needs no computing
    current = shown["version"] is not None and shown["definition"] == found.where
    return Segment(
        name=found.name,
        where=found.where,
        about=found.about,
        version=found.version,
        shown=shown["version"],
        state="broken" if broken else "current" if current else "pending",
        problem=shown["problem"] if broken else "",
        members=numbers["members"],
        share=numbers["members"] / customers if customers else None,
        entered=numbers["entered"],
        left=numbers["gone"],
        at=shown["clock"],
        changed_at=found.created_at,
    )


def _version(document: documents.Definition) -> SegmentVersion:
    content = document.content
    return SegmentVersion(document.version, str(content["where"]), str(content["about"]), document.created_at)


def _history(ws: Operations, name: str, days: int) -> tuple[SegmentPoint, ...]:
    """Returns the size at the end of each day, from the first move on, at most so many days back."""
    span = ws.engine.fetch(showing.MOVES, {"segment": name}).to_pylist()[0]
    if span["first_at"] is None:
        return ()
    zone = parse_zone(ws.settings.company.time_zone)
    first, last = span["first_at"], max(span["last_at"], ws.as_of)
    slots = {
        slot: period_node("day", zone, first, last, moment=column_node(column, "m"))
        for slot, column in (("entered", "since"), ("left", "until"))
    }
    rows = ws.engine.fetch(showing.HISTORY, {"segment": name}, slots).to_pylist()
    end = _local_day(ws, last - timedelta(microseconds=1))
    return tuple(_by_day(rows, end))[-days:]


def _by_day(rows: Sequence[Mapping[str, Any]], end: date) -> Iterable[SegmentPoint]:
    moves = {row["day"]: row for row in rows}
    members = 0
    day = min(moves)
    while day <= max(end, max(moves)):
        came, gone = (moves[day]["came"], moves[day]["gone"]) if day in moves else (0, 0)
        members += came - gone
        yield SegmentPoint(day, members, came, gone)
        day += timedelta(days=1)


def _local_day(ws: Analysis, moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(parse_zone(ws.settings.company.time_zone)).date()


def _pairs(
    ws: Analysis, wanted: Iterable[tuple[str, str]], counts: Mapping[str, Mapping[str, int]], of: str
) -> Iterable[OverlapPair]:
    """Yields the pairs, those that overlap most first; `of` is a segment that is in all of them, or empty."""
    rows = ws.engine.fetch(showing.OVERLAP, {"segment": of}).to_pylist()
    shared = {frozenset((row["first_segment"], row["second_segment"])): row["both_in"] for row in rows}
    found = []
    for first, second in wanted:
        one, other = (counts[name]["members"] if name in counts else 0 for name in (first, second))
        both = shared.get(frozenset((first, second)), 0)
        either = one + other - both
        found.append(OverlapPair(first, second, one, other, both, both / either if either else None))
    return sorted(found, key=lambda pair: -(pair.jaccard or 0.0))


def _how(found: Definition) -> How:
    return How(
        definition=found.where,
        method="Members are the customers of whom the definition holds now, by all rows but those of bots and tests; "
        "of revised rows the last one counts. Windows end now and slide with time. The history begins with the "
        "definition and tells who was known to be in at each moment; what comes late changes no past size.",
    )
