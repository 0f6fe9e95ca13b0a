"""Drift that was planted is found; days as they are, are none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect.tracking.conftest import admit

from cxloop.collect.tracking.verbs import drift, enforce, learn
from cxloop.core.errors import UnknownNameError

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

Send = Callable[..., None]

USUAL: dict[str, Any] = {"plan": "pro", "price": 3.5, "items": [{"id": "a"}]}


def found(desk: Desk) -> list[tuple[Any, ...]]:
    """Event, property and what of each difference."""
    return [(row["event"], row["property"], row["what"]) for row in drift(desk, "shop").records()]


@pytest.fixture
def usual(desk: Desk, send: Send) -> None:
    """Five weeks of one event, learned until a week ago."""
    send([("Signed up", USUAL)] * 280, days=28, back=7)
    learn(desk, "shop")


def test_traffic_as_the_plan_says_is_no_drift(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL)] * 70)

    result = drift(desk, "shop")

    assert (str(result), result.records()) == ("shop: the last 7 days are as the plan says.", [])
    assert result.checked == (("shop", 70, 70),)


def test_a_new_event_is_found_with_how_often_it_comes(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL)] * 70 + [("Left", {})] * 14)

    (row,) = drift(desk, "shop").records()

    assert (row["event"], row["what"], row["n"], row["a_day_now"]) == ("Left", "new event", 14, 2.0)


def test_an_event_that_stopped_is_missing(desk: Desk, send: Send, usual: None) -> None:
    send([("Other", {})] * 70)

    rows = {row["event"]: row for row in drift(desk, "shop").records()}

    missing = rows["Signed up"]
    assert (missing["what"], missing["n"], missing["a_day_before"], missing["a_day_now"]) == ("missing event", 0, 10, 0)
    assert "p < 0.0001" in str(missing["detail"])


def test_an_event_that_halved_and_more_is_rarer(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL)] * 20)

    assert found(desk) == [("Signed up", "", "rarer event")]


def test_a_quiet_week_of_a_rare_event_is_not_missing(desk: Desk, send: Send) -> None:
    send(([("Signed up", USUAL)] * 14 + [("Complained", {})]) * 20, days=28, back=7)
    learn(desk, "shop", since="35d")
    send([("Signed up", USUAL)] * 70 + [("Complained", {})] * 2)

    assert found(desk) == []


def test_an_event_of_weekdays_is_not_missing_on_a_weekend(desk: Desk) -> None:
    # 28 days before and 7 recent ones hold as many weekends in proportion; what varies by day makes the test careful
    for day in range(35):
        if (desk.as_of - timedelta(days=day)).weekday() < 5:
            admit(desk, [("Ordered", {})] * 8, "shop", day, days=1, back=day)
    learn(desk, "shop", since="35d")

    assert found(desk) == []


def test_a_new_property_is_found_with_its_share(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL | ({"colour": "red"} if n % 2 else {})) for n in range(70)])

    (row,) = drift(desk, "shop").records()

    assert (row["property"], row["what"], row["n"], row["share"]) == ("colour", "new property", 35, 0.5)


def test_a_new_property_inside_of_a_list_is_found(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL | {"items": [{"id": "a", "size": 3}]})] * 70)

    assert found(desk) == [("Signed up", "items[].size", "new property")]


def test_a_type_that_changed_is_found_and_counted_as_a_violation(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL | ({"price": "3.50"} if n % 10 == 0 else {})) for n in range(70)])

    changed, violations = drift(desk, "shop").records()

    assert (changed["property"], changed["what"], changed["n"], changed["share"]) == ("price", "type changed", 7, 0.1)
    assert changed["detail"] == "came as string, the plan says number"
    assert (violations["what"], violations["n"], violations["share"]) == ("violations", 70, 0.1)
    assert violations["detail"] == "price came as string, allowed is number"


def test_a_required_property_that_is_gone_is_a_violation(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", {"price": 3.5, "items": []})] * 70)

    (row,) = drift(desk, "shop").records()

    assert (row["what"], row["detail"], row["share"]) == ("violations", "plan is missing", 1.0)


def test_what_the_plan_kept_out_is_counted(desk: Desk, send: Send, usual: None) -> None:
    import pyarrow as pa

    send([("Signed up", USUAL)] * 70)
    rows = [
        {
            "rejected_id": number,
            "import_id": "live",
            "source": "shop",
            "file": "",
            "code": "tracking_plan",
            "reason": "plan is missing",
            "raw": "{}",
            "rejected_at": desk.as_of - timedelta(days=number),
        }
        for number in range(1, 21)
    ]
    desk.engine.append("rejected", pa.Table.from_pylist(rows))

    assert [(row["what"], row["n"]) for row in drift(desk, "shop").records()] == [("rejected", 7)]


def test_no_plan_at_all_says_how_to_get_one(desk: Desk, send: Send) -> None:
    send([("Signed up", {})] * 30)

    assert str(drift(desk)) == "No source has a tracking plan yet. Learn one: cxloop collect learn."


def test_a_source_without_a_plan_is_refused(desk: Desk, usual: None) -> None:
    with pytest.raises(UnknownNameError, match="Known: shop"):
        drift(desk, "nowhere")


def test_no_difference_quotes_what_a_customer_sent(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL | {"price": "s3cret", "plan": ["s3cret"]})] * 70)

    assert "s3cret" not in str(drift(desk, "shop").to_dict())


def test_enforcing_shows_first_what_it_would_do(desk: Desk, send: Send, usual: None) -> None:
    send([("Signed up", USUAL | ({"price": "x"} if n % 10 == 0 else {})) for n in range(70)])

    tried = enforce(desk, "shop", "reject", dry_run=True)

    assert tried.records() == [
        {"event": "Signed up", "mode": "reject", "checked": 70, "do_not_fit": 7, "share": 0.1},
    ]
    assert str(tried).startswith("shop: from then on, what does not fit is refused; nothing is changed yet.")
    assert enforce(desk, "shop", "flag").records()[0]["mode"] == "flag"
