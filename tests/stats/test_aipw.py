"""The doubly robust mean: the design of Kang and Schafer (2007), a tilt that is known, and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit

from cxloop.stats.aipw import Nuisances, Told, dependence, logistic, mean_and_error, pseudo_outcomes
from cxloop.stats.sums import Array

SAMPLES, SIZE = 120, 600
THRESHOLD = 210.0


def kang_schafer(rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.bool_], Array]:
    """What drives everything, what an analyst sees of it, who answers, and the outcome.

    Kang and Schafer (2007), "Demystifying double robustness", Statistical Science 22, 523-539, section 1.4.
    """
    z = rng.standard_normal((SIZE, 4))
    y = 210 + z @ np.array([27.4, 13.7, 13.7, 13.7]) + rng.standard_normal(SIZE)
    answered = rng.random(SIZE) < expit(z @ np.array([-1.0, 0.5, -0.25, -0.1]))
    seen = np.column_stack([
        np.exp(z[:, 0] / 2), z[:, 1] / (1 + np.exp(z[:, 0])) + 10,
        (z[:, 0] * z[:, 2] / 25 + 0.6) ** 3, (z[:, 1] + z[:, 3] + 20) ** 2,
    ])  # fmt: skip
    return z, (seen - seen.mean(axis=0)) / seen.std(axis=0), answered, y


def share_above(rng: np.random.Generator, *, odds_right: bool, outcome_right: bool) -> tuple[float, float, float]:
    """The share of outcomes above their mean, half by design: of answerers, adjusted, and its error."""
    z, seen, answered, y = kang_schafer(rng)
    ones = np.ones((SIZE, 1))
    for_odds, for_outcome = (np.hstack([ones, z if right else seen]) for right in (odds_right, outcome_right))
    above = y > THRESHOLD
    odds = expit(for_odds @ logistic(for_odds, answered, np.arange(SIZE))[0])
    # The right model of a threshold of a normal outcome: the mean of the outcome, and the normal noise around it.
    mean = for_outcome @ np.linalg.lstsq(for_outcome[answered], y[answered], rcond=None)[0]
    spread = (y - mean)[answered].std()
    share = expit(1.702 * (mean - THRESHOLD) / spread)
    told = Told(np.ones(SIZE, bool), answered, above.astype(np.intp), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    models = Nuisances(np.ones(SIZE), odds, np.column_stack([1 - share, share]))
    return float(above[answered].mean()), *mean_and_error(pseudo_outcomes(told, models))


@pytest.mark.parametrize(("odds_right", "outcome_right"), [(True, True), (True, False), (False, True)])
def test_one_right_model_is_enough(odds_right: bool, outcome_right: bool) -> None:
    rng = np.random.default_rng(2007)
    found = np.array([share_above(rng, odds_right=odds_right, outcome_right=outcome_right) for _ in range(SAMPLES)])
    raw, adjusted, error = found.T

    assert abs(raw.mean() - 0.5) > 0.08
    assert abs(adjusted.mean() - 0.5) < 0.012
    covered = (np.abs(adjusted - 0.5) < 1.96 * error).mean()
    assert 0.90 <= covered <= 1.0


def test_a_known_tilt_finds_what_the_silent_would_have_said() -> None:
    # Everybody alike; three answers with shares .2, .3, .5; the odds of answering double with each point.
    shares, values, tilt = np.array([0.2, 0.3, 0.5]), np.array([-100.0, 0.0, 100.0]), np.log(2.0)
    odds = 0.25 * np.exp(tilt * np.arange(3))
    chance = odds / (1 + odds)
    loud = shares * chance / (shares @ chance)
    count = 90_000
    rng = np.random.default_rng(5)
    cell = rng.choice(3, count, p=shares)
    answered = rng.random(count) < chance[cell]
    told = Told(np.ones(count, bool), answered, cell.astype(np.intp), values, np.arange(3.0))
    models = Nuisances(np.ones(count), np.full(count, shares @ chance), np.tile(loud, (count, 1)))

    plain, _ = mean_and_error(pseudo_outcomes(told, models))
    tilted, error = mean_and_error(pseudo_outcomes(told, models, tilt))

    assert plain == pytest.approx(loud @ values, abs=1.5)
    assert tilted == pytest.approx(30.0, abs=3 * error)
    assert plain > 45


def test_who_was_never_invited_counts_by_those_who_were() -> None:
    invited = np.array([True, True, False, False])
    told = Told(invited, invited, np.array([0, 1, 0, 0]), np.array([0.0, 10.0]), np.arange(2.0))
    models = Nuisances(np.full(4, 0.5), np.ones(4), np.full((4, 2), 0.5))

    # 5 for everybody, and the residuals -5 and 5 of those invited twice.
    assert pseudo_outcomes(told, models).tolist() == [-5.0, 15.0, 5.0, 5.0]


def test_coefficients_and_clustered_errors_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(11)
    customers = np.repeat(np.arange(150), 4)
    design = np.column_stack([np.ones(600), rng.standard_normal((600, 2))])
    outcome = rng.random(600) < expit(design @ np.array([-0.5, 0.8, -0.3]) + rng.normal(0, 0.7, 150)[customers])

    found, errors = logistic(design, outcome, customers)

    reference = sm.Logit(outcome.astype(float), design).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": customers, "use_correction": False}
    )
    assert found == pytest.approx(reference.params, abs=1e-5)
    assert errors == pytest.approx(reference.bse * np.sqrt(150 / 149), rel=1e-4)


def test_a_dependence_that_was_planted_is_found_and_a_bend_is_noticed() -> None:
    rng = np.random.default_rng(3)
    other = rng.normal(0, 2, 20_000)
    who = np.arange(20_000) // 2
    known = rng.standard_normal((20_000, 1))
    straight = rng.random(20_000) < expit(-1 + 0.1 * other + 0.4 * known[:, 0])
    bent = rng.random(20_000) < expit(-1 + 0.3 * np.abs(other))

    seen = dependence(straight, other, 0.0, known, who)

    assert seen.slope == pytest.approx(0.1, abs=3 * seen.error)
    assert seen.error < 0.012
    assert abs(seen.bend) < 3
    assert dependence(bent, other, 0.0, known, who).bend > 10
    assert (seen.pairs, seen.customers) == (20_000, 10_000)
