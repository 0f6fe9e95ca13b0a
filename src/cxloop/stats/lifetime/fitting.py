"""Maximum likelihood of a few positive parameters: exact derivatives, Newton steps at the end, a covariance.

Parameters are fitted on the logarithmic scale: they stay positive, and their posterior is nearer to a normal one there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from cxloop.stats.sums import Array

__all__ = ["EDGE", "HELD", "VAGUE", "Fit", "NoFitError", "dot", "maximise"]

Likelihood = Callable[[Array], tuple[float, Array, Array]]
"""Parameters (k,) to the log-likelihood, its gradient (k,) and its second derivatives (k, k)."""

EDGE = 14.0
"""Logarithms of parameters beyond which a model has left its family: e^14 is a million."""
VAGUE = 1.5
"""Standard error of a logarithm from which on a parameter counts as untold: it may be five times larger or smaller."""
HELD = 2.0
"""Standard deviation of the weak prior on the logarithms, in units of the mean time and amount: a factor of seven."""
_STEPS = 6
"""Newton steps from the top of a part to that of all: each doubles the digits, so that two or three do."""
_FLAT = 1e-6
"""Largest slope, per customer and unit of log parameter, at which the top has been reached."""


class NoFitError(ValueError):
    """The likelihood has no maximum that can be told: the data do not say what the model asks."""


@dataclass(frozen=True)
class Fit:
    """Where a likelihood is highest.

    Attributes:
        values: the parameters, shape (k,).
        log_likelihood: at them.
        covariance: of their logarithms, shape (k, k): the inverse of the observed information (Laplace).
        held: whether a weak prior had to hold parameters that the data do not tell.
    """

    values: Array
    log_likelihood: float
    covariance: Array
    held: bool = False

    @property
    def errors(self) -> Array:
        """Standard errors of the parameters, shape (k,), by the delta method."""
        return self.values * np.sqrt(np.diag(self.covariance))

    def draws(self, count: int, seed: int) -> Array:
        """Returns parameters drawn from the Laplace approximation of the posterior, shape (count, k)."""
        rng = np.random.default_rng(seed)
        return np.exp(rng.multivariate_normal(np.log(self.values), self.covariance, count, method="eigh"))


def dot(first: Array, second: Array) -> float:
    """Returns the sum of products, in this thread: BLAS starts others, which wait for each other on a busy machine.

    Example:
        >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        11.0
    """
    return float(np.einsum("i,i", first, second))


def maximise(
    likelihood: Likelihood,
    starts: Sequence[Sequence[float]],
    weight: float,
    part: tuple[Likelihood, float] | None = None,
) -> Fit:
    """Returns where a likelihood is highest, from the first of several starts that leads to a maximum.

    BFGS (Nocedal and Wright 2006, "Numerical optimization", chapter 6) finds the top, two Newton steps make it exact.
    (The limited form saves memory that four parameters do not take, and its
    matrices of four rows wait for threads of BLAS.) Where customers hardly differ, the likelihood is a
    ridge along which parameters run away together without changing what is predicted; a weak prior then holds them.

    Args:
        likelihood: gives log-likelihood and gradient for natural parameters.
        starts: natural parameters to start from.
        weight: how many customers are behind the likelihood.
        part: likelihood and number of a part of them: its top and curvature lead to the top of all in a few steps.

    Raises:
        NoFitError: a parameter runs away, the top is not reached, or the curvature there is none of a maximum.
    """

    near = None if part is None else _near(_lower(likelihood, weight, np.inf), starts, weight, part)
    if near is not None:
        return near
    failed = NoFitError("there is nothing to start from")
    for width in (np.inf, HELD):
        for start in starts:
            try:
                found = _top(_lower(likelihood, weight, width), np.log(np.asarray(start, dtype=float)), weight)
            except NoFitError as failure:
                failed = failure
                continue
            if np.isfinite(width):
                return Fit(found.values, likelihood(found.values)[0], found.covariance, held=True)
            if np.sqrt(np.diag(found.covariance)).max() <= VAGUE:
                return found
            break  # other starts would find the same ridge
    raise failed


def _near(
    lower: Likelihood, starts: Sequence[Sequence[float]], weight: float, part: tuple[Likelihood, float]
) -> Fit | None:
    """Walks from the top of a part to that of all; None where that does not lead there at once."""
    try:
        rough = maximise(part[0], starts, part[1])
    except NoFitError:
        return None
    logs = np.log(rough.values)
    for _ in range(_STEPS):
        value, slope, curvature = lower(logs)
        if rough.held or np.linalg.eigvalsh(curvature).min() <= 0:
            return None
        if np.abs(slope).max() <= _FLAT / 100:
            covariance = np.asarray(np.linalg.inv(curvature * weight))
            vague = np.sqrt(np.diag(covariance)).max() > VAGUE
            return None if vague else Fit(np.exp(logs), -value * weight, covariance)
        logs = logs - np.clip(np.linalg.solve(curvature, slope), -1, 1)
    return None


def _lower(likelihood: Likelihood, weight: float, width: float) -> Likelihood:
    """What is made small: minus the log-likelihood of a customer, with a normal prior on the logarithms if finite."""

    def lower(logs: Array) -> tuple[float, Array, Array]:
        inside = np.abs(logs) < EDGE
        values = np.exp(np.clip(logs, -EDGE, EDGE))
        found, slope, bent = likelihood(values)
        if not np.isfinite(found):
            return 1e12, np.zeros_like(logs), np.zeros((logs.size, logs.size))
        prior, scale = logs / width, values * inside
        curvature = np.eye(logs.size) / width**2 - bent * np.outer(scale, scale) - np.diag(slope * scale)
        return (
            (0.5 * float(prior @ prior) - found) / weight,
            (prior / width - slope * scale) / weight,
            curvature / weight,
        )

    return lower


def _top(lower: Likelihood, start: Array, weight: float) -> Fit:
    """Climbs from one start; raises NoFitError where that leads to no maximum."""
    best = minimize(
        lambda logs: lower(logs)[:2], start, jac=True, method="BFGS", options={"maxiter": 500, "gtol": 1e-8}
    )
    logs = np.asarray(best.x, dtype=float)
    if np.abs(logs).max() > EDGE - 1:
        raise NoFitError("a parameter runs away: the data do not tell it")
    for _ in range(2):
        logs = _newton(lower, logs)
    value, slope, curvature = lower(logs)
    if np.abs(slope).max() > _FLAT or np.linalg.eigvalsh(curvature).min() <= 0:
        raise NoFitError("the likelihood has no clear maximum")
    return Fit(np.exp(logs), -value * weight, np.asarray(np.linalg.inv(curvature * weight)))


def _newton(lower: Likelihood, logs: Array) -> Array:
    """One Newton step, taken only where it leads down."""
    value, slope, curvature = lower(logs)
    if np.linalg.eigvalsh(curvature).min() <= 0:
        return logs
    moved = logs - np.linalg.solve(curvature, slope)
    return moved if np.abs(moved - logs).max() < 1 and lower(moved)[0] <= value + 1e-12 else logs
