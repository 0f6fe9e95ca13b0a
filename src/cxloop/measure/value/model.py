"""Both models on one set of histories, and what they expect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cxloop.measure.value.orders import Histories
from cxloop.stats.lifetime.buying import Buying, alive, expected, fit_buying
from cxloop.stats.lifetime.cells import compress
from cxloop.stats.lifetime.fitting import Fit, NoFitError
from cxloop.stats.lifetime.spending import Spending, expected_spend, fit_spending
from cxloop.stats.sums import Array

__all__ = ["FEWEST", "FEWEST_AGAIN", "YEAR", "Expectation", "Models", "fit_models"]

FEWEST, FEWEST_AGAIN = 100, 50
"""Customers, and customers who bought again, below which nothing is fitted: the parameters would be chance."""
YEAR = 365.25


@dataclass(frozen=True)
class Expectation:
    """What customers are expected to do within a horizon, all arrays of shape (n,).

    Attributes:
        alive: probability that they still buy.
        purchases: orders, counted by day.
        money: what they bring, discounted; None where amounts tell nothing.
        at_stake: the same money if they still buy.
    """

    alive: Array
    purchases: Array
    money: Array | None
    at_stake: Array | None


@dataclass(frozen=True)
class Models:
    """The fitted models.

    Attributes:
        buying: r, alpha, a, b; times in days.
        spending: p, q, gamma; None where amounts cannot be fitted, and then `no_money` says why.
        no_money: the reason.
    """

    buying: Fit
    spending: Fit | None
    no_money: str = ""

    @property
    def held(self) -> bool:
        """Whether a weak prior holds parameters that the data do not tell."""
        return self.buying.held or (self.spending is not None and self.spending.held)

    @cached_property
    def logs(self) -> Array:
        """Logarithms of all parameters."""
        values = [self.buying.values, *([] if self.spending is None else [self.spending.values])]
        return np.log(np.concatenate(values))

    @cached_property
    def covariance(self) -> Array:
        """Their covariance: the two models are fitted apart."""
        if self.spending is None:
            return self.buying.covariance
        both = np.zeros((7, 7))
        both[:4, :4], both[4:, 4:] = self.buying.covariance, self.spending.covariance
        return both

    def expect(self, of: Histories, horizon: int, *, discount: float = 0.0, logs: Array | None = None) -> Expectation:
        """Returns what customers are expected to do.

        Args:
            of: their histories.
            horizon: days ahead.
            discount: share by which money is worth less each year.
            logs: other parameters than the fitted ones, as logarithms.
        """
        values = np.exp(self.logs if logs is None else logs).tolist()
        buying, known = Buying(*values[:4]), of.known
        active = alive(buying, known.frequency, known.recency, known.age)
        count = expected(buying, known.frequency, known.age, float(horizon))
        purchases = active * count
        if self.spending is None:
            return Expectation(active, purchases, None, None)
        worth = count
        if discount:
            worth = expected(buying, known.frequency, known.age, float(horizon), yearly=np.log1p(discount) / YEAR)
        mean = np.divide(known.spent, known.paid, out=np.zeros_like(known.spent), where=known.paid > 0)
        each = expected_spend(Spending(*values[4:]), known.paid, mean) * worth
        return Expectation(active, purchases, each * active, each)


def fit_models(of: Histories) -> Models:
    """Returns the models of highest likelihood.

    Raises:
        NoFitError: the histories do not tell when and whether customers buy again.
    """
    known = of.known
    again = int((known.frequency > 0).sum())
    if known.frequency.size < FEWEST or again < FEWEST_AGAIN:
        raise NoFitError(
            f"{known.frequency.size:,} customers have ordered and {again:,} of them again; at least {FEWEST} and "
            f"{FEWEST_AGAIN} are needed"
        )
    _, buying = fit_buying(compress(known.frequency, known.recency, known.age))
    counts = np.flatnonzero((known.paid > 0) & (known.spent > 0))
    if counts.size < FEWEST_AGAIN:
        said = f"amounts are known of {counts.size} customers who ordered again; {FEWEST_AGAIN} are needed"
        return Models(buying, None, said)
    try:
        model, spending = fit_spending(known.paid[counts], known.spent[counts] / known.paid[counts])
    except NoFitError as failure:
        return Models(buying, None, f"amounts of orders: {failure}")
    if model.q <= 1:
        return Models(buying, None, "amounts spread so far that their mean over all customers does not exist")
    return Models(buying, spending)
