"""The Pulse: every metric against the period before, and the groups whose change can be shown.

Two questions are asked, and each is corrected for its own number of comparisons (Benjamini-Hochberg): which metrics
changed, and which groups did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cxloop.core.expr import both, equals
from cxloop.core.results import Estimate, EstimateRow, How
from cxloop.core.time import Window, parse_duration, parse_moment
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimension, Dimensions
from cxloop.measure import pulse_wording as wording
from cxloop.measure.comparing.halves import Halves, Pair, compare, corrected
from cxloop.measure.estimate import rows_of
from cxloop.measure.queries import LOG_COUNTS, VARIETY
from cxloop.measure.results import Change, ChannelAnswers, Mover, Pulse, PulseMetric
from cxloop.measure.selection import ORDINARY, key, select
from cxloop.measure.series import Series, series_of

__all__ = ["take_pulse"]

WEEKS = 13
MOST_MOVERS = 5
WATCHED = ("channel", "touchpoint", "region", "product", "team")
"""Dimensions in which the Pulse looks for groups that moved, besides those of experience.toml."""
FEWEST_GROUPS, MOST_GROUPS = 2, 50
"""With one group there is nothing to tell apart; a dimension with hundreds is an identifier."""


@dataclass(frozen=True)
class _Group:
    """One group of one series in both periods."""

    series: Series
    dimension: Dimension
    pair: Pair


def take_pulse(ws: Analysis, period: str) -> Pulse:
    """Returns the Pulse of the last `period`, such as "30d"; raises InputError where that is no duration."""
    length = parse_duration(period)
    halves = Halves(ws.as_of - 2 * length, ws.as_of - length, ws.as_of)
    watched = series_of(ws, halves.window)
    groups = [group for series in watched for group in _groups(ws, series, halves)]
    metrics = tuple(_metrics(ws, watched, halves))
    movers = tuple(_movers(groups))
    head = metrics[0] if metrics else None
    counts = ws.engine.fetch(LOG_COUNTS).to_pylist()[0]
    return Pulse(
        lede=wording.lede(metrics, movers, period),
        sub=wording.sub(metrics),
        since=halves.since,
        until=halves.until,
        previous_since=halves.previous_since,
        zone=ws.settings.company.time_zone,
        metrics=metrics,
        movers=movers,
        head="" if head is None else head.title,
        head_unit="points" if head is None else head.unit,
        channels=_channels(ws, watched[0], halves) if watched else (),
        comparisons=sum(item.change is not None for item in metrics),
        groups_compared=len(groups),
        how=_how(ws),
        **counts,
    )


def _metrics(ws: Analysis, watched: Sequence[Series], halves: Halves) -> Iterator[PulseMetric]:
    pairs = [pair for series in watched for pair in compare(ws, series, halves)]
    for series, pair in zip(watched, corrected(pairs), strict=True):
        said = wording.verdict(pair.change)
        changed = pair.change if said in ("rose", "fell") else None
        yield PulseMetric(
            metric=series.metric.name,
            title=series.title,
            unit=series.metric.unit,
            scale=_ends(series),
            where=series.where,
            current=pair.current,
            previous=pair.previous,
            change=pair.change,
            verdict=said,
            tag=wording.tag(said, pair.change, series.metric.unit),
            better=None if changed is None else changed.value * series.metric.direction > 0,
            weekly=_weekly(ws, series, halves.until),
        )


def _ends(series: Series) -> tuple[float, float] | None:
    low, high = series.scale.low, series.scale.high
    return None if low is None or high is None else (low, high)


def _weekly(ws: Analysis, series: Series, until: datetime) -> tuple[EstimateRow, ...]:
    """Returns one estimate for each of the last calendar weeks."""
    zone = ZoneInfo(ws.settings.company.time_zone)
    today = (until - timedelta(microseconds=1)).replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    window = Window(parse_moment(monday.isoformat(), zone=zone, now=until), until)
    selection = select(ws, series.metric, by=(), every="week", window=window, where=series.where)
    return rows_of(ws, series.metric, selection, series.tally)


def _groups(ws: Analysis, series: Series, halves: Halves) -> Iterator[_Group]:
    """Yields the groups that can be compared, of every dimension that is watched."""
    declared = (dimension.name for dimension in ws.experience.dimension)
    dimensions = Dimensions(ws.experience)
    watched = tuple(dict.fromkeys((*WATCHED, *declared)))
    selection = select(ws, series.metric, by=watched, every=None, window=halves.window, where=series.where)
    sizes = ws.engine.fetch(VARIETY, {}, selection.variety).to_pylist()[0]
    for place, dimension in enumerate(watched):
        if FEWEST_GROUPS <= sizes[key(place)] <= MOST_GROUPS:
            pairs = compare(ws, series, halves, by=(dimension,))
            said = [pair for pair in pairs if pair.value is not None and pair.change is not None]
            yield from (_Group(series, dimensions.resolve(dimension), pair) for pair in said)


def _movers(groups: Sequence[_Group]) -> Iterator[Mover]:
    """Yields the groups whose change is shown, the surest large change first."""
    adjusted = corrected([group.pair for group in groups])
    shown = [
        (replace(group, pair=pair), pair.change)
        for group, pair in zip(groups, adjusted, strict=True)
        if pair.change is not None and wording.verdict(pair.change) in ("rose", "fell")
    ]
    shown.sort(key=lambda item: -_at_least(item[1]) / item[0].series.width)
    yield from (_mover(group, change) for group, change in shown[:MOST_MOVERS])


def _at_least(change: Change) -> float:
    """Returns the size of a change that its interval leaves at least."""
    return min(abs(change.low), abs(change.high)) if change.low * change.high > 0 else 0.0


def _mover(group: _Group, change: Change) -> Mover:
    series, pair = group.series, group.pair
    now, before, unit = pair.current, pair.previous, series.metric.unit
    assert isinstance(now, Estimate)  # only what can be said on both sides has a change
    assert isinstance(before, Estimate)
    label = pair.label or ""
    phrase = wording.phrase(group.dimension.title, label)
    return Mover(
        metric=series.metric.name,
        title=series.title,
        unit=unit,
        dimension=group.dimension.name,
        group=label,
        phrase=phrase,
        where=both(series.where, equals(group.dimension.name, pair.value)),
        current=now,
        previous=before,
        change=change,
        tag=f"{wording.bare(change.value, unit)} {series.metric.label}",
        better=change.value * series.metric.direction > 0,
        sentence=wording.mover_sentence(series.title, phrase, now, before, unit),
        note=wording.mover_note(now, before, change, unit),
    )


def _channels(ws: Analysis, series: Series, halves: Halves) -> tuple[ChannelAnswers, ...]:
    """Returns the answers of this period by channel, most first."""
    window = Window(halves.since, halves.until)
    selection = select(ws, series.metric, by=("channel",), every=None, window=window, where=series.where)
    rows = rows_of(ws, series.metric, selection, series.tally)
    return tuple(ChannelAnswers(row.group[0], row.result) for row in sorted(rows, key=lambda row: -row.result.n))


def _how(ws: Analysis) -> How:
    return How(
        definition="Each metric over the period and over the one of equal length before it, on each scale and survey "
        "by itself.",
        method=f"Intervals of level {ws.settings.measure.level:.0%}. The difference of two periods by MOVER (Zou and "
        "Donner 2008); a change is called one where its p value, corrected for all metrics (and for all groups) "
        f"compared by Benjamini and Hochberg (1995), is at most {wording.RATE:g}. Groups are observed, not "
        f"experimented on. {ORDINARY}",
    )
