"""Regressions with a ridge, held against scikit-learn, which climbs to the same top by other ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import log_loss

from cxloop.stats.penalised import chances, logistic_ridge, loss, mean_ridge, means, steadiest
from cxloop.stats.sums import Array

PENALTIES = (1.0, 10.0, 30.0, 100.0, 1_000.0)


def drawn(seed: int, rows: int = 300, width: int = 6) -> tuple[Array, Array, np.random.Generator]:
    """Columns, and a line through them."""
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((rows, width))
    return columns, columns @ rng.standard_normal(width), rng


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), strength=st.sampled_from([0.02, 0.1, 0.5, 20.0]), shift=st.floats(-3, 3))
def test_the_top_is_that_of_scikit_learn(seed: int, strength: float, shift: float) -> None:
    columns, line, rng = drawn(seed)
    happened = rng.random(line.size) < 1 / (1 + np.exp(-2 * line - shift))
    happened[:2] = [True, False]

    found = logistic_ridge(columns, happened, strength)

    theirs = LogisticRegression(C=strength, max_iter=5_000, tol=1e-9).fit(columns, happened)
    expected = theirs.predict_proba(columns)[:, 1]
    assert chances(columns, found) == pytest.approx(expected, abs=2e-6)
    assert loss(expected, happened) == pytest.approx(log_loss(happened, expected))


def test_a_start_elsewhere_leads_to_the_same_top() -> None:
    columns, line, _ = drawn(4)
    apart = line > 0  # nobody is misjudged: without the ridge there would be no top

    near = logistic_ridge(columns, apart, 5.0)

    assert logistic_ridge(columns, apart, 5.0, start=np.full(7, 9.0)) == pytest.approx(near, abs=1e-4)
    assert np.isfinite(near).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), penalty=st.sampled_from(PENALTIES), noise=st.floats(0.1, 30))
def test_means_and_the_penalty_that_is_chosen_are_those_of_scikit_learn(
    seed: int, penalty: float, noise: float
) -> None:
    columns, line, rng = drawn(seed, rows=120)
    outcomes = 4 + np.column_stack([line, -line, line**2]) + noise * rng.standard_normal((line.size, 3))

    found = means(columns, mean_ridge(columns, outcomes, penalty))

    assert found == pytest.approx(Ridge(alpha=penalty).fit(columns, outcomes).predict(columns), abs=1e-8)
    assert steadiest(columns, outcomes, PENALTIES) == RidgeCV(alphas=PENALTIES).fit(columns, outcomes).alpha_
