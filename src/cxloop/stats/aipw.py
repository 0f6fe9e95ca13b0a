"""The mean of an outcome that only some have told: doubly robust, also where telling may depend on the outcome.

Everybody has an outcome; those who were invited and answered have told it. The estimate is augmented inverse
probability weighting: Robins, Rotnitzky and Zhao (1994), "Estimation of regression coefficients when some regressors
are not always observed", JASA 89, 846-866; Bang and Robins (2005), "Doubly robust estimation in missing data and causal
inference models", Biometrics 61, 962-972; with nuisances of other folds, Chernozhukov et al. (2018), "Double/debiased
machine learning", The Econometrics Journal 21, C1-C68. Where answering depends on the answer itself, the odds of
staying silent are tilted by exp(-tilt * answer): Scharfstein, Rotnitzky and Robins (1999), "Adjusting for
nonignorable drop-out using semiparametric nonresponse models", JASA 94, 1096-1120.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from cxloop.stats.sums import Array

__all__ = ["Dependence", "Nuisances", "Told", "dependence", "logistic", "mean_and_error", "pseudo_outcomes"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Told:
    """Who was asked, who answered, and what.

    Attributes:
        invited: who could answer at all, shape (n,).
        answered: who did; only those who were invited, shape (n,).
        cell: which of the K possible answers they gave, counted from 0; anything where nobody answered, shape (n,).
        values: what an answer in each cell is worth, shape (K,).
        positions: where each cell stands on the scale of the tilt, shape (K,).
    """

    invited: Flags
    answered: Flags
    cell: NDArray[np.intp]
    values: Array
    positions: Array


@dataclass(frozen=True, eq=False)
class Nuisances:
    """What models of other folds say of everybody.

    Attributes:
        invited: probability of being invited, shape (n,).
        answered: probability that somebody invited answers, shape (n,).
        cells: probabilities of the answers of those who answer, shape (n, K); rows sum to 1.
    """

    invited: Array
    answered: Array
    cells: Array


def pseudo_outcomes(told: Told, models: Nuisances, tilt: float = 0.0) -> Array:
    """Returns for everybody what their mean is the estimate of, in the units of `values`, shape (n,).

    Without a tilt these are the uncentred influence values of AIPW. With tilt g the odds of silence of somebody with
    answer y are proportional to exp(-g y): g > 0 says that those with lower answers answer less often.

    Args:
        told: who answered what.
        models: the nuisances.
        tilt: log odds ratio of answering per unit of `positions`.

    Example:
        >>> yes, one = np.array([True, True]), np.array([1.0, 1.0])
        >>> told = Told(yes, yes, np.array([0, 1]), np.array([0.0, 10.0]), np.array([0.0, 1.0]))
        >>> pseudo_outcomes(told, Nuisances(one, one, np.full((2, 2), 0.5)))
        array([ 0., 10.])
    """
    leaning = np.exp(-tilt * told.positions)
    mass = models.cells @ leaning
    silent = models.cells @ (leaning * told.values) / mass
    loud = models.cells @ told.values
    everybody = models.answered * loud + (1.0 - models.answered) * silent
    # 1 / P(answers | behaviour, answer): the tilt makes it larger for answers that are rarely given.
    weight = 1.0 + (1.0 - models.answered) / models.answered * leaning[told.cell] / mass
    weight = np.where(told.answered, weight, 0.0)
    of_invited = weight * told.values[told.cell] + (1.0 - weight) * silent
    return np.asarray(everybody + np.where(told.invited, 1.0 / models.invited, 0.0) * (of_invited - everybody))


def mean_and_error(pseudo: Array) -> tuple[float, float]:
    """Returns the mean of pseudo outcomes, one per customer, and its standard error by their influence function.

    Example:
        >>> mean, error = mean_and_error(np.array([1.0, 2.0, 3.0]))
        >>> round(mean, 3), round(error, 3)
        (2.0, 0.577)
    """
    return float(pseudo.mean()), float(pseudo.std(ddof=1) / np.sqrt(pseudo.size)) if pseudo.size > 1 else np.inf


@dataclass(frozen=True, slots=True)
class Dependence:
    """How answering hangs on what somebody answers, seen on people who answered at another time.

    Attributes:
        slope: log odds ratio of answering per unit of the other answer.
        error: its standard error, clustered by customer.
        bend: z value of the distance of the other answer from the middle: beside a line, do extremes answer more?
        pairs: how many invitations of people with another answer that rests on.
        customers: how many customers they are of.
    """

    slope: float
    error: float
    bend: float
    pairs: int
    customers: int


def dependence(answered: Flags, other: Array, middle: float, known: Array, customers: NDArray[np.int64]) -> Dependence:
    """Returns how answering an invitation hangs on what the same customer answered to another one.

    Args:
        answered: whether each invitation was answered, shape (n,).
        other: the answer to another invitation, in units of the tilt, shape (n,).
        middle: the middle of the scale, in the same units.
        known: what else is known of each, shape (n, p), without intercept.
        customers: whose invitations they are, shape (n,).
    """
    base = np.column_stack([np.ones(other.size), other - other.mean(), known])
    line, line_error = logistic(base, answered, customers)
    away = np.abs(other - middle)
    bent, bent_error = logistic(np.column_stack([base, away - away.mean()]), answered, customers)
    bend = float(bent[-1] / bent_error[-1]) if bent_error[-1] > 0 else 0.0
    return Dependence(float(line[1]), float(line_error[1]), bend, other.size, np.unique(customers).size)


def logistic(design: Array, outcome: Flags, clusters: NDArray[np.int64]) -> tuple[Array, Array]:
    """Returns coefficients of a logistic regression and their standard errors, clustered.

    Newton's method with a ridge of a millionth, so that columns that say the same do no harm; the sandwich over
    clusters with C / (C - 1): Liang and Zeger (1986), "Longitudinal data analysis using generalized linear models",
    Biometrika 73, 13-22.

    Args:
        design: columns, the intercept among them, shape (n, p).
        outcome: shape (n,).
        clusters: number of the cluster of each row, shape (n,).
    """
    ridge = 1e-6 * np.eye(design.shape[1])
    found = np.zeros(design.shape[1])
    inverse = ridge
    for _ in range(50):
        odds = expit(design @ found)
        inverse = np.linalg.inv(design.T @ (design * (odds * (1 - odds))[:, None]) + ridge)
        step = inverse @ (design.T @ (outcome - odds) - 1e-6 * found)
        found = found + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            break
    residual = design * (outcome - expit(design @ found))[:, None]
    place = np.unique(clusters, return_inverse=True)[1]
    summed = np.column_stack([np.bincount(place, weights=column) for column in residual.T])
    count = summed.shape[0]
    spread = inverse @ (summed.T @ summed) @ inverse * count / max(count - 1, 1)
    return found, np.sqrt(np.maximum(np.diag(spread), 0.0))
