"""How often customers buy, and whether they still do: the BG/NBD model.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model, Marketing
Science 24(2), 275-284. While active, a customer buys at a rate of their own, drawn from a gamma distribution (shape r,
rate alpha); after each purchase they leave with a probability of their own, drawn from a beta distribution (a, b).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal

from cxloop.stats.lifetime.blocks import by_pair, filled
from cxloop.stats.lifetime.cells import Cells
from cxloop.stats.lifetime.fitting import Fit, NoFitError, dot, maximise
from cxloop.stats.lifetime.likelihoods import BuyingLikelihood
from cxloop.stats.sums import Array

__all__ = ["Buying", "alive", "expected", "fit_buying"]

_NODES = 48
"""Nodes of the quadrature over the probability of leaving; tests hold it against the closed form."""
_STARTS = ((1.0, 1.0, 1.0, 3.0), (0.3, 0.2, 0.5, 1.0))
"""Starts with time in units of the mean age."""
_PART = 20_000
"""Histories by which the top is looked for first, where there are at least twice as many."""


@dataclass(frozen=True)
class Buying:
    """The parameters: r and alpha of the rate of buying, a and b of leaving. alpha has the unit of the times."""

    r: float
    alpha: float
    a: float
    b: float


def fit_buying(cells: Cells) -> tuple[Buying, Fit]:
    """Returns the parameters of highest likelihood, and the fit with their covariance.

    Raises:
        NoFitError: the histories do not tell the parameters: too few bought again, or nobody leaves.
    """
    if not (cells.frequency > 0).any():
        raise NoFitError("nobody bought again")
    scale = max(float(dot(cells.customers, cells.age) / cells.customers.sum()), 1e-9)
    scaled = Cells(cells.frequency, cells.recency / scale, cells.age / scale, cells.customers)
    found = maximise(BuyingLikelihood(scaled), _STARTS, float(cells.customers.sum()), _part(scaled))
    # in other units of time, the density of each repeat purchase is another one
    other_unit = dot(cells.customers, cells.frequency) * np.log(scale)
    values = found.values * np.array([1.0, scale, 1.0, 1.0])
    return Buying(*values.tolist()), Fit(values, found.log_likelihood - other_unit, found.covariance, found.held)


def _part(cells: Cells) -> tuple[BuyingLikelihood, float] | None:
    """Every so-and-so-manieth history: they are in order, so that all kinds are among them. None for few."""
    step = cells.age.size // _PART
    if step < 2:
        return None
    picked = (column[::step] for column in (cells.frequency, cells.recency, cells.age, cells.customers))
    part = Cells(*picked)
    return BuyingLikelihood(part), float(part.customers.sum())


def alive(model: Buying, frequency: Array, recency: Array, age: Array) -> Array:
    """Returns the probability that customers are still active, shape (n,); equation 8 of the paper's appendix.

    Someone who has bought once has had no chance to leave, and is active by the model's definition.
    """
    x, last, since = (np.asarray(column, dtype=float) for column in (frequency, recency, age))

    def stays(rows: slice) -> Array:
        again, silent = x[rows], np.log((model.alpha + since[rows]) / (model.alpha + last[rows]))
        leaving = np.divide(model.a, model.b + again - 1, out=np.zeros_like(again), where=again > 0)
        with np.errstate(over="ignore"):  # odds beyond all numbers: nobody is still there
            return np.asarray(1 / (1 + leaving * np.exp((model.r + again) * silent)))

    return filled(stays, x.size)


def expected(model: Buying, frequency: Array, age: Array, horizon: float, *, yearly: float = 0.0) -> Array:
    """Returns how many purchases active customers are expected to make, shape (n,); times `alive` for all of them.

    Equation 10 of the paper without its hypergeometric function, which loses digits near a = 1 and for those who buy
    often: given the probability p of leaving, the expectation is (1 - (1 + p t / (alpha + T)) ** -(r + x)) / p, and p
    is integrated out by Gauss-Jacobi quadrature (Golub and Welsch 1969, "Calculation of Gauss quadrature rules",
    Mathematics of Computation 23).

    Args:
        model: the parameters.
        frequency: repeat purchases, shape (n,); 0 with an age of 0 for a new customer.
        age: time since the first purchase, shape (n,).
        horizon: how far ahead, in the unit of the times.
        yearly: continuous rate of discount per unit of time: a purchase after s counts exp(-yearly * s).
    """
    x, age = np.asarray(frequency, dtype=float), np.asarray(age, dtype=float)

    def of_pairs(counts: Array, ages: Array) -> Array:
        levels, starts = np.unique(counts, return_index=True)
        each = zip(levels.tolist(), np.split(ages, starts[1:]), strict=True)
        return np.concatenate([_of_level(model, count, since, horizon, yearly) for count, since in each])

    return by_pair(of_pairs, x, age)


def _of_level(model: Buying, count: float, age: Array, horizon: float, rate: float) -> Array:
    """Expected purchases, discounted: by parts, exp(-d t) E(t) + d times the integral of exp(-d s) E(s)."""
    chances, weights = _beta_rule(model.a, model.b + count)

    def until(moment: float) -> Array:
        ratio = np.outer(moment / (model.alpha + age), chances)
        return np.asarray(-np.expm1(-(model.r + count) * np.log1p(ratio)) @ (weights / chances))

    found = until(horizon)
    if rate > 0:
        moments, spans = np.polynomial.legendre.leggauss(12)
        parts = [
            span * np.exp(-rate * moment) * until(moment)
            for moment, span in zip(horizon * (moments + 1) / 2, horizon * spans / 2, strict=True)
        ]
        found = np.exp(-rate * horizon) * found + rate * np.sum(parts, axis=0)
    return found


def _beta_rule(first: float, second: float) -> tuple[Array, Array]:
    """Nodes and weights for means over a beta distribution, from the Jacobi matrix of its orthogonal polynomials."""
    k = np.arange(_NODES, dtype=float)
    up, down = second - 1, first - 1  # weight (1 - y) ** up (1 + y) ** down on [-1, 1], with y = 2 p - 1
    total = up + down
    with np.errstate(invalid="ignore", divide="ignore"):
        diagonal = (down**2 - up**2) / ((2 * k + total) * (2 * k + total + 2))
        j = k[1:]
        beside = 4 * j * (j + up) * (j + down) * (j + total)
        beside /= (2 * j + total) ** 2 * (2 * j + total + 1) * (2 * j + total - 1)
    diagonal[0] = (down - up) / (total + 2)
    # the factor j + total over 2 j + total - 1 is 0 / 0 where total is -1
    beside[0] = 4 * (1 + up) * (1 + down) / ((2 + total) ** 2 * (3 + total))
    places, vectors = eigh_tridiagonal(diagonal, np.sqrt(beside))
    return np.clip((places + 1) / 2, 1e-300, 1.0), vectors[0] ** 2
