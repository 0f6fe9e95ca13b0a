"""Medians and means per customer: against published ranks, numpy and scipy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t
from tests.measure.conftest import Workspace

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, Estimates
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics.own import as_metric

AMOUNT = {"label": "Amount", "definition": "What orders cost.", "counts": 'kind == "order"', "value": "value"}


def asked(ws: Any, content: dict[str, Any], **more: Any) -> Estimates:
    """The numbers of a definition that nobody wrote down."""
    return estimate(ws, Request("amount", **more), as_metric("amount", 1, content))


def orders(ws: Any, *amounts: tuple[int, float], **columns: Any) -> None:
    """Orders of customers, with what they cost."""
    ws.answers(
        *(
            {"customer": who, "kind": "order", "metric": None, "value": amount, "currency": "EUR", **columns}
            for who, amount in amounts
        )
    )


def found(result: Estimates) -> Estimate:
    """The one number."""
    assert isinstance(result.rows[0].result, Estimate)
    return result.rows[0].result


@pytest.mark.parametrize(("n", "low", "high"), [(10, 2, 9), (20, 6, 15), (50, 18, 33), (100, 40, 61)])
def test_limits_of_a_median_are_the_published_ranks(ws: Any, n: int, low: int, high: int) -> None:
    # ranks of the 95 % interval of a median: Campbell and Gardner (1988), BMJ 296, table 3
    orders(ws, *((person, float(person)) for person in range(1, n + 1)))

    number = found(asked(ws, {**AMOUNT, "statistic": "median", "unit": "money"}))

    assert (number.value, number.low, number.high) == pytest.approx(((n + 1) / 2, low, high))
    assert number.n == number.customers == n


def test_one_who_comes_often_does_not_make_a_median_look_sure(ws: Any) -> None:
    orders(ws, *((place % 10, float(place)) for place in range(100)))

    number = found(asked(ws, {**AMOUNT, "statistic": "median", "unit": "money"}))

    # as if there were ten: 100 * (0.5 -/+ 1.96 / (2 sqrt(10))) = 19.01, 80.99
    assert (number.low, number.high) == (18.0, 81.0)
    assert (number.n, number.customers) == (100, 10)


@settings(max_examples=25)
@given(
    drawn=st.lists(st.tuples(st.integers(1, 6), st.sampled_from([0.0, 0.5, 3.0, 3.25, 1e6])), min_size=2, max_size=40)
)
def test_medians_and_means_per_customer_are_those_of_numpy_and_scipy(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, float]]
) -> None:
    engine = DuckDBEngine(tmp_path_factory.mktemp("drawn") / "analytics")
    ws = Workspace(engine)
    orders(ws, *drawn)
    few = {**AMOUNT, "minimum_n": 2, "unit": "money"}

    middle = asked(ws, {**few, "statistic": "median"}).rows[0].result
    each = asked(ws, {**few, "statistic": "per_customer"}).rows[0].result
    engine.close()

    amounts = np.array([amount for _, amount in drawn])
    assert isinstance(middle, Estimate)
    assert middle.value == pytest.approx(float(np.median(amounts)))
    assert middle.low <= middle.value <= middle.high
    sums = np.array([sum(a for w, a in drawn if w == who) for who in {who for who, _ in drawn}])
    if isinstance(each, Estimate):
        assert each.n == sums.size
        assert each.value == pytest.approx(float(sums.mean()))
        if sums.std() > 0:
            low, high = t.interval(0.95, sums.size - 1, sums.mean(), sums.std(ddof=1) / np.sqrt(sums.size))
            assert (each.low, each.high) == pytest.approx((float(low), float(high)))
    else:
        assert sums.size < 2


def test_a_median_is_split_over_time(ws: Any) -> None:
    ws.settings = ws.settings.model_copy(update={"measure": ws.settings.measure.model_copy(update={"minimum_n": 2})})
    orders(ws, (1, 1.0), (2, 3.0), (3, 50.0), occurred_at=datetime(2026, 1, 5), region="DE")
    orders(ws, (1, 10.0), (2, 30.0), occurred_at=datetime(2026, 2, 5), region="FR")

    rows = asked(ws, {**AMOUNT, "statistic": "median", "unit": "money"}, by=("region",), every="month").rows

    values = {(row.group[0], str(row.period)): row.result.value for row in rows if isinstance(row.result, Estimate)}
    assert values == {("DE", "2026-01-01"): 3.0, ("FR", "2026-02-01"): 20.0}


def test_money_says_its_currency_and_several_are_no_number(ws: Any) -> None:
    money = {**AMOUNT, "statistic": "mean", "unit": "money"}
    orders(ws, *((who, 10.0) for who in range(12)))
    assert asked(ws, money).currency == "EUR"
    assert "10.00 EUR" in str(asked(ws, money))

    orders(ws, (1, 10.0), currency="USD")

    with pytest.raises(InputError, match="in 2 currencies") as told:
        asked(ws, money)
    assert 'currency == "USD"' in told.value.message
    assert asked(ws, money, where='currency == "USD"').currency == "USD"


def test_what_grows_with_time_is_not_told_of_a_period_that_is_not_over(ws: Any) -> None:
    # now is the end of 30 March 2026, and so February is over and March is not
    for month in (1, 2, 3):
        orders(ws, *((who, 10.0 * month) for who in range(12)), occurred_at=datetime(2026, month, 5))

    result = asked(ws, {**AMOUNT, "statistic": "per_customer", "unit": "money"}, every="month")

    assert [str(row.period) for row in result.rows] == ["2026-01-01", "2026-02-01"]
    assert "Periods that are not over are left out" in result.how.exclusions
    assert len(asked(ws, {**AMOUNT, "statistic": "mean", "unit": "money"}, every="month").rows) == 3
