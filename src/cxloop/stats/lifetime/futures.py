"""Possible futures of single customers: drawn from what the models still leave open about each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxloop.stats.lifetime.buying import Buying, alive
from cxloop.stats.lifetime.fitting import Fit
from cxloop.stats.sums import Array

__all__ = ["Customers", "futures"]

_LEAST = 1e-9
"""A probability of leaving that counts as none: nobody buys a billion times."""


@dataclass(frozen=True)
class Customers:
    """What is known of customers, all arrays of shape (n,).

    Attributes:
        frequency: repeat purchases.
        recency: time from the first to the last purchase.
        age: time from the first purchase to the end of what was seen.
        paid: purchases with an amount that the model of spending counts.
        spent: their amounts together.
    """

    frequency: Array
    recency: Array
    age: Array
    paid: Array
    spent: Array


def futures(
    customers: Customers, buying: Fit, spending: Fit | None, horizon: float, *, draws: int, seed: int
) -> tuple[Array, Array]:
    """Returns purchases and money of each customer in `draws` possible futures, both of shape (draws, n).

    Each future draws the parameters (Laplace), then whether the customer is still active, their rate of buying, their
    probability of leaving and their level of spending given what is known of them, and at last what they do. Purchases
    until somebody leaves are geometric, those within the horizon Poisson: the smaller number counts.

    Args:
        customers: what is known of them.
        buying: the fit of `fit_buying`.
        spending: the fit of `fit_spending`; without it money is all 0.
        horizon: how far ahead, in the unit of the times.
        draws: how many futures.
        seed: of chance; the same seed gives the same futures.
    """
    rng = np.random.default_rng(seed)
    bought = np.empty((draws, customers.age.size))
    money = np.zeros_like(bought)
    amounts = None if spending is None else spending.draws(draws, seed + 1)
    for place, values in enumerate(buying.draws(draws, seed)):
        bought[place] = _purchases(Buying(*values.tolist()), customers, horizon, rng)
        if amounts is not None:
            money[place] = _money(amounts[place], customers, bought[place], rng)
    return bought, money


def _purchases(model: Buying, known: Customers, horizon: float, rng: np.random.Generator) -> Array:
    x = known.frequency
    active = rng.random(x.size) < alive(model, x, known.recency, known.age)
    rate = rng.gamma(model.r + x) / (model.alpha + known.age)
    leaving = np.maximum(rng.beta(model.a, model.b + x), _LEAST)
    return np.where(active, np.minimum(rng.poisson(rate * horizon), rng.geometric(leaving)), 0).astype(float)


def _money(values: Array, known: Customers, bought: Array, rng: np.random.Generator) -> Array:
    p, q, gamma = values
    level = rng.gamma(q + p * known.paid) / (gamma + known.spent)
    return np.where(bought > 0, rng.gamma(np.maximum(p * bought, _LEAST)) / level, 0.0)
