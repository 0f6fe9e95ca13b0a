"""BG/NBD: the published fit and forecasts of CDNOW, the closed form in forty digits, and planted customers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.stats.lifetime.buying import Buying, alive, expected, fit_buying
from cxloop.stats.lifetime.cells import Cells, compress
from cxloop.stats.lifetime.fitting import NoFitError

SHARED = Path(__file__).resolve().parents[4] / "shared/data/cdnow/cdnow_sample.parquet"
PUBLISHED = Buying(0.243, 4.414, 0.793, 2.426)
"""Fader, Hardie and Lee (2005), "Counting your customers" the easy way, table 2; times in weeks."""
START, MIDDLE = date(1997, 1, 1), date(1997, 9, 30)


def planted(n: int, seed: int, model: Buying, age: float = 400.0) -> tuple[Any, Any, Any]:
    """Customers who do what the model says: purchases, recency and age of each."""
    rng = np.random.default_rng(seed)
    rate, leaving = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    x, last, at = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while active.size:
        at[active] += rng.exponential(1 / np.maximum(rate[active], 1e-12))
        active = active[at[active] <= age]
        x[active] += 1
        last[active] = at[active]
        active = active[rng.random(active.size) > leaving[active]]
    return x, last, np.full(n, age)


@pytest.fixture(scope="module")
def cdnow() -> dict[str, Any]:
    """The sample of the paper: purchases, recency and age in weeks up to week 39, and purchases after it."""
    if not SHARED.exists():
        pytest.skip(f"The CDNOW data are not at {SHARED}: published numbers cannot be checked against them.")
    import pyarrow.parquet as pq

    bought: dict[str, set[date]] = defaultdict(set)
    for row in pq.read_table(SHARED, columns=["sample_id", "date"]).to_pylist():
        bought[row["sample_id"]].add(row["date"].date())
    histories = [sorted(days) for _, days in sorted(bought.items())]
    early = [[day for day in days if day <= MIDDLE] for days in histories]
    return {
        "frequency": np.array([len(days) - 1 for days in early], float),
        "recency": np.array([(days[-1] - days[0]).days / 7 for days in early]),
        "age": np.array([(MIDDLE - days[0]).days / 7 for days in early]),
        "later": np.array([len(days) for days in histories]) - np.array([len(days) for days in early]),
        "birth": np.array([(days[0] - START).days / 7 for days in histories]),
        "repeats": np.array([(day - START).days / 7 for days in histories for day in days[1:]]),
    }


@pytest.fixture(scope="module")
def fitted(cdnow: dict[str, Any]) -> Any:
    """The fit to it."""
    return fit_buying(compress(cdnow["frequency"], cdnow["recency"], cdnow["age"]))


def test_cdnow_gives_the_published_parameters(fitted: Any) -> None:
    model, fit = fitted

    # Fader, Hardie and Lee (2005), table 2
    assert (round(model.r, 3), round(model.alpha, 3)) == (0.243, 4.414)
    assert (round(model.a, 3), round(model.b, 3)) == (0.793, 2.426)
    assert round(fit.log_likelihood, 1) == -9582.4
    assert not fit.held


def test_cdnow_gives_the_published_forecast_by_frequency(cdnow: dict[str, Any], fitted: Any) -> None:
    model, _ = fitted
    known = cdnow["frequency"], cdnow["recency"], cdnow["age"]
    found = alive(model, *known) * expected(model, known[0], known[2], 39.0)
    groups = [known[0] == k for k in range(7)] + [known[0] >= 7]

    # actual means of weeks 40 to 78: printed by the R package BTYD 2.4.3 in its walkthrough of this sample
    actual = [round(float(cdnow["later"][group].mean()), 4) for group in groups]
    assert actual == pytest.approx([0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594], abs=1e-4)
    # the paper's figure 5: close for all, a little below nearly everywhere
    assert [float(found[group].mean()) for group in groups] == pytest.approx(actual, rel=0.26)
    # section 5.2: the correlation of the conditional expectations with actual purchases
    assert round(float(np.corrcoef(found, cdnow["later"])[0, 1]), 3) == 0.626


def test_cdnow_gives_the_published_course_of_repeat_purchases(cdnow: dict[str, Any], fitted: Any) -> None:
    model, _ = fitted

    def course(week: float) -> float:
        since = np.maximum(week - cdnow["birth"], 0)
        spans, customers = np.unique(since[since > 0], return_counts=True)
        each = [expected(model, np.zeros(1), np.zeros(1), float(span))[0] for span in spans]
        return float(np.dot(each, customers))

    # the paper's figures 2 and 3: on the actual curve to the end of week 39, and 4 % below it at the end of week 78
    missed = [course(week) / int((cdnow["repeats"] <= week).sum()) - 1 for week in (39, 78)]
    assert missed == pytest.approx([0.016, -0.040], abs=0.001)


@pytest.mark.parametrize(
    ("history", "ahead", "value"),
    [
        # equation 10 over the probability of being active, with mpmath 1.3 in forty digits
        ((0.243, 4.414, 0.793, 2.426, 2, 38.86), 39, 1.68739930580531),
        ((0.243, 4.414, 0.793, 2.426, 0, 0), 78, 1.86051905794277),
        ((1.5, 10, 1.0000001, 3, 4, 52), 520, 14.0834103771451),
        ((0.5, 60, 0.02, 0.4, 250, 700), 365, 119.802751573336),
        ((3.8, 4.7, 0.63, 2.4, 36, 1.27), 141.55, 239.482580041133),
        ((0.1, 0.5, 7.0, 0.05, 1, 3), 1000, 1.17212689984107),
    ],
)
def test_expected_purchases_are_those_of_the_closed_form(history: Any, ahead: float, value: float) -> None:
    r, alpha, a, b, x, age = history

    found = expected(Buying(r, alpha, a, b), np.array([x], float), np.array([age], float), ahead)

    assert found[0] == pytest.approx(value, rel=1e-6)


def test_the_customer_of_the_papers_spreadsheet_is_expected_to_buy_as_often() -> None:
    known = np.array([2.0]), np.array([30.43]), np.array([38.86])

    found = alive(PUBLISHED, *known) * expected(PUBLISHED, known[0], known[2], 39.0)

    # Fader, Hardie and Lee (2005), Implementing the BG/NBD model for customer base analysis in Excel: 1.226
    assert found[0] == pytest.approx(1.226, abs=5e-4)


def test_planted_parameters_lie_within_their_standard_errors() -> None:
    truth = Buying(0.6, 50.0, 0.8, 2.5)
    model, fit = fit_buying(compress(*planted(20_000, 5, truth)))

    found, errors = np.array([model.r, model.alpha, model.a, model.b]), fit.errors
    assert (np.abs(found - [truth.r, truth.alpha, truth.a, truth.b]) < 3 * errors).all()


def test_compressed_customers_give_the_same_fit_as_single_ones() -> None:
    x, last, age = planted(3_000, 2, PUBLISHED, 39.0)
    last = np.where(x > 0, np.maximum(np.floor(last), 1), 0)
    cells = compress(x, last, age)
    single = Cells(x, last, age, np.ones(x.size))

    assert cells.customers.size < x.size
    assert cells.customers.sum() == x.size
    assert cells.customers @ cells.recency == pytest.approx(last.sum())
    assert fit_buying(cells)[1].values == pytest.approx(fit_buying(single)[1].values, rel=1e-5)


def test_another_unit_of_time_changes_only_alpha() -> None:
    x, last, age = planted(5_000, 3, Buying(0.6, 50.0, 0.8, 2.5))

    days, weeks = (fit_buying(compress(x, last / unit, age / unit))[0] for unit in (1, 7))

    assert (days.r, days.alpha, days.a, days.b) == pytest.approx((weeks.r, 7 * weeks.alpha, weeks.a, weeks.b), rel=1e-4)


def test_customers_who_hardly_differ_in_leaving_are_held_by_a_weak_prior() -> None:
    # everybody leaves with the same small probability: a and b run away together
    x, last, age = planted(2_000, 0, Buying(1.5, 60.0, 500.0, 9_500.0))

    model, fit = fit_buying(compress(x, last, age))

    assert fit.held
    assert model.a / (model.a + model.b) == pytest.approx(0.05, abs=0.01)


def test_customers_of_whom_none_bought_again_tell_nothing() -> None:
    with pytest.raises(NoFitError):
        fit_buying(Cells(np.zeros(1), np.zeros(1), np.array([30.0]), np.array([500.0])))


def test_money_later_is_worth_less_by_its_discount() -> None:
    x, age = np.array([3.0]), np.array([100.0])
    steps = np.linspace(0, 365, 4001)
    course = np.array([expected(PUBLISHED, x, age, float(end))[0] if end else 0.0 for end in steps[::40]])
    middle = (steps[::40][1:] + steps[::40][:-1]) / 2
    by_hand = float(np.diff(course) @ np.exp(-0.001 * middle))

    assert expected(PUBLISHED, x, age, 365.0, yearly=0.001)[0] == pytest.approx(by_hand, rel=1e-4)


@given(
    x=st.integers(0, 200),
    age=st.floats(1, 1000),
    recent=st.floats(0.01, 1),
    ahead=st.floats(0.1, 500),
    logs=st.tuples(*[st.floats(-2, 2)] * 4),
)
def test_expectations_stay_within_what_can_be(x: int, age: float, recent: float, ahead: float, logs: Any) -> None:
    model = Buying(*np.exp(logs).tolist())
    known = np.array([float(x)]), np.array([recent * age if x else 0.0]), np.array([age])

    chance, count = alive(model, *known)[0], expected(model, known[0], known[2], ahead)[0]

    assert 0 <= chance <= 1
    # never more than somebody who cannot leave: the mean rate times the time
    assert 0 <= count <= (model.r + x) / (model.alpha + age) * ahead * (1 + 1e-6)


@pytest.mark.parametrize(
    ("x", "recency", "age"), [([1], [0], [9]), ([0], [3], [9]), ([1], [10], [9]), ([-1], [0], [9]), ([1.5], [3], [9])]
)
def test_what_is_no_history_is_refused(x: Any, recency: Any, age: Any) -> None:
    with pytest.raises(ValueError, match="No history"):
        compress(x, recency, age)
