"""Single customers: what is expected of each of them, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import How
from cxloop.engine.base import Analysis
from cxloop.engine.segments import INSIDE
from cxloop.measure.value.model import Models
from cxloop.measure.value.orders import Asked, horizon_days, read_orders
from cxloop.measure.value.queries import LABELS
from cxloop.measure.value.results import CustomerValue, CustomerValues, Range
from cxloop.measure.value.words import DEFINITION, method
from cxloop.measure.value.worth import Assessed, assess
from cxloop.stats.lifetime.futures import futures
from cxloop.stats.sums import Array

__all__ = ["By", "CustomersAsked", "customer_numbers", "customer_values", "wanted_order"]

By = Literal["value", "orders", "at stake"]
_DRAWS, _SEED = 1000, 20050107


@dataclass(frozen=True, slots=True)
class CustomersAsked:
    """Which customers: these numbers, or the first ones in an order."""

    asked: Asked
    customers: tuple[int, ...] = ()
    order: By = "value"
    limit: int = 50


def customer_values(ws: Analysis, wanted: CustomersAsked) -> CustomerValues:
    """Returns customers with what is expected of them; raises InputError for what cannot be asked."""
    ahead, level = horizon_days(wanted.asked.horizon), ws.settings.measure.level
    orders = read_orders(ws, replace(wanted.asked, by=()))
    if orders is None:
        return CustomerValues(ahead, wanted.order, "", 0, "cannot say", ("nobody has ordered",), (), level)
    known = assess(ws, orders, wanted.asked)
    chosen = np.empty(0, dtype=np.intp) if known.trust == "cannot say" else _chosen(known, wanted)
    rows = () if known.models is None else _rows(ws, known, known.models, chosen, ahead)
    return CustomerValues(
        horizon_days=ahead,
        order=wanted.order,
        currency=orders.currency,
        customers=int(orders.customers.size),
        trust=known.trust,
        reasons=known.reasons,
        rows=rows,
        level=level,
        how=How(
            definition=DEFINITION,
            method=method(ws, orders, held=known.held),
            sql=orders.sql,
        ),
    )


def customer_numbers(names: tuple[str, ...]) -> tuple[int, ...]:
    """Returns the numbers that were written; raises InputError for what is none."""
    for name in names:
        if not name.lstrip("-").isdecimal():
            raise InputError(f"{name!r} is not the number of a customer. Give numbers, such as 42.")
    return tuple(int(name) for name in names)


def wanted_order(text: str) -> By:
    """Returns the order that was asked for; raises InputError for another one."""
    cleaned = text.replace("_", " ")
    for known in get_args(By):
        if cleaned == known:
            return known  # type: ignore[no-any-return]
    raise UnknownNameError("order", text, get_args(By))


def _at_stake(known: Assessed) -> Array:
    """What customers would bring if they still buy, times the probability that they do not."""
    assert known.found is not None
    if known.found.at_stake is None:
        raise InputError("order 'at stake' needs amounts of money, and the orders have none. Order by orders.")
    return known.found.at_stake * (1 - known.found.alive)


def _chosen(known: Assessed, wanted: CustomersAsked) -> NDArray[np.intp]:
    """Places of the customers to show."""
    orders, found = known.orders, known.found
    assert found is not None
    if wanted.customers:
        places = {int(number): place for place, number in enumerate(orders.customers.tolist())}
        missing = [number for number in wanted.customers if number not in places]
        if missing:
            raise InputError(f"Customer {missing[0]} has no order in this selection. Name customers who have ordered.")
        return np.array([places[number] for number in wanted.customers], dtype=np.intp)
    value = found.purchases if found.money is None or wanted.order == "orders" else found.money
    if wanted.order == "at stake":
        value = _at_stake(known)
    ordered = np.lexsort((orders.customers, -value))
    return ordered[_begun_so(known, wanted)[ordered]][: wanted.limit]


def _begun_so(known: Assessed, wanted: CustomersAsked) -> NDArray[np.bool_]:
    """Which customers' first order meets the condition on it; all where there is none."""
    orders = known.orders
    if not (wanted.asked.first_order or "").strip():
        return np.ones(orders.customers.size, dtype=bool)
    inside = np.array([label[-1] == INSIDE for label in orders.labels], dtype=bool)
    return np.asarray(inside[orders.groups])


def _rows(
    ws: Analysis, known: Assessed, models: Models, chosen: NDArray[np.intp], ahead: int
) -> tuple[CustomerValue, ...]:
    orders, found = known.orders, known.found
    if found is None or not chosen.size:
        return ()
    part = orders.now.of(chosen)
    bought, money = futures(part.known, models.buying, models.spending, float(ahead), draws=_DRAWS, seed=_SEED)
    level = ws.settings.measure.level
    ends = [(1 - level) / 2, (1 + level) / 2]
    order_ends = np.quantile(bought, ends, axis=0, method="closest_observation")
    money_ends = np.quantile(money, ends, axis=0)
    numbers = [int(number) for number in orders.customers[chosen]]
    labels = _labels(ws, numbers)
    stake = None if found.at_stake is None else _at_stake(known)
    return tuple(
        CustomerValue(
            customer_id=number,
            label=labels.get(number, f"customer {number}"),
            orders=int(part.known.frequency[at]) + 1,
            paid=float(part.paid[at]),
            first=_date(orders.first[place]),
            last=_date(orders.first[place] + part.known.recency[at]),
            alive=float(found.alive[place]) if part.known.frequency[at] else None,
            purchases=_range(float(found.purchases[place]), order_ends[:, at]),
            money=None if found.money is None else _range(float(found.money[place]), money_ends[:, at]),
            at_stake=None if stake is None else float(stake[place]),
        )
        for at, (place, number) in enumerate(zip(chosen.tolist(), numbers, strict=True))
    )


def _range(value: float, ends: Array) -> Range:
    """The value is a mean: where nearly always nothing happens it lies above both ends."""
    return Range(value, float(ends[0]), float(ends[1]))


def _labels(ws: Analysis, numbers: list[int]) -> dict[int, str]:
    found = ws.engine.fetch(LABELS, {"customers": numbers}).to_pylist()
    return {row["customer_id"]: row["label"] for row in found}


def _date(days: float) -> date:
    return date(1970, 1, 1) + timedelta(days=int(days))
