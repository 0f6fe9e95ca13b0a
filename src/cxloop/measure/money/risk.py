"""Revenue at risk: the money of those who are unhappy or silent, and the share of such money that went a year ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import Window, window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import LOG_SPAN, Dimension, customer_node, log_source
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node
from cxloop.measure.identities import wanted_identity
from cxloop.measure.money.asking import Answers, answers_of, currency_of, days_of, events_of, named_dimensions
from cxloop.measure.money.queries import RISK
from cxloop.measure.money.results import RevenueAtRisk, RiskRow
from cxloop.measure.selection import key
from cxloop.measure.sources import known_until
from cxloop.stats.rates import shares

__all__ = ["Request", "revenue_at_risk"]

Mood = Literal["unhappy", "silent", "others"]
MOODS: tuple[Mood, ...] = ("unhappy", "silent", "others")
YEAR = timedelta(days=365)
MOST_GROUPS = 50
_DEFINITION = (
    "What customers brought in the last 365 days, less refunds. Unhappy: their latest answer of these days is low. "
    "Silent: they are not unhappy and bought nothing for {silent} days. Share: of the money of customers who stood "
    "there 365 days earlier, that of those who bought nothing in the 365 days after. At risk: money times share."
)
_METHOD = (
    "Shares of money with Wilson's interval at the effective number of customers (Kish); level {level:.0%}. A group "
    "with too few customers a year ago gets the share of all groups. Observational: others leave, too, and winning "
    "somebody back is not shown to keep the money."
)
Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as the verb takes it."""

    metric: str = "nps"
    by: tuple[str, ...] = ()
    silent: str = "120d"
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


@dataclass
class _Sums:
    """Customers of one group and mood: all of them, and those who bought nothing after."""

    customers: int = 0
    revenue: float = 0.0
    squares: float = 0.0
    gone: float = 0.0
    gone_squares: float = 0.0


Sums = dict[tuple[Group, Mood], _Sums]


def revenue_at_risk(ws: Analysis, asked: Request) -> RevenueAtRisk:
    """Returns the money at risk; raises InputError."""
    silent = days_of(asked.silent, "silent")
    if silent >= YEAR.days:
        raise InputError(f"silent is {asked.silent!r}. Give less than 365d: older money is not looked at.")
    zone = ZoneInfo(ws.settings.company.time_zone)
    now = min(known_until(ws), window(None, asked.until, zone=zone, now=ws.as_of).until or ws.as_of)
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    by = named_dimensions(ws, asked.by)
    holds, needed = events_of(ws, asked.where, None, now)
    currency = currency_of(ws, holds, needed)
    present, sql = _sums(ws, asked, by, identity, silent, (now, now))
    first = ws.engine.fetch(LOG_SPAN).to_pylist()[0]["first_at"]
    reasons: tuple[str, ...] = ()
    past: Sums = {}
    if first is None or first > now - 2 * YEAR + timedelta(days=31):
        reasons = ("the log holds less than two years, so nobody knows what became of such money",)
    else:
        past, _ = _sums(ws, asked, by, identity, silent, (now - YEAR, now))
    groups = sorted({group for group, _ in present}, key=lambda group: -_money(present, group))[:MOST_GROUPS]
    return RevenueAtRisk(
        metric=asked.metric,
        label=asked.metric.upper() if asked.metric != "rating" else "rating",
        by=asked.by,
        titles=tuple(dimension.title for dimension in by),
        silent_days=silent,
        currency=currency,
        rows=tuple(
            _row(ws, group, mood, present, past) for group in groups for mood in MOODS if (group, mood) in present
        ),
        until=now,
        reasons=reasons,
        how=How(
            definition=_DEFINITION.format(silent=silent),
            method=_METHOD.format(level=ws.settings.measure.level),
            sql=sql,
        ),
    )


def _money(found: Sums, group: Group) -> float:
    return sum(sums.revenue for (other, _), sums in found.items() if other == group)


def _sums(
    ws: Analysis,
    asked: Request,
    by: Sequence[Dimension],
    identity: Identity,
    silent: int,
    moments: tuple[datetime, datetime],
) -> tuple[Sums, str]:
    """Returns customers by group and mood at the first moment, and who bought nothing from there to the second."""
    then, end = moments
    answers = answers_of(ws, asked.metric, Window(then - YEAR, then + timedelta(microseconds=1)), asked.where, identity)
    slots = _slots(ws, asked, by, identity, answers, (then - YEAR, end))
    low = -1e300 if answers is None else answers.bands[0].high
    values: dict[str, float | datetime] = {"low": low, "moment": then, "quiet_since": then - timedelta(days=silent)}
    rows = ws.engine.fetch(RISK, values, slots).to_pylist()
    found: Sums = {}
    for row in rows:
        group = tuple(dimension.label(row[key(place)]) for place, dimension in enumerate(by))
        _add(found.setdefault((group, row["mood"]), _Sums()), row)
    return found, ws.engine.sql(RISK, slots)


def _slots(
    ws: Analysis,
    asked: Request,
    by: Sequence[Dimension],
    identity: Identity,
    answers: Answers | None,
    span: tuple[datetime, datetime],
) -> Slots:
    holds, needed = events_of(ws, asked.where, span[0], span[1])
    names = [key(place) for place in range(len(by))]
    latest = [
        exp.alias_(
            exp.ArgMax(this=column_node(name), expression=column_node("moment")),
            name,
            quoted=True,
        )
        for name in names
    ]
    return {
        "log": log_source((*by, *needed, *(answers.needed if answers else ())), identity),
        "where": exp.and_(*holds, copy=False),
        "customer": customer_node(identity),
        "answers": exp.false() if answers is None else answers.where,
        "columns": [
            exp.alias_(dimension.node.copy(), name, quoted=True) for name, dimension in zip(names, by, strict=True)
        ],
        "picked": latest,
        "keys": [column_node(name) for name in names],
    }


def _add(sums: _Sums, row: Mapping[str, Any]) -> None:
    sums.customers += row["customers"]
    sums.revenue += row["revenue"]
    sums.squares += row["squares"]
    if row["gone"]:
        sums.gone += row["revenue"]
        sums.gone_squares += row["squares"]


def _row(ws: Analysis, group: Group, mood: Mood, present: Sums, past: Sums) -> RiskRow:
    here = present[group, mood]
    then, pooled = past.get((group, mood), _Sums()), False
    if then.customers < ws.settings.measure.minimum_n and group:
        then, pooled = _together(past, mood), True
    share = _share(ws, then)
    known = share if isinstance(share, Estimate) else None
    return RiskRow(
        group=group,
        mood=mood,
        customers=here.customers,
        revenue=here.revenue,
        share=share,
        pooled=pooled,
        at_risk=None if known is None else here.revenue * known.value,
        low=None if known is None else here.revenue * known.low,
        high=None if known is None else here.revenue * known.high,
    )


def _together(found: Sums, mood: Mood) -> _Sums:
    total = _Sums()
    for (_, other), sums in found.items():
        if other == mood:
            for name in ("customers", "revenue", "squares", "gone", "gone_squares"):
                setattr(total, name, getattr(total, name) + getattr(sums, name))
    return total


def _share(ws: Analysis, then: _Sums) -> Estimate | InsufficientData:
    """Returns the share of the money that went, with its interval."""
    needed, level = ws.settings.measure.minimum_n, ws.settings.measure.level
    if then.customers < needed or then.revenue <= 0:
        return InsufficientData(then.customers, needed)
    value = then.gone / then.revenue
    effective = then.revenue**2 / then.squares
    found = shares(np.array([value * effective]), np.array([effective]), level=level)
    return Estimate(
        value, float(found.low[0]), float(found.high[0]), then.customers, then.customers, found.method, level
    )
