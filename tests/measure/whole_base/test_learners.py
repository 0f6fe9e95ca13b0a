"""What learns who answers: chosen by rows not seen, one thread at a time."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from cxloop.measure.whole_base import learners
from cxloop.measure.whole_base.threads import one_thread


def test_trees_are_chosen_where_there_are_many_rows_and_no_straight_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    columns = rng.standard_normal((1_500, 3))
    crossed = rng.random(1_500) < np.where(columns[:, 0] * columns[:, 1] > 0, 0.9, 0.1)
    straight = rng.random(1_500) < 1 / (1 + np.exp(-columns[:, 0]))
    fold, everybody = learners.folds_of(1_500, 3), np.ones(1_500, bool)

    by_line = learners.odds_of_others(columns, crossed, everybody, fold)
    monkeypatch.setattr(learners, "MANY", 1_000)
    by_trees = learners.odds_of_others(columns, crossed, everybody, fold)

    assert np.corrcoef(by_line, crossed)[0, 1] < 0.2
    assert np.corrcoef(by_trees, crossed)[0, 1] > 0.6
    assert isinstance(learners.learner(columns, straight), learners.Logistic)


def test_nobody_differs_where_it_hardly_ever_happened() -> None:
    columns = np.random.default_rng(5).standard_normal((500, 3))
    happened = np.arange(500) < learners.FEWEST - 1

    found = learners.odds_of_others(columns, happened, np.ones(500, bool), learners.folds_of(500, 3))

    assert found == pytest.approx(np.full(500, 14 / 500))


def test_linear_algebra_has_one_thread_until_the_last_one_is_out() -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with one_thread():
        with one_thread():
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert threads() == before
