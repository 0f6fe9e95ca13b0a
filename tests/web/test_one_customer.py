"""One customer in full: what a colleague would say, what one may write down, and what is held."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def boss(small_shop: Any) -> Any:
    """May do everything."""
    return small_shop.browser("owner")


@pytest.fixture(scope="module")
def agent(small_shop: Any) -> Any:
    """Serves customers, and changes nothing else."""
    return small_shop.browser("agent")


def test_the_page_opens_with_what_a_colleague_would_say(small_shop: Any, boss: Any) -> None:
    text = boss.get(f"/customers/{small_shop.customer(17)}").text

    assert '<h1 class="lede">Marta Number17: ' in text
    assert "latest score NPS" in text
    assert "Known by 1 identifier." in text
    assert "NPS answered" in text


def test_each_field_of_the_profile_says_who_told_it_and_when(small_shop: Any, boss: Any) -> None:
    text = boss.get(f"/customers/{small_shop.customer(17)}").text

    assert "marta17@example.org" in text
    assert "shop, " in text


def test_a_note_is_written_shown_and_deleted(small_shop: Any, agent: Any) -> None:
    page = f"/customers/{small_shop.customer(3)}"

    written = agent.send(page, f"{page}/notes", {"text": "Prefers <b>calls</b>."})
    shown = agent.get(page).text
    number = shown.split("/notes/")[1].split("/")[0]
    deleted = agent.send(page, f"{page}/notes/{number}/delete")

    assert (written.status, deleted.status) == (303, 303)
    assert "Prefers &lt;b&gt;calls&lt;/b&gt;." in shown
    assert "Prefers" not in agent.get(page).text


def test_an_empty_note_is_refused_and_says_so(small_shop: Any, agent: Any) -> None:
    page = f"/customers/{small_shop.customer(3)}"

    answer = agent.send(page, f"{page}/notes", {"text": "  "})

    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_the_note_of_somebody_else_is_not_an_agent_s_to_delete(small_shop: Any, boss: Any, agent: Any) -> None:
    page = f"/customers/{small_shop.customer(4)}"
    boss.send(page, f"{page}/notes", {"text": "Written by the owner."})
    number = boss.get(page).text.split("/notes/")[1].split("/")[0]

    answer = agent.send(page, f"{page}/notes/{number}/delete")

    assert answer.status == 403
    assert "Written by the owner." in answer.text
    assert f"/notes/{number}/delete" not in agent.get(page).text


def test_an_agent_serves_and_is_offered_no_decision_about_who_is_who(small_shop: Any, agent: Any) -> None:
    number = small_shop.customer(5)
    text = agent.get(f"/customers/{number}/identity").text

    assert "Identifiers" in text
    assert "/identity/split" not in text.replace('action="/customers', "") or "Split off" not in text
    assert "Is somebody else the same person?" not in text
    refused = agent.send("/settings", f"/customers/{number}/identity/merge", {"other": "1"})
    assert refused.status == 403


def test_a_viewer_sees_no_single_person_on_any_of_the_pages(small_shop: Any) -> None:
    viewer = small_shop.browser("viewer")
    number = small_shop.customer(5)

    pages = [f"/customers/{number}{page}" for page in ("", "/identity", "/data")]
    answers = [viewer.get(page) for page in (*pages, "/customers/review", "/customers/shared", "/customers/groups")]

    assert {answer.status for answer in answers} == {403}
    assert not any("Marta" in answer.text for answer in answers)


def test_what_a_customer_said_is_written_down_and_counts_at_once(small_shop: Any, agent: Any) -> None:
    page = f"/customers/{small_shop.customer(6)}/data"
    before = agent.get(page)
    said = {"purpose": "newsletter", "granted": "yes", "source": "on the phone"}

    answer = agent.send(page, page.replace("/data", "/consent"), said)
    after = agent.get(page)

    assert "allows none of the" in before.text
    assert answer.headers["location"].endswith("/data?done=consent")
    assert "Marta Number6 allows Newsletter." in after.text
    assert "on the phone" in after.text
    agent.send(page, page.replace("/data", "/consent"), {**said, "granted": "no", "source": "letter"})
    assert "withdrawn" in agent.get(page).text


def test_a_consent_without_yes_or_no_keeps_what_was_typed(small_shop: Any, agent: Any) -> None:
    page = f"/customers/{small_shop.customer(7)}/data"

    answer = agent.send(page, page.replace("/data", "/consent"), {"purpose": "newsletter", "source": "at the counter"})

    assert answer.status == 400
    assert "Say whether the customer said yes or no." in answer.text
    assert 'value="at the counter"' in answer.text


@pytest.mark.parametrize(("kind", "media"), [("html", "text/html"), ("json", "application/json")])
def test_the_answer_to_an_access_request_is_a_file_to_take_along(
    small_shop: Any, boss: Any, kind: str, media: str
) -> None:
    number = small_shop.customer(8)

    answer = boss.send(f"/customers/{number}/data", f"/customers/{number}/access", {"format": kind})

    assert answer.status == 200
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["content-disposition"] == f'attachment; filename="customer-{number}.{kind}"'
    assert "marta8@example.org" in answer.text


def test_an_agent_is_offered_neither_erasure_nor_the_file(small_shop: Any, agent: Any) -> None:
    text = agent.get(f"/customers/{small_shop.customer(8)}/data").text

    assert "/erase" not in text
    assert "/access" not in text


@pytest.mark.parametrize("page", ["", "/identity", "/data"])
def test_a_customer_that_is_not_there_is_a_designed_page(boss: Any, page: str) -> None:
    answer = boss.get(f"/customers/987654{page}")

    assert answer.status == 404
    assert "There is nothing here." in answer.text
