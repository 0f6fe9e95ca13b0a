"""Adjusted means against truths that were planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from cxloop.stats.effects import adjusted_means, crossed_chances, folds_of, slope


def planted(seed: int, size: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three groups: the wealthy are more often in the highest and pay 40 more anyway; each group itself adds 10."""
    rng = np.random.default_rng(seed)
    wealthy = rng.random(size) < 0.5
    group = np.where(wealthy, rng.choice(3, size, p=(0.2, 0.3, 0.5)), rng.choice(3, size, p=(0.5, 0.3, 0.2)))
    noise = rng.normal(size=(size, 2))
    outcome = 100 + 40 * wealthy + 10 * group + 5 * noise[:, 0] + rng.normal(0, 20, size)
    return outcome, group, np.column_stack([wealthy, noise])


def test_what_was_known_before_is_taken_out_and_the_interval_covers_the_truth() -> None:
    covered = []
    for seed in range(60):
        outcome, group, columns = planted(seed, 600)
        made = adjusted_means(outcome, group, 3, columns, crossed_chances(group, 3, columns))
        value, error = made.contrast(2, 0)
        covered.append(abs(value - 20) <= 1.96 * error)

    assert binomtest(sum(covered), len(covered), 0.95).pvalue > 0.01


def test_the_plain_difference_is_wrong_where_the_adjusted_one_is_right() -> None:
    outcome, group, columns = planted(1, 20_000)

    made = adjusted_means(outcome, group, 3, columns, crossed_chances(group, 3, columns))

    assert outcome[group == 2].mean() - outcome[group == 0].mean() > 30
    assert made.contrast(2, 0)[0] == pytest.approx(20, abs=1.5)
    assert made.mean(1)[0] == pytest.approx(130, abs=1.5)
    assert made.imbalance.max() < 0.05


def test_one_step_is_worth_what_was_planted() -> None:
    outcome, group, columns = planted(2, 20_000)

    value, error = slope(outcome, group.astype(float), columns)

    assert abs(value - 10) < 3 * error
    assert error < 0.5


def test_a_score_that_is_always_the_same_says_nothing() -> None:
    assert slope(np.arange(10.0), np.full(10, 7.0), np.zeros((10, 0))) == (0.0, np.inf)


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(ValueError, match="Every group needs somebody"):
        adjusted_means(np.ones(4), np.array([0, 0, 1, 1]), 3, np.zeros((4, 1)), np.full((4, 3), 1 / 3))


def test_folds_are_of_equal_sizes_and_always_the_same() -> None:
    assert np.bincount(folds_of(23)).tolist() == [5, 5, 5, 4, 4]
    assert folds_of(23).tolist() == folds_of(23).tolist()
