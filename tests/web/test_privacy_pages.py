"""Settings, Privacy: what is declared and kept, and an erasure from its form to its receipt."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest


@pytest.fixture(scope="module")
def boss(small_shop: Any) -> Any:
    """May erase."""
    return small_shop.browser("owner")


def test_purposes_terms_and_redaction_are_shown_as_they_are(boss: Any) -> None:
    text = unescape(boss.get("/settings/privacy").text)

    assert "1 purpose; everything is kept without limit; texts are kept as they come." in text
    assert "Newsletter" in text
    assert "[[retention]]" in text


def test_before_the_first_erasure_the_page_says_so(empty_shop: Any) -> None:
    assert "Nothing was erased yet." in empty_shop.browser("owner").get("/settings/privacy").text


@pytest.mark.parametrize("typed", ["", "987654", "yes"])
def test_without_the_number_nothing_is_erased(small_shop: Any, boss: Any, typed: str) -> None:
    number = small_shop.customer(20)
    form = {"mode": "anonymise", "sure": typed, "reason": "asked by letter"}

    answer = boss.send(f"/customers/{number}/data", f"/customers/{number}/erase", form)

    assert answer.status == 400
    assert f"Type {number}, the number of this customer" in answer.text
    assert 'value="asked by letter"' in answer.text
    assert boss.get(f"/customers/{number}").status == 200


def test_an_erasure_is_gone_from_every_page_and_has_a_receipt(small_shop: Any, boss: Any) -> None:
    number = small_shop.customer(21)
    form = {"mode": "erase", "sure": str(number), "reason": "asked by letter"}

    answer = boss.send(f"/customers/{number}/data", f"/customers/{number}/erase", form)
    page = boss.get(answer.headers["location"])
    text = unescape(page.text)

    assert answer.headers["location"].startswith("/settings/privacy/erasures/")
    assert boss.get(f"/customers/{number}").status == 404
    assert "Nobody found for" in boss.get("/customers?q=marta21@").text
    assert "1 customer erased" in text
    assert "It is gone from every answer." in text
    assert "marta21" not in text
    assert "1 customer erased" in boss.get("/settings/privacy/erasures").text
    checked = boss.send(answer.headers["location"], f"{answer.headers['location']}/check")
    assert "nothing of it is there" in checked.text
    signed = json.loads(boss.get(f"{answer.headers['location']}/receipt.json").content)
    assert set(signed) == {"document", "signature", "public_key"}
    assert signed["signature"]
    assert boss.get(f"{answer.headers['location']}/progress").text.count('class="reached"') == 4


def test_only_an_owner_erases(small_shop: Any) -> None:
    analyst = small_shop.browser("analyst")
    number = small_shop.customer(22)

    answer = analyst.send("/settings", f"/customers/{number}/erase", {"mode": "erase", "sure": str(number)})

    assert answer.status == 403
    assert analyst.get(f"/customers/{number}").status == 200
    assert analyst.get("/settings/privacy/erasures").status == 403
    assert "Erasures" not in analyst.get("/settings/privacy").text


def test_an_erasure_that_is_not_there_is_a_designed_page(boss: Any) -> None:
    assert boss.get("/settings/privacy/erasures/4711").status == 404
