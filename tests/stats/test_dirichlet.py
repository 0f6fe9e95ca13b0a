"""Exact quantiles of a mean, against the beta distribution, which it is for two cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxloop.stats.dirichlet import mean_cdf, mean_quantile

ENDS = np.array([0.0, 1.0])


@pytest.mark.parametrize(("a", "b"), [(0.5, 10.5), (0.5, 1000.5), (5.5, 5.5), (10.5, 990.5), (300.5, 100_000.5)])
@pytest.mark.parametrize("probability", [0.005, 0.025, 0.975, 0.995])
def test_two_cells_have_the_quantiles_of_the_beta_distribution(a: float, b: float, probability: float) -> None:
    expected = stats.beta.ppf(probability, b, a)

    found = mean_quantile(probability, ENDS, np.array([[a, b]]))

    assert found[0] == pytest.approx(expected, abs=1e-4 * stats.beta.std(b, a))


@settings(deadline=None, max_examples=50)
@given(st.floats(0.5, 500), st.floats(0.5, 500), st.floats(0.02, 0.98))
def test_two_cells_have_the_distribution_function_of_the_beta_distribution(a: float, b: float, rank: float) -> None:
    at = float(stats.beta.ppf(rank, b, a))
    if 1e-9 < at < 1 - 1e-9:
        assert mean_cdf(np.array([at]), ENDS, np.array([[a, b]]))[0] == pytest.approx(rank, abs=2e-5)


def test_cells_of_equal_value_count_as_one() -> None:
    # a Dirichlet distribution may be merged: (2, 3, 4) with values (0, 1, 1) is Beta(7, 2)
    found = mean_quantile(0.025, np.array([0.0, 1.0, 1.0]), np.array([[2.0, 3.0, 4.0]]))

    assert found[0] == pytest.approx(stats.beta.ppf(0.025, 7, 2), abs=1e-5)


def test_no_groups_have_no_quantiles() -> None:
    assert mean_quantile(0.5, ENDS, np.empty((0, 2))).shape == (0,)
