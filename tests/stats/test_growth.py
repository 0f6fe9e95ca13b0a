"""The cost model of benchmarks/growth.py: it finds what was planted, and other programs agree."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._growth_model import Cost, change_over, exponent, fit
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress, t

SIZES = (1.0, 5.0, 20.0, 50.0)
parts = st.floats(0.001, 10)


@given(parts, parts)
def test_what_was_planted_is_found(fixed: float, per_million: float) -> None:
    found = fit(SIZES, [fixed + per_million * size for size in SIZES])
    assert found.fixed == pytest.approx(fixed, rel=1e-6)
    assert found.per_million == pytest.approx(per_million, rel=1e-6)


def test_nothing_takes_less_than_no_time() -> None:
    found = fit(SIZES, [size**1.5 for size in SIZES])  # a straight line through these would begin below nought
    assert found.fixed == 0
    assert found.per_million > 0


def test_the_exponent_is_that_of_the_line_through_the_logarithms() -> None:
    chance = np.random.default_rng(7)
    seconds = [0.3 * size**0.9 * float(np.exp(chance.normal(0, 0.1))) for size in SIZES]
    by_scipy = linregress(np.log(SIZES), np.log(seconds))
    reach = t.ppf(0.975, len(SIZES) - 2) * by_scipy.stderr

    found = exponent(SIZES, seconds)

    assert found.exponent == pytest.approx(by_scipy.slope)
    assert found.low == pytest.approx(by_scipy.slope - reach)
    assert found.high == pytest.approx(by_scipy.slope + reach)
    assert found.low < 0.9 < found.high


def test_where_a_cluster_overtakes_is_where_both_take_the_same() -> None:
    machine, cluster = Cost(0.1, 0.5), Cost(2.0, 1.0)

    over = change_over(machine, cluster, 32, 128)

    # by hand: 0.1 + 0.03125 x = 2 + 0.015625 x
    assert over == pytest.approx(1.9 / 0.015625)
    assert over is not None
    assert machine.seconds(over, 32) == pytest.approx(cluster.seconds(over, 128))
    assert change_over(machine, cluster, 32, 64) is None  # both share out the same
    assert change_over(machine, cluster, 32, 32) is None


def test_how_far_a_limit_reaches() -> None:
    cost = Cost(1.0, 0.5)
    assert cost.millions(11.0) == pytest.approx(20)
    assert cost.millions(11.0, cores=8) == pytest.approx(80)
    assert cost.millions(0.5) == 0
