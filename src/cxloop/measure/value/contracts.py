"""Contracts: who joined and left, renewal by renewal, and how many renewals are still to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sqlglot import exp

from cxloop.core.contracts import Contract
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import How
from cxloop.core.time import Window, parse_moment
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import LOG_SPAN, customer_node, log_source
from cxloop.engine.query import Slots
from cxloop.measure.conditions import conditions, happens
from cxloop.measure.identities import wanted_identity
from cxloop.measure.value.checking import HOLDS, ROUGH
from cxloop.measure.value.orders import Asked, horizon_days, numbers
from cxloop.measure.value.queries import MEMBERS
from cxloop.measure.value.results import ContractValue, Parameter, Range, Renewal, Trust
from cxloop.measure.value.totals import factor_of
from cxloop.measure.value.words import CONTRACT, HELD
from cxloop.stats.lifetime.fitting import Fit, NoFitError
from cxloop.stats.lifetime.staying import Staying, fit_staying, periods_ahead, survival
from cxloop.stats.sums import Array

__all__ = ["Spells", "contract_value", "membership"]

DAYS = {"week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
FEWEST_LEFT = 20
"""Members who left, below which nothing is fitted."""
SHORTEST = 3
"""Renewals that the check leaves out at least."""
_STEP = 1e-4
_METHOD = (
    "Shifted-beta-geometric model (Fader and Hardie 2007) by maximum likelihood on counts per renewal; members who are "
    "still there are censored. Intervals: Laplace, and for the check the chance of single members. A joining that "
    "repeats without leaving in between is one; who left without joining in the log is left out."
)


@dataclass(frozen=True)
class Spells:
    """Each time that somebody joined: times in days since 1970, shape (n,); `left` is nan where they have not."""

    joined: Array
    left: Array

    def counted(self, end: float, length: float) -> tuple[Array, Array, Array]:
        """Returns who left at renewal 1, 2, ..., who is seen for no longer, and the renewals of those still there."""
        seen = self.joined <= end
        joined, left = self.joined[seen], self.left[seen]
        gone = left <= end
        at = np.floor((left[gone] - joined[gone]) / length).astype(int) + 1
        stayed = np.floor((end - joined[~gone]) / length).astype(int)
        longest = max(int(at.max(initial=0)), int(stayed.max(initial=0)), 1)
        left_at = np.bincount(at, minlength=longest + 1)[1:].astype(float)
        return left_at, np.bincount(stayed, minlength=longest + 1)[1:].astype(float), stayed.astype(float)


def membership(ws: Analysis, contract: Contract, asked: Asked) -> tuple[Spells, datetime, str]:
    """Returns who joined and left, up to when that is known, and what was asked; raises InputError."""
    zone = ZoneInfo(ws.settings.company.time_zone)
    end = ws.as_of if asked.until is None else min(ws.as_of, parse_moment(asked.until, zone=zone, now=ws.as_of))
    span = ws.engine.fetch(LOG_SPAN).to_pylist()[0]
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    holds, needed = conditions(ws, window=Window(None, end), where=asked.where)
    slots: Slots = {
        "log": log_source(needed, identity),
        "where": exp.and_(*holds, copy=False),
        "customer": customer_node(identity),
        "joins": happens(ws, contract.joined),
        "leaves": happens(ws, contract.cancelled),
    }
    table = ws.engine.fetch(MEMBERS, {}, slots)
    joined, left = (_days(table.column(name)) for name in ("joined_at", "left_at"))
    return Spells(joined, left), min(end, span["last_at"] or end), ws.engine.sql(MEMBERS, slots)


def _days(column: Any) -> Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    moments: Any = pc.cast(column, pa.timestamp("us"))
    return numbers(pc.cast(moments, pa.int64())) / 86_400e6


def contract_value(ws: Analysis, name: str, asked: Asked) -> ContractValue:
    """Returns what a contract is expected to bring; raises InputError."""
    contract = _contract(ws, name)
    length = DAYS[contract.every]
    ahead = max(round(horizon_days(asked.horizon) / length), 1)
    spells, moment, sql = membership(ws, contract, asked)
    end = (moment - datetime(1970, 1, 1)).total_seconds() / 86_400
    left, stayed, ages = spells.counted(end, length)
    per_renewal = float(np.expm1(np.log1p(asked.discount) * length / 365.25))
    level = ws.settings.measure.level
    fit, trust, reasons, cutoff, expected, actual = _fitted(spells, left, stayed, end, length, level)
    said = fit is not None and trust != "cannot say" and ages.size >= ws.settings.measure.minimum_n
    each = _mean(fit, ages, ahead, per_renewal, level) if fit is not None and said else None
    held = [HELD] if fit is not None and fit.held else []
    money = None
    if each is not None and contract.fee is not None:
        paid = contract.fee * ages.size
        money = Range(each.value * paid, each.low * paid, each.high * paid)
    return ContractValue(
        contract=contract.name,
        label=contract.label,
        every=contract.every,
        members=int(ages.size),
        joined=int(spells.joined.size),
        left=int(left.sum()),
        ahead=ahead,
        discount=asked.discount,
        currency=ws.settings.company.currency if contract.fee is not None else "",
        trust=trust,
        reasons=reasons,
        renewals=each,
        money=money,
        curve=_curve(fit, left, stayed),
        parameters=()
        if fit is None
        else tuple(map(Parameter, ("alpha", "beta"), fit.values.tolist(), fit.errors.tolist())),
        check_cutoff=cutoff,
        check_expected=expected,
        check_actual=actual,
        how=How(
            definition=CONTRACT,
            method=" ".join([_METHOD, f"Level {level:.0%}.", *held]),
            sql=sql,
        ),
    )


def _contract(ws: Analysis, name: str) -> Contract:
    known = {contract.name: contract for contract in ws.experience.contract}
    if not known:
        raise InputError(
            "experience.toml declares no contract. Add a [[contract]] with name, joined and cancelled: "
            "the conditions of the events that begin and end it."
        )
    if name and name not in known:
        raise UnknownNameError("contract", name, list(known))
    return known[name] if name else ws.experience.contract[0]


_Fitted = tuple[Fit | None, Trust, tuple[str, ...], date | None, Range | None, int | None]


def _fitted(spells: Spells, left: Array, stayed: Array, end: float, length: float, level: float) -> _Fitted:
    """Returns the fit and what its check on the past allows."""
    if left.sum() < FEWEST_LEFT:
        return None, "cannot say", (f"{int(left.sum())} members left; {FEWEST_LEFT} are needed",), None, None, None
    try:
        _, fit = fit_staying(left, stayed)
    except NoFitError as failure:
        return None, "cannot say", (str(failure),), None, None, None
    cutoff, then = _cutoff(spells, end, length)
    if then is None:
        reason = "there is too little past to leave some of it out and look whether it was foreseen"
        return fit, "not checked", (reason,), None, None, None
    steps = round((end - cutoff) / length)
    there = (spells.joined <= cutoff) & ~(spells.left <= cutoff)
    ages = np.floor((cutoff - spells.joined[there]) / length)
    actual = int((~(spells.left[there] <= cutoff + steps * length)).sum())
    expected = _still_there(then, ages, steps, level)
    day = date.fromordinal(date(1970, 1, 1).toordinal() + int(cutoff))
    error = actual / expected.value - 1
    told = (
        f"since {day}, {abs(error):.0%} {'more' if error > 0 else 'fewer'} members stayed than the same model expected"
    )
    if expected.low <= actual <= expected.high or abs(error) <= HOLDS:
        return fit, "holds", (), day, expected, actual
    trust: Trust = "rough" if abs(error) <= ROUGH else "cannot say"
    return fit, trust, (told,), day, expected, actual


def _cutoff(spells: Spells, end: float, length: float) -> tuple[float, Fit | None]:
    """The moment that leaves out a third of the past, in whole renewals, and the fit on what came before it."""
    if not spells.joined.size:
        return end, None
    steps = int((end - float(spells.joined.min())) / length / 3)
    cutoff = end - steps * length
    left, stayed, ages = spells.counted(cutoff, length)
    if steps < SHORTEST or left.sum() < FEWEST_LEFT or not ages.size:
        return cutoff, None
    try:
        return cutoff, fit_staying(left, stayed)[1]
    except NoFitError:
        return cutoff, None


def _still_there(fit: Fit, ages: Array, steps: int, level: float) -> Range:
    """How many members of these ages are expected to be there after some renewals."""

    def chances(values: Array) -> Array:
        model = Staying(*values.tolist())
        return survival(model, ages + steps) / survival(model, ages)

    kept = chances(fit.values)
    slopes = _slopes(fit, lambda values: float(chances(values).sum()))
    half = float(ndtri(0.5 + level / 2)) * float(np.sqrt((kept * (1 - kept)).sum() + (slopes**2).sum()))
    total = float(kept.sum())
    return Range(total, max(total - half, 0.0), min(total + half, float(ages.size)))


def _mean(fit: Fit, ages: Array, ahead: int, discount: float, level: float) -> Range:
    """Expected renewals of one member."""

    def mean(values: Array) -> float:
        return float(periods_ahead(Staying(*values.tolist()), ages, ahead, discount=discount).mean())

    value = mean(fit.values)
    half = float(ndtri(0.5 + level / 2)) * float(np.sqrt((_slopes(fit, mean) ** 2).sum()))
    return Range(value, max(value - half, 0.0), min(value + half, float(ahead)))


def _slopes(fit: Fit, of: Callable[[Array], float]) -> NDArray[np.float64]:
    """Derivatives of a number by the parameters, in units of what these leave open."""
    logs = np.log(fit.values)
    steps = np.eye(logs.size) * _STEP
    slopes = [(of(np.exp(logs + step)) - of(np.exp(logs - step))) / (2 * _STEP) for step in steps]
    return np.asarray(np.array(slopes) @ factor_of(fit.covariance))


def _curve(fit: Fit | None, left: Array, stayed: Array) -> tuple[Renewal, ...]:
    """Who came to each renewal, who left at it, and the share that is still there: by counting and by the model."""
    if fit is None:
        return ()
    ended = left + stayed
    at_risk = ended[::-1].cumsum()[::-1]
    kept = np.cumprod(1 - np.divide(left, at_risk, out=np.zeros_like(left), where=at_risk > 0))
    expected = survival(Staying(*fit.values.tolist()), np.arange(1.0, left.size + 1))
    return tuple(
        Renewal(
            at + 1, int(at_risk[at]), int(left[at]), float(kept[at]) if at_risk[at] > 0 else None, float(expected[at])
        )
        for at in range(left.size)
    )
