"""Case mix against ordinary least squares with an effect for each group, and against a planted truth."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from cxloop.stats.casemix import Cases, Codes, Kind, adjusted
from cxloop.stats.sums import Array


def drawn(seed: int, groups: int = 6, size: int = 2_000) -> tuple[Codes, Codes, Codes, Array]:
    """Groups of different merit; the better a group, the more hard cases it gets."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, size)
    hard = (rng.random(size) < 0.1 + 0.8 * group / groups).astype(int)
    reason = rng.integers(0, 3, size)
    value = 0.3 * group - 3.0 * hard + 0.2 * reason + rng.normal(0, 1, size)
    return group, hard, reason, value


def summed(group: Codes, hard: Codes, reason: Codes, value: Array) -> Cases:
    return Cases(group, int(group.max()) + 1, np.ones(group.size), value, value**2, (Kind(hard, 2), Kind(reason, 3)))


def test_groups_have_the_values_of_least_squares_with_the_mix_of_all() -> None:
    group, hard, reason, value = drawn(1)
    kinds = np.column_stack([hard, reason == 1, reason == 2]).astype(float)
    design = np.column_stack([np.eye(6)[group], kinds])
    fitted = sm.OLS(value, design).fit()
    at = np.column_stack([np.eye(6), np.tile(kinds.mean(axis=0), (6, 1))])

    found = adjusted(summed(group, hard, reason, value))

    assert found.value == pytest.approx(at @ fitted.params)
    assert found.variance == pytest.approx(np.diag(at @ fitted.cov_params() @ at.T))
    assert found.one == pytest.approx(np.sqrt(fitted.scale))


def test_kinds_have_the_f_test_of_least_squares() -> None:
    group, hard, reason, value = drawn(2, size=150)
    kinds = np.column_stack([hard, reason == 1, reason == 2]).astype(float)
    full = sm.OLS(value, np.column_stack([np.eye(6)[group], kinds])).fit()
    without = sm.OLS(value, np.eye(6)[group]).fit()

    assert adjusted(summed(group, hard, reason, value)).p == pytest.approx(full.compare_f_test(without)[1], rel=1e-6)


def test_good_groups_that_get_the_hard_cases_come_out_good() -> None:
    found = adjusted(summed(*drawn(3, size=20_000)))

    assert np.all(np.diff(found.raw) < 0)  # the raw order is the reverse of the truth
    assert np.diff(found.value) == pytest.approx(0.3, abs=0.12)
    assert found.explained > 0.3


def test_without_kinds_nothing_is_adjusted() -> None:
    group, _, _, value = drawn(4)
    found = adjusted(Cases(group, 6, np.ones(group.size), value, value**2))

    assert np.array_equal(found.value, found.raw)
    assert (found.explained, found.p, found.within) == (0.0, 1.0, ())
    assert found.variance * found.n == pytest.approx(found.one**2)


def test_a_kind_that_each_group_has_one_of_cannot_be_adjusted_for() -> None:
    group, _, _, value = drawn(5)
    found = adjusted(Cases(group, 6, np.ones(group.size), value, value**2, (Kind(group // 3, 2),)))

    assert found.within == pytest.approx((0.0,))
    assert found.value == pytest.approx(found.raw)


def test_summing_cells_changes_nothing() -> None:
    group, hard, reason, value = drawn(6)
    cell = (group * 2 + hard) * 3 + reason
    n, total, squares = (
        np.bincount(cell, weights, 36).astype(float) for weights in (np.ones(cell.size), value, value**2)
    )
    at = np.arange(36)
    cells = Cases(at // 6, 6, n, total, squares, (Kind(at // 3 % 2, 2), Kind(at % 3, 3)))

    found, expected = adjusted(cells), adjusted(summed(group, hard, reason, value))

    assert found.value == pytest.approx(expected.value)
    assert found.variance == pytest.approx(expected.variance)
