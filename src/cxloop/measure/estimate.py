"""From a request to estimates: select, check the scale, sum in the engine, apply the formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, EstimateRow, Estimates, How, Identities, InsufficientData
from cxloop.core.time import Period, Window, next_period, window
from cxloop.core.wording import count, identities_in_words, plural
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.measure.currencies import common_currency
from cxloop.measure.identities import identities_of, wanted_identity
from cxloop.measure.medians import MEDIANS, median_intervals, reach
from cxloop.measure.metrics import Metric, Statistic, metric
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.queries import SCORES
from cxloop.measure.scales import common_scale, settled
from cxloop.measure.selection import ORDINARY, PERIOD, Selection, key, select
from cxloop.measure.tallies import Scale, Tally, tally_of
from cxloop.measure.units.words import counted_in_words
from cxloop.stats.intervals import CLUSTERED, Intervals

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.stats.sums import Array

__all__ = ["MOST_GROUPS", "Request", "estimate", "found_of", "numbers", "rows_of", "sums_of"]

MOST_GROUPS = 20_000
"""More groups than anybody reads: somebody split by an identifier."""

_REPEATED = "Some customers stand behind several {nouns}; the interval counts what those are worth together."
_MIXED = "Answers to different surveys or questions are taken together; split by survey_id or question_id to see each."


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as the verbs take it."""

    name: str
    statistic: Statistic | None = None
    by: tuple[str, ...] = ()
    every: Period | None = None
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None
    version: int | None = None

    def metric(self, ws: Analysis) -> Metric:
        """Returns the metric's definition; raises UnknownNameError, NotFoundError or InputError where there is none."""
        if self.statistic is not None and self.version is None:
            return metric(self.name, self.statistic)
        return resolve(ws, self.name, version=self.version)


def estimate(ws: Analysis, request: Request, item: Metric | None = None) -> Estimates:
    """Returns the estimates that were asked for, of the metric that the request names unless another is given.

    Raises:
        UnknownNameError: there is no such metric.
        InputError: a name, a date or the condition cannot be used, or the answers are on different scales.
    """
    item = item or request.metric(ws)
    zone = ws.settings.company.time_zone
    within = window(request.since, request.until, zone=ZoneInfo(zone), now=ws.as_of)
    selection = select(
        ws,
        item,
        by=request.by,
        every=request.every,
        window=within,
        where=request.where,
        identity=wanted_identity(ws, request.identity, request.certainty),
    )
    scale = common_scale(ws, item, selection)
    selection = settled(ws, selection, scale)
    currency = common_currency(ws, selection) if item.unit == "money" else ""
    rows: tuple[EstimateRow, ...] = ()
    tally = tally_of(item.statistic, scale or Scale(0, 10))
    if scale is not None:
        rows = _over(ws, item, request, within, rows_of(ws, item, selection, tally))
    if not rows and not request.by and request.every is None:
        rows = (EstimateRow((), None, InsufficientData(0, _minimum(ws, item))),)

    def read(identity: Identity) -> tuple[EstimateRow, ...]:
        return _over(ws, item, request, within, rows_of(ws, item, replace(selection, identity=identity), tally))

    identities = identities_of(ws, selection, within, rows, item.unit, read)
    return Estimates(
        metric=request.name,
        unit=item.unit,
        by=request.by,
        every=request.every,
        since=within.since,
        until=within.until,
        zone=zone,
        scale=None if scale is None or scale.low is None or scale.high is None else (scale.low, scale.high),
        rows=rows,
        how=_how(ws, item, selection, tally, rows, scale, identities),
        titles=tuple(dimension.title for dimension in selection.by),
        identities=identities,
        currency=currency,
        noun=item.noun,
        label=item.label,
        version=item.version,
    )


def _over(
    ws: Analysis, item: Metric, request: Request, within: Window, rows: tuple[EstimateRow, ...]
) -> tuple[EstimateRow, ...]:
    """Returns the rows without periods that are not over, of what grows with the length of a period."""
    if item.statistic != "per_customer" or request.every is None:
        return rows
    end = min(ws.as_of, within.until or ws.as_of) - timedelta(microseconds=1)
    last = end.replace(tzinfo=UTC).astimezone(ZoneInfo(ws.settings.company.time_zone)).date()
    ends = {start: next_period(start, request.every) for start in {row.period for row in rows if row.period}}
    return tuple(row for row in rows if row.period is None or ends[row.period] <= last + timedelta(days=1))


def sums_of(ws: Analysis, selection: Selection, tally: Tally) -> tuple[pa.Table, Mapping[str, Array]]:
    """Returns the groups of a selection as a table, and their sums as arrays; raises InputError for too many."""
    return _read(ws.engine.fetch(SCORES, {}, selection.scores(tally)), selection)


def found_of(ws: Analysis, item: Metric, selection: Selection, tally: Tally) -> tuple[pa.Table, Intervals]:
    """Returns the groups of a selection as a table, and what is known of each; raises InputError for too many."""
    level = ws.settings.measure.level
    if item.statistic != "median":
        table, sums = sums_of(ws, selection, tally)
        return table, tally.intervals(sums, level)
    found = ws.engine.fetch(MEDIANS, {"reach": reach(level)}, selection.grouped)
    table, sums = _read(found, selection)
    return table, median_intervals(sums, level)


def _read(table: pa.Table, selection: Selection) -> tuple[pa.Table, Mapping[str, Array]]:
    if table.num_rows > MOST_GROUPS:
        raise InputError(
            f"This makes {count(table.num_rows)} groups; at most {count(MOST_GROUPS)} can be read. "
            "Split by something with fewer values, or narrow the window."
        )
    table = table.filter(table.column("n").is_valid())
    groups = {key(place) for place in range(len(selection.by))} | {PERIOD, *selection.extra}
    sums = [name for name in table.column_names if name not in groups]
    return table, {name: _array(table.column(name)) for name in sums}


def _array(column: pa.ChunkedArray[Any]) -> Array:
    """Returns a column as an array of floats, not by pyarrow's `to_numpy`: that loads pandas, a second at a start."""
    import pyarrow as pa

    return np.array(column.cast(pa.float64()).to_pylist(), dtype=float)


def numbers(found: Intervals, minimum: int) -> list[Estimate | InsufficientData]:
    """Returns one number per group: an estimate, or "cannot say" under the minimum."""
    return [
        Estimate(
            value=float(found.value[place]),
            low=float(found.low[place]),
            high=float(found.high[place]),
            n=int(found.n[place]),
            customers=int(found.customers[place]),
            method=found.method_of(place),
            level=found.level,
        )
        if found.n[place] >= minimum
        else InsufficientData(int(found.n[place]), minimum)
        for place in range(found.n.size)
    ]


def rows_of(ws: Analysis, item: Metric, selection: Selection, tally: Tally) -> tuple[EstimateRow, ...]:
    """Returns one row per group and period of a selection, in order."""
    table, intervals = found_of(ws, item, selection, tally)
    found = numbers(intervals, _minimum(ws, item))
    labels = [
        [dimension.label(_text(value)) for value in table.column(key(place)).to_pylist()]
        for place, dimension in enumerate(selection.by)
    ]
    periods: Sequence[date | None] = (
        [None] * table.num_rows if selection.period is None else table.column(PERIOD).to_pylist()
    )
    groups = list(zip(*labels, strict=True)) if labels else [()] * table.num_rows
    rows = map(EstimateRow, groups, periods, found)
    return tuple(sorted(rows, key=_order))


def _order(row: EstimateRow) -> Any:
    """By period, then by group; "not said" comes last."""
    return (row.period or date.min, tuple((label is None, label or "") for label in row.group))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _minimum(ws: Analysis, item: Metric) -> int:
    return item.minimum_n or ws.settings.measure.minimum_n


def _how(
    ws: Analysis,
    item: Metric,
    selection: Selection,
    tally: Tally,
    rows: Sequence[EstimateRow],
    scale: Scale | None,
    identities: Identities,
) -> How:
    clustered = any(isinstance(row.result, Estimate) and row.result.method.endswith(CLUSTERED) for row in rows)
    said = [
        item.method,
        f"Level {ws.settings.measure.level:.0%}, minimum n {_minimum(ws, item)}.",
        _REPEATED.format(nouns=plural(item.noun)) if clustered else "",
        _MIXED if scale is not None and scale.mixed else "",
        *identities_in_words(identities, item.noun),
    ]
    return How(
        definition=item.definition,
        method=" ".join(part for part in said if part),
        exclusions=" ".join(
            [*counted_in_words(item), *_unfinished(item, selection), *([ORDINARY] if selection.ordinary else [])]
        ),
        sql=_sql(ws, item, selection, tally),
    )


def _sql(ws: Analysis, item: Metric, selection: Selection, tally: Tally) -> str:
    if item.statistic == "median":
        return ws.engine.sql(MEDIANS, selection.grouped)
    return ws.engine.sql(SCORES, selection.scores(tally))


def _unfinished(item: Metric, selection: Selection) -> list[str]:
    grows = item.statistic == "per_customer" and selection.period is not None
    return ["Periods that are not over are left out: what customers come to grows with time."] if grows else []
