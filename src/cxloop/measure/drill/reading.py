"""Reading the rows behind a number: chosen by the same machinery as the number itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cxloop.core.results import How
from cxloop.core.time import window
from cxloop.engine.dimensions import Dimension, dimensions_of
from cxloop.measure.drill.queries import BEHIND, BEHIND_COUNT
from cxloop.measure.drill.results import BehindRow, RowsBehind
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.selection import ORDINARY, select
from cxloop.measure.units import UNITS

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["Wanted", "read_rows_behind"]

_LABELLED = ("touchpoint", "channel")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, as the verb takes it."""

    metric: str
    version: int | None = None
    since: str | None = None
    until: str | None = None
    where: str | None = None
    page: int = 1
    limit: int = 50


def read_rows_behind(ws: Analysis, wanted: Wanted) -> RowsBehind:
    """Returns one page of the rows that a metric counts.

    Raises:
        UnknownNameError: there is no such metric, or the condition names something unknown.
        InputError: a moment or the condition cannot be used.
    """
    item = resolve(ws, wanted.metric, version=wanted.version)
    within = window(wanted.since, wanted.until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    chosen = select(ws, item, by=(), every=None, window=within, where=wanted.where)
    known = {name: dimensions_of(ws).resolve(name) for name in _LABELLED}
    named = replace(chosen, needed=(*chosen.needed, *known.values()))
    slots = {**named.customers, **{name: dimension.node for name, dimension in known.items()}}
    asked = {"rows": wanted.limit, "skip": (wanted.page - 1) * wanted.limit}
    rows = ws.engine.fetch(BEHIND, asked, slots).to_pylist()
    counted = {name: chosen.customers[name] for name in BEHIND_COUNT.slots}
    total = ws.engine.fetch(BEHIND_COUNT, {}, counted).to_pylist()[0]["total"]
    return RowsBehind(
        metric=item.name,
        label=item.label,
        noun=UNITS[item.units].noun,  # of a mean per customer n counts customers, and rows are what they did
        total=total,
        page=wanted.page,
        rows=tuple(_row(row, known) for row in rows),
        how=How(definition=item.definition, method=f"The rows that the number counts, the newest first. {ORDINARY}"),
    )


def _row(row: Mapping[str, Any], known: Mapping[str, Dimension]) -> BehindRow:
    return BehindRow(**{**row, **{name: dimension.label(row[name]) for name, dimension in known.items()}})
