"""Two periods side by side: the sums of both in one query, and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlglot import exp

from cxloop.core.comparing import Change
from cxloop.core.results import Estimate, InsufficientData
from cxloop.core.time import Window
from cxloop.engine.base import Analysis
from cxloop.engine.quoting import column_node, moment_node
from cxloop.measure.estimate import found_of, numbers
from cxloop.measure.selection import key, select
from cxloop.measure.series import Series
from cxloop.stats.compare import benjamini_hochberg, difference
from cxloop.stats.intervals import Intervals

__all__ = ["Halves", "Pair", "apart", "compare", "corrected", "minimum_of"]

_NOW = "is_now"


@dataclass(frozen=True, slots=True)
class Halves:
    """This period [since, until) and an earlier one of equal length, which ends with `previous_until`. UTC."""

    previous_since: datetime
    since: datetime
    until: datetime
    previous_until: datetime | None = None
    """None: where this period begins."""

    @property
    def window(self) -> Window:
        """From the beginning of the one to the end of the other."""
        return Window(self.previous_since, self.until)


@dataclass(frozen=True, slots=True)
class Pair:
    """One group on both sides; `change` is None where one of them cannot be said."""

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
    moment = column_node("occurred_at", "i")
    is_now = exp.GTE(this=moment, expression=moment_node(halves.since))
    where = selection.where
    if halves.previous_until is not None and halves.previous_until < halves.since:
        earlier = exp.LT(this=moment.copy(), expression=moment_node(halves.previous_until))
        where = exp.and_(where, exp.or_(is_now.copy(), earlier), copy=False)
    selection = replace(selection, where=where, extra={_NOW: is_now})
    table, found = found_of(ws, series.metric, selection, series.tally)
    minimum = minimum_of(ws, series)
    said = numbers(found, minimum)
    values = table.column(key(0)).to_pylist() if by else [None] * table.num_rows
    periods = zip(values, table.column(_NOW).to_pylist(), strict=True)
    places = {period: place for place, period in enumerate(periods)}
    label = selection.by[0].label if by else (lambda value: value)

    def pair(value: Any) -> Pair:
        now, before = places.get((value, True)), places.get((value, False))
        current, previous = (InsufficientData(0, minimum) if at is None else said[at] for at in (now, before))
        text = None if value is None else str(value)
        change = None if now is None or before is None else apart((found, now), (found, before), minimum)
        return Pair(text, label(text), current, previous, change)

    return [pair(value) for value in (dict.fromkeys(values) if by else [None])]


def minimum_of(ws: Analysis, series: Series) -> int:
    """Returns how many units a number of the series needs at least."""
    return series.metric.minimum_n or ws.settings.measure.minimum_n


def apart(first: tuple[Intervals, int], second: tuple[Intervals, int], minimum: int) -> Change | None:
    """Returns what one group has more than another, each given as intervals and place; None under the minimum."""
    sides = [found.take([place]) for found, place in (first, second)]
    if any(side.n[0] < minimum for side in sides):
        return None
    found = difference(*sides)
    return Change(float(found.value[0]), float(found.low[0]), float(found.high[0]), float(found.p[0]), found.method)


def corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Returns the pairs with p values corrected for all comparisons among them (Benjamini and Hochberg 1995)."""
    adjusted = iter(benjamini_hochberg([pair.change.p for pair in pairs if pair.change is not None]).tolist())
    return [
        pair if pair.change is None else replace(pair, change=replace(pair.change, p=next(adjusted))) for pair in pairs
    ]
