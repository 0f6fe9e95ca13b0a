"""Each group beside all others, held against summing the others' answers customer by customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.measure.comparing.rest import rest_of

Row = tuple[int, int, float]
"""Customer, group, what the answer is worth."""


def sums(answers: Sequence[Row]) -> dict[str, float]:
    """Returns the sums over the customers of some answers, as `measure.scores` has them."""
    worth: dict[int, float] = defaultdict(float)
    number: dict[int, int] = defaultdict(int)
    for customer, _, value in answers:
        worth[customer] += value
        number[customer] += 1
    return {
        "customers": len(number),
        "n": len(answers),
        "total_squares": sum(value**2 for value in worth.values()),
        "total_sizes": sum(worth[who] * number[who] for who in number),
        "size_squares": sum(size**2 for size in number.values()),
        "promoters": sum(value > 0 for *_, value in answers),
    }


def columns(answers: Sequence[Row]) -> dict[str, np.ndarray]:
    """Returns the columns of `measure.rest` of some answers, group by group."""
    rows = []
    for group in sorted({group for _, group, _ in answers}):
        own = [row for row in answers if row[1] == group]
        row = dict(sums(own))
        crossed = dict.fromkeys(
            ("only_here", "persons", "worth_worth", "worth_answers", "answers_worth", "answers_answers"), 0.0
        )
        for who in {customer for customer, *_ in own}:
            mine = [value for customer, _, value in own if customer == who]
            everywhere = [value for customer, _, value in answers if customer == who]
            crossed["only_here"] += len(mine) == len(everywhere)
            crossed["persons"] += len(mine) / len(everywhere)
            crossed["worth_worth"] += sum(mine) * sum(everywhere)
            crossed["worth_answers"] += sum(mine) * len(everywhere)
            crossed["answers_worth"] += len(mine) * sum(everywhere)
            crossed["answers_answers"] += len(mine) * len(everywhere)
        rows.append({**row, **crossed})
    return {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from([-1.0, 0.0, 1.0])), min_size=1, max_size=40
    )
)
def test_the_rest_of_each_group_is_what_everybody_else_said(answers: list[Row]) -> None:
    found = rest_of(columns(answers))

    for place, group in enumerate(sorted({group for _, group, _ in answers})):
        expected = sums([row for row in answers if row[1] != group])
        got = {name: float(found[name][place]) for name in expected}
        assert got == pytest.approx(expected)
