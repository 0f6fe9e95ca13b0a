"""Shifted-beta-geometric: the published fits and forecasts, and renewals counted one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cxloop.stats.lifetime.fitting import NoFitError
from cxloop.stats.lifetime.staying import Staying, fit_staying, periods_ahead, survival

# Fader and Hardie (2007), How to project customer retention, table 1: percent of 1,000 customers still there each year
REGULAR = [631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]


def counts(there: list[int], years: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Who left each year, and who is still there after the last."""
    still = [1000, *there[:years]]
    stayed = np.zeros(years)
    stayed[-1] = still[-1]
    return -np.diff(still).astype(float), stayed


@pytest.mark.parametrize(
    ("there", "alpha", "beta"), [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)], ids=["regular", "high end"]
)
def test_seven_years_give_the_published_parameters_and_the_next_five(
    there: list[int], alpha: float, beta: float
) -> None:
    model, fit = fit_staying(*counts(there))

    # section "Model fit" of the paper
    assert (round(model.alpha, 3), round(model.beta, 3)) == (alpha, beta)
    assert not fit.held
    # its figure 3: the forecast of years 8 to 12 lies within two points of what came
    ahead = survival(model, np.arange(8.0, 13))
    assert ahead == pytest.approx(np.array(there[7:]) / 1000, abs=0.02)


def test_survival_is_the_product_of_the_published_retention_rates() -> None:
    model = Staying(0.668, 3.806)
    t = np.arange(1.0, 20)

    # equation 8 of the paper: r(t) = (beta + t - 1) / (alpha + beta + t - 1)
    rates = (model.beta + t - 1) / (model.alpha + model.beta + t - 1)
    assert survival(model, t) == pytest.approx(np.cumprod(rates))


def test_errors_are_those_of_the_curvature_of_the_likelihood() -> None:
    left, stayed = counts(HIGH_END)
    model, fit = fit_staying(left, stayed)

    def by_survival(logs: Any) -> Any:
        there = survival(Staying(*np.exp(logs).tolist()), np.arange(8.0))
        return left @ np.log(-np.diff(there)) + stayed[-1] * np.log(there[-1])

    steps, top = np.eye(2) * 1e-3, np.log([model.alpha, model.beta])
    bent = [
        [by_survival(top + a + b) - by_survival(top + a - b) - by_survival(top - a + b) + by_survival(top - a - b)]
        for a in steps
        for b in steps
    ]
    assert fit.covariance == pytest.approx(np.linalg.inv(-np.reshape(bent, (2, 2)) / 4e-6), rel=1e-3)


def test_renewals_ahead_are_summed_one_by_one() -> None:
    model = Staying(0.668, 3.806)
    by_hand = sum(survival(model, np.array([4 + k]))[0] / survival(model, np.array([4]))[0] / 1.1**k for k in (1, 2, 3))

    found = periods_ahead(model, np.array([4.0, 0.0, 4.0]), 3, discount=0.1)

    assert found[0] == found[2] == pytest.approx(by_hand)
    assert found[1] < found[0]  # who has stayed for long is likelier to stay


def test_members_seen_for_different_times_are_counted_for_as_long() -> None:
    rng = np.random.default_rng(3)
    leaving = rng.beta(1.0, 6.0, 30_000)
    gone = rng.geometric(leaving)
    seen = rng.integers(1, 25, 30_000)
    left = np.bincount(gone[gone <= seen], minlength=25)[1:].astype(float)
    stayed = np.bincount(seen[gone > seen], minlength=25)[1:].astype(float)

    model, fit = fit_staying(left, stayed)

    assert (np.abs(np.array([model.alpha, model.beta]) - [1.0, 6.0]) < 3 * fit.errors).all()


@pytest.mark.parametrize(("left", "stayed"), [([0, 0], [5, 5]), ([5, 5], [0, 0]), ([3], [4])])
def test_contracts_that_nobody_left_or_kept_tell_nothing(left: list[int], stayed: list[int]) -> None:
    with pytest.raises(NoFitError):
        fit_staying(np.array(left, float), np.array(stayed, float))
