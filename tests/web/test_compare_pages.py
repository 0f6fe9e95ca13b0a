"""Explore's comparisons and control charts, asked as people ask them."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest


@pytest.fixture(scope="module")
def viewer(small_shop: Any) -> Any:
    """May look."""
    return small_shop.browser("viewer")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/explore/compare?metric=nps&since=90d", "NPS"),
        ("/explore/compare?metric=nps&since=365d&by=channel&against=rest", "by channel"),
        ("/explore/compare?metric=csat&against=year", "CSAT"),
        ("/explore/control?metric=nps&every=month", "NPS"),
        ("/explore/control?metric=csat&every=day&expect=season&rules=nelson", "CSAT"),
    ],
)
def test_a_question_has_its_sentence_and_how_it_is_made(viewer: Any, address: str, said: str) -> None:
    answer = viewer.get(address)

    text = unescape(answer.text)
    assert answer.status == 200
    assert said in text.split("<h1")[1].split("</h1>")[0]
    assert "How this number is made" in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/explore/compare?metric=npz", "npz"),
        ("/explore/compare?against=rest", "name a dimension"),
        ("/explore/compare?against=sideways", "against"),
        ("/explore/control?every=fortnight", "every"),
        ("/explore/control?since=90", "not a point in time"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(viewer: Any, address: str, said: str) -> None:
    answer = viewer.get(address)

    assert answer.status == 400
    assert said in unescape(answer.text).split('role="alert"')[1].split("</p>")[0]


def test_the_tables_can_be_taken_along(viewer: Any) -> None:
    compared = viewer.get("/explore/compare/download?metric=nps&by=channel&since=365d")
    control = viewer.get("/explore/control/download?metric=nps")

    assert compared.text.lstrip("\ufeff").startswith("channel,value,low,high,n,other_value")
    assert control.text.lstrip("\ufeff").startswith("week,nps,n,expected")
