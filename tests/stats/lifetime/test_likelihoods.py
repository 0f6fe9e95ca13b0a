"""Log-likelihoods: the papers' own notation, derivatives that are differences, and columns longer than a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import betaln, gammaln

from cxloop.stats.lifetime.blocks import SIZE
from cxloop.stats.lifetime.cells import Cells, compress
from cxloop.stats.lifetime.likelihoods import BuyingLikelihood, SpendingLikelihood

HISTORIES = compress([0, 1, 2, 7, 40, 0], [0, 10, 30, 38, 39, 0], [20, 30, 39, 39, 39, 20])
PURCHASES, MEAN = np.array([1.0, 2, 5, 2]), np.array([10.0, 30, 22, 8])
LOGS = st.floats(-1.5, 1.5)


def by_paper(cells: Cells, values: Any) -> float:
    """Fader, Hardie and Lee (2005), equation 6: the likelihood of each history, as it is printed."""
    r, alpha, a, b = values
    x = cells.frequency
    rate = np.exp(gammaln(r + x) - gammaln(r)) * alpha**r
    stayed = np.exp(betaln(a, b + x) - betaln(a, b)) / (alpha + cells.age) ** (r + x)
    left = np.exp(betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)) / (alpha + cells.recency) ** (r + x)
    return float(cells.customers @ np.log(rate * (stayed + np.where(x > 0, left, 0))))


def by_note(values: Any) -> float:
    """Fader and Hardie (2013), equation 1a, as it is printed."""
    p, q, gamma = values
    x, z = PURCHASES, MEAN
    found = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    return float((found + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * z)).sum())


def holds(found: Callable[[Any], Any], values: Any) -> None:
    """The gradient and the second derivatives are what differences give."""
    value, slope, bent = found(values)
    assert np.isfinite(value)
    assert slope == pytest.approx(approx_fprime(values, lambda v: found(v)[0], 1e-7), rel=1e-4, abs=1e-4)
    assert bent == pytest.approx(approx_fprime(values, lambda v: found(v)[1], 1e-7), rel=1e-4, abs=1e-4)
    assert bent == pytest.approx(bent.T)


@given(st.tuples(LOGS, st.floats(0.5, 3), LOGS, LOGS))
def test_of_buying_it_is_that_of_the_paper_with_its_derivatives(logs: Any) -> None:
    values, found = np.exp(logs), BuyingLikelihood(HISTORIES)

    assert found(values)[0] == pytest.approx(by_paper(HISTORIES, values), rel=1e-9)
    holds(found, values)


@given(st.tuples(LOGS, LOGS, st.floats(0, 4)))
def test_of_spending_it_is_that_of_the_note_with_its_derivatives(logs: Any) -> None:
    values, found = np.exp(logs), SpendingLikelihood(PURCHASES, MEAN, 1.0)

    assert found(values)[0] == pytest.approx(by_note(values), rel=1e-9)
    holds(found, values)


def test_amounts_in_another_unit_are_those_amounts() -> None:
    values = np.array([3.0, 2.5, 1.2])

    scaled, plain = SpendingLikelihood(PURCHASES, MEAN, 8.0), SpendingLikelihood(PURCHASES, MEAN / 8, 1.0)

    assert scaled(values)[0] == pytest.approx(plain(values)[0])
    assert SpendingLikelihood(PURCHASES, MEAN).scale == pytest.approx(np.average(MEAN, weights=PURCHASES))


def test_histories_that_no_active_customer_has_overflow_nothing() -> None:
    # bought daily for years, then silent for years: the odds of having left are e to the thousands
    cells = compress([3_000, 3_000], [3_001, 3_001], [9_000, 3_001])

    value, slope, bent = BuyingLikelihood(cells)(np.array([5.0, 5.0, 1.0, 100.0]))

    assert np.isfinite([value, *slope, *bent.ravel()]).all()


def test_columns_longer_than_a_block_give_the_sum_of_their_parts() -> None:
    rng = np.random.default_rng(3)
    n = 2 * SIZE + 5
    age = rng.integers(10, 99, n).astype(float)
    x = rng.integers(0, 4, n).astype(float)
    cells = Cells(x, np.where(x > 0, np.floor(age * 0.6), 0.0), age, rng.integers(1, 5, n).astype(float))
    amounts = rng.gamma(3.0, 5.0, n)
    values = np.array([0.4, 5.0, 0.9, 2.0])

    def buying(part: slice) -> Any:
        columns = (cells.frequency, cells.recency, cells.age, cells.customers)
        return BuyingLikelihood(Cells(*(column[part] for column in columns)))(values)

    def spending(part: slice) -> Any:
        return SpendingLikelihood(x[part] + 1, amounts[part], 1.0)(values[:3])

    for found in (buying, spending):
        whole, parts = found(slice(None)), [found(slice(0, 999)), found(slice(999, None))]
        for place in range(3):
            assert whole[place] == pytest.approx(parts[0][place] + parts[1][place], rel=1e-10)
