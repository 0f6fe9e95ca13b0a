"""From a request to the whole-base score: read the log as occasions, adjust, and ask whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.special import ndtri
from sqlglot import exp

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import Window, parse_moment
from cxloop.engine.base import Analysis, Value
from cxloop.engine.dimensions import LOG_SPAN, dimensions_of, log_source
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.conditions import conditions
from cxloop.measure.identities import wanted_identity
from cxloop.measure.metrics import metric
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import select
from cxloop.measure.whole_base import diagnostics, texts
from cxloop.measure.whole_base.adjusting import Adjusted, adjust
from cxloop.measure.whole_base.base import Answers, Base
from cxloop.measure.whole_base.checks import LEAST_ANSWERS, checks
from cxloop.measure.whole_base.modes import Modes, modes_of
from cxloop.measure.whole_base.occasions import Occasions, read
from cxloop.measure.whole_base.queries import OCCASIONS
from cxloop.measure.whole_base.results import BaseCheck, BaseGroup, BaseLeaning, BaseStep, WholeBase
from cxloop.measure.whole_base.threads import one_thread
from cxloop.stats.aipw import mean_and_error
from cxloop.stats.weighting import effective_size, rake, weighted_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.measure.metrics import Metric

__all__ = ["GROUPS", "Request", "whole_base"]

GROUPS = ("region", "channel", "product", "brand")
"""By what of their newest occasion customers may be split."""
OCCASION: dict[str, tuple[str, ...]] = {
    "order": ("order",),
    "contact": ("call", "message", "case"),
    "return": ("return",),
}
USUAL = {"nps": "order", "csat": "contact", "ces": "return"}
LOOK_BACK = 2
"""Answers of so many times the active days teach what silence means."""
SEED = 20_260_101
MOST_GROUPS, RAKED = 40, ("region", "channel", "product")
TIMES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as the verb takes it."""

    name: str
    by: str | None
    until: str | None
    active_days: float
    occasion: str | None
    reference: str | None


def whole_base(ws: Analysis, request: Request) -> WholeBase:
    """Returns the score of everybody; raises InputError where a name or moment cannot be used."""
    if request.by is not None and request.by not in GROUPS:
        raise UnknownNameError("dimension of customers", request.by, GROUPS)
    until = _until(ws, request.until)
    occasion = request.occasion or USUAL[request.name]
    item = metric(request.name, "score" if request.name == "nps" else None)
    answers = _answers(ws, item, until)
    seen = _seen(ws, request, until, occasion)
    base = Base(seen, request.active_days, answers)
    told = int(base.told.answered.sum())
    if told < LEAST_ANSWERS or told == base.count:
        return _too_few(ws, request, item, base, until, occasion, told)
    with one_thread():
        return _tried(ws, request, item, base, until, occasion)


def _tried(ws: Analysis, request: Request, item: Metric, base: Base, until: datetime, occasion: str) -> WholeBase:
    """Returns the score with everything that it was tried by."""
    level, told = ws.settings.measure.level, int(base.told.answered.sum())
    found = adjust(base, seed=SEED)
    modes = modes_of(base, reference=request.reference, seed=SEED)
    rows = diagnostics.balance(found)
    foreseen = diagnostics.held_out(found)
    pretences = tuple(diagnostics.pretend(found, seed=SEED))
    asked = tuple(checks(found, item.unit, rows, foreseen, pretences))
    whole, shifted = _whole(found, modes, level)
    answerers = _mean(base.lately, level, "normal")
    reasons = tuple(check.said for check in asked if not check.held)
    return WholeBase(
        metric=request.name,
        unit=item.unit,
        until=until,
        active_days=request.active_days,
        occasion=occasion,
        customers=base.count,
        invited=int(base.told.invited.sum()),
        answered=told,
        reference=modes.reference,
        trusted=not reasons,
        reasons=reasons,
        answerers=answerers,
        whole=whole,
        raked=_raked(base, level),
        steps=_steps(found, answerers, shifted),
        groups=_groups(found, modes, request.by, level, ws.settings.measure.minimum_n),
        by=request.by or "",
        balance=rows,
        extreme_share=float((found.weights > 10 * np.median(found.weights)).mean()),
        worth=effective_size(found.weights),
        odds=diagnostics.odds(found),
        held_out=foreseen,
        pretences=pretences,
        modes=modes.rows,
        leaning=_leaning(found, answerers),
        checks=asked,
        zone=ws.settings.company.time_zone,
        how=_how(ws, item, request, until, occasion),
    )


def _until(ws: Analysis, asked: str | None) -> datetime:
    """Returns the end of the window: as asked, or just after the log's last row where that is earlier than now."""
    if asked is not None:
        return parse_moment(asked, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    last = ws.engine.fetch(LOG_SPAN).column("last_at")[0].as_py()
    return ws.as_of if last is None else min(ws.as_of, last + timedelta(seconds=1))


def _answers(ws: Analysis, item: Metric, until: datetime) -> Answers:
    chosen = select(ws, item, by=(), every=None, window=Window(None, until), where=None)
    scale = common_scale(ws, item, chosen)
    low, high = (0, 10) if scale is None or scale.low is None or scale.high is None else (scale.low, scale.high)
    if low != int(low) or high != int(high) or high - low > 10:
        raise InputError(
            f"Answers to {item.label} stand on a scale from {low:g} to {high:g}; the whole-base score needs whole "
            "points, at most eleven of them."
        )
    reading: Any = item.statistic
    return Answers(int(low), int(high), reading)


def _slots(ws: Analysis, request: Request, until: datetime, occasion: str) -> dict[str, Any]:
    since = until - timedelta(days=request.active_days * LOOK_BACK)
    holds, _ = conditions(ws, window=Window(since, until), where=None)
    identity = wanted_identity(ws, None, None)
    kinds = exp.In(this=column_node("kind", "i"), expressions=[text_node(kind) for kind in OCCASION[occasion]])
    told = exp.and_(
        exp.EQ(this=column_node("metric", "i"), expression=text_node(request.name)),
        exp.not_(exp.Is(this=column_node("score", "i"), expression=exp.Null())),
        copy=False,
    )
    return {
        "customer": identity.node(),
        "opens": kinds,
        "answers": told,
        "log": log_source([dimensions_of(ws).resolve("channel")], identity),
        "where": exp.and_(*holds, copy=False),
    }


def _seen(ws: Analysis, request: Request, until: datetime, occasion: str) -> Occasions:
    parameters: dict[str, Value] = {"until": until, "metric": request.name}
    return read(ws.engine.fetch(OCCASIONS, parameters, _slots(ws, request, until, occasion)), until)


def _estimate(value: float, error: float, n: int, customers: int, level: float, method: str, span: Any) -> Estimate:
    half = float(ndtri(0.5 + level / 2)) * error
    low, high = max(value - half, float(span.min())), min(value + half, float(span.max()))
    return Estimate(value, low, high, n, customers, method, level)


def _mean(values: NDArray[np.float64], level: float, method: str) -> Estimate:
    value, error = mean_and_error(values)
    half = float(ndtri(0.5 + level / 2)) * error
    return Estimate(value, value - half, value + half, values.size, values.size, method, level)


def _whole(found: Adjusted, modes: Modes, level: float, of: Any = None) -> tuple[Estimate, float]:
    """Returns the score of everybody or of some, and what was taken out of it for the ways of answering."""
    told = found.base.told
    chosen = np.ones(found.base.count, bool) if of is None else of
    value, error = found.score(chosen)
    mine = chosen[told.answered]
    moved, doubt = modes.shift(found.base.text("answered_by")[told.answered][mine], found.weights[mine])
    whole = _estimate(
        value - moved, float(np.hypot(error, doubt)), int((told.answered & chosen).sum()), int(chosen.sum()), level,
        "AIPW, cross-fitted" + (", tilted" if found.leaning else ""), told.values,
    )  # fmt: skip
    return whole, moved


def _raked(base: Base, level: float) -> Estimate:
    """Returns the score of those who answered, raked to what the base is like in region, channel and product."""
    answered, seen = base.told.answered, base.seen
    margins, totals = [], []
    for name in RAKED:
        codes = seen.texts[name][base.members] + 1
        totals.append(np.bincount(codes, minlength=len(seen.names[name]) + 1).astype(float))
        margins.append(codes[answered])
    weights = rake(margins, totals)
    value, error = weighted_mean(base.told.values[base.told.cell][answered], weights)
    count = int(answered.sum())
    return _estimate(value, error, count, count, level, "raking", base.told.values)


def _steps(found: Adjusted, answerers: Estimate, shifted: float) -> tuple[BaseStep, ...]:
    """Returns what lies between the two scores, in the order in which it was taken in."""
    told = found.base.told
    newest = float(told.values[told.cell][told.answered].mean())
    behaviour = float(found.at(0.0).mean())
    steps = [
        BaseStep("one current answer per customer", newest - answerers.value),
        BaseStep("those like the silent count for them", behaviour - newest),
        BaseStep("those who would say less answer less", float(found.pseudo.mean()) - behaviour),
    ]
    return (*steps, *([BaseStep("ways of answering", -shifted)] if shifted else []))


def _groups(found: Adjusted, modes: Modes, by: str | None, level: float, least: int) -> tuple[BaseGroup, ...]:
    if by is None:
        return ()
    labels, told = found.base.text(by), found.base.told
    counts = {name: int((labels == name).sum()) for name in {*labels.tolist()}}
    names = sorted(counts, key=lambda name: (-counts[name], name or ""))[:MOST_GROUPS]
    return tuple(_group(found, modes, name, labels == name, told.answered, level, least) for name in names)


def _group(
    found: Adjusted, modes: Modes, name: str | None, of: Any, answered: Any, level: float, least: int
) -> BaseGroup:
    told = found.base.told
    n = int((of & answered).sum())
    if n < least:
        few = InsufficientData(n, least)
        return BaseGroup(name, int(of.sum()), few, few)
    own = _mean(told.values[told.cell][of & answered], level, "normal")
    return BaseGroup(name, int(of.sum()), own, _whole(found, modes, level, of)[0])


def _leaning(found: Adjusted, answerers: Estimate) -> BaseLeaning | None:
    seen = found.leaning
    if seen is None:
        return None
    scores = tuple((times, float(found.at(times * seen.slope).mean())) for times in TIMES)
    return BaseLeaning(
        slope=seen.slope,
        low=seen.slope - diagnostics.NORMAL_95 * seen.error,
        high=seen.slope + diagnostics.NORMAL_95 * seen.error,
        pairs=seen.pairs,
        customers=seen.customers,
        scores=scores,
        tipping=_tipping(found, answerers.value),
    )


def _tipping(found: Adjusted, wanted: float) -> float | None:
    """Returns at how many times the slope the score of everybody would be that of those who answered."""
    if found.tilt == 0:
        return None
    times = np.linspace(-5.0, 5.0, 41)
    gaps = np.array([float(found.at(step * found.tilt).mean()) for step in times]) - wanted
    turns = np.flatnonzero(np.diff(np.sign(gaps)))
    if not turns.size:
        return None
    nearest = int(turns[np.argmin(np.abs(times[turns]))])
    return float(times[nearest] + (times[1] - times[0]) * gaps[nearest] / (gaps[nearest] - gaps[nearest + 1]))


def _how(ws: Analysis, item: Metric, request: Request, until: datetime, occasion: str) -> How:
    return How(
        definition=texts.definition(item.label, occasion, request.active_days),
        method=texts.METHOD + f" Level {ws.settings.measure.level:.0%}.",
        sql=ws.engine.sql(OCCASIONS, _slots(ws, request, until, occasion)),
    )


def _too_few(
    ws: Analysis, request: Request, item: Metric, base: Base, until: datetime, occasion: str, told: int
) -> WholeBase:
    """Returns that it cannot be said, with as much as can."""
    few = InsufficientData(told, LEAST_ANSWERS)
    said = (
        f"{told} customers answered since their newest {occasion}; {LEAST_ANSWERS} are needed."
        if told < LEAST_ANSWERS
        else "Everybody answered, so that there is nobody to say it for."
    )
    return WholeBase(
        metric=request.name, unit=item.unit, until=until, active_days=request.active_days, occasion=occasion,
        customers=base.count, invited=int(base.told.invited.sum()), answered=told, reference=None, trusted=False,
        reasons=(said,),
        answerers=_mean(base.lately, ws.settings.measure.level, "normal") if base.lately.size > told else few,
        whole=few, raked=few, steps=(), groups=(), by=request.by or "", balance=(), extreme_share=0.0,
        worth=float(told), odds=(), held_out=(), pretences=(), modes=(), leaning=None,
        checks=(BaseCheck("answers", held=False, said=said),), zone=ws.settings.company.time_zone,
        how=_how(ws, item, request, until, occasion),
    )  # fmt: skip
