"""What customers are worth, all together and by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxloop.core.errors import InputError
from cxloop.core.results import How
from cxloop.core.wording import count
from cxloop.engine.base import Analysis
from cxloop.measure.value.checking import Checked, check, verdict
from cxloop.measure.value.model import Expectation, Models, fit_models
from cxloop.measure.value.orders import Asked, Orders, horizon_days, read_orders
from cxloop.measure.value.results import HoldOut, LifetimeValue, Parameter, Range, Tenth, Trust, ValueRow
from cxloop.measure.value.totals import Group, Totals, totals
from cxloop.measure.value.words import DEFINITION, method
from cxloop.stats.lifetime.fitting import NoFitError
from cxloop.stats.sums import Array

__all__ = ["Assessed", "assess", "lifetime_value", "parameters"]

MOST_GROUPS = 500
_NAMES = ("r", "alpha", "a", "b", "p", "q", "gamma")


@dataclass(frozen=True)
class Assessed:
    """Orders with their models and what these have been worth so far.

    Attributes:
        orders: who bought what.
        models: fitted on all of it; None where nothing can be said.
        found: what is expected of each customer.
        checked: the hold-out check.
        trust: what it allows.
        reasons: why.
    """

    orders: Orders
    models: Models | None
    found: Expectation | None
    checked: Checked
    trust: Trust
    reasons: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether a weak prior holds parameters that the data do not tell."""
        return self.models is not None and self.models.held

    @property
    def hold_out(self) -> HoldOut | None:
        """The check alone."""
        return None if self.checked is None else self.checked[0]


def assess(ws: Analysis, orders: Orders, asked: Asked) -> Assessed:
    """Fits the models, checks them on the last part of the same orders, and says what may be said."""
    ahead = horizon_days(asked.horizon)
    try:
        models = fit_models(orders.now)
    except NoFitError as failure:
        return Assessed(orders, None, None, None, "cannot say", (str(failure),))
    checked = check(orders, ws.settings.measure.level)
    trust, reasons = verdict(None if checked is None else checked[0], ahead)
    found = models.expect(orders.now, ahead, discount=asked.discount)
    if models.no_money:
        reasons = (*reasons, models.no_money)
    return Assessed(orders, models, found, checked, trust, reasons)


def lifetime_value(ws: Analysis, asked: Asked) -> LifetimeValue:
    """Returns what customers are expected to bring; raises InputError for what cannot be asked."""
    ahead = horizon_days(asked.horizon)
    orders = read_orders(ws, asked)
    if orders is None:
        return _nobody(asked, ahead)
    if len(orders.labels) > MOST_GROUPS:
        raise InputError(
            f"This makes {count(len(orders.labels))} groups; at most {MOST_GROUPS} can be read. "
            "Split by something with fewer values."
        )
    known = assess(ws, orders, asked)
    summed = _totals(ws, known, asked, ahead)
    rows, total = _rows(ws, known, summed)
    return LifetimeValue(
        horizon_days=ahead,
        discount=asked.discount,
        currency=orders.currency,
        by=asked.by,
        titles=tuple(dimension.title for dimension in orders.by),
        start=orders.start,
        end=orders.end,
        trust=known.trust,
        reasons=known.reasons,
        total=total,
        rows=rows,
        again=int((orders.now.known.frequency > 0).sum()),
        tenths=_tenths(known),
        check=known.hold_out,
        parameters=parameters(known.models),
        nobody=orders.nobody,
        how=How(
            definition=DEFINITION,
            method=method(ws, orders, held=known.held),
            sql=orders.sql,
        ),
    )


def _nobody(asked: Asked, ahead: int) -> LifetimeValue:
    return LifetimeValue(
        horizon_days=ahead,
        discount=asked.discount,
        currency="",
        by=asked.by,
        titles=asked.by,
        start=None,
        end=None,
        trust="cannot say",
        reasons=("nobody has ordered",),
        total=ValueRow((), 0, None, 0.0, None, None, None),
        rows=(),
        again=0,
        how=How(definition=DEFINITION),
    )


def _totals(ws: Analysis, known: Assessed, asked: Asked, ahead: int) -> Totals | None:
    if known.models is None or known.found is None or known.trust == "cannot say":
        return None
    error = 0.0 if known.hold_out is None else known.hold_out.error
    return totals(
        known.models,
        known.orders.now,
        known.found,
        known.orders.groups,
        len(known.orders.labels),
        horizon=ahead,
        discount=asked.discount,
        level=ws.settings.measure.level,
        missed=abs(float(np.log1p(error))) if error > -1 else 0.0,
    )


def _rows(ws: Analysis, known: Assessed, summed: Totals | None) -> tuple[tuple[ValueRow, ...], ValueRow]:
    orders, size = known.orders, len(known.orders.labels)
    customers = np.bincount(orders.groups, minlength=size)
    paid = np.bincount(orders.groups, orders.now.paid, size)
    active = None if known.found is None else np.bincount(orders.groups, known.found.alive, size)
    expected, actual = _checked_by_group(known, size)

    def row(label: tuple[str | None, ...], at: slice, group: Group | None) -> ValueRow:
        n = int(customers[at].sum())
        said = group if n >= ws.settings.measure.minimum_n else None
        purchases, money = (None, None) if said is None else (said.purchases, said.money)
        return ValueRow(
            group=label,
            customers=n,
            active=float(active[at].sum()) if active is not None and summed is not None else None,
            paid=float(paid[at].sum()),
            purchases=purchases,
            money=money,
            each=Range(money.value / n, money.low / n, money.high / n) if money is not None else None,
            expected=None if expected is None else float(expected[at].sum()),
            actual=None if actual is None else int(actual[at].sum()),
        )

    found: tuple[Group | None, ...] = (None,) * size if summed is None else summed.groups
    rows = [
        row(label, slice(place, place + 1), group)
        for place, (label, group) in enumerate(zip(orders.labels, found, strict=True))
    ]
    total = row((), slice(0, size), None if summed is None else summed.whole)
    return tuple(sorted(rows, key=lambda each: -_worth(each))), total


def _worth(row: ValueRow) -> float:
    found = row.money or row.purchases
    return row.paid if found is None else found.value


def _checked_by_group(known: Assessed, size: int) -> tuple[Array | None, Array | None]:
    if known.checked is None:
        return None, None
    groups = known.orders.groups[known.orders.was_there]
    expected: Array = np.bincount(groups, known.checked[1].purchases, size).astype(float)
    return expected, np.bincount(groups, known.orders.bought_after, size).astype(float)


def _tenths(known: Assessed) -> tuple[Tenth, ...]:
    """How value is spread over customers, the most valuable tenth first."""
    if known.found is None or known.trust == "cannot say":
        return ()
    values = known.found.purchases if known.found.money is None else known.found.money
    ordered = np.sort(values)[::-1]
    parts = np.array_split(ordered, 10)
    whole = float(ordered.sum())
    if whole <= 0 or not all(part.size for part in parts):
        return ()
    return tuple(
        Tenth(place, int(part.size), float(part[-1]), float(part.mean()), float(part.sum()) / whole)
        for place, part in enumerate(parts, 1)
    )


def parameters(models: Models | None) -> tuple[Parameter, ...]:
    """Returns the parameters with their standard errors; times in days."""
    if models is None:
        return ()
    fits = [models.buying, *([] if models.spending is None else [models.spending])]
    pairs = [pair for fit in fits for pair in zip(fit.values.tolist(), fit.errors.tolist(), strict=True)]
    return tuple(Parameter(name, value, error) for name, (value, error) in zip(_NAMES, pairs, strict=False))
