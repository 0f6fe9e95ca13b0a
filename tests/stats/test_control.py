"""Control charts: limits of textbooks, run lengths that were published, rules on sequences made to fit."""

from __future__ import annotations

import numpy as np
import pytest

from cxloop.stats.control import NELSON, WESTERN_ELECTRIC, p_chart, signals, standardised, u_chart, xmr_chart

# Montgomery (2012), Introduction to Statistical Quality Control, 7th ed., table 7.1: nonconforming cans of orange juice
# in 30 samples of 50
CANS = np.array([12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13,
                 9, 6], dtype=float)  # fmt: skip
FIFTY = np.full(30, 50.0)
# the same book, table 6.6: costs of processing mortgage loans in 20 weeks
COSTS = np.array([310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304],
                 dtype=float)  # fmt: skip
# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: batches of flowrates
FLOW = np.array([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])


def test_a_p_chart_has_the_limits_of_montgomerys_cans() -> None:
    found = p_chart(CANS, FIFTY, laney=False)

    # example 7.1: p = 0.2313, limits 0.0524 and 0.4102, samples 15 and 23 are outside
    assert (found.chart, round(found.centre[0], 4)) == ("p", 0.2313)
    assert (found.low[0], found.high[0]) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.4102, abs=1e-4))
    outside = np.flatnonzero((found.low > CANS / FIFTY) | (found.high < CANS / FIFTY)) + 1
    assert outside.tolist() == [15, 23]


def test_points_left_out_of_the_base_change_the_limits_as_montgomery_revises_them() -> None:
    base = ~np.isin(np.arange(1, 31), (15, 23))

    found = p_chart(CANS, FIFTY, base=base, laney=False)

    # example 7.1, revised: p = 0.2150, limits 0.0407 and 0.3893; then sample 21 is outside, too
    assert found.centre[0] == pytest.approx(0.2150)
    assert (found.low[0], found.high[0]) == (pytest.approx(0.0407, abs=1e-4), pytest.approx(0.3893, abs=1e-4))
    assert CANS[20] / 50 > found.high[20]


def test_a_u_chart_has_the_limits_of_montgomerys_shipments() -> None:
    # example 7.4: 74 errors in 20 weeks of 50 shipments; u = 0.0740, limits 0 and 0.1894
    errors = np.array([2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4], dtype=float)

    found = u_chart(errors, np.full(20, 50.0), laney=False)

    assert (found.chart, found.centre[0], found.low[0]) == ("u", pytest.approx(0.0740), 0.0)
    assert found.high[0] == pytest.approx(0.1894, abs=1e-4)


def test_individuals_have_the_limits_of_montgomerys_loans_and_of_the_handbook_of_nist() -> None:
    loans, flow = xmr_chart(COSTS), xmr_chart(FLOW)

    # example 6.5: 300.5, 279.78 and 321.22
    assert (loans.centre[0], loans.low[0]) == (pytest.approx(300.5), pytest.approx(279.78, abs=0.01))
    assert loans.high[0] == pytest.approx(321.22, abs=0.01)
    # 6.3.2.2: 50.81, 45.8159 and 55.8041
    assert (flow.centre[0], flow.low[0]) == (pytest.approx(50.81), pytest.approx(45.8159, abs=1e-3))
    assert flow.high[0] == pytest.approx(55.8041, abs=1e-3)


def test_runs_without_a_cause_are_as_long_as_champ_and_woodall_computed() -> None:
    # Champ and Woodall (1987), "Exact results for Shewhart control charts with supplementary runs rules", Technometrics
    # 29, 393-399, table 1: 91.75 points on average until one is flagged where nothing is unusual
    rng = np.random.default_rng(20260101)
    lengths = []
    for _ in range(3_000):
        flagged = np.flatnonzero([bool(found) for found in signals(rng.standard_normal(1_200), WESTERN_ELECTRIC)])
        lengths.append(int(flagged[0]) + 1 if flagged.size else 1_200)

    # of that many runs the mean has a standard error of about 1.7
    assert np.mean(lengths) == pytest.approx(91.75, abs=5)


@pytest.mark.parametrize(
    ("z", "rule"),
    [
        ([0, 0.5, 2.1, 0.2, -2.3, 2.2, 0.3, 2.4], "2 of 3 beyond 2 sigma"),
        ([0.5, 1.2, 1.3, -0.2, 1.4, 1.5], "4 of 5 beyond 1 sigma"),
        ([-0.5, *[0.2, 0.4] * 4, 0.3], "9 on one side"),
        ([0.3, -0.6, -0.4, -0.1, 0.2, 0.5, 0.9], "6 rising or falling"),
        ([0.1, -0.1] * 7, "14 up and down"),
        ([1.4, *[0.9, -0.9, 0.5] * 5], "15 within 1 sigma"),
        ([0.0, *[1.2, -1.3] * 4], "8 beyond 1 sigma"),
    ],
)
def test_each_rule_of_nelson_is_completed_by_the_last_point(z: list[float], rule: str) -> None:
    found = signals(np.array(z, dtype=float), NELSON)

    assert rule in found[-1]
    assert all(rule not in before for before in found[:-1])


def test_large_days_that_differ_anyway_are_no_alarm() -> None:
    # 90 days of about 20,000 units, whose true share wanders by half a point from day to day: a p chart flags a third
    rng = np.random.default_rng(1)
    n = rng.integers(15_000, 25_000, 90).astype(float)
    events = rng.binomial(n.astype(int), np.clip(rng.normal(0.2, 0.005, 90), 0, 1)).astype(float)

    plain, honest = p_chart(events, n, laney=False), p_chart(events, n)

    outside = [int(((events / n < found.low) | (events / n > found.high)).sum()) for found in (plain, honest)]
    assert (honest.chart, outside[0] >= 8, outside[1] <= 1) == ("p prime", True, True)


def test_one_bad_day_in_a_steady_year_does_not_widen_the_limits() -> None:
    rng = np.random.default_rng(2)
    n = np.full(100, 200.0)
    events = rng.binomial(200, 0.2, 100).astype(float)
    events[50] = 120

    found = p_chart(events, n)

    assert found.chart == "p"
    assert [place for place, flags in enumerate(signals(standardised(events / n, found), WESTERN_ELECTRIC))
            if "beyond 3 sigma" in flags] == [50]  # fmt: skip


def test_what_never_varies_is_usual() -> None:
    found = xmr_chart(np.full(15, 4.0))

    assert signals(standardised(np.full(15, 4.0), found), WESTERN_ELECTRIC) == [()] * 15
