"""Two periods side by side: the sums of this period and of the one before, in one query, and their difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlglot import exp

from cxloop.core.results import Estimate, InsufficientData
from cxloop.core.time import Window
from cxloop.engine.base import Analysis
from cxloop.engine.quoting import column_node, moment_node
from cxloop.measure.estimate import numbers, sums_of
from cxloop.measure.results import Change
from cxloop.measure.selection import key, select
from cxloop.measure.series import Series
from cxloop.stats.compare import difference
from cxloop.stats.intervals import Intervals

__all__ = ["Halves", "Pair", "compare"]

_NOW = "is_now"


@dataclass(frozen=True, slots=True)
class Halves:
    """This period [since, until) and the one of equal length before it. UTC without zone."""

    previous_since: datetime
    since: datetime
    until: datetime

    @property
    def window(self) -> Window:
        """Both together."""
        return Window(self.previous_since, self.until)


@dataclass(frozen=True, slots=True)
class Pair:
    """One group in both periods; `change` is None where one of them cannot be said."""

    value: str | None
    label: str | None
    current: Estimate | InsufficientData
    previous: Estimate | InsufficientData
    change: Change | None


def compare(ws: Analysis, series: Series, halves: Halves, *, by: tuple[str, ...] = ()) -> list[Pair]:
    """Returns the groups of a series (one without `by`) in both periods; p values are not corrected yet.

    Args:
        ws: the workspace.
        series: the answers.
        halves: the two periods.
        by: at most one dimension.
    """
    selection = select(ws, series.metric, by=by, every=None, window=halves.window, where=series.where)
    since = moment_node(halves.since)
    is_now = exp.GTE(this=column_node("occurred_at", "i"), expression=since)
    selection = replace(selection, extra={_NOW: is_now})
    table, sums = sums_of(ws, selection, series.tally)
    minimum = series.metric.minimum_n or ws.settings.measure.minimum_n
    found = series.tally.intervals(sums, ws.settings.measure.level)
    said = numbers(found, minimum)
    values = table.column(key(0)).to_pylist() if by else [None] * table.num_rows
    periods = zip(values, table.column(_NOW).to_pylist(), strict=True)
    places = {period: place for place, period in enumerate(periods)}
    label = selection.by[0].label if by else (lambda value: value)

    def pair(value: Any) -> Pair:
        now, before = places.get((value, True)), places.get((value, False))
        current, previous = (InsufficientData(0, minimum) if at is None else said[at] for at in (now, before))
        text = None if value is None else str(value)
        return Pair(text, label(text), current, previous, _change(found, said, now, before))

    return [pair(value) for value in (dict.fromkeys(values) if by else [None])]


def _change(
    found: Intervals, said: list[Estimate | InsufficientData], now: int | None, before: int | None
) -> Change | None:
    if now is None or before is None or not (isinstance(said[now], Estimate) and isinstance(said[before], Estimate)):
        return None
    apart = difference(found.take([now]), found.take([before]))
    return Change(float(apart.value[0]), float(apart.low[0]), float(apart.high[0]), float(apart.p[0]), apart.method)
