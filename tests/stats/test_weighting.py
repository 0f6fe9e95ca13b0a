"""Raking by what it alone leaves as it was, and the diagnostics by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cxloop.stats.sums import Array
from cxloop.stats.weighting import differences, effective_size, rake, weighted_mean


def odds_ratios(table: Array) -> Array:
    """Of each cell with the one below, to the right, and both."""
    return np.asarray(table[:-1, :-1] * table[1:, 1:] / (table[1:, :-1] * table[:-1, 1:]))


def test_raked_margins_have_their_known_totals_and_odds_ratios_stay() -> None:
    # There is just one table with given margins and the odds ratios of another, and iterative proportional fitting
    # finds it: Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, 3.5 and 3.6.
    counts: NDArray[np.int64] = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]])
    down, across = (np.repeat(place.ravel(), counts.ravel()) for place in np.indices(counts.shape))
    totals = np.array([150.0, 300.0, 400.0, 150.0]), np.array([200.0, 300.0, 400.0, 100.0])

    weights = rake((down, across), totals)
    fitted: Array = np.zeros((4, 4))
    np.add.at(fitted, (down, across), weights)

    assert fitted.sum(axis=1) == pytest.approx(totals[0])
    assert fitted.sum(axis=0) == pytest.approx(totals[1])
    assert odds_ratios(fitted) == pytest.approx(odds_ratios(counts.astype(np.float64)))


def test_a_level_that_nobody_has_is_left_out_and_the_rest_adds_up() -> None:
    weights = rake((np.array([0, 0, 1]),), (np.array([10.0, 10.0, 80.0]),))

    assert weights == pytest.approx([25.0, 25.0, 50.0])


def test_weights_that_are_alike_leave_everybody_worth_one() -> None:
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)
    # Kish (1965): (sum w)^2 / sum w^2
    assert effective_size(np.array([1.0, 2.0, 3.0])) == pytest.approx(36 / 14)


def test_a_weighted_mean_of_equal_weights_is_the_mean_with_its_usual_error() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])

    mean, error = weighted_mean(values, np.full(4, 5.0))

    assert mean == pytest.approx(4)
    assert error == pytest.approx(values.std(ddof=1) / 2)


def test_weighting_by_one_over_the_chance_makes_the_chosen_like_everybody() -> None:
    everybody = np.array([[0.0]] * 80 + [[1.0]] * 20)
    chosen = np.zeros(100, bool)
    chosen[[*range(8), *range(80, 90)]] = True
    weights = np.where(everybody[chosen, 0] == 0, 10.0, 2.0)

    assert differences(everybody, chosen)[0] == pytest.approx((10 / 18 - 0.2) / 0.4)
    assert differences(everybody, chosen, weights)[0] == pytest.approx(0, abs=1e-12)
