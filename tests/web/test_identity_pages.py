"""Who is who, by hand: joined, parted, kept apart, taken back; identifiers that several people use."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest


@pytest.fixture(scope="module")
def boss(small_shop: Any) -> Any:
    """May do everything."""
    return small_shop.browser("owner")


def merged(shop: Any, boss: Any, one: int, other: int, reason: str = "") -> tuple[int, int, Any]:
    """Joins two people of the company; returns their numbers and the answer."""
    a, b = sorted((shop.customer(one), shop.customer(other)))
    form = {"other": str(b), "reason": reason, "do": "merge"}
    return a, b, boss.send(f"/customers/{a}/identity", f"/customers/{a}/identity/merge", form)


def decision_of(page: Any) -> str:
    """The latest decision that a page offers to undo."""
    part = page.text.split('id="decisions"')[1]
    return str(part.split('name="decision" value="')[1].split('"')[0])


def test_a_merge_is_found_by_search_made_explained_and_undone(small_shop: Any, boss: Any) -> None:
    a, b, answer = merged(small_shop, boss, 1, 2, "said so <on> the phone")
    page = boss.get(answer.headers["location"])
    text = unescape(page.text)

    assert answer.headers["location"].startswith(f"/customers/{a}/identity?done=merged")
    assert "They are one customer now." in text
    assert "is known by 2 identifiers" in text
    assert "“said so <on> the phone”" in text
    assert f"Former numbers that lead here: {b}." in text

    undone = boss.send(
        f"/customers/{a}/identity", f"/customers/{a}/identity/undo", {"decision": decision_of(page), "reason": "two"}
    )
    after = boss.get(undone.headers["location"]).text
    assert "Undone. Every number is restated." in after
    assert "is known by 1 identifier." in after
    assert f"/customers/{b}/identity" in undone.headers["location"] or f"/customers/{b}/identity" in after
    assert boss.get(f"/customers/{b}").status == 200


def test_a_former_number_leads_to_the_present_one_with_a_quiet_line(small_shop: Any, boss: Any) -> None:
    a, b, _ = merged(small_shop, boss, 3, 4)

    answers = {page: boss.get(f"/customers/{b}{page}") for page in ("", "/identity", "/data")}

    assert {answer.status for answer in answers.values()} == {302}
    assert answers[""].headers["location"] == f"/customers/{a}?was={b}"
    for answer in answers.values():
        assert f"Number {b} leads here" in boss.get(answer.headers["location"]).text


def test_nobody_can_make_the_quiet_line_say_more(boss: Any) -> None:
    text = boss.get("/customers/1?was=<script>alert(1)</script>").text

    assert "leads here" not in text
    assert "<script>alert" not in text


def test_what_is_ticked_is_split_off(small_shop: Any, boss: Any) -> None:
    a, b, _ = merged(small_shop, boss, 5, 6)

    nothing = boss.send(f"/customers/{a}/identity", f"/customers/{a}/identity/split", {"reason": "swapped"})
    split = boss.send(f"/customers/{a}/identity", f"/customers/{a}/identity/split", {"keys": str(b)})

    assert nothing.status == 400
    assert "No identifier is chosen." in nothing.text
    assert 'value="swapped"' in nothing.text
    assert split.headers["location"].startswith(f"/customers/{a}/identity?done=split")
    assert boss.get(f"/customers/{b}").status == 200


def test_two_that_are_kept_apart_cannot_be_joined_before_that_is_undone(small_shop: Any, boss: Any) -> None:
    a, b = sorted((small_shop.customer(7), small_shop.customer(8)))
    page = f"/customers/{a}/identity"

    never = boss.send(page, f"{page}/merge", {"other": str(b), "do": "never", "reason": "father and son"})
    refused = boss.send(page, f"{page}/merge", {"other": str(b), "do": "merge"})

    assert "done=never" in never.headers["location"]
    assert refused.status == 400
    assert 'role="alert"' in refused.text
    assert "father and son" in refused.text


def test_a_decision_that_is_not_there_is_said_and_nothing_breaks(small_shop: Any, boss: Any) -> None:
    page = f"/customers/{small_shop.customer(9)}/identity"

    answer = boss.send(page, f"{page}/undo", {"decision": "987654"})

    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_the_search_for_the_same_person_leaves_the_customer_out(small_shop: Any, boss: Any) -> None:
    number = small_shop.customer(10)

    text = boss.get(f"/customers/{number}/identity?q=marta1").text

    assert f'name="other" value="{number}"' not in text
    assert 'name="other" value="' in text
    assert "Nobody else is called that." in boss.get(f"/customers/{number}/identity?q=zzz").text


def test_an_identifier_is_set_aside_and_released(small_shop: Any, boss: Any) -> None:
    page = "/customers/shared"
    empty = boss.get(page).text

    aside = boss.send(page, f"{page}/quarantine", {"key": "shop:user_id:u11", "reason": "test account"})
    listed = boss.get(aside.headers["location"]).text
    number = listed.split('name="key" value="')[1].split('"')[0]
    released = boss.send(page, f"{page}/release", {"key": number})

    assert "Nothing is in doubt" in empty
    assert "it ties nobody together any more" in listed
    assert "shop:user_id:u11" in listed
    assert "Nothing is in doubt" in boss.get(released.headers["location"]).text


@pytest.mark.parametrize("key", ["nobody", "shop:user_id:never-seen"])
def test_an_identifier_that_nobody_has_is_not_set_aside(boss: Any, key: str) -> None:
    answer = boss.send("/customers/shared", "/customers/shared/quarantine", {"key": key})

    assert answer.status == 400
    assert f'value="{key}"' in answer.text


def test_decisions_without_the_token_of_the_session_do_nothing(small_shop: Any, boss: Any) -> None:
    a, b = small_shop.customer(12), small_shop.customer(13)

    answer = boss.post(f"/customers/{a}/identity/merge", {"other": str(b), "do": "merge"})

    assert answer.status == 403
    assert boss.get(f"/customers/{b}").status == 200
