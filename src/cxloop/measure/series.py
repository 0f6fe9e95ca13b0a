"""Series: what the Pulse watches. One per metric, and one per scale and survey where a metric has several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cxloop.core.expr import both, equals
from cxloop.core.time import Window
from cxloop.engine.base import Analysis
from cxloop.measure.metrics import ANSWERED, Metric, metric
from cxloop.measure.queries import SERIES
from cxloop.measure.scales import selector
from cxloop.measure.selection import select
from cxloop.measure.tallies import Scale, Tally, tally_of

__all__ = ["Series", "series_of"]

MOST_SURVEYS = 4
"""Surveys of one metric that get a series of their own; with more, all are taken together."""
ENOUGH = 30
"""Answers of two periods under which a survey is not worth a series of its own."""


@dataclass(frozen=True)
class Series:
    """Answers that make one number: a metric on one scale, perhaps of one survey."""

    metric: Metric
    title: str
    scale: Scale
    where: str

    @property
    def tally(self) -> Tally:
        """How its answers are counted."""
        return tally_of(self.metric.statistic, self.scale)

    @property
    def width(self) -> float:
        """How far apart the ends of its numbers are: the measure of what is much."""
        if self.metric.unit != "score":
            return 200.0 if self.metric.unit == "points" else 1.0
        return 1.0 if self.scale.low is None or self.scale.high is None else self.scale.high - self.scale.low


def series_of(ws: Analysis, window: Window) -> list[Series]:
    """Returns the series that have answers in the window, in the order of the metrics."""
    return [item for name in dict.fromkeys(each.name for each in ANSWERED) for item in _of(ws, metric(name), window)]


def _of(ws: Analysis, item: Metric, window: Window) -> Iterator[Series]:
    selection = select(ws, item, by=(), every=None, window=window, where=None)
    rows = [row for row in ws.engine.fetch(SERIES, {}, selection.slots).to_pylist() if _usable(item, row)]
    rows.sort(key=_ends)
    scales = [list(group) for _, group in groupby(rows, key=_ends)]
    scales.sort(key=lambda group: -sum(row["n"] for row in group))
    for group in scales:
        yield from _split(item, group, alone=len(scales) == 1)


def _usable(item: Metric, row: dict[str, Any]) -> bool:
    """Whether a number can be made of these answers: the verb says why where it cannot."""
    ends = (row["low"], row["high"])
    if item.scale is not None:
        return ends in (item.scale, (None, None))
    return item.statistic != "share" or None not in ends


def _ends(row: dict[str, Any]) -> tuple[float, float]:
    return tuple(float("inf") if row[name] is None else row[name] for name in ("low", "high"))  # type: ignore[return-value]


def _split(item: Metric, rows: Sequence[dict[str, Any]], *, alone: bool) -> Iterator[Series]:
    low, high = rows[0]["low"], rows[0]["high"]
    scale = Scale(low, high, whole=not any(row["broken"] for row in rows))
    title = item.label if alone or low is None else f"{item.label} {low:g} to {high:g}"
    where = "" if alone else selector(low, high)
    surveys = [row["survey"] for row in rows if row["n"] >= ENOUGH]
    if not 2 <= len(surveys) <= MOST_SURVEYS or len(surveys) < len(rows):
        yield Series(item, title, scale, where)
        return
    for survey in surveys:
        named = "no survey named" if survey is None else survey
        yield Series(item, f"{title}, {named}", scale, both(where, equals("survey_id", survey)))
