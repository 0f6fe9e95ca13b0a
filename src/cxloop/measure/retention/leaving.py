"""Leaving: how long members stay, by group, and whether groups differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlglot import exp

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import Window, parse_duration, window
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimension, customer_node, dimensions_of, log_source
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node
from cxloop.measure.conditions import conditions, happens
from cxloop.measure.identities import wanted_identity
from cxloop.measure.retention.queries import STAYS
from cxloop.measure.retention.results import Churn, Contrast, CurvePoint, Stay
from cxloop.measure.selection import key
from cxloop.measure.sources import known_until
from cxloop.stats.compare import benjamini_hochberg
from cxloop.stats.survival import Curve, Spans, kaplan_meier, log_rank, median, spans_of

__all__ = ["Request", "churn"]

MOST_POINTS = 200
"""Points of a curve that are told; a longer one is thinned."""
MOST_GROUPS = 12
"""Groups that are compared and drawn: of more, the largest."""
_BEGINNING = datetime(1, 1, 1)
_DEFINITION = (
    "Members who joined, by how many whole days later they left. Who has not left counts for as long as they were seen "
    "(censored). Joining again after leaving begins anew; a joining that repeats without leaving in between is one; "
    "who left without joining in the log is left out."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as the verb takes it."""

    contract: str = ""
    joined: str | None = None
    cancelled: str | None = None
    by: tuple[str, ...] = ()
    horizon: str = "365d"
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


@dataclass(frozen=True)
class _Groups:
    labels: tuple[tuple[str | None, ...], ...]
    spans: Spans


def churn(ws: Analysis, asked: Request) -> Churn:
    """Returns how long members stay; raises InputError and UnknownNameError."""
    label, joined, cancelled = _events(ws, asked)
    horizon = parse_duration(asked.horizon) // timedelta(days=1)
    if horizon < 1:
        raise InputError(f"The horizon {asked.horizon!r} is below a day. Give days or weeks, such as 365d or 26w.")
    known = dimensions_of(ws)
    by = tuple(known.resolve(name) for name in asked.by)
    until, table, sql = _stays(ws, asked, by, (joined, cancelled))
    groups = _grouped(table, by)
    curve = kaplan_meier(groups.spans, level=ws.settings.measure.level)
    stays = tuple(_stay(ws, groups, curve, at, horizon) for at in range(len(groups.labels)))
    p, contrasts = _contrasts(ws, groups)
    return Churn(
        label=label,
        by=asked.by,
        titles=tuple(dimension.title for dimension in by),
        horizon=horizon,
        stays=stays,
        p=p,
        contrasts=contrasts,
        level=ws.settings.measure.level,
        until=until,
        how=How(definition=_DEFINITION, method=_method(ws, asked), sql=sql),
    )


def _events(ws: Analysis, asked: Request) -> tuple[str, str, str]:
    """Returns what is left, and the conditions of the events that begin and end it."""
    if (asked.joined is None) != (asked.cancelled is None):
        raise InputError(
            "joined and cancelled belong together: the events that begin and those that end it. Give both."
        )
    if asked.joined is not None and asked.cancelled is not None:
        if asked.contract:
            raise InputError("Give either a contract or joined and cancelled: they say the same thing.")
        return "what was asked for", asked.joined, asked.cancelled
    known = {contract.name: contract for contract in ws.experience.contract}
    if asked.contract and asked.contract not in known:
        raise UnknownNameError("contract", asked.contract, list(known))
    if not known:
        raise InputError(
            "experience.toml declares no contract. Add a [[contract]] with name, joined and cancelled, or give "
            "joined and cancelled here, such as joined='name == \"club_joined\"'."
        )
    found = known[asked.contract] if asked.contract else ws.experience.contract[0]
    return found.label or found.name, found.joined, found.cancelled


def _stays(ws: Analysis, asked: Request, by: Sequence[Dimension], events: tuple[str, str]) -> tuple[datetime, Any, str]:
    zone = ZoneInfo(ws.settings.company.time_zone)
    asked_for = window(asked.since, asked.until, zone=zone, now=ws.as_of)
    end = min(known_until(ws), asked_for.until or ws.as_of)
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    holds, needed = conditions(ws, window=Window(None, end + timedelta(microseconds=1)), where=asked.where, by=asked.by)
    names = [key(place) for place in range(len(by))]
    slots: Slots = {
        "log": log_source((*by, *needed), identity),
        "where": exp.and_(*holds, copy=False),
        "customer": customer_node(identity),
        "columns": [
            exp.alias_(dimension.node.copy(), name, quoted=True) for name, dimension in zip(names, by, strict=True)
        ],
        "keys": [column_node(name) for name in names],
        "joins": happens(ws, events[0]),
        "leaves": happens(ws, events[1]),
    }
    table = ws.engine.fetch(STAYS, {"since": asked_for.since or _BEGINNING, "until": end}, slots)
    return end, table, ws.engine.sql(STAYS, slots)


def _grouped(table: Any, by: Sequence[Dimension]) -> _Groups:
    """Returns the groups, the largest first."""
    values = [table.column(key(place)).to_pylist() for place in range(len(by))]
    rows = list(zip(*values, strict=True)) if by else [()] * table.num_rows
    place = {group: at for at, group in enumerate(dict.fromkeys(rows))}
    if not place:
        return _Groups((), Spans(np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0))))
    codes = np.fromiter((place[row] for row in rows), dtype=np.int64, count=len(rows))
    lasted, ended, members = (
        table.column(name).to_numpy(zero_copy_only=False) for name in ("lasted", "ended", "members")
    )
    spans = spans_of(np.maximum(lasted, 0), ended.astype(bool), codes, members)
    order = np.argsort(-spans.size, kind="stable").tolist()
    found = list(place)
    labels = tuple(
        tuple(dimension.label(value) for dimension, value in zip(by, found[at], strict=True)) for at in order
    )
    return _Groups(labels, spans.take(order))


def _stay(ws: Analysis, groups: _Groups, curve: Curve, at: int, horizon: int) -> Stay:
    members = int(groups.spans.size[at])
    middle, low, high = (None if not np.isfinite(when) else int(when) for when in median(curve)[at])
    return Stay(
        group=groups.labels[at],
        members=members,
        left=int(groups.spans.ended[at].sum()),
        curve=_points(groups.spans, curve, at),
        median=middle,
        median_low=low,
        median_high=high,
        kept=_kept(ws, curve, at, members, horizon),
        seen=_seen(curve, at),
    )


def _kept(ws: Analysis, curve: Curve, at: int, members: int, horizon: int) -> Estimate | InsufficientData | None:
    """Returns the share that stays longer than the horizon; None where nobody was seen for so long."""
    needed, level = ws.settings.measure.minimum_n, ws.settings.measure.level
    if members < needed:
        return InsufficientData(members, needed)
    if not (curve.at_risk[at] * (curve.times >= horizon)).any() and curve.share[at, -1] > 0:
        return None
    last = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    # Before the first time at all nobody has left: the limit there stands for the time before as well.
    share, low, high = (float(line[at, max(last, 0)]) for line in (curve.share, curve.low, curve.high))
    if last < 0:
        share, high = 1.0, 1.0
    return Estimate(share, low, high, members, members, "Kaplan-Meier, log-log", level)


def _points(spans: Spans, curve: Curve, at: int) -> tuple[CurvePoint, ...]:
    """Returns the curve where it changes and where it ends, thinned evenly where these are too many days."""
    there = np.flatnonzero(spans.ended[at] > 0)
    seen = np.flatnonzero(curve.at_risk[at] > 0)
    if seen.size and (not there.size or there[-1] != seen[-1]):
        there = np.append(there, seen[-1])
    if there.size > MOST_POINTS:
        there = there[np.unique(np.linspace(0, there.size - 1, MOST_POINTS).round().astype(int))]
    return tuple(
        CurvePoint(
            int(curve.times[place]),
            float(curve.share[at, place]),
            float(curve.low[at, place]),
            float(curve.high[at, place]),
            int(curve.at_risk[at, place]),
        )
        for place in there
    )


def _seen(curve: Curve, at: int) -> tuple[tuple[int, int], ...]:
    """Returns how many lasted until each round day, for an axis: between falls, members leave sight too."""
    last = int(curve.times[-1]) if curve.times.size else 0
    days = range(0, last + 1, 10 ** max(len(str(last)) - 2, 0))
    risk = np.append(curve.at_risk[at], 0)
    return tuple((day, int(risk[place])) for day, place in zip(days, np.searchsorted(curve.times, days), strict=True))


def _contrasts(ws: Analysis, groups: _Groups) -> tuple[float | None, tuple[Contrast, ...]]:
    """Returns p of all groups together, and every pair of those that are large enough, adjusted for all pairs."""
    needed, level = ws.settings.measure.minimum_n, ws.settings.measure.level
    chosen = [at for at in range(len(groups.labels)) if groups.spans.size[at] >= needed][:MOST_GROUPS]
    if len(chosen) < 2:
        return None, ()
    pairs = list(combinations(chosen, 2))
    adjusted = benjamini_hochberg([log_rank(groups.spans.take(list(pair))).p for pair in pairs])
    contrasts = tuple(
        Contrast(groups.labels[first], groups.labels[second], float(p), bool(p <= 1 - level + 1e-12))
        for (first, second), p in zip(pairs, adjusted, strict=True)
    )
    return log_rank(groups.spans.take(chosen)).p, contrasts


def _method(ws: Analysis, asked: Request) -> str:
    split = (
        " Groups by the log-rank test; p values of pairs are corrected for their number (Benjamini-Hochberg), "
        f"of the {MOST_GROUPS} largest groups at most. What differs is observed and not caused."
        if asked.by
        else ""
    )
    return (
        "Kaplan-Meier with Greenwood's variance and limits on the scale of log(-log), level "
        f"{ws.settings.measure.level:.0%}; median with the limits of Brookmeyer and Crowley.{split}"
    )
