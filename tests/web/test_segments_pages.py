"""Segments: what a definition means before it is saved, and who is in it afterwards."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

WHERE = 'latest(score, metric == "nps") <= 6'


@pytest.fixture(scope="module")
def analyst_of(small_shop: Any) -> Any:
    """May define."""
    return small_shop.browser("analyst")


@pytest.fixture(scope="module")
def unhappy(analyst_of: Any) -> Any:
    """The page of a segment that was defined."""
    form = {"name": "unhappy", "where": WHERE, "about": "Call <them>.", "do": "save"}
    answer = analyst_of.send("/customers/segments/new", "/customers/segments/new", form)
    assert answer.headers["location"] == "/customers/segments/unhappy?done=defined", answer.text
    return analyst_of.get(answer.headers["location"])


def below_seven(shop: Any) -> int:
    """How many customers gave six or less: counted one by one."""
    people = shop.run("unify.customers", limit=1000).rows
    return sum(person.latest_score is not None and person.latest_score <= 6 for person in people)


def test_a_preview_says_how_many_and_who_and_saves_nothing(small_shop: Any, analyst_of: Any) -> None:
    form = {"name": "tried", "where": WHERE, "do": "preview"}

    text = unescape(analyst_of.send("/customers/segments/new", "/customers/segments/new", form).text)

    assert f"{below_seven(small_shop)} customers of 40 would be in it now." in text
    assert "Marta Number" in text.split('role="status"')[1]
    assert "nothing is saved yet" in text
    assert "tried" not in analyst_of.get("/customers/segments").text


def test_a_mistake_is_shown_at_its_place_and_what_was_typed_stays(analyst_of: Any) -> None:
    form = {"name": "wrong", "where": 'score = "x"', "about": "kept", "do": "preview"}

    answer = analyst_of.send("/customers/segments/new", "/customers/segments/new", form)

    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert '<pre class="mistake" aria-label="Where the mistake is">score <mark>=' in answer.text
    assert 'value="kept"' in answer.text


def test_a_segment_says_its_size_definition_and_members(small_shop: Any, unhappy: Any) -> None:
    text = unescape(unhappy.text)
    size = below_seven(small_shop)

    assert f"{size} customers are in unhappy, {100 * size / 40:.1f} % of all." in text
    assert "Call <them>." in text
    assert f'<pre class="below" tabindex="0">{WHERE}</pre>' in text
    assert len([link for link in unhappy.links if re.fullmatch(r"/customers/\d+", link)]) == min(size, 25)


def test_whom_a_new_definition_brought_in_did_not_come_by_anything_that_happened(unhappy: Any, analyst_of: Any) -> None:
    text = analyst_of.get("/customers/segments").text

    assert "went out" not in unhappy.text
    assert "Size in past months, as its definition tells it today" in unhappy.text
    assert "defined just now" in text
    assert "grew by" not in text


def test_numbers_split_by_a_segment(unhappy: Any, analyst_of: Any) -> None:
    address = next(link for link in unhappy.links if link.startswith("/explore?by"))

    text = analyst_of.get(address).text

    assert '<option value="segment.unhappy" selected>' in text
    assert "The same as a table" in text or "All groups as a table" in text


def test_the_list_shows_each_segment_and_whom_two_share(unhappy: Any, analyst_of: Any) -> None:
    form = {"name": "everybody", "where": "count(True) >= 1", "do": "save"}
    assert analyst_of.send("/customers/segments/new", "/customers/segments/new", form).status == 303

    text = unescape(analyst_of.get("/customers/segments").text)

    assert "2 segments" in text
    assert "Who is in several" in text
    analyst_of.send("/customers/segments/everybody", "/customers/segments/everybody/drop")
    assert "everybody" not in analyst_of.get("/customers/segments").text.split("<main")[1]


def test_customers_are_listed_by_segment(small_shop: Any, unhappy: Any, analyst_of: Any) -> None:
    text = unescape(analyst_of.get("/customers?segment=unhappy").text)

    assert f"{below_seven(small_shop)} customers in the segment “unhappy”" in text
    assert "Nobody in the segment “unhappy” found for “zzz”." in unescape(
        analyst_of.get("/customers?segment=unhappy&q=zzz").text
    )


def test_a_viewer_sees_sizes_and_no_member(small_shop: Any, unhappy: Any) -> None:
    viewer = small_shop.browser("viewer")

    text = viewer.get("/customers/segments/unhappy").text

    assert "customers are in unhappy" in text
    assert "Marta" not in text
    assert viewer.get("/customers/segments/new").status == 403


def test_a_segment_that_is_not_there_is_a_designed_page(analyst_of: Any) -> None:
    assert analyst_of.get("/customers/segments/nowhere").status == 404
