"""The promise about intervals, in the time a test has; benchmarks/coverage.py checks all of it."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.coverage import GRID, coverage, outcomes, singles
from scipy import stats

ENUMERATED = [population for population in GRID if len(population.shares) < 7]


@pytest.mark.parametrize("n", [10, 30])
def test_intervals_hold_the_truth_as_often_as_promised_on_average_and_nowhere_much_less(n: int) -> None:
    quick = [population for population in ENUMERATED if n == 10 or len(population.shares) < 5]

    found = [coverage(population, n) for population in quick]

    assert 0.93 <= np.mean(found) <= 0.975
    assert min(found) >= 0.90


def test_pooled_simulated_intervals_do_not_reject_the_nominal_rate() -> None:
    # design: at least 500 intervals, exact binomial test at 1 %. 19 populations x 30 worlds of 100 answers.
    rng, held, tried = np.random.default_rng(20), 0, 0
    for population in GRID:
        counts = rng.multinomial(100, population.shares, size=30).astype(float)
        found = population.formula(singles(population.values, counts))
        held += int(((found.low <= population.truth) & (population.truth <= found.high)).sum())
        tried += 30

    assert tried >= 500
    assert stats.binomtest(held, tried, 0.95).pvalue > 0.01


@pytest.mark.parametrize(("n", "cells", "count"), [(4, 2, 5), (4, 3, 15), (4, 5, 70), (3, 7, 84)])
def test_enumeration_lists_every_outcome_once(n: int, cells: int, count: int) -> None:
    # counts: binomial coefficients C(n + cells - 1, cells - 1)
    found = outcomes(n, cells)

    assert len(np.unique(found, axis=0)) == len(found) == count
    assert (found.sum(axis=1) == n).all()
    assert (found >= 0).all()
