"""Explore's retention and money: a sentence first, numbers with intervals, and mistakes told where they are."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest


@pytest.fixture(scope="module")
def viewer(small_shop: Any) -> Any:
    """Only reads."""
    return small_shop.browser("viewer")


def test_retention_says_who_came_back_first(viewer: Any) -> None:
    answer = viewer.get("/explore/retention?since=all")
    text = unescape(answer.text)

    assert answer.status == 200
    assert "Retention cannot be said" in text or "bought again in the month after their first" in text
    assert "How this number is made" in text
    assert 'aria-current="page">Retention' in text


def test_money_is_labelled_as_observed(viewer: Any) -> None:
    text = unescape(viewer.get("/explore/money?horizon=30d").text)

    assert "Observed" in text
    assert "Money at risk" in text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/explore/retention?where=regoin+==+'DE'", "regoin"),
        ("/explore/retention?every=day", "every"),
        ("/explore/money?horizon=soon", "soon"),
        ("/explore/money?by=regoin", "regoin"),
    ],
)
def test_a_mistake_is_told_on_the_page(viewer: Any, address: str, told: str) -> None:
    answer = viewer.get(address)

    assert answer.status == 400
    assert told in unescape(answer.text)
