"""What a season lets expect, held against least squares of statsmodels and against planted seasons."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import statsmodels.api as sm

from cxloop.stats.seasonal import Season, season_of, seasonal_limits

DAYS = [date(2025, 1, 1) + timedelta(days=place) for place in range(400)]


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns values that are 10 higher on weekends, and how many units each is made of."""
    rng = np.random.default_rng(seed)
    n = rng.integers(50, 150, len(DAYS)).astype(float)
    weekend = np.array([day.weekday() >= 5 for day in DAYS])
    return 40 + 10 * weekend + rng.normal(0, 20, len(DAYS)) / np.sqrt(n), n


def test_what_is_expected_is_the_weighted_least_squares_of_statsmodels() -> None:
    values, n = drawn(1)
    base = np.arange(len(DAYS)) < 300

    found = seasonal_limits(values, n, DAYS, Season(weekdays=True, months=False), base=base)

    shifts = np.column_stack(
        [np.ones(400), *([[float(day.weekday() == place) for day in DAYS] for place in range(1, 7)])]
    )
    fitted = sm.WLS(values[base], shifts[base], weights=n[base]).fit()
    new = fitted.get_prediction(shifts[~base])
    assert found.centre == pytest.approx(fitted.predict(shifts))
    # the error of what is new: its own, and that of the line; statsmodels scales both by its own estimate of sigma
    expected = np.sqrt(1 / n[~base] + new.var_pred_mean / fitted.scale)
    assert found.sigma[~base] / found.spread == pytest.approx(expected)
    assert found.spread == pytest.approx(np.sqrt(fitted.scale), rel=0.1)


def test_weekends_are_no_news_once_the_week_is_known() -> None:
    values, n = drawn(2)
    known = seasonal_limits(values, n, DAYS, Season(weekdays=True, months=False))
    level = seasonal_limits(values, n, DAYS, Season(weekdays=False, months=False))

    assert ((values > known.high) | (values < known.low)).sum() <= 4
    assert known.sigma.mean() < 0.6 * level.sigma.mean()


@pytest.mark.parametrize(
    ("days", "daily", "expected"),
    [
        (55, True, Season(weekdays=False, months=False)),
        (56, True, Season(weekdays=True, months=False)),
        (56, False, Season(weekdays=False, months=False)),
    ],
)
def test_shifts_are_only_learned_where_each_was_seen_often_enough(days: int, daily: bool, expected: Season) -> None:
    assert season_of(DAYS[:days], np.ones(days, dtype=bool), daily=daily) == expected


def test_months_take_two_years() -> None:
    weeks = [date(2024, 1, 1) + timedelta(weeks=place) for place in range(110)]

    assert not season_of(weeks[:100], np.ones(100, dtype=bool), daily=False).months
    assert season_of(weeks, np.ones(110, dtype=bool), daily=False).months
