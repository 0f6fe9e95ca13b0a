"""`measure.compare`: this period against an earlier one, or group against group, corrected for all that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from cxloop.core.comparing import Against, Change, Comparison, SideBySide
from cxloop.core.errors import InputError
from cxloop.core.expr import both, equals
from cxloop.core.results import How, InsufficientData
from cxloop.core.time import Window, window
from cxloop.core.wording import NOT_SAID
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import dimensions_of
from cxloop.measure.comparing import wording
from cxloop.measure.comparing.halves import Halves, Pair, apart, compare, corrected, minimum_of
from cxloop.measure.comparing.references import beside
from cxloop.measure.comparing.rest import group_and_rest
from cxloop.measure.currencies import common_currency
from cxloop.measure.estimate import found_of, numbers
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.pulse_wording import RATE
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import ORDINARY, key, select
from cxloop.measure.series import Series
from cxloop.measure.tallies import Scale

__all__ = ["Question", "comparison"]

YEAR = timedelta(weeks=52)
"""A year before on the same weekdays: a Monday is compared with a Monday."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for, as the verb takes it."""

    metric: str
    against: Against = "before"
    by: str = ""
    group: str | None = None
    since: str = "30d"
    until: str | None = None
    where: str | None = None
    version: int | None = None


def comparison(ws: Analysis, asked: Question) -> Comparison:
    """Returns a metric on two sides; raises InputError where the question does not go together."""
    _check(asked)
    item = resolve(ws, asked.metric, version=asked.version)
    halves = _halves(ws, asked)
    by = (asked.by,) if asked.by else ()
    whole = halves.window if _of_periods(asked) else Window(halves.since, halves.until)
    selection = select(ws, item, by=by, every=None, window=whole, where=asked.where)
    scale = common_scale(ws, item, selection)
    series = Series(item, item.label, scale or Scale(0, 10), asked.where or "")
    pairs = corrected(_pairs(ws, series, halves, asked) if scale is not None else [])
    if not pairs and not by:
        none = InsufficientData(0, minimum_of(ws, series))
        pairs = [Pair(None, None, none, none, None)]
    rows = [_row(pair, series, asked) for pair in pairs]
    found = Comparison(
        metric=item.name,
        label=item.label,
        version=item.version,
        unit=item.unit,
        noun=item.noun,
        currency=common_currency(ws, selection) if item.unit == "money" else "",
        scale=None if scale is None or scale.low is None or scale.high is None else (scale.low, scale.high),
        against=asked.against,
        by=asked.by,
        title=selection.by[0].title if by else "",
        other_label=_other(ws, asked, halves),
        since=halves.since,
        until=halves.until,
        other_since=halves.previous_since if _of_periods(asked) else halves.since,
        other_until=(halves.previous_until or halves.since) if _of_periods(asked) else halves.until,
        zone=ws.settings.company.time_zone,
        where=asked.where or "",
        rows=tuple(sorted(rows, key=_order)),
        comparisons=sum(row.change is not None for row in rows),
        lede="",
        references=() if by else beside(ws, item, rows[0].current, scale),
        how=_how(ws, series, asked),
    )
    return replace(found, lede=wording.lede(found))


def _of_periods(asked: Question) -> bool:
    return asked.against in ("before", "year")


def _check(asked: Question) -> None:
    """Raises InputError where an argument is missing, or would be ignored."""
    if asked.against in ("rest", "group") and not asked.by:
        raise InputError(f"against={asked.against!r} compares groups: name a dimension in `by`, such as channel.")
    if asked.against == "group" and asked.group is None:
        raise InputError("against='group' compares each group with one of them: name that one in `group`.")
    if asked.against != "group" and asked.group is not None:
        raise InputError(f"`group` is for against='group' alone, and against is {asked.against!r}. Leave one out.")


def _halves(ws: Analysis, asked: Question) -> Halves:
    """Returns this period and the one that it is compared with."""
    zone = ZoneInfo(ws.settings.company.time_zone)
    within = window(asked.since, asked.until, zone=zone, now=ws.as_of)
    since, until = within.since, within.until or ws.as_of
    assert since is not None  # the question always has a beginning
    if since >= until:
        raise InputError(f"The period is empty: since {asked.since!r} is not before {until:%Y-%m-%d %H:%M} UTC.")
    back = YEAR if asked.against == "year" else until - since
    if until - since > back:
        raise InputError("A period of more than 52 weeks overlaps with itself a year before. Take a shorter one.")
    try:
        return Halves(since - back, since, until, until - back)
    except OverflowError:
        raise InputError(f"The period before {asked.since!r} leaves the calendar. Take a shorter one.") from None


def _pairs(ws: Analysis, series: Series, halves: Halves, asked: Question) -> list[Pair]:
    by = (asked.by,) if asked.by else ()
    if _of_periods(asked):
        return compare(ws, series, halves, by=by)
    selection = select(
        ws, series.metric, by=by, every=None, window=Window(halves.since, halves.until), where=series.where
    )
    minimum, label = minimum_of(ws, series), selection.by[0].label
    base: int | None = None
    if asked.against == "rest":
        if series.metric.statistic == "median":
            raise InputError("Medians of a group and of the rest cannot be told from sums. Use against='group'.")
        table, own, rest = group_and_rest(ws, selection, series.tally)
        firsts, seconds = numbers(own, minimum), numbers(rest, minimum)
        values = table.column(key(0)).to_pylist()
        changes = [apart((own, place), (rest, place), minimum) for place in range(len(values))]
    else:
        table, own = found_of(ws, series.metric, selection, series.tally)
        values = table.column(key(0)).to_pylist()
        base = _place(asked, values, label)
        firsts = numbers(own, minimum)
        seconds = [firsts[base]] * len(values)
        changes = [apart((own, place), (own, base), minimum) for place in range(len(values))]
    texts = [None if value is None else str(value) for value in values]
    pairs = [
        Pair(text, label(text), *sides)
        for text, sides in zip(texts, zip(firsts, seconds, changes, strict=True), strict=True)
    ]
    return pairs if base is None else [pair for place, pair in enumerate(pairs) if place != base]


def _place(asked: Question, values: Sequence[object], label: Callable[[str | None], str | None]) -> int:
    """Returns the place of the group that all are compared with, by its value or by what people call it."""
    for place, value in enumerate(values):
        text = None if value is None else str(value)
        if asked.group in (text, label(text) or NOT_SAID):
            return place
    known = ", ".join(sorted(str(value) for value in values if value is not None)[:20])
    raise InputError(
        f"There is no group {asked.group!r} by {asked.by} in this selection. There are: {known or 'none'}."
    )


def _row(pair: Pair, series: Series, asked: Question) -> SideBySide:
    said = wording.verdict(pair.change, asked.against)
    shown = pair.change is not None and said in ("changed", "differs")
    return SideBySide(
        group=pair.label,
        where=both(series.where, equals(asked.by, pair.value)) if asked.by else series.where,
        current=pair.current,
        other=pair.previous,
        change=pair.change,
        verdict=said,
        tag=wording.tag(pair.change, asked.against, series.metric.unit),
        better=pair.change.value * series.metric.direction > 0 if shown and pair.change is not None else None,
    )


def _order(row: SideBySide) -> tuple[bool, bool, float, str]:
    """What is shown first, by what its interval leaves at least; then by name."""
    shown = row.verdict in ("changed", "differs")
    return (row.change is None, not shown, -_least(row.change) if shown and row.change else 0.0, row.group or "~")


def _least(change: Change) -> float:
    """Returns the size of a difference that its interval leaves at least."""
    return min(abs(change.low), abs(change.high)) if change.low * change.high > 0 else 0.0


def _other(ws: Analysis, asked: Question, halves: Halves) -> str:
    """Returns what the other side is called, to be read after "in the" or "from"."""
    days = (halves.until - halves.since).total_seconds() / 86_400
    if asked.against == "before":
        return "day before" if days == 1 else f"{days:,.0f} days before" if days >= 1 else "period before"
    if asked.against == "year":
        return "same days 52 weeks before"
    if asked.against == "rest":
        return "all others"
    return dimensions_of(ws).resolve(asked.by).label(asked.group) or NOT_SAID


def _how(ws: Analysis, series: Series, asked: Question) -> How:
    level = f"{ws.settings.measure.level:.0%}"
    overlap = (
        "Both sides are taken as independent: where the same customers stand on both, who mostly answer alike, the "
        "interval is too wide rather than too narrow."
    )
    sums = "The rest is summed anew for each group, customer by customer." if asked.against == "rest" else ""
    test = (
        f"The difference with its {level} interval by MOVER (Zou and Donner 2008), which keeps what is known of each "
        "side: for two shares it is Newcombe's (1998) method 10, for two means with Student's t close to Welch's."
    )
    called = (
        "It is called a difference where p, corrected for all comparisons shown (Benjamini and Hochberg 1995), is at "
        f"most {RATE:g}. Observed, not experimented on: it says that two sides differ, and not why."
    )
    many = "Where customers stand behind several units, the interval counts what those are worth together."
    parts = (series.metric.method, many, test, overlap, sums, called, ORDINARY)
    return How(definition=series.metric.definition, method=" ".join(part for part in parts if part))
