"""Orders and parcels in the rows, held against what was planted."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cxloop import simulate
from cxloop.simulate.history import History
from cxloop.simulate.people import people
from cxloop.simulate.world import LAUNCHED

DAY = np.timedelta64(1, "D")


def moments(rows: Any, name: str) -> dict[str, np.datetime64]:
    chosen = rows.where(name)
    return dict(zip(chosen.order(), chosen["occurred_at"], strict=True))


def test_an_order_is_placed_approved_handed_over_and_delivered_in_this_order(rows: Any) -> None:
    steps = [moments(rows, name) for name in ("order_placed", "payment_approved", "handed_over", "delivered")]

    for earlier, later in pairwise(steps):
        assert set(later) <= set(earlier)
        assert all(earlier[order] <= later[order] for order in later)


def test_every_online_order_has_a_promise_with_a_due_day_after_it(rows: Any) -> None:
    promises = rows.where("delivery_promised")

    assert Counter(promises.order()) == Counter(rows.where("order_placed").order())
    assert not np.isnat(promises["promise_due_at"]).any()
    assert (promises["promise_due_at"] > promises["occurred_at"]).all()
    assert set(promises["promise_what"]) == {"delivery"}
    assert set(promises["promise_due_precision"]) == {"day"}


def test_late_means_delivered_on_a_later_day_than_promised(rows: Any, company: simulate.Company) -> None:
    promises, delivered = rows.where("delivery_promised"), rows.where("delivered")
    due = dict(zip(promises.order(), promises["promise_due_at"].astype("datetime64[D]"), strict=True))

    # Naive: parcels come by day, so the day in UTC is the local one.
    late = np.array(
        [
            day > due[order]
            for order, day in zip(delivered.order(), delivered["occurred_at"].astype("datetime64[D]"), strict=True)
        ]
    )

    assert delivered.properties("late") == late.tolist()
    assert (delivered["outcome"] == np.where(late, "late", "on time")).all()
    assert late.mean() == pytest.approx(company.truth["late"]["share_of_delivered"], abs=1e-6)


@pytest.mark.parametrize(("carrier", "planted"), [("Nordpost", 0.05), ("Kurix", 0.08), ("Speedbox", 0.12)])
def test_carriers_are_late_as_often_as_planted_on_quiet_days(rows: Any, carrier: str, planted: float) -> None:
    delivered = rows.where("delivered")
    at = delivered["occurred_at"]
    # Handed over well before December, and before the crisis.
    quiet = (at < np.datetime64("2025-11-25")) & (at > np.datetime64("2025-01-20"))
    mine = quiet & (np.array(delivered.properties("carrier")) == carrier)
    late = np.array(delivered.properties("late"))[mine]

    # Four standard errors: about one false alarm in 16,000 seeds, and the seed is fixed.
    assert abs(late.mean() - planted) < 4 * np.sqrt(planted * (1 - planted) / mine.sum())


def test_the_crisis_week_stands_out_in_the_markets_of_the_hub_and_only_there(rows: Any) -> None:
    handed, delivered = rows.where("handed_over"), rows.where("delivered")
    late = dict(zip(delivered.order(), delivered.properties("late"), strict=True))

    def share(first: str, last: str, *regions: str) -> float:
        at = handed["occurred_at"]
        week = (at >= np.datetime64(first)) & (at < np.datetime64(last)) & np.isin(handed["region"], regions)
        return float(np.mean([late[order] for order in handed.order()[week] if order in late]))

    assert share("2026-10-05", "2026-10-11", "DE", "AT") > 0.65
    assert share("2026-09-21", "2026-09-28", "DE", "AT") < 0.15
    assert share("2026-10-05", "2026-10-11", "ES", "IE") < 0.20


def test_the_launched_product_is_not_sold_before_its_day(rows: Any) -> None:
    sold = rows.where("order_placed", "store_purchase")
    lumo = sold["product"] == "Air purifier Lumo"

    assert sold["occurred_at"][lumo].min() >= np.datetime64("2026-05-03T22:00")
    assert lumo[sold["occurred_at"] > np.datetime64("2026-05-05")].mean() > 0.03


def test_the_launched_product_has_many_faults_in_its_first_sixty_days(past: History) -> None:
    lumo = past.bought.product == LAUNCHED
    early = past.bought.placed < np.datetime64("2026-07-03").astype("datetime64[s]").astype(np.int64)
    damaged = past.bought.parcel.damaged

    assert damaged[lumo & early].mean() > 0.07
    assert damaged[lumo & ~early].mean() < 0.05


def test_home_products_cost_eight_percent_more_after_the_price_change(rows: Any) -> None:
    sold = rows.where("order_placed", "store_purchase")
    kettles = sold["product"] == "Kettle"
    before = kettles & (sold["occurred_at"] < np.datetime64("2026-03-31"))
    after = kettles & (sold["occurred_at"] > np.datetime64("2026-04-01"))

    assert np.median(sold["value"][before]) == 44.0
    assert np.median(sold["value"][after]) == 47.52


def test_a_new_market_buys_nothing_before_it_opens(rows: Any) -> None:
    portugal = rows["region"] == "PT"

    assert rows["occurred_at"][portugal].min() >= np.datetime64("2025-11-29")


def test_the_end_of_the_year_sells_more_than_the_summer(rows: Any) -> None:
    months = rows.where("order_placed")["occurred_at"].astype("datetime64[M]")

    assert (months == np.datetime64("2025-12")).sum() > 1.4 * (months == np.datetime64("2026-02")).sum()


def test_refunds_are_negative_and_name_the_purchase_in_the_same_source(rows: Any) -> None:
    returned = rows.where("parcel_returned", "store_returned")
    sources = dict(zip(rows["message_id"], rows["source"], strict=True))

    assert (returned["value"] < 0).all()
    for source, message in zip(returned["source"], returned["refers_to"], strict=True):
        assert message is None or sources[message] == source


def test_referrers_joined_before_those_they_bring() -> None:
    everyone = people(np.random.default_rng(4), 5_000, date(2024, 11, 1))
    brought = np.flatnonzero(everyone.referrer >= 0)

    assert 0.07 < brought.size / 5_000 < 0.10
    assert (everyone.joined[everyone.referrer[brought]] <= everyone.joined[brought]).all()
    # The happier of two candidates: their mean is 1/sqrt(pi) = 0.56 standard deviations above the average.
    assert everyone.base[everyone.referrer[brought]].mean() > 0.15
