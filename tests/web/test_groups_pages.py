"""Groups: an account with its place above and below, and a household."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from tests.web.conftest import LAST_DAY, Shop, open_shop

from cxloop.entry.app import create_app

PLACES = {"kettle": ("Kettle GmbH", "Saxony"), "tea": ("Tea & Sons", "Saxony"), "cup": ("Cups", "Bavaria")}


def row(person: int, account: str) -> dict[str, Any]:
    """An answer that somebody gave for an account."""
    name, region = PLACES[account]
    return {
        "message_id": f"m{person}",
        "source": "crm",
        "kind": "answer",
        "name": "answered",
        "channel": "web",
        "occurred_at": LAST_DAY - timedelta(days=person),
        "metric": "nps",
        "score": float(person % 11),
        "scale_min": 0.0,
        "scale_max": 10.0,
        "key_namespace": "crm",
        "key_type": "user_id",
        "key_value": f"c{person}",
        "account_namespace": "crm",
        "account_type": "account",
        "account_value": account,
        "traits": json.dumps({"name": f"Contact {person}"}),
        "account_traits": json.dumps({"name": name, "country": "Germany", "region": region}),
    }


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company that serves three accounts in two regions."""
    levels = '[[hierarchy]]\nname = "region"\nlevels = ["country", "region"]\n'
    rows = [row(person, list(PLACES)[person % 3]) for person in range(60)]
    host = open_shop(tmp_path_factory.mktemp("web") / "trade", rows, experience=levels)
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture(scope="module")
def analyst_of(trade: Shop) -> Any:
    """Sees single persons."""
    return trade.browser("analyst")


def address_of(trade: Shop, name: str) -> str:
    """Where a group is shown."""
    found = trade.run("unify.groups", query=name)
    return f"/customers/groups/{quote(found.rows[0].group_id, safe='')}"


def test_groups_are_listed_with_where_they_stand(analyst_of: Any) -> None:
    text = unescape(analyst_of.get("/customers/groups?kind=account").text)

    assert "3 accounts, the largest first." in text
    assert "Germany › Saxony" in text
    assert "Tea & Sons" in text


def test_an_account_shows_its_path_its_members_and_their_score(trade: Shop, analyst_of: Any) -> None:
    text = unescape(analyst_of.get(address_of(trade, "Kettle")).text)

    assert '<h1 class="lede">Kettle GmbH: 20 customers' in text
    assert "Saxony</a>" in text
    assert text.count("Contact ") == 20
    assert "Scores of everybody in it and below" in text


def test_a_level_holds_the_accounts_below_it(trade: Shop, analyst_of: Any) -> None:
    page = analyst_of.get(address_of(trade, "Saxony"))
    text = unescape(page.text)

    assert "Saxony: 40 customers in 2 groups below" in text
    beneath = [link for link in page.links if link.startswith("/customers/groups/")]
    assert {analyst_of.get(link).status for link in beneath} == {200}


def test_from_a_customer_to_its_account(trade: Shop, analyst_of: Any) -> None:
    person = trade.run("unify.customers", query="contact 4").rows[0].customer_id
    page = analyst_of.get(f"/customers/{person}")

    assert "Belongs to" in page.text
    assert any(link.startswith("/customers/groups/") for link in page.links)


def test_a_group_that_is_not_there_is_a_designed_page(analyst_of: Any) -> None:
    assert analyst_of.get("/customers/groups/nowhere").status == 404
    assert "No group is called that." in analyst_of.get("/customers/groups?q=zzzz").text
