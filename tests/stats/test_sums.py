"""Sufficient statistics: adding them, and what clustered answers are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.sums import Cells, design_effect, effective_n, tally

VALUES = (-100.0, 0.0, 100.0)
clustered = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=2, max_size=40)


def parts(sums: Cells) -> list[float]:
    return [*sums.counts[0], *(getattr(sums.clusters, name)[0] for name in vars(sums.clusters))]


def test_tally_counts_answers_and_sums_over_customers() -> None:
    # customer 7 gave -100 and 100, customer 8 gave 100: totals 0 and 100, sizes 2 and 1
    found = tally([0, 2, 2], VALUES, customers=[7, 7, 8])

    assert found.counts.tolist() == [[1, 0, 2]]
    assert parts(found)[3:] == [2, 10_000, 100, 5]


@given(clustered, clustered)
def test_adding_groups_of_different_customers_is_grouping_their_answers(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    cells = [cell for cell, _ in first + second]
    customers = [who for _, who in first] + [who + 100 for _, who in second]

    added = tally(*_split(first)) + tally(*_split(second))

    assert parts(added) == pytest.approx(parts(tally(cells, VALUES, customers)))


def _split(rows: list[tuple[int, int]]) -> tuple[list[int], tuple[float, ...], list[int]]:
    return [cell for cell, _ in rows], VALUES, [who for _, who in rows]


@given(clustered)
def test_design_effect_is_that_of_a_loop_over_customers(rows: list[tuple[int, int]]) -> None:
    cells, _, customers = _split(rows)
    scores = [VALUES[cell] for cell in cells]
    n, mean = len(scores), sum(scores) / len(scores)
    independent = sum((score - mean) ** 2 for score in scores) / (n - 1) / n
    people = set(customers)
    if independent == 0 or len(people) in (1, n):
        return
    residuals = [
        sum(score - mean for score, who in zip(scores, customers, strict=True) if who == one) for one in people
    ]
    naive = len(people) / (len(people) - 1) * sum(part**2 for part in residuals) / n**2

    assert design_effect(tally(cells, VALUES, customers))[0] == pytest.approx(max(naive / independent, 1.0))


def test_customers_who_repeat_themselves_entirely_count_about_once() -> None:
    # 200 customers with 5 equal answers each: the design effect is 5 but for n - 1 and C - 1
    cells = np.repeat(np.arange(200) % 2, 5).tolist()

    found = tally(cells, (0, 1), customers=np.repeat(np.arange(200), 5).tolist())

    assert design_effect(found)[0] == pytest.approx(5 * (200 / 199) * (999 / 1000))
    assert effective_n(found)[0] == pytest.approx(200, rel=0.02)


def test_equal_answers_of_few_customers_are_worth_those_customers() -> None:
    found = tally([1] * 30, (0, 1), customers=[1] * 10 + [2] * 10 + [3] * 10)

    assert effective_n(found)[0] < 3


def test_answers_of_one_customer_are_worth_one() -> None:
    assert effective_n(tally([0, 1, 1, 0], (0, 1), customers=[5] * 4)).tolist() == [1.0]


def test_cells_of_different_worth_are_not_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        tally([0], (0, 1)) + tally([0], (1, 2))
