"""What a point is worth: what came after better and worse answers, of customers who were alike before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from sqlglot import exp

from cxloop.core.results import Estimate, How, InsufficientData, Unit
from cxloop.core.time import Window, window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import customer_node, dimensions_of, log_source
from cxloop.engine.query import Slots
from cxloop.measure.conditions import REFERRED, happens
from cxloop.measure.identities import wanted_identity
from cxloop.measure.money.asking import Answers, Step, answers_of, currency_of, days_of, events_of
from cxloop.measure.money.queries import AFTER, ANSWERED
from cxloop.measure.money.results import Band, Cell, Gap, Outcome, PointValue
from cxloop.measure.sources import known_until
from cxloop.stats.compare import benjamini_hochberg
from cxloop.stats.effects import Adjusted, adjusted_means, crossed_chances, slope
from cxloop.stats.rates import shares
from cxloop.stats.sums import Array

__all__ = ["Request", "point_value"]

FEWEST = 200
"""Customers below which nothing is adjusted: a dozen columns are fitted in each band."""
OVERLAP, NEAR = 0.05, 0.8
"""A customer could have been in a band from this probability on; so many have to be able to be in each."""
IMBALANCE = 0.25
"""Standardised difference that may be left after weighting, which regression then removes: Rubin (2001), "Using
propensity scores to help design observational studies", Health Services and Outcomes Research Methodology 2."""
MOST_LEVELS, RAREST = 12, 0.02
"""Values of a dimension that get a column of their own: at most so many, none rarer than this share."""
_DEFINITION = (
    "Customers by the band of their last answer that is at least {days} days old, and what they did in the {days} days "
    "after it: what they paid less refunds, whether they bought again, whether they brought somebody. Younger answers "
    "are left out."
)
_METHOD = (
    "Plain: means with normal intervals, shares with Wilson's. Adjusted: what everybody would have in each band, if "
    "what was known before the answer is all that matters, by augmented inverse probability weighting with models of "
    "five other folds (Cattaneo 2010; Chernozhukov et al. 2018); one step on the scale by Robinson (1988). p values "
    "are corrected for all differences (Benjamini-Hochberg). Level {level:.0%}. Observational: nobody was given their "
    "score by chance, and what nobody recorded is not adjusted for."
)
KNOWN = (
    "money and orders of the year before, orders of the last 90 days, days since the last order, time since the first "
    "sign of them, calls, messages and returns of the year before, people brought before, region, channel and day of "
    "the answer"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as the verb takes it."""

    metric: str = "nps"
    horizon: str = "365d"
    referred: str | None = None
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


class _Rows(NamedTuple):
    """Customers: their scores, bands and columns, and what came after."""

    score: Array
    band: NDArray[np.int64]
    columns: Array
    after: dict[str, Array]


def point_value(ws: Analysis, asked: Request) -> PointValue:
    """Returns what goes with a better score; raises InputError."""
    days = days_of(asked.horizon, "horizon")
    zone = ZoneInfo(ws.settings.company.time_zone)
    limits = window(asked.since, asked.until, zone=zone, now=ws.as_of)
    now = min(known_until(ws), limits.until or ws.as_of)
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    old = Window(limits.since, now - timedelta(days=days) + timedelta(microseconds=1))
    found = answers_of(ws, asked.metric, old, asked.where, identity)
    everybody = answers_of(
        ws, asked.metric, Window(limits.since, now + timedelta(microseconds=1)), asked.where, identity
    )
    if found is None or everybody is None:
        return _nothing(ws, asked, days, now)
    holds, _ = events_of(ws, None, None, now)
    currency = currency_of(ws, holds, [])
    slots = _slots(ws, found, asked, days, identity, holds)
    table = ws.engine.fetch(AFTER, {}, slots)
    young = _customers(ws, everybody, identity) - table.num_rows
    result = _judged(ws, found, _read(table, found.bands))
    return replace(
        result,
        days=days,
        too_young=young,
        currency=currency,
        until=now,
        how=_how(ws, days, ws.engine.sql(AFTER, slots)),
    )


def _slots(ws: Analysis, found: Answers, asked: Request, days: int, identity: Identity, holds: list[exp.Expr]) -> Slots:
    channel = dimensions_of(ws).resolve("channel")
    return {
        "customer": customer_node(identity),
        "answers_log": log_source((channel, *found.needed), identity),
        "answers": found.where,
        "referred": happens(ws, asked.referred or REFERRED),
        "log": log_source((), identity),
        "where": exp.and_(*holds, copy=False),
        "horizon": exp.Interval(this=exp.Literal.string(str(days)), unit=exp.Var(this="DAY")),
    }


def _customers(ws: Analysis, answers: Answers, identity: Identity) -> int:
    slots = {"customer": customer_node(identity), "log": log_source(answers.needed, identity), "where": answers.where}
    return int(ws.engine.fetch(ANSWERED, {}, slots)["customers"][0].as_py())


def _read(table: Any, bands: Sequence[Step]) -> _Rows:
    """Returns the rows as arrays; amounts and counts also as logarithms, for their tails are long."""
    names = ("revenue_before", "orders_before", "orders_lately", "contacts_before", "referrals_before")
    number = {name: _numbers(table, name) for name in (*names, "score", "day", "recency", "tenure")}
    recency, paid = number["recency"], number["revenue_before"]
    plain = [
        paid,
        *(np.log1p(np.maximum(number[name], 0)) for name in names),
        np.isnan(recency).astype(float),
        np.log1p(np.nan_to_num(recency)),
        np.log1p(np.nan_to_num(number["tenure"])),
        number["day"],
    ]
    columns = np.column_stack([*plain, *_levels(table, "region"), *_levels(table, "channel")])
    score = number["score"]
    band = np.searchsorted([step.low for step in bands[1:]], score, side="right").astype(np.int64)
    after = {
        "revenue": _numbers(table, "revenue_after"),
        "retention": (_numbers(table, "orders_after") > 0).astype(float),
        "referral": (_numbers(table, "referrals_after") > 0).astype(float),
    }
    return _Rows(score, band, columns, after)


def _numbers(table: Any, name: str) -> Array:
    import pyarrow as pa

    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)


def _levels(table: Any, name: str) -> list[Array]:
    """Returns a column of 0 and 1 for each of the commonest values but the first."""
    values = np.array([str(value) for value in table.column(name).to_pylist()], dtype=object)
    kinds, counts = np.unique(values.astype(str), return_counts=True)
    common = [
        kinds[at] for at in np.argsort(-counts, kind="stable")[1:MOST_LEVELS] if counts[at] >= RAREST * len(values)
    ]
    return [(values == kind).astype(float) for kind in common]


def _judged(ws: Analysis, found: Answers, rows: _Rows) -> PointValue:
    """Returns the result without what the caller knows better."""
    sizes = np.bincount(rows.band, minlength=len(found.bands))
    reasons = _too_few(ws, sizes, found.bands)
    chances = None if reasons else crossed_chances(rows.band, sizes.size, rows.columns)
    overlap = None if chances is None else float((chances >= OVERLAP).all(axis=1).mean())
    if overlap is not None and overlap < NEAR:
        reasons = [f"only {overlap:.0%} of customers could have been in each band; {NEAR:.0%} are needed"]
    outcomes: list[Outcome] = []
    kinds = [name for name in rows.after if name != "referral" or rows.after[name].any()]
    for name in kinds if rows.score.size else []:
        made = None if chances is None or reasons else _adjusted(rows, name, chances)
        if made is not None and not reasons and made.imbalance.max() > IMBALANCE:
            worst = f"{made.imbalance.max():.2f} standard deviations, {IMBALANCE} is the most"
            reasons = [f"weighted, the bands still differ in what was known before ({worst})"]
            made = None
        outcomes.append(_outcome(ws, found.bands, rows, name, made))
    return PointValue(
        metric=found.metric.name,
        label=found.metric.label,
        days=0,
        customers=int(rows.score.size),
        too_young=0,
        currency="",
        outcomes=_corrected(outcomes, ws.settings.measure.level),
        trust="cannot say" if reasons else "holds",
        reasons=tuple(reasons),
        adjusted_for=(KNOWN,),
        overlap=overlap,
        level=ws.settings.measure.level,
        until=ws.as_of,
    )


def _too_few(ws: Analysis, sizes: NDArray[np.int64], bands: Sequence[Step]) -> list[str]:
    least = max(ws.settings.measure.minimum_n, 30)
    few = [
        f"only {size} {step.name}, {least} are needed" for size, step in zip(sizes, bands, strict=True) if size < least
    ]
    total = int(sizes.sum())
    return few or ([f"only {total} customers, {FEWEST} are needed"] if total < FEWEST else [])


def _adjusted(rows: _Rows, name: str, chances: Array) -> Adjusted:
    return adjusted_means(rows.after[name], rows.band, chances.shape[1], rows.columns, chances)


_KINDS: dict[str, tuple[Literal["revenue", "retention", "referral"], str, Unit]] = {
    "revenue": ("revenue", "Paid, less refunds", "money"),
    "retention": ("retention", "Bought again", "share"),
    "referral": ("referral", "Brought somebody", "share"),
}


def _outcome(ws: Analysis, bands: Sequence[Step], rows: _Rows, name: str, made: Adjusted | None) -> Outcome:
    level = ws.settings.measure.level
    values = rows.after[name]
    kind, title, unit = _KINDS[name]
    plain = [_plain(ws, values[rows.band == at], unit) for at in range(len(bands))]
    ends = plain[0], plain[-1]
    return Outcome(
        name=kind,
        title=title,
        unit=unit,
        bands=tuple(
            Band(
                step.name,
                step.low,
                step.high,
                int((rows.band == at).sum()),
                plain[at],
                None if made is None else _estimate(made, at, unit, int((rows.band == at).sum()), level),
            )
            for at, step in enumerate(bands)
        ),
        plain=None if any(isinstance(end, InsufficientData) for end in ends) else _plain_gap(values, rows.band, level),
        adjusted=None if made is None else _gap(*made.contrast(len(bands) - 1, 0), level),
        plain_step=None if made is None else _gap(*slope(values, rows.score, np.zeros((values.size, 0))), level),
        step=None if made is None else _gap(*slope(values, rows.score, rows.columns), level),
    )


def _plain(ws: Analysis, values: Array, unit: Unit) -> Cell:
    needed, level = ws.settings.measure.minimum_n, ws.settings.measure.level
    if values.size < max(needed, 2):
        return InsufficientData(int(values.size), needed)
    if unit == "share":
        found = shares(values.sum(keepdims=True), np.array([float(values.size)]), level=level)
        ends = float(found.low[0]), float(found.high[0])
        return Estimate(float(values.mean()), *ends, values.size, values.size, found.method, level)
    mean, half = float(values.mean()), float(_z(level) * values.std(ddof=1) / np.sqrt(values.size))
    return Estimate(mean, mean - half, mean + half, values.size, values.size, "normal", level)


def _estimate(made: Adjusted, at: int, unit: Unit, n: int, level: float) -> Estimate:
    mean, error = made.mean(at)
    ends = (0.0, 1.0) if unit == "share" else (-np.inf, np.inf)
    value, low, high = (float(np.clip(mean + side * _z(level) * error, *ends)) for side in (0, -1, 1))
    return Estimate(value, low, high, n, n, "AIPW, cross-fitted", level)


def _plain_gap(values: Array, band: NDArray[np.int64], level: float) -> Gap:
    top, bottom = values[band == band.max()], values[band == 0]
    error = np.sqrt(top.var(ddof=1) / top.size + bottom.var(ddof=1) / bottom.size)
    return _gap(float(top.mean() - bottom.mean()), float(error), level)


def _gap(value: float, error: float, level: float) -> Gap:
    half = _z(level) * error
    p = 2 * float(ndtr(-abs(value) / error)) if error > 0 else 1.0
    return Gap(value, value - half, value + half, p, shown=False)


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 2))


def _corrected(outcomes: Sequence[Outcome], level: float) -> tuple[Outcome, ...]:
    """Returns the outcomes with p values for as many gaps as there are."""
    names = ("plain", "adjusted", "plain_step", "step")
    places = [(at, name) for at, outcome in enumerate(outcomes) for name in names if getattr(outcome, name) is not None]
    if not places:
        return tuple(outcomes)
    adjusted = benjamini_hochberg([getattr(outcomes[at], name).p for at, name in places])
    found = list(outcomes)
    for (at, name), p in zip(places, adjusted.tolist(), strict=True):
        gap = replace(getattr(found[at], name), p=p, shown=p <= 1 - level + 1e-12)
        found[at] = replace(found[at], **{name: gap})
    return tuple(found)


def _how(ws: Analysis, days: int, sql: str = "") -> How:
    level = ws.settings.measure.level
    return How(definition=_DEFINITION.format(days=days), method=_METHOD.format(level=level), sql=sql)


def _nothing(ws: Analysis, asked: Request, days: int, now: datetime) -> PointValue:
    reason = f"nobody answered {asked.metric} at least {days} days ago; an answer tells nothing before that"
    return PointValue(
        metric=asked.metric,
        label=asked.metric,
        days=days,
        customers=0,
        too_young=0,
        currency=ws.settings.company.currency,
        outcomes=(),
        trust="cannot say",
        reasons=(reason,),
        adjusted_for=(),
        overlap=None,
        level=ws.settings.measure.level,
        until=now,
        how=_how(ws, days),
    )
