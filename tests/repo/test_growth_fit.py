"""The curves of growth: planted ones are found again, and plain ones are numpy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks._growth_fit import Curve, change_over, divided, exponent, fit, plan, reaches

SIZES = np.repeat([1.0, 5.0, 20.0, 50.0], 3)


def test_a_planted_line_is_found_exactly() -> None:
    curve = fit(SIZES, 0.4 + 0.03 * SIZES)

    assert [curve.fixed, curve.slope] == pytest.approx([0.4, 0.03])
    assert curve.off == pytest.approx(0, abs=1e-9)


def test_the_line_through_noise_is_that_of_numpy_with_the_same_weights() -> None:
    seconds = (0.4 + 0.03 * SIZES) * np.random.default_rng(7).lognormal(sigma=0.1, size=SIZES.size)

    slope, fixed = np.polyfit(SIZES, seconds, 1, w=1 / seconds)

    curve = fit(SIZES, seconds)
    assert [curve.fixed, curve.slope] == pytest.approx([fixed, slope])


def test_no_part_is_negative() -> None:
    # the straight line through these would begin under nothing
    assert fit([1, 2, 4], [0.1, 1.0, 9.0]).fixed == 0
    assert fit([1, 2, 4], [3.0, 2.0, 1.0]).slope == 0


def test_one_size_makes_no_curve() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        fit([5, 5, 5], [1.0, 1.1, 1.2])


@pytest.mark.parametrize("planted", [0.5, 1.0, 1.3, 2.0])
def test_a_planted_exponent_is_found(planted: float) -> None:
    found = exponent(SIZES, 0.1 + 0.03 * SIZES**planted)

    assert found is not None
    assert found.value == pytest.approx(planted, abs=0.011)


def test_the_interval_of_the_exponent_holds_the_planted_one_about_as_often_as_it_says() -> None:
    # design: 300 worlds of 12 runs with 10 % noise; at a rate of 95 % fewer than 270 come once in 10,000 times
    rng, held = np.random.default_rng(11), 0
    for _ in range(300):
        found = exponent(SIZES, (0.4 + 0.05 * SIZES) * rng.lognormal(sigma=0.1, size=SIZES.size))
        held += found is not None and found.low <= 1.0 <= found.high

    assert held >= 270


def test_what_does_not_grow_has_no_exponent() -> None:
    assert exponent(SIZES, np.full(SIZES.size, 2.0)) is None
    assert exponent([1, 1, 1, 5, 5, 5], [1, 1, 1, 5, 5, 5]) is None


def test_a_limit_is_reached_where_the_line_says() -> None:
    assert reaches(Curve(1.0, 0.5, 0.0), 10.0) == 18.0
    assert reaches(Curve(11.0, 0.5, 0.0), 10.0) == 0.0
    assert reaches(Curve(1.0, 0.0, 0.0), 10.0) == math.inf


def test_at_the_change_over_both_take_the_same_time() -> None:
    one, many = Curve(0.1, 0.02, 0.0), divided(Curve(2.0, 0.05, 0.0), 16, measured_on=2, efficiency=0.5)

    n = change_over(one, many)

    assert 0.1 + 0.02 * n == pytest.approx(2.0 + 0.05 * n * 2 / (16 * 0.5))


def test_a_cluster_that_is_slower_for_every_row_never_wins() -> None:
    assert change_over(Curve(0.1, 0.02, 0.0), Curve(2.0, 0.05, 0.0)) == math.inf
    assert change_over(Curve(3.0, 0.02, 0.0), Curve(2.0, 0.02, 0.0)) == 0.0


def test_the_cores_that_were_measured_on_change_nothing() -> None:
    assert divided(Curve(2.0, 0.05, 0.1), 2, measured_on=2, efficiency=0.5) == Curve(2.0, 0.05, 0.1)


def test_a_planned_cluster_keeps_to_the_time_and_one_core_less_does_not() -> None:
    core, size = Curve(2.0, 0.1, 0.0), Curve(0.0, 40e6, 0.0)

    found = plan(1000.0, core, size, within=10.0, efficiency=0.5)

    assert found is not None

    def taken(cores: int) -> float:
        return 2.0 + 0.1 * 1000 / (cores * 0.5)

    assert taken(found.cores) <= 10.0 < taken(found.cores - 1)
    assert (found.bytes, found.files) == (40e9, 79)
    assert plan(1000.0, core, size, within=1.0) is None
