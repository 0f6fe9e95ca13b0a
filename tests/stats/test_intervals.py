"""Intervals against published numbers and naive re-implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxloop.stats import intervals
from cxloop.stats.sums import Cells, Clusters, Moments, tally

answers = st.lists(st.integers(0, 2), min_size=1, max_size=60)


def two_cells(successes: int, n: int) -> Cells:
    return tally([1] * successes + [0] * (n - successes), (0, 1))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17,
    # 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_share_gives_the_score_intervals_of_newcombe(successes: int, n: int, low: float, high: float) -> None:
    found = intervals.share(two_cells(successes, n))

    assert found.low[0] == pytest.approx(low, abs=5e-5)
    assert found.high[0] == pytest.approx(high, abs=5e-5)
    assert found.method_of(0) == "Wilson"


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    # Brown, Cai and DasGupta (2001), Statistical Science 16(2), table 5: Jeffreys' interval for n = 7.
    [(0, 0.0, 0.292), (1, 0.016, 0.501), (2, 0.065, 0.648), (3, 0.139, 0.766)],
)
def test_scale_mean_of_two_points_is_the_interval_of_jeffreys(successes: int, low: float, high: float) -> None:
    found = intervals.scale_mean(two_cells(successes, 7))

    assert found.low[0] == pytest.approx(low, abs=6e-4)
    assert found.high[0] == pytest.approx(high, abs=6e-4)


def test_scale_mean_agrees_with_a_simulated_posterior() -> None:
    counts, points = [1, 0, 1, 2, 6], np.arange(1.0, 6.0)
    draws = np.random.default_rng(7).dirichlet(np.array(counts) + 0.2, size=200_000) @ points

    found = intervals.scale_mean(tally(np.repeat(range(5), counts).tolist(), points.tolist()))

    # 200,000 draws place these quantiles within about 0.01
    assert [found.low[0], found.high[0]] == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.012)
    assert found.method_of(0) == "Dirichlet posterior, 5 points"


def test_nps_adds_three_answers_and_uses_the_multinomial_variance() -> None:
    # Rocks (2016), AW(3, T), written out for 20 detractors, 30 passives, 50 promoters.
    promoters, detractors, total = 50.75, 20.75, 103
    centre = (promoters - detractors) / total
    half = 1.959964 * math.sqrt(((promoters + detractors) / total - centre**2) / total)

    found = intervals.nps(tally([0] * 20 + [1] * 30 + [2] * 50, intervals.NPS_VALUES))

    assert found.value[0] == pytest.approx(30.0)
    assert found.low[0] == pytest.approx(100 * (centre - half), abs=1e-4)
    assert found.high[0] == pytest.approx(100 * (centre + half), abs=1e-4)


def test_nps_counts_passives_in_the_base() -> None:
    assert intervals.nps(tally([2, 1, 1, 1], intervals.NPS_VALUES)).value[0] == pytest.approx(25.0)


def test_t_mean_gives_the_interval_of_r_for_the_sleep_data() -> None:
    # R 4: t.test(sleep$extra[11:20])  ->  0.8976775 3.7623225   (Student 1908)
    extra = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    one, total, squares = np.array([10.0]), np.array([extra.sum()]), np.array([extra @ extra])

    found = intervals.t_mean(Moments(one, total, squares, Clusters(one, squares, total, one)))

    assert found.value[0] == pytest.approx(2.33)
    assert [found.low[0], found.high[0]] == pytest.approx([0.8976775, 3.7623225], abs=1e-6)


def test_t_mean_of_equal_answers_on_a_scale_does_not_claim_certainty() -> None:
    n, total, squares = np.array([20.0]), np.array([20 * 100.0]), np.array([20 * 10_000.0])

    found = intervals.t_mean(Moments(n, total, squares, Clusters(n, squares, total, n)), bounds=(0, 100))

    assert found.high[0] == 100
    # Wilson's upper limit of 0 in 20 is 0.1611 (Newcombe 1998): that share might stand at 0
    assert found.low[0] == pytest.approx(100 - 16.11, abs=0.01)


@given(answers)
def test_nps_turns_around_when_the_scale_is_turned(cells: list[int]) -> None:
    straight = intervals.nps(tally(cells, intervals.NPS_VALUES))
    turned = intervals.nps(tally([2 - cell for cell in cells], intervals.NPS_VALUES))

    assert turned.value[0] == pytest.approx(-straight.value[0])
    assert turned.low[0] == pytest.approx(-straight.high[0])


@given(answers, st.sampled_from([0.8, 0.95, 0.99]))
def test_limits_enclose_the_estimate_and_stay_on_the_scale(cells: list[int], level: float) -> None:
    sums = tally(cells, intervals.NPS_VALUES)
    for formula in (intervals.nps, intervals.scale_mean):
        found = formula(sums, level=level)
        assert -100 <= found.low[0] <= found.value[0] <= found.high[0] <= 100
        assert found.high[0] - found.low[0] > 0


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=40), st.floats(0.5, 20), st.floats(-50, 50))
def test_scale_mean_follows_a_scale_that_is_stretched_and_moved(cells: list[int], factor: float, shift: float) -> None:
    plain = intervals.scale_mean(tally(cells, range(5)))
    moved = intervals.scale_mean(tally(cells, [shift + factor * point for point in range(5)]))

    # 1e-3: the quantile is exact to a ten-thousandth of a standard deviation
    assert moved.low[0] == pytest.approx(shift + factor * plain.low[0], abs=1e-3 * factor)
    assert moved.high[0] == pytest.approx(shift + factor * plain.high[0], abs=1e-3 * factor)


def test_intervals_of_many_groups_are_those_of_each_group_alone() -> None:
    rng = np.random.default_rng(3)
    groups = [tally(rng.integers(0, 5, size).tolist(), range(1, 6)) for size in (10, 25, 400)]
    together = Cells(
        groups[0].values,
        np.vstack([group.counts for group in groups]),
        Clusters(
            *(
                np.concatenate([getattr(group.clusters, name) for group in groups])
                for name in ("customers", "total_squares", "total_sizes", "size_squares")
            )
        ),
    )

    found = intervals.scale_mean(together)

    assert found.low == pytest.approx([intervals.scale_mean(group).low[0] for group in groups])


@pytest.mark.parametrize("shares", [(0.2, 0.3, 0.5), (0.05, 0.15, 0.8)])
def test_intervals_clustered_by_customer_hold_the_truth(shares: tuple[float, float, float]) -> None:
    # 250 worlds each of 60 customers, a third of whom answer four times and mostly repeat themselves.
    rng, truth = np.random.default_rng(11), 100 * (shares[2] - shares[0])
    customers = np.concatenate([np.repeat(np.arange(20), 4), np.arange(20, 60)])
    held = naive = 0
    for _ in range(250):
        own = rng.choice(3, 60, p=shares)
        cells = np.where(rng.random(customers.size) < 0.8, own[customers], rng.choice(3, customers.size, p=shares))
        found = intervals.nps(tally(cells.tolist(), intervals.NPS_VALUES, customers.tolist()))
        held += bool(found.low[0] <= truth <= found.high[0])
        alone = intervals.nps(tally(cells.tolist(), intervals.NPS_VALUES))
        naive += bool(alone.low[0] <= truth <= alone.high[0])

    assert found.method_of(0) == "adjusted Wald, clustered by customer"
    assert stats.binomtest(held, 250, 0.95).pvalue > 0.01
    assert stats.binomtest(naive, 250, 0.95).pvalue < 0.01
