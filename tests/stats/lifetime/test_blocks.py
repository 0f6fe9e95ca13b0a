"""Long columns a block at a time: the same answers as numpy's over the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.lifetime.blocks import SIZE, blocks, by_pair, counted, filled, tallied, whole

SIZES = (0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE + 7)
ROWS = st.integers(0, 9).map(float) | st.floats(-3, 3)


@pytest.mark.parametrize("size", SIZES)
def test_blocks_cover_every_row_once(size: int) -> None:
    rows = np.arange(size, dtype=float)

    assert (filled(lambda part: rows[part], size) == rows).all()
    assert sum(part.stop - part.start for part in blocks(size)) == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [np.uint32, np.int64])
def test_keys_are_counted_as_numpy_counts_them(size: int, kind: Any) -> None:
    keys = np.random.default_rng(size).integers(0, 5, size).astype(kind)
    keys[: size // 2] = 2  # more of one than fit into a block

    expected = np.unique(keys, return_counts=True)
    found = counted(keys.copy())

    assert [column.tolist() for column in found] == [column.tolist() for column in expected]


@given(st.lists(ROWS, max_size=40))
def test_a_tally_is_that_of_numpy(rows: list[float]) -> None:
    column = np.array(rows)

    values, count = tallied(column)
    expected, times = np.unique(column, return_counts=True)

    assert (values.tolist(), count.tolist()) == (expected.tolist(), times.tolist())


def test_rows_may_count_more_than_once() -> None:
    for unit in (1.0, 0.5):
        values, count = tallied(np.array([2.0, 5.0, 2.0]) * unit, np.array([10.0, 1.0, 7.0]))

        assert (values.tolist(), count.tolist()) == ([2 * unit, 5 * unit], [17, 1])


@pytest.mark.parametrize(
    ("column", "most"), [([0, 3], 3), ([], 0), ([0.5], None), ([-1], None), ([2**20], None), ([np.nan], None)]
)
def test_whole_numbers_are_told_from_others(column: Any, most: int | None) -> None:
    assert whole(np.array(column, dtype=float)) == most


@given(st.lists(st.tuples(ROWS, ROWS | st.just(99_999.0)), max_size=40))
def test_pairs_are_asked_for_once_and_in_order(rows: list[tuple[float, float]]) -> None:
    # with 99,999 a table of pairs would be larger than the columns, and they are sorted instead
    first, second = np.array(rows, dtype=float).reshape(-1, 2).T
    asked: list[tuple[float, float]] = []

    def work(one: Any, other: Any) -> Any:
        asked.extend(zip(one.tolist(), other.tolist(), strict=True))
        return one - 3 * other

    assert (by_pair(work, first, second) == first - 3 * second).all()
    assert asked == sorted(set(rows))
