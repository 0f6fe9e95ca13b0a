"""What customers are worth: read from the log, checked on its own past, refused where it cannot be said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.measure.value.conftest import buyers

from cxloop.core.errors import InputError
from cxloop.engine.query import Query
from cxloop.measure.value import verbs
from cxloop.measure.value.orders import Asked, read_orders
from cxloop.measure.value.results import LifetimeValue

HALF = datetime(2024, 12, 31)
_AFTER = Query(
    name="test.after",
    sql="select key_id as customer, sum(value) as value from interactions where occurred_at >= $moment group by key_id",
    inputs=("interactions",),
    parameters={"moment": "timestamp"},
    output={"customer": "bigint", "value": "double"},
)


def test_orders_of_one_day_are_one_and_refunds_make_all_of_them_worth_less(empty: Any) -> None:
    empty.write([7, 7, 7, 7], [0, 0.1, 10, 30], [20.0, 10.0, 50.0, 20.0])
    empty.write([7], [31], -25.0, kind="return")

    orders = read_orders(empty, Asked())

    assert orders is not None
    known = orders.now.known
    # days 0, 10 and 30; the log's last order is of day 30
    assert (known.frequency[0], known.recency[0], known.age[0]) == (2, 30, 30)
    # 70 of 100 came after the first day, and a quarter of everything was paid back
    assert known.spent[0] == pytest.approx(70 * 0.75)
    assert orders.now.paid[0] == pytest.approx(75)
    assert (orders.currency, orders.start, orders.end) == ("EUR", date(2024, 1, 1), date(2024, 1, 31))


def test_what_is_known_at_a_cutoff_is_what_was_known_then(shop: Any) -> None:
    now = read_orders(shop, Asked(horizon="180d"))
    assert now is not None
    cutoff = datetime(now.cutoff.year, now.cutoff.month, now.cutoff.day)
    then = read_orders(shop.at(cutoff), Asked(horizon="180d"))
    assert then is not None

    # the end of the calibration period is the day before the cutoff, of the log its last order
    late = (now.cutoff - timedelta(days=1) - then.end).days
    assert now.before.known.frequency.sum() == then.now.known.frequency.sum()
    assert now.before.known.recency.sum() == then.now.known.recency.sum()
    assert now.before.known.age.sum() == then.now.known.age.sum() + late * then.customers.size
    assert now.before.known.spent.sum() == pytest.approx(then.now.known.spent.sum())
    assert now.before.paid.sum() + now.paid_after.sum() == pytest.approx(now.now.paid[now.was_there].sum())


def test_value_of_planted_customers_holds_what_they_later_bring(shop: Any) -> None:
    found = verbs.lifetime_value(shop.at(HALF), horizon="364d")
    later = read_orders(shop, Asked(horizon="364d"))
    assert later is not None

    known = set(read_orders(shop.at(HALF), Asked()).customers.tolist())  # type: ignore[union-attr]
    end = found.end
    assert end is not None
    table = later.customers
    assert found.total.customers == len(known & set(table.tolist()))
    assert found.total.money is not None
    brought = shop.engine.fetch(_AFTER, {"moment": datetime(end.year, end.month, end.day) + timedelta(days=1)})
    actual = sum(row["value"] for row in brought.to_pylist() if row["customer"] in known)
    assert found.trust in ("holds", "rough")
    assert found.total.money.low < actual < found.total.money.high


def test_groups_add_up_to_the_whole_and_the_region_that_keeps_customers_is_worth_more(shop: Any) -> None:
    found = verbs.lifetime_value(shop, by=("region",))

    assert [row.group for row in found.rows] == [("DE",), ("FR",)]
    whole = found.total
    assert whole.money is not None
    assert sum(row.money.value for row in found.rows if row.money) == pytest.approx(whole.money.value)
    assert sum(row.customers for row in found.rows) == whole.customers == 1500
    assert found.check is not None
    assert sum(row.actual or 0 for row in found.rows) == found.check.actual
    each = [row.each.value for row in found.rows if row.each]
    assert each[0] > each[1]
    assert all(row.money.low < row.money.value < row.money.high for row in found.rows if row.money)


def test_the_check_is_about_right_for_customers_who_do_what_the_models_say(shop: Any) -> None:
    found = verbs.lifetime_value(shop, horizon="180d")

    assert found.check is not None
    assert found.check.days == 180
    assert abs(found.check.error) < 0.15
    assert found.check.covered >= 0.93
    assert [row.label for row in found.check.by_frequency] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert sum(row.customers for row in found.check.by_frequency) == found.check.customers


def test_a_discount_makes_later_money_worth_less(shop: Any) -> None:
    plain, less = (verbs.lifetime_value(shop, discount=rate).total for rate in (0.0, 0.1))

    assert plain.money is not None
    assert less.money is not None
    # all of it comes within a year, and on average somewhat before its middle
    assert 0.93 < less.money.value / plain.money.value < 0.97
    assert plain.purchases == less.purchases


def test_tenths_hold_all_value_most_valuable_first(shop: Any) -> None:
    found = verbs.lifetime_value(shop)

    shares = [each.share for each in found.tenths]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)


def test_orders_that_stop_make_the_check_fail_and_no_value_is_given(empty: Any) -> None:
    customers, days, values = buyers(400, 4, first=1, leave=6.0)
    # most of what would have come in the last months does not
    rng = np.random.default_rng(1)
    kept = (days < 480) | (rng.random(days.size) < 0.25)
    empty.write(customers[kept], days[kept], values[kept])

    found = verbs.lifetime_value(empty)
    people = verbs.customer_values(empty)
    alive = verbs.probability_alive(empty)

    assert found.trust == "cannot say"
    assert "fewer orders came than the same models had expected" in found.reasons[0]
    assert found.total.money is None and found.total.purchases is None and found.tenths == ()  # noqa: PT018
    assert "cannot be said" in str(found)
    assert people.rows == ()
    assert all(row.result.state == "insufficient" for row in alive.rows)


def test_too_few_customers_cannot_be_said(empty: Any) -> None:
    empty.write([1, 1, 2], [0, 5, 9])

    found = verbs.lifetime_value(empty)

    assert (found.trust, found.total.customers, found.total.money) == ("cannot say", 2, None)
    assert found.reasons == ("2 customers have ordered and 1 of them again; at least 100 and 50 are needed",)


def test_an_empty_log_says_that_nobody_has_ordered(empty: Any) -> None:
    found = verbs.lifetime_value(empty)

    assert (found.trust, found.reasons, found.rows) == ("cannot say", ("nobody has ordered",), ())
    assert LifetimeValue.from_dict(found.to_dict()) == found


def test_several_currencies_are_refused_and_one_can_be_asked_for(empty: Any) -> None:
    empty.write([1, 2], [0, 1], currency="EUR")
    empty.write([3], [2], currency="USD")

    with pytest.raises(InputError, match=r"2 currencies \(EUR, USD\)"):
        verbs.lifetime_value(empty)

    assert verbs.lifetime_value(empty, where='currency == "USD"').total.customers == 1


@pytest.mark.parametrize("horizon", ["0d", "12h", "4000d", "a year"])
def test_a_horizon_is_whole_days_of_at_most_ten_years(empty: Any, horizon: str) -> None:
    with pytest.raises(InputError):
        verbs.lifetime_value(empty, horizon=horizon)


def test_a_result_survives_its_journey_as_json(shop: Any) -> None:
    found = verbs.lifetime_value(shop, by=("region",))

    assert LifetimeValue.from_dict(found.to_dict()) == found
    assert len(found.records()) == 2
