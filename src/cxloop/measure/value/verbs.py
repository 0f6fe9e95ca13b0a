"""The verbs of value: what customers are worth, who still buys, and how long contracts are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.value.results import AliveShares, ContractValue, CustomerValues, LifetimeValue

__all__ = ["contract_value", "customer_values", "lifetime_value", "probability_alive"]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]
Horizon = Annotated[str, Field(max_length=10)]
Discount = Annotated[float, Field(ge=0, le=1)]
Order = Annotated[str, Field(max_length=20)]
Name = Annotated[str, Field(max_length=63)]


@verb(part="measure", right="read")
def lifetime_value(
    ws: Analysis,
    *,
    horizon: Horizon = "365d",
    by: Names = (),
    discount: Discount = 0.0,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> LifetimeValue:
    """What customers are worth: the orders and the money expected of those who have ordered, with intervals.

    The models are held against the last part of the workspace's own past first; where they missed, no value is given.

    Args:
        horizon: How far ahead, such as 365d or 26w; at most ten years.
        by: Dimensions to split by, such as channel or segment.regulars: those of a customer's first order.
        discount: Share by which money is worth less each year, such as 0.1.
        until: Only orders before this moment: a date, a date with time, or how far back (90d). By default all.
        where: Only orders for which this holds, such as `brand == "A"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, or orders are in several currencies.
    """
    from cxloop.measure.value.orders import Asked
    from cxloop.measure.value.worth import lifetime_value

    return lifetime_value(ws, Asked(horizon, by, discount, until, where, identity, certainty))


@verb(part="measure", right="read", personal=True)
def customer_values(
    ws: Analysis,
    *,
    customer: Names = (),
    order: Order = "value",
    limit: Annotated[int, Field(ge=1, le=10_000)] = 50,
    horizon: Horizon = "365d",
    discount: Discount = 0.0,
    until: Moment | None = None,
    where: Condition | None = None,
    first_order: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> CustomerValues:
    """Single customers: what each is expected to bring, whether they still buy, and between which limits.

    Args:
        customer: Numbers of customers; by default the first ones in `order`.
        order: value (most money expected), orders (most orders expected) or "at stake" (what is lost if they are gone).
        limit: Most customers to show, up to 10000.
        horizon: How far ahead, such as 365d or 26w; at most ten years.
        discount: Share by which money is worth less each year, such as 0.1.
        until: Only orders before this moment: a date, a date with time, or how far back (90d). By default all.
        where: Only orders for which this holds, such as `brand == "A"`.
        first_order: Only customers whose first order meets this, such as `channel == "web"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, a customer has no order, or orders are in several currencies.
    """
    from cxloop.measure.value.customers import CustomersAsked, customer_numbers, customer_values, wanted_order
    from cxloop.measure.value.orders import Asked

    asked = Asked(horizon, (), discount, until, where, identity, certainty, first_order)
    return customer_values(ws, CustomersAsked(asked, customer_numbers(customer), wanted_order(order), limit))


@verb(part="measure", right="read")
def probability_alive(
    ws: Analysis,
    *,
    by: Names = (),
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> AliveShares:
    """The share of customers with at least two orders that still buys: one minus the churn of those without contract.

    Args:
        by: Dimensions to split by, such as channel or region: those of a customer's first order.
        until: Only orders before this moment: a date, a date with time, or how far back (90d). By default all.
        where: Only orders for which this holds, such as `brand == "A"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, or orders are in several currencies.
    """
    from cxloop.measure.value.orders import Asked
    from cxloop.measure.value.standing import probability_alive

    return probability_alive(ws, Asked("365d", by, 0.0, until, where, identity, certainty))


@verb(part="measure", right="read")
def contract_value(
    ws: Analysis,
    *,
    contract: Name = "",
    horizon: Horizon = "365d",
    discount: Discount = 0.0,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> ContractValue:
    """How long members keep a contract of experience.toml, and what the fee will bring.

    Args:
        contract: Name of the [[contract]]; by default the first one.
        horizon: How far ahead, such as 365d or 26w; at most ten years.
        discount: Share by which money is worth less each year, such as 0.1.
        until: Only events before this moment: a date, a date with time, or how far back (90d). By default all.
        where: Only events for which this holds, such as `region == "DE"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        InputError: something cannot be read, or no contract is declared.
    """
    from cxloop.measure.value.contracts import contract_value
    from cxloop.measure.value.orders import Asked

    return contract_value(ws, contract, Asked(horizon, (), discount, until, where, identity, certainty))
