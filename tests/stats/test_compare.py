"""Differences and the correction for many of them, against published numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from cxloop.stats import intervals
from cxloop.stats.compare import benjamini_hochberg, difference
from cxloop.stats.sums import Clusters, Moments, tally


def shares(successes: int, n: int, level: float = 0.95) -> intervals.Intervals:
    return intervals.share(tally([1] * successes + [0] * (n - successes), (0, 1)), level=level)


def moments(values: np.ndarray[Any, Any]) -> Moments:
    n, total, squares = (np.array([float(part)]) for part in (values.size, values.sum(), (values**2).sum()))
    return Moments(n, total, squares, Clusters(n, squares, total, n))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics in
    # Medicine 17, 873-890, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_difference_of_shares_gives_the_intervals_of_newcombe(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(shares(*first), shares(*second))

    assert [found.low[0], found.high[0]] == pytest.approx([low, high], abs=5e-5)


def test_p_value_is_below_the_level_exactly_when_the_interval_leaves_zero_out() -> None:
    for successes in range(31):
        found = difference(shares(successes, 30), shares(15, 30))
        assert (found.p[0] < 0.05) == bool(found.low[0] > 0 or found.high[0] < 0)


def test_difference_changes_sign_with_the_order() -> None:
    straight, turned = difference(shares(20, 30), shares(9, 30)), difference(shares(9, 30), shares(20, 30))

    assert [turned.value[0], turned.low[0], turned.high[0]] == pytest.approx(
        [-straight.value[0], -straight.high[0], -straight.low[0]]
    )
    assert turned.p[0] == pytest.approx(straight.p[0])


def test_equal_estimates_do_not_differ() -> None:
    found = difference(shares(10, 30), shares(10, 30))

    assert found.p[0] == 1.0


def test_intervals_of_different_levels_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        difference(shares(10, 30), shares(10, 30, level=0.9))


def test_equal_populations_are_called_different_one_time_in_twenty() -> None:
    rng, rejected = np.random.default_rng(5), 0
    for _ in range(500):
        first, second = (
            intervals.nps(tally(rng.choice(3, 80, p=(0.2, 0.3, 0.5)).tolist(), intervals.NPS_VALUES)) for _ in "ab"
        )
        rejected += bool(difference(first, second).p[0] < 0.05)

    assert stats.binomtest(rejected, 500, 0.05).pvalue > 0.01


@pytest.mark.parametrize("spread", [1.0, 2.0, 5.0])
def test_degrees_of_freedom_are_those_of_welch(spread: float) -> None:
    rng, n = np.random.default_rng(3), 14
    first, second = rng.normal(0, 1, n), rng.normal(1, spread, n)
    # Of one size, each half width is its standard error times the same quantile, and scipy's test says the rest.
    welch = stats.ttest_ind(first, second, equal_var=False)
    distance = abs(welch.statistic) * stats.t.ppf(0.975, welch.df) / stats.t.ppf(0.975, n - 1)

    found = difference(*(intervals.t_mean(moments(side)) for side in (first, second)))

    assert found.p[0] == pytest.approx(2 * stats.t.sf(distance, welch.df), rel=1e-9)


def test_benjamini_hochberg_rejects_what_its_paper_rejects() -> None:
    # Benjamini and Hochberg (1995), section 3.2: 15 hypotheses about thrombolysis, 4 rejected at 0.05
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590]

    found = benjamini_hochberg([*p, 1.0])

    assert (found <= 0.05).tolist() == [True] * 4 + [False] * 11


def test_benjamini_hochberg_agrees_with_scipy_in_any_order() -> None:
    p = np.random.default_rng(1).uniform(size=40) ** 2

    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


def test_benjamini_hochberg_of_nothing_is_nothing() -> None:
    assert benjamini_hochberg([]).tolist() == []
