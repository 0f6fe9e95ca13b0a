"""How many answers are needed: textbook values, what the formulas promise when it is tried, and how they scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.samples import invitations_for, n_for_change, n_for_precision

SPREADS = st.floats(0.1, 200)
DISTANCES = st.floats(0.05, 50)


@pytest.mark.parametrize(
    ("half", "expected"),
    # Cochran (1977), section 4.4: a share near 0.5, plus and minus 0.05 and 0.03 at 95 %: 385 and 1068
    [(0.05, 385), (0.03, 1068)],
)
def test_a_share_in_the_middle_needs_what_the_textbook_says(half: float, expected: int) -> None:
    assert n_for_precision(0.5, half) == expected


@pytest.mark.parametrize(
    ("effect", "by_cohen"),
    # Cohen (1988), table 2.4.1, two-sided 0.05, power 0.80; his t needs up to one answer more than the normal
    [(0.2, 393), (0.5, 64), (0.8, 26)],
)
def test_a_change_needs_what_cohens_table_says(effect: float, by_cohen: int) -> None:
    assert 0 <= by_cohen - n_for_change(1.0, effect) <= 1


def test_a_change_of_the_planned_size_is_found_as_often_as_was_promised() -> None:
    rng = np.random.default_rng(20260501)
    shares = np.array([0.3, 0.3, 0.4])  # detractors, passives, promoters: NPS 10
    worth = np.array([-100.0, 0.0, 100.0])
    spread = float(np.sqrt(shares @ worth**2 - (shares @ worth) ** 2))
    n = n_for_change(spread, 10)
    after = np.array([0.25, 0.3, 0.45])  # NPS 20

    trials = 2000
    first, second = rng.multinomial(n, shares, trials) @ worth / n, rng.multinomial(n, after, trials) @ worth / n
    error = spread * np.sqrt(2 / n)
    found = np.mean(np.abs(second - first) / error > 1.96)
    none = np.mean(np.abs(rng.multinomial(n, shares, trials) @ worth / n - first) / error > 1.96)

    # three standard errors of 2,000 trials
    assert found == pytest.approx(0.8, abs=0.03)
    assert none == pytest.approx(0.05, abs=0.015)


@given(SPREADS, DISTANCES)
def test_half_the_distance_needs_four_times_the_answers(spread: float, distance: float) -> None:
    once, half = n_for_precision(spread, distance), n_for_precision(spread, distance / 2)

    assert half <= 4 * once
    assert once == 2 or half > 4 * (once - 1)


@given(SPREADS, DISTANCES, st.floats(0.5, 0.99), st.floats(0.8, 0.99))
def test_more_certainty_never_needs_fewer_answers(spread: float, change: float, power: float, level: float) -> None:
    assert n_for_change(spread, change, power=power, level=level) >= n_for_change(spread, change, power=0.5, level=0.8)
    assert n_for_change(spread, change, power=power, level=level) >= n_for_precision(spread, change, level=level)


@given(st.integers(1, 10**6), st.floats(0.001, 1))
def test_so_many_invitations_bring_the_answers_and_one_fewer_would_not(answers: int, rate: float) -> None:
    invited = invitations_for(answers, rate)

    assert invited * rate >= answers - 1e-6
    assert (invited - 1) * rate < answers + 1e-6


@pytest.mark.parametrize("distance", [0, -1, float("nan"), float("inf")])
def test_no_distance_is_told(distance: float) -> None:
    with pytest.raises(ValueError, match="A distance is above 0"):
        n_for_precision(1, distance)
    with pytest.raises(ValueError, match="A distance is above 0"):
        n_for_change(1, distance)


def test_what_is_no_rate_or_power_is_told() -> None:
    with pytest.raises(ValueError, match="A response rate is above 0"):
        invitations_for(10, 0)
    with pytest.raises(ValueError, match="The power is between 0 and 1"):
        n_for_change(1, 1, power=1)
