"""`measure.control_chart`: which periods are unusual, and which are noise that should not be chased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from cxloop.core.control import ChartKind, ControlChart, ControlPoint, Expect, Rules
from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, EstimateRow, How
from cxloop.core.time import Period, Window, parse_moment, window
from cxloop.core.wording import count, many, number, period, plural
from cxloop.engine.base import Analysis
from cxloop.measure.currencies import common_currency
from cxloop.measure.estimate import rows_of
from cxloop.measure.metrics import Metric
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import ORDINARY, select
from cxloop.measure.tallies import Scale, tally_of
from cxloop.stats import control
from cxloop.stats.seasonal import LEAST_MONTHS, LEAST_WEEKS, Season, season_of, seasonal_limits
from cxloop.stats.sums import Array

__all__ = ["LEAST_POINTS", "Question", "control_chart"]

LEAST_POINTS = 12
"""Points under which limits say more about luck than about what is usual; Montgomery (2012) advises 20 to 25."""
HISTORY = timedelta(days=3 * 366)
"""What a season is learned from, at most."""
_RULES: Mapping[Rules, Mapping[control.RuleName, control.Rule]] = {
    "western electric": control.WESTERN_ELECTRIC,
    "nelson": control.NELSON,
    "limits": {"beyond 3 sigma": control.WESTERN_ELECTRIC["beyond 3 sigma"]},
}
_ALARMS: Mapping[Rules, str] = {
    "western electric": "Where nothing is unusual, one point in about 92 is flagged all the same (Champ and Woodall "
    "1987, Technometrics 29, 393-399).",
    "nelson": "More rules flag more: where nothing is unusual, these eight flag a point more often than the four of "
    "Western Electric, which flag one in about 92.",
    "limits": "Where nothing is unusual, one point in about 370 is flagged all the same.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for, as the verb takes it."""

    metric: str
    every: Period = "week"
    chart: ChartKind = "auto"
    rules: Rules = "western electric"
    expect: Expect = "level"
    since: str | None = "365d"
    until: str | None = None
    base_until: str | None = None
    where: str | None = None
    version: int | None = None


def control_chart(ws: Analysis, asked: Question) -> ControlChart:
    """Returns the chart that was asked for; raises InputError where the question does not go together."""
    item = resolve(ws, asked.metric, version=asked.version)
    kind = _kind(item, asked)
    zone = ZoneInfo(ws.settings.company.time_zone)
    shown = window(asked.since, asked.until, zone=zone, now=ws.as_of)
    end = min(shown.until or ws.as_of, ws.as_of)
    since = shown.since
    if since is not None and asked.expect == "season":
        since = min(since, end - HISTORY)
    selection = select(ws, item, by=(), every=asked.every, window=Window(since, end), where=asked.where)
    scale = common_scale(ws, item, selection)
    tally = tally_of(item.statistic, scale or Scale(0, 10))
    rows = [] if scale is None else _complete(rows_of(ws, item, selection, tally), asked.every, since, end, zone)
    base_end = None if asked.base_until is None else parse_moment(asked.base_until, zone=zone, now=ws.as_of)
    ends = _ends(item, scale)
    points, limits, notes = _points(rows, asked, kind, ends, None if base_end is None else _day(base_end, zone))
    first = None if shown.since is None else _day(shown.since, zone)
    points = [point for point in points if first is None or point.period >= first]
    return ControlChart(
        metric=item.name,
        label=item.label,
        unit=item.unit,
        noun=item.noun,
        currency=common_currency(ws, selection) if item.unit == "money" else "",
        every=asked.every,
        chart={"p": "p", "u": "u", "xmr": "XmR"}[kind] if limits is None else limits.chart,
        rules=asked.rules,
        expect=asked.expect,
        spread=1.0 if limits is None else limits.spread,
        where=asked.where or "",
        zone=ws.settings.company.time_zone,
        points=tuple(points),
        lede=_lede(item, points, asked),
        notes=tuple(notes),
        scale=None if scale is None or scale.low is None or scale.high is None else (scale.low, scale.high),
        how=_how(item, kind, limits, asked),
    )


def _kind(item: Metric, asked: Question) -> ChartKind:
    """Returns the chart that a metric takes: shares p, events per unit u, all else XmR."""
    fits: ChartKind = "p" if item.statistic == "share" else "xmr"
    if item.unit == "count" and item.statistic == "mean":
        fits = "u"
    if asked.chart not in ("auto", "xmr", fits):
        raise InputError(f"{item.label} takes the chart {fits} or xmr, and not {asked.chart}.")
    return fits if asked.chart == "auto" else asked.chart


def _complete(
    rows: Sequence[EstimateRow], every: Period, since: datetime | None, end: datetime, zone: ZoneInfo
) -> list[EstimateRow]:
    """Returns the periods that lie in the window as a whole: a week of two days is no week."""
    first, last = date.min if since is None else _day(since, zone, up=True), _day(end, zone)
    known = [row for row in rows if row.period is not None]
    return [row for row in known if row.period and row.period >= first and _next(row.period, every) <= last]


def _day(moment: datetime, zone: ZoneInfo, *, up: bool = False) -> date:
    """Returns the local day that a moment lies in, or the next one where it is not its beginning."""
    local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
    begins = (local.hour, local.minute, local.second) == (0, 0, 0)
    return local.date() + timedelta(days=1) if up and not begins else local.date()


def _next(start: date, every: Period) -> date:
    """Returns the first day of the period after one."""
    if every in ("day", "week"):
        return start + timedelta(days=1 if every == "day" else 7)
    months = start.year * 12 + start.month - 1 + {"month": 1, "quarter": 3, "year": 12}[every]
    return date(months // 12, months % 12 + 1, 1)


def _ends(item: Metric, scale: Scale | None) -> tuple[float, float]:
    """Returns the lowest and highest value that there can be."""
    known = {"points": (-100.0, 100.0), "share": (0.0, 1.0), "count": (0.0, np.inf), "duration": (0.0, np.inf)}
    if item.unit in known:
        return known[item.unit]
    low, high = (None, None) if scale is None else (scale.low, scale.high)
    return (-np.inf if low is None else low, np.inf if high is None else high)


def _points(
    rows: Sequence[EstimateRow], asked: Question, kind: ChartKind, ends: tuple[float, float], base_end: date | None
) -> tuple[list[ControlPoint], control.Limits | None, list[str]]:
    """Returns the points with their limits and signals, the limits, and what has to be said of them."""
    said = [(row.period, row.result) for row in rows if row.period is not None and isinstance(row.result, Estimate)]
    days = [day for day, _ in said]
    base = np.array([base_end is None or day < base_end for day in days], dtype=bool)
    if int(base.sum()) < LEAST_POINTS:
        few = f"{many(int(base.sum()), asked.every)} with enough to count set no limits: at least {LEAST_POINTS} do."
        return [_unsaid(row) for row in rows if row.period], None, [few]
    values = np.array([found.value for _, found in said])
    n = np.array([found.n for _, found in said], dtype=float)
    limits, notes = _limits(values, n, days, base, asked, kind, ends)
    flags = control.signals(control.standardised(values, limits), _RULES[asked.rules])
    found = {
        day: ControlPoint(
            day, float(values[place]), int(n[place]), float(limits.centre[place]), float(limits.low[place]),
            float(limits.high[place]), tuple(flags[place]), bool(base[place]),
        )
        for place, day in enumerate(days)
    }  # fmt: skip
    return [found.get(row.period) or _unsaid(row) for row in rows if row.period], limits, [*notes, *_gaps(rows, asked)]


def _unsaid(row: EstimateRow) -> ControlPoint:
    assert row.period is not None  # rows over time have one
    value = row.result.value if isinstance(row.result, Estimate) else None
    return ControlPoint(row.period, value, row.result.n, None, None, None, (), base=False)


def _gaps(rows: Sequence[EstimateRow], asked: Question) -> list[str]:
    """Says where periods are missing: rules that look at neighbours take those beside a gap as neighbours."""
    days = [row.period for row in rows if row.period is not None and isinstance(row.result, Estimate)]
    gaps = sum(_next(first, asked.every) != second for first, second in pairwise(days))
    if not gaps:
        return []
    where = "one place" if gaps == 1 else f"{count(gaps)} places"
    return [f"In {where} {plural(asked.every)} have too few to count; what stands beside a gap counts as neighbours."]


def _limits(
    values: Array, n: Array, days: Sequence[date], base: Array, asked: Question, kind: ChartKind,
    ends: tuple[float, float],
) -> tuple[control.Limits, list[str]]:  # fmt: skip
    chosen = base.astype(bool)
    if asked.expect == "season":
        season = season_of(days, chosen, daily=asked.every == "day")
        return seasonal_limits(values, n, days, season, base=chosen, ends=ends), _season_notes(season, asked)
    if kind == "xmr":
        return control.xmr_chart(values, base=chosen, ends=ends), []
    limits = (control.p_chart if kind == "p" else control.u_chart)(values * n, n, base=chosen)
    if not limits.chart.endswith("prime"):
        return limits, []
    return limits, [
        f"Points vary {limits.spread:.1f} times as much as units drawn by chance would; the limits allow for it."
    ]


def _season_notes(season: Season, asked: Question) -> list[str]:
    """Says which shifts are not known yet."""
    notes = []
    if asked.every == "day" and not season.weekdays:
        notes.append(f"Days of the week cannot be told apart yet: that takes {LEAST_WEEKS} weeks of data.")
    if not season.months:
        notes.append(
            f"Months of the year cannot be told apart yet: that takes {LEAST_MONTHS} months of data. What a season "
            "brings may look unusual."
        )
    return notes


def _lede(item: Metric, points: Sequence[ControlPoint], asked: Question) -> str:
    said = [point for point in points if point.state != "cannot say"]
    if not said:
        return f"What is usual for {item.label} cannot be said yet: there are too few {plural(asked.every)}."
    unusual = [point for point in said if point.signals]
    all_of = f"{count(len(said))} {plural(asked.every)}"
    if not unusual:
        return f"{item.label}: none of {all_of} is unusual; what moved is the noise that always was."
    last = unusual[-1]
    assert last.value is not None
    assert last.centre is not None
    told = f"{number(last.value, item.unit)} where {number(last.centre, item.unit)} was to be expected"
    when = period(last.period, asked.every)
    if len(unusual) == 1:
        return f"{item.label}: 1 of {all_of} is unusual: {when}, with {told}."
    return f"{item.label}: {count(len(unusual))} of {all_of} are unusual; the latest, {when}, with {told}."


_CHARTS = {
    "p": "p chart: three sigma of a share of n units (Montgomery 2012, section 7.2).",
    "p prime": "p' chart: three sigma of a share of n units, times what the points themselves vary more than chance "
    "would (Laney 2002): where n is large or neighbours differ by more than chance, a p chart flags ordinary days.",
    "u": "u chart: three sigma of events per unit (Montgomery 2012, section 7.3).",
    "u prime": "u' chart: three sigma of events per unit, times what points vary more than chance would (Laney 2002).",
    "XmR": "XmR chart: the mean moving range of neighbours over 1.128 as sigma (Montgomery 2012, section 6.4).",
    "seasonal": "Expected by least squares with n as weights: a level, with a shift for each day of the week and month "
    "of the year that the data can tell apart; three sigma from the moving ranges of what is left.",
}


def _how(item: Metric, kind: ChartKind, limits: control.Limits | None, asked: Question) -> How:
    chart = _CHARTS["XmR" if limits is None and kind == "xmr" else kind if limits is None else limits.chart]
    rules = f"A {asked.every} is unusual where it completes a rule: {', '.join(_RULES[asked.rules])}."
    sources = {"western electric": "Western Electric (1956).", "nelson": "Nelson (1984).", "limits": ""}[asked.rules]
    base = f"Limits are those of the {plural(asked.every)} before {asked.base_until}." if asked.base_until else ""
    whole = f"Only whole {plural(asked.every)} are shown."
    parts = (chart, base, rules, sources, _ALARMS[asked.rules], whole, ORDINARY)
    return How(definition=item.definition, method=" ".join(part for part in parts if part))
