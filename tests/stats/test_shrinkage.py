"""Shrinkage against published examples: eight schools, the BCG trials and the baseball players of 1970."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxloop.stats.shrinkage import funnel, places, posterior, spread

# Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, table 5.2
SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
SCHOOL_ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
# Colditz et al. (1994), thirteen trials of the BCG vaccine; log relative risks and variances as metafor's dat.bcg
TRIALS = np.array(
    [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173]
)
TRIAL_VARIANCES = np.array(
    [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
)
# Efron and Morris (1975), Data analysis using Stein's estimator and its generalizations, JASA 70, table 1: hits of the
# first 45 at bats, and the batting average over the remainder of the season
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])
REMAINDER = np.array(
    [0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269,
     0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.285, 0.316, 0.200]
)  # fmt: skip


def test_eight_schools_have_the_means_that_stan_finds() -> None:
    # RStan Getting Started, the same flat priors: theta 11.4, 7.9, 6.2, 7.7, 5.1, 6.2, 10.7, 8.5; mu 8.0
    found = posterior(SCHOOLS, SCHOOL_ERRORS**2)

    assert found.mean == pytest.approx([11.4, 7.9, 6.2, 7.7, 5.1, 6.2, 10.7, 8.5], abs=0.35)
    assert found.overall[0] == pytest.approx(8.0, abs=0.2)


def test_the_first_school_has_the_published_interval() -> None:
    # Bayesian Data Analysis, table 5.3: 2.5 % -2 and 97.5 % 31 for school A, from 200 draws
    low, high = posterior(SCHOOLS, SCHOOL_ERRORS**2).interval(0.95)

    assert (low[0], high[0]) == pytest.approx((-2, 31), abs=1.5)


def test_trials_of_a_vaccine_have_the_published_spread() -> None:
    # Viechtbauer (2010), Conducting meta-analyses in R with the metafor package, Journal of Statistical Software 36(3):
    # REML tau^2 .3132, estimate -.7145 with standard error .1798, Q 152.233 on 12 degrees of freedom
    found = spread(TRIALS, TRIAL_VARIANCES)

    assert found.tau**2 == pytest.approx(0.3132, abs=0.001)
    assert found.mean == pytest.approx(-0.7145, abs=0.0005)
    assert found.se == pytest.approx(0.1798, abs=0.0005)
    assert found.q == pytest.approx(152.23, abs=0.6)  # of variances rounded to four digits
    assert found.p < 1e-6


def test_baseball_is_foretold_with_a_third_of_the_error() -> None:
    # Efron and Morris (1975): squared errors .077 of the averages as they are and .022 of Stein's estimator
    average = HITS / 45
    variance = average.mean() * (1 - average.mean()) / 45

    found = posterior(average, np.full(18, variance)).mean

    assert ((average - REMAINDER) ** 2).sum() == pytest.approx(0.077, abs=0.002)
    assert ((found - REMAINDER) ** 2).sum() == pytest.approx(0.022, abs=0.002)


def test_baseball_shrinks_as_morris_does() -> None:
    # Stein's estimator draws each average to .265 and keeps .212 of the distance; averaged over what may be, .2 to .35
    average = HITS / 45
    found = posterior(average, np.full(18, average.mean() * (1 - average.mean()) / 45)).mean

    kept = (found[0] - average.mean()) / (average[0] - average.mean())

    assert 0.2 < kept < 0.35


def test_equal_groups_have_the_spread_of_a_mixed_model() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(12), 15)
    values = rng.normal(0, 1, 12)[group] + rng.normal(0, 2, group.size)
    fitted = MixedLM(values, np.ones(group.size), groups=group).fit(reml=True)
    means = np.bincount(group, values) / 15

    found = spread(means, np.full(12, fitted.scale / 15))

    assert found.tau**2 == pytest.approx(float(fitted.cov_re[0, 0]), rel=0.001)
    assert found.mean == pytest.approx(float(fitted.params[0]), abs=1e-6)
    assert found.se == pytest.approx(float(fitted.bse[0]), rel=0.001)


def test_groups_that_differ_by_luck_alone_have_no_spread() -> None:
    found = spread(np.array([1.0, 1.01, 0.99, 1.0]), np.full(4, 1.0))

    assert (found.tau, found.reliability) == (0.0, 0.0)
    assert found.p > 0.99


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-50, 50), min_size=3, max_size=12), st.floats(0.01, 20), st.floats(-100, 100))
def test_what_is_shrunk_lies_between_the_group_and_all_and_moves_with_the_scale(
    values: list[float], variance: float, shift: float
) -> None:
    y = np.array(values)
    found = posterior(y, np.full(y.size, variance))
    moved = posterior(y + shift, np.full(y.size, variance))

    assert np.all(np.abs(found.mean - y.mean()) <= np.abs(y - y.mean()) + 1e-6)
    assert moved.mean == pytest.approx(found.mean + shift, abs=1e-4 * (1 + abs(shift)))


def test_places_are_probabilities_that_add_up_to_the_fifth() -> None:
    found = places(posterior(SCHOOLS, SCHOOL_ERRORS**2), fifth=2, draws=2_000, seed=1)

    assert found.lowest.sum() == pytest.approx(2)
    assert found.highest.sum() == pytest.approx(2)
    assert np.all(found.first <= found.last)


def test_the_same_seed_gives_the_same_places_however_large_blocks_are() -> None:
    known = posterior(SCHOOLS, SCHOOL_ERRORS**2)

    assert np.array_equal(
        places(known, fifth=2, draws=500, seed=3).lowest, places(known, fifth=2, draws=500, seed=3).lowest
    )


def test_a_group_that_is_surely_the_worst_is_in_the_bottom() -> None:
    found = places(posterior(np.array([0.0, 10, 11, 12, 13]), np.full(5, 0.01)), fifth=1, draws=500, seed=2)

    assert found.lowest == pytest.approx([1, 0, 0, 0, 0])
    assert (found.first[0], found.last[0]) == (1, 1)


def test_draws_have_the_mean_and_the_deviation_of_the_posterior() -> None:
    known = posterior(SCHOOLS, SCHOOL_ERRORS**2)

    drawn = np.concatenate(list(known.draws(40_000, 4)))

    assert drawn.mean(axis=0) == pytest.approx(known.mean, abs=0.15)
    assert drawn.std(axis=0) == pytest.approx(known.sd, rel=0.02)


def test_the_funnel_has_its_published_limits() -> None:
    # Spiegelhalter (2005): 1.96 and 3.09 standard errors for 95 % and 99.8 %
    low, high = funnel(0.0, 10.0, np.array([100.0]), 0.95)
    wide = funnel(0.0, 10.0, np.array([100.0]), 0.998)[1]

    assert (low[0], high[0], wide[0]) == pytest.approx((-1.96, 1.96, 3.09), abs=0.001)
