"""Whether something has become rarer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from cxloop.stats.rates import fewer


@pytest.mark.parametrize(
    ("before", "recent", "days"), [([5, 5, 5, 5], 0, 2), ([9, 10, 11, 10], 12, 3), ([1, 0, 1], 0, 4)]
)
def test_without_overdispersion_it_is_the_exact_conditional_test(before: list[int], recent: int, days: int) -> None:
    total = recent + sum(before)

    expected = binomtest(recent, total, days / (days + len(before)), alternative="less").pvalue

    assert fewer(before, recent, days) == pytest.approx(expected, abs=1e-12)


def test_days_that_differ_anyway_make_it_careful() -> None:
    steady, weekends = [70] * 28, [98, 98, 98, 98, 98, 0, 0] * 4

    assert sum(steady) == sum(weekends)
    assert fewer(weekends, 400, 7) > 100 * fewer(steady, 400, 7)


def test_what_never_happened_cannot_become_rarer() -> None:
    assert fewer([0, 0, 0], 0, 7) == 1.0


def test_what_has_become_more_frequent_is_not_rarer() -> None:
    assert fewer([5, 6, 5], 700, 7) == pytest.approx(1.0)


@pytest.mark.parametrize(("before", "days"), [([5], 7), ([5, 5], 0)])
def test_too_few_days_are_refused(before: list[int], days: int) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        fewer(before, 3, days)


@pytest.mark.parametrize("mean", [0.5, 3.0, 40.0])
@pytest.mark.parametrize("shape", [1.0, 5.0, None])
def test_a_false_alarm_is_no_more_frequent_than_allowed(mean: float, shape: float | None) -> None:
    # days of a quiet shop: Poisson, or gamma-mixed (negative binomial), which vary more; few at weekends
    chance = np.random.default_rng(20260501)
    week = np.array([1.2, 1.3, 1.3, 1.3, 1.1, 0.4, 0.4]) * mean
    runs = 2_000
    rates = np.tile(week, (runs, 5))
    if shape is not None:
        rates = chance.gamma(shape, rates / shape)
    counts = chance.poisson(rates)

    alarms = sum(fewer(days[:28], int(days[28:].sum()), 7) <= 0.05 for days in counts)

    assert binomtest(alarms, runs, 0.05, alternative="greater").pvalue > 0.01
