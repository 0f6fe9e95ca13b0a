"""How long customers keep a contract that renews: the shifted-beta-geometric model.

Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76-90. At each
renewal a customer leaves with a probability of their own, drawn from a beta distribution (alpha, beta). Those who are
likely to leave go first, so that the rate of staying rises with age although nobody changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, zeta

from cxloop.stats.lifetime.fitting import Fit, NoFitError, maximise
from cxloop.stats.sums import Array

__all__ = ["Staying", "fit_staying", "periods_ahead", "survival"]


@dataclass(frozen=True)
class Staying:
    """The parameters of the distribution of the probability of leaving at a renewal."""

    alpha: float
    beta: float


def fit_staying(left: Array, stayed: Array) -> tuple[Staying, Fit]:
    """Returns the parameters of highest likelihood, and the fit with their covariance; equations 5 and 6 of the paper.

    Args:
        left: how many left at renewal 1, 2, ...; shape (t,).
        stayed: how many are seen for no longer than 1, 2, ... renewals and stayed at all of them; shape (t,).

    Raises:
        NoFitError: nobody left or nobody stayed, or renewals are too few to tell customers from chance.

    Example:
        >>> model, _ = fit_staying(np.array([369.0, 163, 86, 56, 37, 27, 21]), np.array([0.0] * 6 + [241]))
        >>> round(model.alpha, 3), round(model.beta, 3)
        (0.704, 1.182)
    """
    left, stayed = np.asarray(left, dtype=float), np.asarray(stayed, dtype=float)
    if left.sum() == 0 or stayed.sum() == 0 or left.size < 2:
        raise NoFitError("somebody has to leave and somebody to stay, over at least two renewals")
    t = np.arange(1.0, left.size + 1)
    n = float(left.sum() + stayed.sum())

    def likelihood(values: Array) -> tuple[float, Array, Array]:
        alpha, beta = (float(value) for value in values)
        found = left @ betaln(alpha + 1, beta + t - 1) + stayed @ betaln(alpha, beta + t) - n * betaln(alpha, beta)
        both, sums = digamma(alpha + beta), (left + stayed) @ digamma(alpha + beta + t)
        by_alpha = left.sum() * digamma(alpha + 1) + stayed.sum() * digamma(alpha) - sums - n * (digamma(alpha) - both)
        by_beta = left @ digamma(beta + t - 1) + stayed @ digamma(beta + t) - sums - n * (digamma(beta) - both)
        bent = np.full((2, 2), n * zeta(2.0, alpha + beta) - (left + stayed) @ zeta(2.0, alpha + beta + t))
        bent[0, 0] += left.sum() * (zeta(2.0, alpha + 1) - zeta(2.0, alpha))
        bent[1, 1] += left @ zeta(2.0, beta + t - 1) + stayed @ zeta(2.0, beta + t) - n * zeta(2.0, beta)
        return float(found), np.array([by_alpha, by_beta]), bent

    found = maximise(likelihood, ((1.0, 1.0), (0.5, 4.0)), n)
    return Staying(*found.values.tolist()), found


def survival(model: Staying, renewals: Array) -> Array:
    """Returns the share that stays for so many renewals, the shape of `renewals`; equation 6."""
    asked = np.asarray(renewals, dtype=float)
    return np.asarray(np.exp(betaln(model.alpha, model.beta + asked) - betaln(model.alpha, model.beta)))


def periods_ahead(model: Staying, renewals: Array, ahead: int, *, discount: float = 0.0) -> Array:
    """Returns the expected number of renewals still to come within the next `ahead`, shape (n,).

    Fader and Hardie (2010), Customer-base valuation in a contractual setting, Marketing Science 29(1), 85-93, for a
    finite number of renewals: the sum of S(n + k) / S(n), each discounted.

    Args:
        model: the parameters.
        renewals: renewals at which each customer has stayed, shape (n,).
        ahead: how many renewals to look ahead.
        discount: rate of discount from one renewal to the next.
    """
    asked, back = np.unique(np.asarray(renewals, dtype=float), return_inverse=True)
    steps = np.arange(1.0, ahead + 1)
    kept = betaln(model.alpha, model.beta + asked[:, None] + steps) - betaln(model.alpha, model.beta + asked)[:, None]
    return np.asarray((np.exp(kept) @ (1 + discount) ** -steps)[back])
