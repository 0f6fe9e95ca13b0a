"""Cohorts: of those who came first in a period, who was active how long after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlglot import exp

from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import Window, window
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import LOG_SPAN, customer_node, log_source, period_node
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.conditions import conditions
from cxloop.measure.identities import wanted_identity
from cxloop.measure.retention.queries import CALENDAR, ROLLING
from cxloop.measure.retention.results import Cohort, CohortRetention, Counting, Every
from cxloop.measure.sources import known_until
from cxloop.stats.rates import shares

__all__ = ["Request", "retention"]

Of = Literal["purchase", "interaction"]
WINDOW_DAYS: Mapping[Every, int] = {"week": 7, "month": 30, "quarter": 91}
"""Days of a rolling window."""
DONE_BY_COMPANY = ("treatment", "promise", "delivery")
"""Kinds that are no sign of a customer: the company did them."""
_DAY = 86_400e6
_DEFINITION = {
    "calendar": "Of the customers who {did} first in a {every}, the share that {did} again in each {every} after it.",
    "rolling": "Of the customers who {did} first in a {every}, the share that {did} again in each window of {days} "
    "days after their own first time.",
}
_DID = {"purchase": "bought", "interaction": "were in touch"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as the verb takes it."""

    of: Of = "purchase"
    every: Every = "month"
    counting: Counting = "calendar"
    periods: int = 12
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


class _Counts(NamedTuple):
    """Customers of a cohort, and how many of them were active at each place after."""

    size: int
    active: Mapping[int, int]


def retention(ws: Analysis, asked: Request) -> CohortRetention:
    """Returns the cohorts; raises InputError."""
    zone = ZoneInfo(ws.settings.company.time_zone)
    asked_for = window(asked.since, asked.until, zone=zone, now=ws.as_of)
    now = min(known_until(ws), asked_for.until or ws.as_of)
    query, values, slots = _asked(ws, asked, zone, now)
    rows = ws.engine.fetch(query, values, slots).to_pylist()
    first = date.min if asked_for.since is None else _floor(_local_day(asked_for.since, zone), asked.every)
    found = {start: counts for start, counts in _counted(rows, asked).items() if start >= first}
    return _result(ws, asked, found, now, ws.engine.sql(query, slots))


def _asked(ws: Analysis, asked: Request, zone: ZoneInfo, now: datetime) -> tuple[Query, dict[str, float], Slots]:
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    # Not from `since` on: who bought before is no newcomer of the first period.
    holds, needed = conditions(ws, window=Window(None, now + timedelta(microseconds=1)), where=asked.where)
    slots: dict[str, exp.Expr] = {
        "log": log_source(needed, identity),
        "where": exp.and_(*holds, _active(asked.of), copy=False),
        "customer": customer_node(identity),
    }
    start = ws.engine.fetch(LOG_SPAN).to_pylist()[0]["first_at"] or now
    if asked.counting == "calendar":
        return CALENDAR, {}, {**slots, "period": period_node(asked.every, zone, min(start, now), now)}
    cohort = period_node(asked.every, zone, min(start, now), now, moment=column_node("first_at"))
    return ROLLING, {"length": WINDOW_DAYS[asked.every] * _DAY}, {**slots, "cohort": cohort}


def _active(of: Of) -> exp.Expr:
    kind = column_node("kind", "i")
    if of == "purchase":
        return exp.EQ(this=kind, expression=text_node("order"))
    return exp.Not(this=exp.In(this=kind, expressions=[text_node(name) for name in DONE_BY_COMPANY]))


def _counted(rows: Sequence[Mapping[str, object]], asked: Request) -> dict[date, _Counts]:
    """Returns the cohorts by their first day; places count from 0 for the first period after."""
    found: dict[date, dict[int, int]] = {}
    for row in rows:
        start, customers = row["cohort"], row["customers"]
        assert isinstance(start, date)
        assert isinstance(customers, int)
        if asked.counting == "calendar":
            at = row["at"]
            assert isinstance(at, date)
            place = _steps(start, at, asked.every) - 1
        else:
            place = int(str(row["place"]))
        found.setdefault(start, {})[place] = customers
    return {start: _Counts(active.pop(-1), active) for start, active in found.items()}


def _result(ws: Analysis, asked: Request, found: Mapping[date, _Counts], now: datetime, sql: str) -> CohortRetention:
    zone = ZoneInfo(ws.settings.company.time_zone)
    most = {start: _finished(start, asked, zone, now) for start in found}
    cohorts = tuple(
        Cohort(
            start, counts.size, _cells(ws, [(counts.size, counts.active.get(place, 0)) for place in range(most[start])])
        )
        for start, counts in sorted(found.items())
    )
    places = range(max(most.values(), default=0))
    sums = [
        (
            sum(counts.size for start, counts in found.items() if most[start] > place),
            sum(counts.active.get(place, 0) for start, counts in found.items() if most[start] > place),
        )
        for place in places
    ]
    days = None if asked.counting == "calendar" else WINDOW_DAYS[asked.every]
    return CohortRetention(
        of=asked.of,
        counting=asked.counting,
        every=asked.every,
        days=days,
        cohorts=cohorts,
        overall=_cells(ws, sums),
        unfinished=sum(len(places) - most[start] for start in found),
        until=now if found else None,
        zone=str(zone),
        how=How(
            definition=_DEFINITION[asked.counting].format(did=_DID[asked.of], every=asked.every, days=days),
            method=_method(ws, asked),
            sql=sql,
        ),
    )


def _method(ws: Analysis, asked: Request) -> str:
    company = "" if asked.of == "purchase" else " What the company did (messages, promises, deliveries) does not count."
    return (
        f"Share with Wilson's interval ({ws.settings.measure.level:.0%}); each customer counts once in a cell. Cells "
        "whose time is not over for the whole cohort are left out. Customers whose first time lies before the log "
        f"began count as newcomers of its first {asked.every}.{company}"
    )


def _cells(ws: Analysis, counts: Sequence[tuple[int, int]]) -> tuple[Estimate | InsufficientData, ...]:
    """Returns the share for each (customers, active of them)."""
    if not counts:
        return ()
    n, active = np.array(counts, dtype=float).T
    found = shares(active, n, level=ws.settings.measure.level)
    needed = ws.settings.measure.minimum_n
    return tuple(
        InsufficientData(size, needed)
        if size < needed
        else Estimate(
            float(found.value[at]), float(found.low[at]), float(found.high[at]), size, size, found.method, found.level
        )
        for at, (size, _) in enumerate(counts)
    )


def _finished(start: date, asked: Request, zone: ZoneInfo, now: datetime) -> int:
    """Returns how many of the periods after a cohort's own are over for all of it, up to those asked for."""
    over = 0
    while over < asked.periods and _end(start, over, asked, zone) <= now:
        over += 1
    return over


def _end(start: date, place: int, asked: Request, zone: ZoneInfo) -> datetime:
    """Returns when a cell is over: for the calendar its period's end, else the last customer's window."""
    if asked.counting == "calendar":
        return _midnight(_later(start, place + 2, asked.every), zone)
    last = _midnight(_later(start, 1, asked.every), zone)
    return last + timedelta(days=(place + 1) * WINDOW_DAYS[asked.every])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)


def _local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def _months(every: Every) -> int:
    return 3 if every == "quarter" else 1


def _later(start: date, steps: int, every: Every) -> date:
    if every == "week":
        return start + timedelta(days=7 * steps)
    place = start.year * 12 + start.month - 1 + steps * _months(every)
    return date(place // 12, place % 12 + 1, 1)


def _steps(start: date, at: date, every: Every) -> int:
    if every == "week":
        return (at - start).days // 7
    return ((at.year - start.year) * 12 + at.month - start.month) // _months(every)


def _floor(day: date, every: Every) -> date:
    """Returns the first day of the period of a day."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    month = (day.month - 1) // _months(every) * _months(every) + 1
    return date(day.year, month, 1)
