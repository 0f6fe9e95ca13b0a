"""What the verbs of value return: expected amounts with intervals, the check on the workspace's past, and doubts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from cxloop.core.pairs import Pair, Paired, Pairs
from cxloop.core.results import Estimates, How, Result, Value
from cxloop.core.wording import day, group_label, many, number

__all__ = [
    "AliveShares",
    "ContractValue",
    "CustomerValue",
    "CustomerValues",
    "FrequencyCheck",
    "HoldOut",
    "LifetimeValue",
    "Parameter",
    "Range",
    "Renewal",
    "Tenth",
    "Trust",
    "ValueRow",
]

Trust = Literal["holds", "rough", "not checked", "cannot say"]
"""What the check on the workspace's own past allows. holds: the actual purchases lay in the interval, or within a tenth
of what was expected. rough: within three tenths. not checked: too little past to leave some of it out. cannot say: it
missed by more, or the models do not fit, and no value is given."""


@dataclass(frozen=True, slots=True)
class Range:
    """An expected amount with the interval in which the actual one is expected to lie."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model: its maximum likelihood estimate and standard error."""

    name: str
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One group of customers, by their first order.

    Attributes:
        group: labels of the dimensions.
        customers: how many have ordered.
        active: how many of them are expected to still buy; who bought once counts as active by the model's definition.
        paid: what they have paid so far, refunds taken off.
        purchases: days with an order within the horizon; None where it cannot be said.
        money: what these bring; None where it cannot be said.
        each: money per customer; None where it cannot be said.
        expected: orders that the check expected of this group.
        actual: orders that came.
    """

    group: tuple[str | None, ...]
    customers: int
    active: float | None
    paid: float
    purchases: Range | None
    money: Range | None
    each: Range | None
    expected: float | None = None
    actual: int | None = None


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the customers, those of highest expected value first: from which value on, and its share of all."""

    place: int
    customers: int
    least: float
    mean: float
    share: float


@dataclass(frozen=True, slots=True)
class FrequencyCheck:
    """Customers who had bought again so often before the cutoff: orders of each after it, expected and actual."""

    label: str
    customers: int
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class HoldOut:
    """The check: fitted on what was known at a cutoff, held against what came after it.

    Attributes:
        cutoff: first day that the models did not see.
        days: days from then on.
        customers: who had ordered by then.
        expected: orders (days with one) expected of them, with the interval of level `level`.
        actual: orders that came.
        error: actual against expected, as a share: -0.1 is a tenth fewer than expected.
        money: money expected, without discount; None where amounts are not fitted.
        paid: money that came.
        covered: share of customers whose orders lay in their own interval; at least `level` is promised.
        level: level of the intervals.
        correlation: between expected and actual orders of single customers.
        by_frequency: by repeat purchases before the cutoff.
    """

    cutoff: date
    days: int
    customers: int
    expected: Range
    actual: int
    error: float
    money: Range | None
    paid: float
    covered: float
    level: float
    correlation: float | None
    by_frequency: tuple[FrequencyCheck, ...]


@dataclass(frozen=True)
class LifetimeValue(Paired):
    """What customers are worth within a horizon.

    Attributes:
        horizon_days: how far ahead.
        discount: share by which money is worth less each year.
        currency: of the amounts; empty where there are none.
        by: names of the dimensions; titles: what people call them.
        start: first day with an order; end: the last one, from which on it is looked ahead.
        trust: what the check allows; reasons: why.
        total: all customers.
        rows: one per group, most valuable first; one for all where nothing is split.
        again: customers who have ordered more than once.
        tenths: how value is spread.
        check: the hold-out check; None where the past is too short.
        parameters: of both models, with standard errors.
        nobody: orders and returns that belong to nobody, and are left out.
    """

    horizon_days: int
    discount: float
    currency: str
    by: tuple[str, ...]
    titles: tuple[str, ...]
    start: date | None
    end: date | None
    trust: Trust
    reasons: tuple[str, ...]
    total: ValueRow
    rows: tuple[ValueRow, ...]
    again: int
    tenths: tuple[Tenth, ...] = ()
    check: HoldOut | None = None
    parameters: tuple[Parameter, ...] = ()
    nobody: int = 0
    how: How = field(default_factory=How)

    def pairs(self) -> Pairs | None:
        """Returns orders of the hold-out period, expected and actual, by how often customers had bought before."""
        if self.check is None:
            return None
        rows = tuple(Pair(row.label, row.expected, row.actual) for row in self.check.by_frequency)
        title = f"Orders of a customer in the {self.check.days} days that the models did not see"
        return Pairs(title, "repeat orders before", "count", rows)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group."""
        return [self._record(row) for row in self.rows]

    def _record(self, row: ValueRow) -> dict[str, Value]:
        return {
            **dict(zip(self.by, row.group, strict=True)),
            "customers": row.customers,
            "active": row.active,
            "paid": row.paid,
            **_columns("orders", row.purchases),
            **_columns("value", row.money),
            **_columns("each", row.each),
            "expected_in_check": row.expected,
            "actual_in_check": row.actual,
        }

    def __str__(self) -> str:
        who = many(self.total.customers, "customer")
        if self.total.purchases is None:
            return f"What {who} will bring cannot be said: {'; '.join(self.reasons) or 'nobody has ordered'}."
        ahead = f"in the next {many(self.horizon_days, 'day')}"
        if self.total.money is None:
            expected = f"{_told(self.total.purchases)} orders"
        else:
            money, each = self.total.money, self.total.each
            assert each is not None
            named = f" {self.currency}" if self.currency else ""
            expected = f"{_told(money)}{named} ({number(each.value, 'money')} each)"
        doubt = {"holds": "", "rough": " This is rough:", "not checked": " This is not checked:"}.get(self.trust, "")
        why = f"{doubt} {'; '.join(self.reasons)}." if doubt else ""
        until = f", from orders until {day(self.end)}" if self.end else ""
        return f"{who} are expected to bring {expected} {ahead}{until}.{why}"


@dataclass(frozen=True, slots=True)
class CustomerValue:
    """One customer: what they have bought, and what is expected of them.

    Attributes:
        customer_id: the number; label: what to call them.
        orders: days with an order; paid: what these brought, refunds taken off.
        first, last: day of the first and of the last order.
        alive: probability that they still buy; None for somebody who bought once, of whom it cannot be told.
        purchases: orders within the horizon, with the interval of what this customer may do.
        money: what these bring.
        at_stake: what they would bring if they still buy, times the probability that they do not.
    """

    customer_id: int
    label: str
    orders: int
    paid: float
    first: date
    last: date
    alive: float | None
    purchases: Range
    money: Range | None
    at_stake: float | None


@dataclass(frozen=True)
class CustomerValues(Result):
    """Single customers with what is expected of them, in the order that was asked for."""

    horizon_days: int
    order: str
    currency: str
    customers: int
    trust: Trust
    reasons: tuple[str, ...]
    rows: tuple[CustomerValue, ...]
    level: float
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per customer."""
        return [
            {
                "customer": row.customer_id,
                "label": row.label,
                "orders": row.orders,
                "paid": row.paid,
                "first": row.first,
                "last": row.last,
                "alive": row.alive,
                **_columns("next_orders", row.purchases),
                **_columns("value", row.money),
                "at_stake": row.at_stake,
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        if not self.rows:
            return f"Nobody can be shown: {'; '.join(self.reasons) or 'nobody has ordered'}."
        shown = many(len(self.rows), "customer")
        said = f"{shown} of {self.customers:,}, by {self.order}, {self.horizon_days} days ahead."
        return said if self.trust == "holds" else f"{said} {self.trust.capitalize()}: {'; '.join(self.reasons)}."


@dataclass(frozen=True)
class AliveShares(Estimates):
    """Shares of customers with at least two orders that still buy: estimates that know no periods."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal: how many came so far that it was theirs, how many left at it, and who is still there after it.

    `actual` is the share by counting (Kaplan and Meier), `expected` that of the model.
    """

    renewal: int
    at_risk: int
    left: int
    actual: float | None
    expected: float


@dataclass(frozen=True)
class ContractValue(Paired):
    """How long customers keep a contract, and what that is worth.

    Attributes:
        contract, label, every: as experience.toml says.
        members: who has it now; joined: how often somebody joined; left: how often somebody left.
        ahead: renewals within the horizon.
        renewals: expected for each of the members, with the interval of their mean; None where it cannot be said.
        money: what the fee brings from all members; None without a fee.
        curve: renewal by renewal.
        check_expected: members at the cutoff who were expected to be there still; check_actual: who were.
    """

    contract: str
    label: str
    every: str
    members: int
    joined: int
    left: int
    ahead: int
    discount: float
    currency: str
    trust: Trust
    reasons: tuple[str, ...]
    renewals: Range | None
    money: Range | None
    curve: tuple[Renewal, ...]
    parameters: tuple[Parameter, ...] = ()
    check_cutoff: date | None = None
    check_expected: Range | None = None
    check_actual: int | None = None
    how: How = field(default_factory=How)

    def pairs(self) -> Pairs | None:
        """Returns the share of members that is still there after each renewal, by the model and by counting."""
        if not self.curve:
            return None
        rows = tuple(Pair(str(row.renewal), row.expected, row.actual) for row in self.curve)
        return Pairs(f"{self.label or self.contract}: share of members still there", f"{self.every}s", "share", rows)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per renewal."""
        return [
            {
                "renewal": row.renewal,
                "at_risk": row.at_risk,
                "left": row.left,
                "actual": row.actual,
                "model": row.expected,
            }
            for row in self.curve
        ]

    def __str__(self) -> str:
        name = self.label or self.contract
        if self.renewals is None:
            return f"{name}: how long {many(self.members, 'member')} stay cannot be said: {'; '.join(self.reasons)}."
        worth = f", {_told(self.money)} {self.currency} together" if self.money is not None else ""
        times = number(self.renewals.value, "count")
        return (
            f"{name}: each of {many(self.members, 'member')} is expected to renew {times} times within the next "
            f"{many(self.ahead, self.every)}{worth}."
        )


def _columns(name: str, found: Range | None) -> dict[str, Value]:
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _told(found: Range) -> str:
    return f"{found.value:,.0f} [{found.low:,.0f}, {found.high:,.0f}]"


def group_name(group: tuple[str | None, ...]) -> str:
    """Returns the labels of a group as one: "web, north"; everybody where nothing is split."""
    return ", ".join(group_label(part) for part in group) or "all customers"
