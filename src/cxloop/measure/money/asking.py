"""What both questions about money share: whose answers, which scale, which bands, which currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.core.time import Window, parse_duration
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import Dimension, dimensions_of, log_source
from cxloop.measure.conditions import conditions
from cxloop.measure.metrics import Metric
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.money.queries import AMOUNTS
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import select

__all__ = ["Answers", "Step", "answers_of", "bands_of", "currency_of", "days_of", "events_of", "named_dimensions"]

_EDGE = 0.3
"""Share of a scale from its end that counts as low or high: of 1 to 5 two points, of 1 to 7 two and three."""


@dataclass(frozen=True, slots=True)
class Step:
    """One band of a scale, both ends included."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Answers:
    """The answers of a metric, as a condition on the alias `i`."""

    metric: Metric
    where: exp.Expr
    needed: tuple[Dimension, ...]
    bands: tuple[Step, ...]


def days_of(text: str, name: str) -> int:
    """Returns the days that a duration says; raises InputError where it is below one."""
    days = parse_duration(text) // timedelta(days=1)
    if not 1 <= days <= 3650:
        raise InputError(f"{name} is {text!r}. Give from 1d to 3650d, such as 365d or 26w.")
    return days


def answers_of(ws: Analysis, name: str, window: Window, where: str | None, identity: Identity) -> Answers | None:
    """Returns the answers of a metric on their one scale; None where there are none. Raises InputError."""
    metric = resolve(ws, name)
    if not metric.of_answers:
        raise InputError(f"{metric.label} counts no answers. Ask for nps, csat, ces or rating.")
    selection = select(ws, metric, by=(), every=None, window=window, where=where, identity=identity)
    scale = common_scale(ws, metric, selection)
    if scale is None:
        return None
    if scale.low is None or scale.high is None or scale.high <= scale.low:
        raise InputError("These answers came without a scale. Set scale_min and scale_max in the mapping.")
    bands = bands_of(name, scale.low, scale.high)
    return Answers(metric, selection.where, selection.needed, bands)


def bands_of(metric: str, low: float, high: float) -> tuple[Step, ...]:
    """Returns the bands of a scale, the lowest first.

    Example:
        >>> [(band.name, band.high) for band in bands_of("csat", 1, 5)]
        [('low', 2.0), ('middle', 3.0), ('high', 5)]
    """
    if metric == "nps":
        return Step("detractors", 0, 6), Step("passives", 7, 8), Step("promoters", 9, 10)
    edge = _EDGE * (high - low)
    below, above = float((low + edge) // 1), float(-(-(high - edge) // 1))
    return Step("low", low, below), Step("middle", below + 1, above - 1), Step("high", above, high)


def currency_of(ws: Analysis, holds: list[exp.Expr], needed: list[Dimension]) -> str:
    """Returns the one currency of what was paid, the company's where none is named; raises InputError for several."""
    slots = {"log": log_source(needed), "where": exp.and_(*holds, copy=False)}
    named = [str(row["currency"]) for row in ws.engine.fetch(AMOUNTS, {}, slots).to_pylist() if row["currency"]]
    if len(named) > 1:
        raise InputError(
            f"What was paid is in several currencies ({', '.join(named)}), which do not make one number. "
            f"Ask for one of them: where = 'currency == \"{named[0]}\"'."
        )
    return named[0] if named else ws.settings.company.currency


def events_of(
    ws: Analysis, where: str | None, after: datetime | None, until: datetime
) -> tuple[list[exp.Expr], list[Dimension]]:
    """Returns the conditions of what customers did after a moment and until another, that one included."""
    return conditions(ws, window=Window(after, until + timedelta(microseconds=1)), where=where)


def named_dimensions(ws: Analysis, names: tuple[str, ...]) -> tuple[Dimension, ...]:
    """Returns dimensions by their names; raises UnknownNameError."""
    known = dimensions_of(ws)
    return tuple(known.resolve(name) for name in names)
