"""What differs between a plan and recent traffic: events, properties and types that came, or came no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxloop.collect.tracking import document, lines
from cxloop.collect.tracking.document import Plan
from cxloop.collect.tracking.learning import Found, walk
from cxloop.collect.tracking.queries import DAYS, REFUSED
from cxloop.collect.tracking.results import Drift
from cxloop.collect.tracking.shape import Fact
from cxloop.collect.tracking.violations import check_recent
from cxloop.core.results import Value
from cxloop.core.wording import count
from cxloop.stats.compare import benjamini_hochberg
from cxloop.stats.rates import fewer

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["BEFORE_DAYS", "RATE", "RECENT_DAYS", "find_drift"]

RECENT_DAYS = 7
BEFORE_DAYS = 28
"""What recent traffic is held against: whole weeks, so that weekends stand on both sides."""
RATE = 0.01
"""Of what is called missing or rarer, so much may be chance (false discovery rate)."""
_LEAST_DAYS = 7
_WORDS = {
    "new event": ("new event", "new events"),
    "missing event": ("missing event", "missing events"),
    "rarer event": ("rarer event", "rarer events"),
    "new property": ("new property", "new properties"),
    "type changed": ("changed type", "changed types"),
    "violations": ("event with violations", "events with violations"),
}
_COLUMNS = ("source", "event", "property", "what", "detail", "n", "share", "a_day_before", "a_day_now")


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    event: str
    property: str
    what: str
    detail: str
    n: int | None = None
    share: float | None = None
    before: float | None = None
    now: float | None = None

    def cells(self) -> tuple[Value, ...]:
        return (
            self.source, self.event, self.property, self.what, self.detail, self.n, self.share, self.before, self.now
        )  # fmt: skip


def find_drift(ws: Operations, source: str | None) -> Drift:
    """Returns the differences of one source, or of every source that has a plan.

    Raises:
        InputError: the source has no plan.
    """
    if source is not None:
        document.require(ws.store, source)
    names = document.sources(ws.store) if source is None else [source]
    if not names:
        return Drift("No source has a tracking plan yet. Learn one: cxloop collect learn.", _COLUMNS, ())
    rows: list[_Row] = []
    checked = []
    until = ws.as_of
    recent = until - timedelta(days=RECENT_DAYS)
    for name in names:
        plan, _ = document.find(ws.store, name)
        found = check_recent(ws, name, plan, recent, until)
        days = _days(ws, name, recent - timedelta(days=BEFORE_DAYS), until)
        checked.append((name, sum(one.n for one in found.values()), sum(_recent(series) for series in days.values())))
        rows += _event_rows(name, plan, days)
        came = {event: _recent(series) for event, series in days.items()}
        rows += _property_rows(name, plan, walk(ws, name, recent, until, came))
        rows += [
            _Row(name, event, "", "violations", one.reason, n=one.n, share=one.share)
            for event, one in sorted(found.items())
            if one.broken
        ]
        rows += _refused(ws, name, recent, until)
    return Drift(_summary(names, rows), _COLUMNS, tuple(row.cells() for row in rows), checked=tuple(checked))


def _days(ws: Operations, source: str, since: datetime, until: datetime) -> Mapping[str, list[int]]:
    """Events by name to how many on each day of the whole range."""
    found: dict[str, list[int]] = {}
    for row in ws.engine.fetch(DAYS, {"source": source, "since": since, "until": until}).to_pylist():
        series = found.setdefault(str(row["name"]), [0] * (BEFORE_DAYS + RECENT_DAYS))
        series[min(int(row["day"]), len(series) - 1)] += int(row["n"])
    return found


def _recent(series: list[int]) -> int:
    return sum(series[BEFORE_DAYS:])


def _event_rows(source: str, plan: Plan, days: Mapping[str, list[int]]) -> Iterator[_Row]:
    for name, series in days.items():
        if name not in plan.events and _recent(series):
            n = _recent(series)
            yield _Row(source, name, "", "new event", "not in the plan", n=n, now=n / RECENT_DAYS)
    # whoever started within these weeks is compared from its first day
    series_of = {
        name: series[next(place for place, n in enumerate(series) if n) : BEFORE_DAYS]
        for name, series in days.items()
        if name in plan.events and any(series[:BEFORE_DAYS])
    }
    tried = {name: before for name, before in series_of.items() if len(before) >= _LEAST_DAYS}
    raw = [fewer(before, _recent(days[name]), RECENT_DAYS) for name, before in tried.items()]
    for (name, before), p in zip(tried.items(), benjamini_hochberg(raw).tolist() if raw else (), strict=True):
        usual, n = sum(before) / len(before), _recent(days[name])
        if p <= RATE and n / RECENT_DAYS < usual / 2:
            what = "rarer event" if n else "missing event"
            detail = f"p {'< 0.0001' if p < 0.0001 else f'= {p:.4f}'} that days differ so much by chance"
            yield _Row(source, name, "", what, detail, n=n, before=usual, now=n / RECENT_DAYS)


def _property_rows(source: str, plan: Plan, found: Found) -> Iterator[_Row]:
    for name, places in found.facts.items():
        if name not in plan.events:
            continue
        planned = lines.properties(plan.events[name].schema_)
        total = found.events.get(name, 0)
        for place, facts in places.items():
            parent = place.rpartition("/")[0]
            if place in planned:
                yield from _type_rows(source, name, place, planned[place][0], facts)
            elif parent == "" or lines.holds(planned.get(parent)):
                n = sum(fact.n for fact in facts)
                share = min(n / total, 1.0) if total and parent == "" else None
                types = " or ".join(sorted(fact.type for fact in facts))
                yield _Row(source, name, lines.spoken(place), "new property", types, n=n, share=share)


def _type_rows(
    source: str, event: str, place: str, schema: Mapping[str, Any], facts: tuple[Fact, ...]
) -> Iterator[_Row]:
    given = schema.get("type")
    allowed = {given} if isinstance(given, str) else set(given or ())
    if not allowed:
        return
    if "number" in allowed:
        allowed.add("integer")
    total = sum(fact.n for fact in facts)
    for fact in facts:
        if fact.type not in allowed:
            detail = f"came as {fact.type}, the plan says {lines.said_type(schema)}"
            yield _Row(source, event, lines.spoken(place), "type changed", detail, n=fact.n, share=fact.n / total)


def _refused(ws: Operations, source: str, since: datetime, until: datetime) -> list[_Row]:
    rows = ws.engine.fetch(REFUSED, {"source": source, "since": since, "until": until}).to_pylist()
    n = int(rows[0]["n"])
    return [_Row(source, "", "", "rejected", "kept out of the log by the plan", n=n)] if n else []


def _summary(names: list[str], rows: list[_Row]) -> str:
    if not rows:
        return f"{', '.join(names)}: the last {RECENT_DAYS} days are as the plan says."
    said = []
    for what, (one, several) in _WORDS.items():
        amount = sum(1 for row in rows if row.what == what)
        if amount:
            said.append(f"{count(amount)} {one if amount == 1 else several}")
    refused = sum(row.n or 0 for row in rows if row.what == "rejected")
    if refused:
        said.append(f"{count(refused)} rejected")
    return f"{', '.join(names)}, the last {RECENT_DAYS} days: {', '.join(said)}."
