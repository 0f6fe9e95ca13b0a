"""Who gets in and what each may see: owner, analyst, viewer, outsider."""

from __future__ import annotations

from typing import Any

import pytest

PAGES = ("/", "/explore", "/customers", "/customers/1", "/sources", "/settings", "/explore/download/csv")
PERSONAL = ("/customers", "/customers/1")


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_sees_nothing_but_how_to_get_a_link(outsider: Any, address: str) -> None:
    answer = outsider.get(address)

    assert answer.status == 401
    assert "You are not signed in." in answer.text
    assert "Kettle" in answer.text
    assert "Marta" not in answer.text


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", ["owner", "analyst"])
def test_owner_and_analyst_see_every_page(request: Any, role: str, address: str) -> None:
    assert request.getfixturevalue(role).get(address).status == 200


@pytest.mark.parametrize("address", PERSONAL)
def test_a_viewer_is_told_which_right_is_missing(viewer: Any, address: str) -> None:
    answer = viewer.get(address)

    assert answer.status == 403
    assert "to see single persons" in answer.text
    assert "Marta" not in answer.text


@pytest.mark.parametrize("address", ["/", "/explore"])
def test_a_viewer_sees_numbers_and_no_words_of_single_persons(viewer: Any, address: str) -> None:
    page = viewer.get(address)

    assert page.status == 200
    assert "NPS" in page.text
    assert "In their words" not in page.text
    assert "came Sunday" not in page.text


def test_the_rail_offers_only_what_one_may_open(owner: Any, viewer: Any) -> None:
    offered = {name: [link for link in browser.get("/").links if link == "/customers"] for name, browser in
               (("owner", owner), ("viewer", viewer))}  # fmt: skip

    assert {name: bool(links) for name, links in offered.items()} == {"owner": True, "viewer": False}


def test_opening_a_link_does_not_use_it_up(shop: Any) -> None:
    token, scanner, person = shop.link("owner"), shop.browser(), shop.browser()

    assert "Sign in to" in scanner.get(f"/signin?token={token}").text
    assert person.post("/signin", {"token": token}).status == 303
    assert person.get("/").status == 200


def test_a_link_signs_in_once(shop: Any) -> None:
    token = shop.link("owner")
    assert shop.browser().post("/signin", {"token": token}).status == 303

    second = shop.browser()
    answer = second.post("/signin", {"token": token})

    assert answer.status == 403
    assert "used already" in answer.text
    assert second.cookies == {}


@pytest.mark.parametrize("token", ["", "wrong", "a" * 399, "x" * 500, "' or 1=1 --"])
def test_a_made_up_link_opens_nothing(outsider: Any, token: str) -> None:
    assert outsider.post("/signin", {"token": token}).status in (403, 404)
    assert outsider.get("/").status == 401


def test_signing_out_ends_the_session_on_the_server(shop: Any) -> None:
    browser = shop.browser("owner")
    kept = dict(browser.cookies)
    token = browser.get("/settings").csrf

    assert browser.post("/signout", {"csrf": token}).status == 303
    browser.cookies = kept

    assert browser.get("/").status == 401


def test_whoever_is_signed_in_already_goes_on_to_the_pulse(owner: Any) -> None:
    answer = owner.get("/signin")

    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_settings_say_who_and_with_which_rights(viewer: Any) -> None:
    text = viewer.get("/settings").text

    assert "You are signed in as The viewer." in text
    assert "single persons are not shown to you" in text
