"""Possible futures: on average what the formulas expect, spread as the model says, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from cxloop.stats.lifetime.buying import Buying, alive, expected
from cxloop.stats.lifetime.fitting import Fit
from cxloop.stats.lifetime.futures import Customers, futures
from cxloop.stats.lifetime.spending import Spending, expected_spend

CERTAIN = np.zeros((4, 4))
KNOWN = Customers(
    frequency=np.array([0.0, 3.0, 12.0, 12.0]),
    recency=np.array([0.0, 80.0, 95.0, 60.0]),
    age=np.full(4, 100.0),
    paid=np.array([0.0, 3.0, 12.0, 12.0]),
    spent=np.array([0.0, 60.0, 500.0, 500.0]),
)
BUYING, SPENDING = Buying(0.8, 30.0, 0.9, 3.0), Spending(6.0, 4.0, 60.0)


def fit(*values: float) -> Fit:
    """Parameters that are known exactly."""
    return Fit(np.array(values), 0.0, np.zeros((len(values), len(values))))


def test_futures_are_on_average_what_the_formulas_expect() -> None:
    bought, money = futures(KNOWN, fit(0.8, 30, 0.9, 3), fit(6, 4, 60), 200.0, draws=20_000, seed=1)

    orders = alive(BUYING, KNOWN.frequency, KNOWN.recency, KNOWN.age) * expected(
        BUYING, KNOWN.frequency, KNOWN.age, 200.0
    )
    mean = np.divide(KNOWN.spent, KNOWN.paid, out=np.zeros(4), where=KNOWN.paid > 0)
    each = expected_spend(SPENDING, KNOWN.paid, mean)
    slack = 4 * bought.std(axis=0) / np.sqrt(20_000)
    assert (np.abs(bought.mean(axis=0) - orders) < slack).all()
    assert (np.abs(money.mean(axis=0) - orders * each) < 4 * money.std(axis=0) / np.sqrt(20_000)).all()


def test_who_has_been_silent_for_long_probably_buys_nothing() -> None:
    bought, money = futures(KNOWN, fit(0.8, 30, 0.9, 3), fit(6, 4, 60), 200.0, draws=4_000, seed=1)

    nothing = (bought == 0).mean(axis=0)
    assert nothing[3] > 0.8 > nothing[2]
    assert (money[bought == 0] == 0).all()
    assert (money[bought > 0] > 0).all()


def test_the_same_seed_gives_the_same_futures() -> None:
    one, two, other = (futures(KNOWN, fit(0.8, 30, 0.9, 3), None, 50.0, draws=5, seed=seed)[0] for seed in (1, 1, 2))

    assert (one == two).all()
    assert not (one == other).all()


def test_doubt_about_the_parameters_widens_what_may_happen() -> None:
    sure = fit(0.8, 30, 0.9, 3)
    unsure = Fit(sure.values, 0.0, np.diag([0.2, 0.2, 0.2, 0.2]))

    spread = [futures(KNOWN, each, None, 200.0, draws=3_000, seed=1)[0].mean(axis=1).std() for each in (sure, unsure)]

    assert spread[1] > spread[0]


def test_parameters_are_drawn_as_their_covariance_says() -> None:
    drawn = Fit(np.array([2.0, 5.0]), 0.0, np.array([[0.04, 0.03], [0.03, 0.09]])).draws(40_000, seed=3)

    assert np.log(drawn).mean(axis=0) == pytest.approx(np.log([2.0, 5.0]), abs=0.01)
    assert np.cov(np.log(drawn).T) == pytest.approx(np.array([[0.04, 0.03], [0.03, 0.09]]), abs=0.003)
