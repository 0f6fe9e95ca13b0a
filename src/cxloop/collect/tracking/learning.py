"""Learning a tracking plan from the log, and keeping what people wrote in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cxloop.collect.arrivals import list_sources
from cxloop.collect.tracking import document, lines
from cxloop.collect.tracking.document import Plan, Planned, Seen, SeenProperty
from cxloop.collect.tracking.queries import EVENTS, PROPERTIES
from cxloop.collect.tracking.results import Learned
from cxloop.collect.tracking.shape import Fact, Variant, Weighed, event_schema
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.time import window
from cxloop.core.wording import count

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["LEAST", "MOST_EVENTS", "MOST_WALKED", "Found", "LearnRequest", "learn", "walk"]

LEAST = 20
"""Fewer events than this teach nothing."""
MOST_EVENTS = 500
"""A source with more names makes names of data; the most frequent are learned."""
MOST_WALKED = 100_000
"""Events whose properties are looked at; of the frequent ones a fair sample, so that the rare ones are all there."""
_LEAST_SEEN = 3
_FEW = 30
"""How many different texts a property may have to be looked at for a list."""
_FORMATS = {
    "moments": "date-time",
    "dates": "date",
    "addresses": "email",
    "links": "uri",
    "uuids": "uuid",
}
_SHOWN_NOTES = 12


@dataclass(frozen=True, slots=True)
class LearnRequest:
    """What to learn from, and how.

    Attributes:
        source: one source, or None for all of the log.
        since: start of the window, as a person writes it.
        until: its end; None for the end of the log.
        least: how many of an event there must be.
        tolerance: share (0 to 1) of values that may be taken for mistakes.
        overwrite: whether schemas that people wrote are learned anew, too.
    """

    source: str | None
    since: str
    until: str | None = None
    least: int = LEAST
    tolerance: float = 0.0
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class _Range:
    source: str
    since: datetime
    until: datetime

    def parameters(self) -> dict[str, Any]:
        return {"source": self.source, "since": self.since, "until": self.until}


def learn(ws: Operations, request: LearnRequest) -> Learned:
    """Learns the plans of one source or of all, saves them, and says what was seen and what changed.

    Raises:
        UnknownNameError: nothing came from the source.
        InputError: none of its events came often enough.
    """
    zone = ZoneInfo(ws.settings.company.time_zone)
    frame = window(request.since, request.until, zone=zone, now=ws.as_of)
    since = frame.since or datetime.min.replace(year=1970)
    until = frame.until or ws.as_of + timedelta(microseconds=1)
    names = _sources(ws, request.source)
    learned = [_learn_source(ws, _Range(name, since, until), request) for name in names]
    kept = [one for one in learned if one is not None]
    if not kept:
        raise InputError(
            f"No event of {', '.join(names)} came at least {request.least} times since {request.since}. "
            "Go further back with since, or ask for fewer with least."
        )
    return _told(kept, request)


def _sources(ws: Operations, source: str | None) -> list[str]:
    known = [str(row["source"]) for row in list_sources(ws).records()]
    if source is not None and source not in known:
        raise UnknownNameError("source", source, known)
    if not known:
        raise InputError("Nothing has arrived yet; a tracking plan is learned from events.")
    return known if source is None else [source]


@dataclass(frozen=True, slots=True)
class _One:
    """What was learned of one source."""

    source: str
    version: int
    before: Plan
    after: Plan
    fresh: frozenset[str]
    left_out: int
    came: int
    """How many of the events that were learned came altogether."""


def _learn_source(ws: Operations, span: _Range, request: LearnRequest) -> _One | None:
    ws.progress(f"Learning the events of {span.source}", None)
    counted = {str(row["name"]): int(row["n"]) for row in ws.engine.fetch(EVENTS, span.parameters()).to_pylist()}
    often = [name for name, n in counted.items() if n >= request.least]
    if not often:
        return None
    chosen = often[:MOST_EVENTS]
    before, _ = document.find(ws.store, span.source)
    weighed = _weigh(ws, span, counted, chosen)
    rare = {name: n for name, n in counted.items() if n < request.least and name not in before.events}
    events = dict(before.events)
    for name, event in weighed.items():
        events[name] = _planned(before.events.get(name), event, span, request)
    after = before.model_copy(update={"events": events, "rare": dict(list(rare.items())[:MOST_EVENTS])})
    version = document.save(ws, span.source, after)
    came = sum(counted[name] for name in weighed)
    return _One(span.source, version, before, after, frozenset(weighed), len(often) - len(chosen), came)


def _planned(before: Planned | None, event: Weighed, span: _Range, request: LearnRequest) -> Planned:
    seen = Seen(
        n=event.n,
        since=span.since.isoformat(),
        until=span.until.isoformat(),
        properties={
            place: SeenProperty(n=sum(fact.n for fact in facts), types={fact.type: fact.n for fact in facts})
            for place, facts in event.facts.items()
        },
    )
    if before is not None and before.edited and not request.overwrite:
        return before.model_copy(update={"seen": seen})
    schema = event_schema(event, tolerance=request.tolerance)
    return Planned(schema=schema, mode=before.mode if before else None, seen=seen)


def _weigh(ws: Operations, span: _Range, counted: Mapping[str, int], chosen: Iterable[str]) -> dict[str, Weighed]:
    found = walk(ws, span.source, span.since, span.until, counted)
    return {
        name: Weighed(
            found.events[name],
            found.facts.get(name, {}),
            {place: tuple(variants) for place, variants in found.values.get(name, {}).items()},
        )
        for name in chosen
        if name in found.events
    }


@dataclass(frozen=True, slots=True)
class Found:
    """What events hold.

    Attributes:
        events: how many of each were looked at.
        facts: event to place to what stood there.
        values: event to place to its texts, where it has few different ones.
    """

    events: dict[str, int] = field(default_factory=dict)
    facts: dict[str, dict[str, tuple[Fact, ...]]] = field(default_factory=dict)
    values: dict[str, dict[str, list[Variant]]] = field(default_factory=dict)


def walk(ws: Operations, source: str, since: datetime, until: datetime, counted: Mapping[str, int]) -> Found:
    """Looks at the events of a source in a range of time; where there are more than MOST_WALKED, at about so many.

    Args:
        ws: the workspace.
        source: the source.
        since: start of the range.
        until: its end.
        counted: how many of each event came in the range.
    """
    found = Found()
    wanted: dict[str, Any] = {"source": source, "since": since, "until": until, "least": _LEAST_SEEN, "most": _FEW}
    for row in ws.engine.fetch(PROPERTIES, {**wanted, "each": fair_share(counted.values(), MOST_WALKED)}).to_pylist():
        name, place = str(row["name"]), str(row["path"])
        if row["type"] == "event":
            found.events[name] = int(row["n"])
        elif row["value"] is not None:
            values = found.values.setdefault(name, {}).setdefault(place, [])
            values.append(Variant(row["value"], row["n"], row["senders"]))
        else:
            formats = {form: int(row[column]) for column, form in _FORMATS.items()}
            fact = Fact(row["type"], int(row["n"]), formats if row["type"] == "string" else {})
            places = found.facts.setdefault(name, {})
            places[place] = (*places.get(place, ()), fact)
    return found


def fair_share(amounts: Iterable[int], most: int) -> int:
    """Returns how many of each may be taken, so that all together are at most `most`, and the few are taken whole.

    Example:
        >>> fair_share([10, 500, 900], 410)
        200
    """
    left, waiting = most, sorted(amounts)
    for place, amount in enumerate(waiting):
        each = left // (len(waiting) - place)
        if amount > each:
            return max(each, 1)
        left -= amount
    return max(waiting, default=1)


def _told(learned: list[_One], request: LearnRequest) -> Learned:
    several = len(learned) > 1
    columns = ("source",) * several + ("event", "property", "type", "required", "share", "n")
    cells = tuple(
        (one.source,) * several + (line.event, line.property, line.type, line.required, line.share, line.n)
        for one in learned
        for line in lines.lines(one.after)
        if line.event in one.fresh
    )
    changes = tuple((one.source, *change) for one in learned if one.before.events for change in _changes(one))
    return Learned(
        _summary(learned),
        columns,
        cells,
        versions=tuple((one.source, one.version) for one in learned),
        changes=changes,
        notes=tuple(_notes(learned, request)),
    )


def _changes(one: _One) -> list[tuple[str, str, str]]:
    return lines.changes(one.before, one.after)


def _summary(learned: list[_One]) -> str:
    said = []
    for one in learned:
        n = _looked_at(one)
        again = "" if not one.before.events else f", {_count_of(len(_changes(one)), 'change')}"
        said.append(
            f"{one.source}: {_count_of(len(one.fresh), 'event')} learned from {count(n)} (version {one.version}{again})"
        )
    return "; ".join(said) + "."


def _looked_at(one: _One) -> int:
    return sum(event.seen.n for name, event in one.after.events.items() if event.seen and name in one.fresh)


def _count_of(amount: int, noun: str) -> str:
    return f"{count(amount)} {noun}{'' if amount == 1 else 's'}"


def _notes(learned: list[_One], request: LearnRequest) -> Iterable[str]:
    for one in learned:
        rare = one.after.rare
        if rare:
            named = ", ".join(f"{name} ({count(n)})" for name, n in list(rare.items())[:_SHOWN_NOTES])
            more = f" and {count(len(rare) - _SHOWN_NOTES)} more" if len(rare) > _SHOWN_NOTES else ""
            yield f"{one.source}: seen too rarely, fewer than {request.least} times: {named}{more}."
        kept = [name for name in one.fresh if one.after.events[name].edited]
        if kept:
            yield (
                f"{one.source}: left as people wrote them: {', '.join(sorted(kept))}. "
                "To learn these anew as well: overwrite."
            )
        looked = _looked_at(one)
        if looked < one.came:
            yield (
                f"{one.source}: {count(looked)} of {count(one.came)} events were looked at ({looked / one.came:.1%}), "
                "of the frequent ones a sample chosen by their hash. Numbers are those of the sample."
            )
        if one.left_out:
            yield (
                f"{one.source}: {count(one.left_out)} further events are not in the plan; it holds the "
                f"{count(MOST_EVENTS)} most frequent. Put what varies into a property, not into the name."
            )
