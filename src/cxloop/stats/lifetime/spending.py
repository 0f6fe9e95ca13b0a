"""How much customers spend on a purchase: the Gamma-Gamma model.

Fader, Hardie and Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis", Journal of Marketing
Research 42(4), 415-430; Fader and Hardie (2013), The Gamma-Gamma model of monetary value. Amounts of one customer are
gamma distributed (shape p, rate nu), and nu differs between customers by another gamma distribution (shape q, rate
gamma). The model takes it that those who buy more often do not spend more or less on each purchase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from cxloop.stats.lifetime.fitting import Fit, NoFitError, dot, maximise
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


class _Likelihood:
    """Log-likelihood and gradient (equation 1a of the note), with what does not depend on the parameters kept."""

    def __init__(self, purchases: Array, mean: Array) -> None:
        self.levels, place = np.unique(purchases, return_inverse=True)
        self.place = place
        self.at_level = np.bincount(place, minlength=self.levels.size).astype(float)
        self.purchases, self.spent = purchases, purchases * mean
        logs = np.log(mean)
        self.log_mean, self.log_spent = float(logs.sum()), dot(purchases, np.log(self.spent))

    def __call__(self, values: Array) -> tuple[float, Array]:
        p, q, gamma = (float(value) for value in values)
        x, n, total = self.levels, self.at_level, float(self.at_level.sum())
        reach = np.log(gamma + self.spent)
        summed = np.bincount(self.place, reach, x.size)
        part = np.bincount(self.place, 1 / (gamma + self.spent), x.size)
        shapes = p * x
        found = n @ (gammaln(shapes + q) - gammaln(shapes)) + total * (q * np.log(gamma) - gammaln(q))
        found += p * self.log_spent - self.log_mean - (shapes + q) @ summed
        by_p = n @ (x * (digamma(shapes + q) - digamma(shapes))) + self.log_spent - x @ summed
        by_q = n @ digamma(shapes + q) + total * (np.log(gamma) - digamma(q)) - summed.sum()
        by_gamma = total * q / gamma - (shapes + q) @ part
        return float(found), np.array([by_p, by_q, by_gamma])


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
    scale = float(np.average(mean, weights=purchases))
    step = purchases.size // _PART
    picked = None if step < 2 else (purchases[::step], mean[::step] / scale)
    part = None if picked is None else (_Likelihood(*picked), float(picked[0].size))
    found = maximise(_Likelihood(purchases, mean / scale), _STARTS, float(purchases.size), part)
    values = found.values * np.array([1.0, 1.0, scale])
    shifted = found.log_likelihood - purchases.size * np.log(scale)
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
    x = np.asarray(purchases, dtype=float)
    spent = x * np.where(x > 0, mean, 0.0)
    return model.p * (model.gamma + spent) / (model.p * x + model.q - 1)
