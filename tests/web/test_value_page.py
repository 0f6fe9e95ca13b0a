"""Explore > Value: a sentence first, the check beside it, and from a group to its customers in two clicks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from tests.web.conftest import EXPERIENCE, LAST_DAY, Shop, open_shop

from cxloop.entry.app import create_app

PAGE = "/explore/value"
CLUB = """
[[contract]]
name = "club"
label = "Friends of tea"
joined = 'name == "joined"'
cancelled = 'name == "left"'
"""


def orders(customers: int = 260, days: int = 500) -> list[dict[str, Any]]:
    """Customers who order at rates of their own, and leave after an order with a chance of their own."""
    chance = random.Random(3)
    rows = []
    for person in range(customers):
        rate, leaving = chance.gammavariate(1.5, 1 / 45), chance.betavariate(1.0, 5.0)
        at, count = chance.uniform(0, days - 60), 0
        while at < days and (count < 2 or chance.random() > leaving):
            rows.append(order(person, count, LAST_DAY - timedelta(days=days - at), chance))
            at += max(chance.expovariate(rate), 1.0)
            count += 1
    return rows


def order(person: int, count: int, at: datetime, chance: random.Random) -> dict[str, Any]:
    return {
        "message_id": f"o{person}.{count}",
        "source": "shop",
        "kind": "order",
        "name": "order_placed",
        "touchpoint": "checkout",
        "channel": "web" if person % 2 else "app",
        "occurred_at": at,
        "key_namespace": "shop",
        "key_type": "user_id",
        "key_value": f"u{person}",
        "value": round(chance.gammavariate(5, 8), 2),
        "currency": "EUR",
    }


@pytest.fixture(scope="module")
def teashop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose customers come back."""
    host = open_shop(tmp_path_factory.mktemp("web") / "tea", orders(), EXPERIENCE + CLUB)
    yield Shop(host, create_app(host))
    host.close()


def test_the_page_says_what_customers_are_worth_and_whether_it_was_right_before(teashop: Any) -> None:
    answer = teashop.browser("owner").get(f"{PAGE}?horizon=180d")
    text = unescape(answer.text)

    assert answer.status == 200
    assert "customers are expected to bring about" in text
    assert "EUR in the next 180 days" in text
    assert "Was it right before?" in text
    assert text.count('<svg class="pairs"') >= 2
    assert "How this number is made" in text
    assert "most valuable tenth" in text
    # the club of the catalogue has no members yet, and that is said
    assert "Friends of tea: how long 0 members stay cannot be said" in text


def test_a_group_leads_to_its_customers_and_these_to_what_happened(teashop: Any) -> None:
    browser = teashop.browser("owner")
    page = browser.get(f"{PAGE}?by=channel")

    address = next(link for link in page.links if "first_order=" in link)
    people = browser.get(address)
    customer = next(link for link in people.links if link.startswith("/customers/"))

    assert people.status == 200
    assert "whose first order meets" in unescape(people.text)
    assert browser.get(customer).status == 200


def test_who_may_not_see_persons_sees_numbers_alone(teashop: Any) -> None:
    text = teashop.browser("viewer").get(PAGE).text

    assert "customers are expected to bring" in text
    assert 'id="customers"' not in text


def test_a_shop_without_orders_says_so(empty_shop: Any) -> None:
    answer = empty_shop.browser("owner").get(PAGE)

    assert answer.status == 200
    assert "Nobody has ordered yet" in answer.text


@pytest.mark.parametrize("asked", ["by=colour", "horizon=soon", "where=score+%3D", "discount=much", "order=luck"])
def test_a_question_that_cannot_be_answered_says_why(teashop: Any, asked: str) -> None:
    answer = teashop.browser("owner").get(f"{PAGE}?{asked}")

    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_the_tab_leads_there(teashop: Any) -> None:
    assert f'href="{PAGE}"' in teashop.browser("viewer").get("/explore").text
