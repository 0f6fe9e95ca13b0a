"""How much customers spend on a purchase: the Gamma-Gamma model.

Fader, Hardie and Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis", Journal of Marketing
Research 42(4), 415-430; Fader and Hardie (2013), The Gamma-Gamma model of monetary value. Amounts of one customer are
gamma distributed (shape p, rate nu), and nu differs between customers by another gamma distribution (shape q, rate
gamma). The model takes it that those who buy more often do not spend more or less on each purchase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxloop.stats.lifetime.blocks import filled
from cxloop.stats.lifetime.fitting import Fit, NoFitError, maximise
from cxloop.stats.lifetime.likelihoods import SpendingLikelihood
from cxloop.stats.sums import Array

__all__ = ["Spending", "expected_spend", "fit_spending"]

_STARTS = ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5))
"""Starts with amounts in units of their mean."""
_PART = 20_000
"""Customers by whom the top is looked for first, where there are at least twice as many."""


@dataclass(frozen=True)
class Spending:
    """The parameters: p of one customer's amounts, q and gamma of how customers differ. gamma is an amount of money."""

    p: float
    q: float
    gamma: float


def fit_spending(purchases: Array, mean: Array) -> tuple[Spending, Fit]:
    """Returns the parameters of highest likelihood, and the fit with their covariance.

    Args:
        purchases: how many purchases each mean is of, shape (n,), at least 1.
        mean: mean amount of a purchase of each customer, shape (n,), above 0.

    Raises:
        NoFitError: the amounts do not tell the parameters.
    """
    purchases, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)
    if purchases.size < 2 or not (mean > 0).all() or not (purchases >= 1).all():
        raise NoFitError("a mean amount above 0 of at least two customers is needed")
    everybody, step = SpendingLikelihood(purchases, mean), purchases.size // _PART
    some = None if step < 2 else SpendingLikelihood(purchases[::step], mean[::step], everybody.scale)
    part = None if some is None else (some, float(some.purchases.size))
    found = maximise(everybody, _STARTS, float(purchases.size), part)
    values = found.values * np.array([1.0, 1.0, everybody.scale])
    shifted = found.log_likelihood - purchases.size * np.log(everybody.scale)
    return Spending(*values.tolist()), Fit(values, shifted, found.covariance, found.held)


def expected_spend(model: Spending, purchases: Array, mean: Array) -> Array:
    """Returns what customers are expected to spend on a purchase, shape (n,); equation 5 of the note.

    A weighted mean of the customer's own amount and that of all: who bought once is expected to spend what all do.

    Args:
        model: the parameters.
        purchases: purchases with an amount, shape (n,), 0 or more.
        mean: their mean amount, shape (n,); ignored where there was none. Where refunds ate it up it is 0.

    Raises:
        NoFitError: amounts spread so far that their mean over all customers does not exist (q is at most 1).
    """
    if model.q <= 1:
        raise NoFitError("amounts spread so far that their mean over all customers does not exist")
    x, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)

    def expect(rows: slice) -> Array:
        bought = x[rows]
        spent = bought * np.where(bought > 0, mean[rows], 0.0)
        return model.p * (model.gamma + spent) / (model.p * bought + model.q - 1)

    return filled(expect, x.size)
