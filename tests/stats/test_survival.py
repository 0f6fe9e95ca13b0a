"""Survival against textbooks, published outputs and a plain walk over single rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.survival import kaplan_meier, log_rank, median, restricted_mean, spans_of

# Weeks of remission of leukaemia patients, 6-MP and placebo: Freireich et al. (1963), Blood 21; the example of Klein
# and Moeschberger (2003), "Survival analysis", 2nd ed., sections 1.2 and 4.2, and of Kalbfleisch and Prentice (1980).
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS = np.array(TREATED + PLACEBO)
ENDED = np.array(RELAPSED + [True] * 21)
ARM = np.array([0] * 21 + [1] * 21)


def test_the_curve_of_the_treated_is_that_of_the_textbook() -> None:
    found = kaplan_meier(spans_of(np.array(TREATED), np.array(RELAPSED)))

    at = [int(np.flatnonzero(found.times == week)[0]) for week in (6, 7, 10, 13, 16, 22, 23)]
    # Klein and Moeschberger, table 4.1B: estimate and standard error
    assert found.share[0, at].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert found.error[0, at].round(3).tolist() == [0.076, 0.087, 0.096, 0.107, 0.114, 0.128, 0.135]


def test_the_log_rank_test_of_the_two_arms_is_the_published_one() -> None:
    found = log_rank(spans_of(WEEKS, ENDED, ARM))

    # R, survdiff(Surv(time, relapse) ~ treat) on MASS::gehan: chisq 16.8 on 1 degree of freedom, expected 19.3 and 10.7
    assert found.freedom == 1
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    assert found.p == pytest.approx(4.17e-05, rel=0.01)
    assert found.expected.round(1).tolist() == [19.3, 10.7]


def test_the_medians_are_those_of_r_with_limits_on_the_log_log_scale() -> None:
    found = median(kaplan_meier(spans_of(WEEKS, ENDED, ARM)))

    # R, survfit(..., conf.type = "log-log"): 23 (13, NA) and 8 (4, 11)
    assert found.tolist() == [[23.0, 13.0, np.inf], [8.0, 4.0, 11.0]]


def test_before_the_first_end_the_lower_limit_claims_no_certainty() -> None:
    found = kaplan_meier(spans_of(np.array([1, 5, 9]), np.array([False, False, False])))

    assert found.share.tolist() == [[1.0, 1.0, 1.0]]
    assert (found.low < 0.5).all()  # Wilson's lower limit of all of three


def test_rows_that_are_counts_are_the_same_as_single_rows() -> None:
    single = spans_of(np.array([3, 3, 3, 8]), np.array([True, True, False, True]))
    counted = spans_of(np.array([3, 3, 8]), np.array([True, False, True]), count=np.array([2, 1, 1]))

    assert kaplan_meier(single).share.tolist() == kaplan_meier(counted).share.tolist()


def test_groups_that_are_alike_are_not_told_apart() -> None:
    twice = spans_of(np.tile(WEEKS, 2), np.tile(ENDED, 2), np.repeat([0, 1], WEEKS.size))

    assert log_rank(twice).p == pytest.approx(1.0)


def test_one_group_has_no_test() -> None:
    assert log_rank(spans_of(WEEKS, ENDED))[:3] == (0.0, 0, 1.0)


def test_the_mean_up_to_a_week_is_the_area_of_the_textbook() -> None:
    found, error = restricted_mean(spans_of(np.array(TREATED), np.array(RELAPSED)), 35.0)

    # Klein and Moeschberger, example 4.3: 23.29 weeks, standard error 2.83
    assert found[0] == pytest.approx(23.29, abs=0.005)
    assert error[0] == pytest.approx(2.83, abs=0.005)


def walked(rows: Sequence[tuple[int, bool]]) -> dict[int, float]:
    """The share that lasts beyond each time, by walking over single rows."""
    share, found = 1.0, {}
    for time in sorted({time for time, _ in rows}):
        at_risk = sum(other >= time for other, _ in rows)
        ended = sum(other == time and ends for other, ends in rows)
        share *= 1 - ended / at_risk
        found[time] = share
    return found


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=60), st.booleans())
def test_the_curve_is_what_a_walk_over_single_rows_finds(rows: list[tuple[int, bool]], whole: bool) -> None:
    lasted = np.array([time for time, _ in rows], dtype=np.int64 if whole else float)
    found = kaplan_meier(spans_of(lasted, np.array([ends for _, ends in rows])))

    expected = walked(rows)
    assert found.times.tolist() == list(expected)
    assert found.share[0] == pytest.approx(list(expected.values()), abs=1e-12)
    assert (found.low <= found.share + 1e-12).all()
    assert (found.share <= found.high + 1e-12).all()
