"""Log-likelihoods of the models of buying and spending, with exact first and second derivatives.

Second derivatives cost a few products more for each history and save many evaluations: from a good start, three steps
of Newton's reach the top of millions, and what they end with is the observed information. The formulas are those of the
papers that `buying` and `spending` name, differentiated; tests hold them against the papers' own notation and against
differences.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, zeta

from cxloop.stats.lifetime.blocks import blocks, tallied
from cxloop.stats.lifetime.cells import Cells
from cxloop.stats.lifetime.fitting import dot
from cxloop.stats.sums import Array

__all__ = ["BuyingLikelihood", "SpendingLikelihood"]

Derived = tuple[float, Array, Array]
"""A log-likelihood, its gradient (k,) and its second derivatives (k, k)."""


class BuyingLikelihood:
    """Log-likelihood of compressed histories by r, alpha, a and b of the BG/NBD model.

    The form that does not overflow: Fader and Hardie (2013), Overcoming the BG/NBD model's #NUM! error problem.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.levels, self.at_level = tallied(cells.frequency, cells.customers)

    def __call__(self, values: Array) -> Derived:
        found, slope, bent = self._by_level(values)
        for rows in blocks(self.cells.age.size):
            some = self._of_histories(values, rows)
            found, slope, bent = found + some[0], slope + some[1], bent + some[2]
        return found, slope, bent

    def _by_level(self, values: Array) -> Derived:
        """The part that only the number of purchases tells: few values, whatever the number of customers."""
        r, alpha, a, b = (float(value) for value in values)
        x, n = self.levels, self.at_level
        total = float(n.sum())
        found = gammaln(r + x) - gammaln(r) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        by_r, by_b = n @ (digamma(r + x) - digamma(r)), n @ (digamma(b + x) - digamma(b))
        by_both = n @ (digamma(a + b) - digamma(a + b + x))
        slope = np.array([by_r + total * np.log(alpha), total * r / alpha, by_both, by_both + by_b])
        bent = np.zeros((4, 4))
        bent[0, 0] = n @ (zeta(2.0, r + x) - zeta(2.0, r))
        bent[0, 1] = bent[1, 0] = total / alpha
        bent[1, 1] = -total * r / alpha**2
        bent[2:, 2:] = n @ (zeta(2.0, a + b) - zeta(2.0, a + b + x))
        bent[3, 3] += n @ (zeta(2.0, b + x) - zeta(2.0, b))
        return float(n @ found + total * r * np.log(alpha)), slope, bent

    def _of_histories(self, values: Array, rows: slice) -> Derived:
        """The logarithm of two ways to have been silent: still active, or gone since the last purchase.

        With odds the logarithm of how much likelier it is to be gone, it is that of the active plus log(1 + exp(odds)).
        """
        r, alpha, a, b = (float(value) for value in values)
        cells = self.cells
        x, weight = cells.frequency[rows], cells.customers[rows]
        until, last = alpha + cells.age[rows], alpha + cells.recency[rows]
        log_until, bought, by_until = np.log(until), r + x, 1 / until
        leaving = np.divide(1.0, b + x - 1, out=np.zeros_like(x), where=x > 0)  # after one purchase nobody has left
        shorter = by_until - 1 / last
        turn = np.empty((4, x.size))  # the odds' own derivatives
        turn[0], turn[1], turn[2], turn[3] = log_until - np.log(last), bought * shorter, 1 / a, -leaving
        with np.errstate(divide="ignore"):
            odds = np.log(a * leaving) + bought * turn[0]
        small = np.exp(-np.abs(odds))
        gone = weight * np.where(odds > 0, 1.0, small) / (1 + small)
        unsure = weight * small / (1 + small) ** 2
        found = dot(weight, np.maximum(odds, 0.0) + np.log1p(small) - bought * log_until)
        slope = np.einsum("ik,k->i", turn, gone)
        slope[0] -= dot(weight, log_until)
        slope[1] -= dot(weight, bought * by_until)
        bent = np.einsum("ik,jk->ij", turn * unsure, turn)
        crossed = dot(gone, shorter) - dot(weight, by_until)
        bent[0, 1] += crossed
        bent[1, 0] += crossed
        bent[1, 1] += dot(bought, weight * by_until**2 - gone * shorter * (by_until + 1 / last))
        bent[2, 2] -= gone.sum() / a**2
        bent[3, 3] += dot(gone, leaving**2)
        return found, slope, bent


class SpendingLikelihood:
    """Log-likelihood of mean amounts by p, q and gamma of the Gamma-Gamma model (equation 1a of its note).

    Args:
        purchases: how many purchases each mean is of, shape (n,), at least 1.
        mean: mean amount of a purchase of each customer, shape (n,), above 0.
        scale: the unit of amounts and gamma; by default the mean amount of all purchases.
    """

    def __init__(self, purchases: Array, mean: Array, scale: float | None = None) -> None:
        self.purchases, self.mean = purchases, mean
        self.levels, self.at_level = tallied(purchases)
        log_mean, logs, spent = self._amounts()
        repeats = float(self.levels @ self.at_level)
        self.scale = spent / repeats if scale is None else scale
        unit = float(np.log(self.scale))
        self.log_mean = log_mean - purchases.size * unit
        self.log_spent = logs + float(self.at_level @ (self.levels * np.log(self.levels))) - repeats * unit

    def __call__(self, values: Array) -> Derived:
        p, q, gamma = (float(value) for value in values)
        x, n, total = self.levels, self.at_level, float(self.purchases.size)
        (logs, parts, squares), (x_logs, x_parts, x_squares) = self._sums(gamma)
        shapes = p * x
        found = n @ (gammaln(shapes + q) - gammaln(shapes)) + total * (q * np.log(gamma) - gammaln(q))
        found += p * (self.log_spent - x_logs) - self.log_mean - q * logs
        by_p = n @ (x * (digamma(shapes + q) - digamma(shapes))) + self.log_spent - x_logs
        by_q = n @ digamma(shapes + q) + total * (np.log(gamma) - digamma(q)) - logs
        by_gamma = total * q / gamma - p * x_parts - q * parts
        both = zeta(2.0, shapes + q)
        p_p, p_q, p_gamma = n @ (x**2 * (both - zeta(2.0, shapes))), n @ (x * both), -x_parts
        q_q, q_gamma = n @ both - total * zeta(2.0, q), total / gamma - parts
        gamma_gamma = p * x_squares + q * squares - total * q / gamma**2
        bent = np.array([[p_p, p_q, p_gamma], [p_q, q_q, q_gamma], [p_gamma, q_gamma, gamma_gamma]])
        return float(found), np.array([by_p, by_q, by_gamma]), bent

    def _amounts(self) -> tuple[float, float, float]:
        """The sum of logarithms of mean amounts, over customers and over purchases, and what was spent."""
        found = 0.0, 0.0, 0.0
        for rows in blocks(self.mean.size):
            purchases, mean = self.purchases[rows], self.mean[rows]
            logs = np.log(mean)
            found = found[0] + float(logs.sum()), found[1] + dot(purchases, logs), found[2] + dot(purchases, mean)
        return found

    def _sums(self, gamma: float) -> Array:
        """Sums of log(t), 1 / t and 1 / t^2 with t = gamma + spent, once over customers and once over purchases."""
        found = np.zeros((2, 3))
        for rows in blocks(self.mean.size):
            x = self.purchases[rows]
            reach = x * (self.mean[rows] / self.scale) + gamma
            each = 1 / reach
            for place, column in enumerate((np.log(reach), each, each * each)):
                found[0, place] += column.sum()
                found[1, place] += dot(x, column)
        return found
