"""Cross-tables, against numbers that textbooks and other programs print."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.crosstabs import association, cramers_v, residuals

PARTY = [[762, 327, 468], [484, 239, 477]]
"""Agresti (2007), An Introduction to Categorical Data Analysis, 2nd edition, table 2.5."""
JOB = [[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]]
"""Job satisfaction by income, Agresti (2002), p. 57; also in the help of R's fisher.test."""
TEA = [[3, 1], [1, 3]]
"""Fisher's tea taster, Agresti (2007), table 2.8."""


def test_the_chi_square_of_a_large_table_is_agrestis() -> None:
    found = association(PARTY)

    assert found is not None
    assert (round(found.statistic or 0, 1), found.degrees, found.method) == (30.1, 2, "chi-square")


def test_adjusted_residuals_are_agrestis() -> None:
    # table 2.5 prints 4.50, 0.70, -5.32 for women
    assert residuals(PARTY).value.round(2).tolist() == [[4.5, 0.7, -5.32], [-4.5, -0.7, 5.32]]


def test_a_small_table_of_two_by_two_has_fishers_exact_test() -> None:
    found = association(TEA)

    assert found is not None
    # Agresti (2007), 2.6.2: one-sided 0.243, two-sided 0.486
    assert found.p == pytest.approx(0.4857, abs=1e-4)
    assert found.method == "Fisher's exact"


def test_a_small_larger_table_has_the_exact_test_of_r() -> None:
    found = association(JOB)

    assert found is not None
    # help of R's fisher.test: p-value = 0.7827; drawn tables may differ by their standard error, 0.004
    assert found.p == pytest.approx(0.7827, abs=0.012)
    assert "tables drawn" in found.method


def test_a_table_with_one_row_cannot_be_tested() -> None:
    assert association([[5, 3], [0, 0]]) is None
    assert association([]) is None


def test_the_same_table_gives_the_same_p_value_each_time() -> None:
    assert association(JOB) == association(JOB)


def test_cramers_v_of_a_table_that_tells_everything_is_one() -> None:
    assert cramers_v(np.diag([20, 30, 40])) == pytest.approx(1.0)


def test_p_values_of_cells_are_corrected_for_their_number() -> None:
    found = residuals([[30, 10, 10], [10, 30, 10], [10, 10, 30]])

    assert (found.adjusted_p >= found.p).all()


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=2, max_size=5))
def test_residuals_of_a_column_against_the_rest_change_sign(rows: list[list[int]]) -> None:
    one = residuals(rows).value
    other = residuals([row[::-1] for row in rows]).value

    np.testing.assert_allclose(one, other[:, ::-1], atol=1e-9)


def test_in_independent_tables_one_in_twenty_is_called_dependent() -> None:
    # the level of the test, over 2,000 tables of independent answers: within three standard errors of 5 %
    rng = np.random.default_rng(7)
    tables = [rng.multinomial(400, np.outer([0.3, 0.7], [0.2, 0.3, 0.5]).ravel()).reshape(2, 3) for _ in range(2_000)]
    p = [found.p for table in tables if (found := association(table)) is not None]

    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.015)
