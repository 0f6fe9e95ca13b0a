"""A tablet in a store: with and without a network, alone and with staff."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from tests.frontend.conftest import BUILT, Host, Visit, violations

MOST_BYTES = {"kiosk.js": 16_000, "kioskworker.js": 1_000}
DOCUMENT = {
    "title": {"default": "Your visit", "de": "Ihr Besuch"},
    "locale": "en",
    "hidden": [{"name": "store"}],
    "pages": [
        {
            "name": "first",
            "elements": [
                {
                    "type": "rating",
                    "name": "stars",
                    "rateType": "stars",
                    "title": {"default": "How was {store}?", "de": "Wie war {store}?"},
                    "isRequired": True,
                },
                {
                    "type": "radiogroup",
                    "name": "topic",
                    "title": "What was wrong?",
                    "visibleIf": "{stars} < 4",
                    "choices": [{"value": "queue", "text": "The queue"}, {"value": "stock", "text": "Out of stock"}],
                },
            ],
        },
        {
            "name": "second",
            "visibleIf": "{stars} < 4",
            "elements": [{"type": "comment", "name": "why", "title": "Tell us about it: {topic}"}],
        },
    ],
    "completedHtml": "<p>Thank you for your visit to {store}.</p>",
    "completedHtmlOnCondition": [{"expression": "{stars} < 3", "html": "<p>We are sorry.</p>"}],
}
KIOSK = {"idle_seconds": 5, "exit_code": "4711"}


def open_kiosk(host: Host, page: Any, name: str, query: str = "?store=Ulm", **kiosk: Any) -> None:
    host.publish(name, DOCUMENT, kiosk={**KIOSK, "idle_seconds": 60, **kiosk})
    page.goto(f"{host.address}/s/{name}/kiosk{query}")
    page.wait_for_selector("html[data-offline=ready]")


def star(page: Any, number: int) -> None:
    page.locator(f"input[name='q:stars'][value='{number}']").check(force=True)


def answer(page: Any, number: int) -> None:
    """Somebody answers the whole survey."""
    page.get_by_role("button", name="Start", exact=True).click()
    star(page, number)
    if number < 4:
        page.get_by_label("The queue").check()
        page.get_by_role("button", name="Next").click()
        page.locator("[name='q:why']").fill(f"person {number} 👍")
    page.get_by_role("button", name="Send answers").click()
    page.get_by_role("button", name="Done").click()


def arrived(host: Host, page: Any, survey: str, count: int) -> Any:
    """The stored responses, once there are so many."""
    for _ in range(150):
        found = host.responses(survey)
        if len(found) >= count:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{len(host.responses(survey))} of {count} arrived")


def test_twenty_people_without_a_network_are_twenty_responses_once_it_is_back(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "offline")
    visit.context.set_offline(True)
    for person in range(10):
        answer(page, person % 5 + 1)
    page.reload()  # the tablet was switched off and on
    page.get_by_role("button", name="Start", exact=True).wait_for()
    for person in range(10):
        answer(page, person % 5 + 1)
    assert page.locator("#waiting").inner_text() == "20"
    assert host.responses("offline") == []

    visit.context.set_offline(False)
    found = arrived(host, page, "offline", 20)
    page.locator("#waiting:empty").wait_for(state="attached")
    page.wait_for_timeout(1500)
    found = host.responses("offline")
    assert len(found) == 20
    assert {each.state for each in found} == {"finished"}
    assert {each.mode for each in found} == {"kiosk"}
    assert len({each.client_id for each in found}) == 20
    assert sorted(each.answers["stars"] for each in found) == sorted([1, 2, 3, 4, 5] * 4)
    assert {each.answers["store"] for each in found} == {"Ulm"}
    assert all(("why" in each.answers) == (each.answers["stars"] < 4) for each in found)
    assert all(each.finished_at is not None and each.finished_at <= each.changed_at for each in found)


def test_what_is_sent_twice_is_stored_once(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "twice")
    # the server stores it, and its answer is lost on the way
    lost: list[int] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/kiosk", lose)
    answer(page, 5)
    arrived(host, page, "twice", 1)
    page.locator("#waiting:empty").wait_for(state="attached", timeout=15_000)
    assert lost == [200]
    assert len(host.responses("twice")) == 1


def test_whoever_goes_away_leaves_a_partial_response_and_the_next_one_starts_anew(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "idle", idle_seconds=5)
    page.get_by_role("button", name="Start", exact=True).click()
    star(page, 2)
    page.get_by_role("dialog", name="Are you still there?").wait_for()
    page.get_by_role("button", name="Start", exact=True).wait_for(timeout=8_000)

    [found] = arrived(host, page, "idle", 1)
    assert (found.state, found.answers) == ("partial", {"store": "Ulm", "stars": 2})
    page.get_by_role("button", name="Start", exact=True).click()
    assert page.locator("input[name='q:stars']:checked").count() == 0


def test_answers_are_piped_and_the_end_follows_its_condition_in_the_language_that_was_chosen(
    host: Host, visit: Visit
) -> None:
    page = visit.page
    open_kiosk(host, page, "spoken", "?store=<b>Ulm")
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("button", name="Los geht’s").click()
    page.get_by_role("group", name="Wie war <b>Ulm?").wait_for()
    page.get_by_role("button", name="Antworten senden").click()
    assert "Bitte beantworten Sie diese Frage." in page.locator("#errors").inner_text()
    star(page, 1)
    page.get_by_label("The queue").check()
    page.get_by_role("button", name="Weiter").click()
    page.get_by_label("Tell us about it: The queue").wait_for()
    page.get_by_role("button", name="Antworten senden").click()
    page.locator("#thanks").get_by_text("We are sorry.").wait_for()
    page.get_by_role("button", name="Fertig").click()
    assert page.locator("h1:visible").inner_text() == "Your visit"
    assert arrived(host, page, "spoken", 1)[0].language == "de"
    assert visit.complaints == []


def test_staff_leave_by_their_code_without_a_network_and_others_do_not(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "staff")
    visit.context.set_offline(True)
    answer(page, 4)
    page.get_by_role("button", name="Staff").click()
    page.get_by_label("Staff code").fill("0000")
    page.keyboard.press("Enter")
    page.get_by_text("This is not the code.").wait_for()
    assert not page.get_by_role("button", name="Leave the kiosk").is_visible()
    page.get_by_label("Staff code").fill("4711")
    page.keyboard.press("Enter")
    page.get_by_text("Responses waiting to be sent: 1").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert '"stars":4' in saved.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Leave the kiosk").click()
    page.get_by_role("heading", name="The kiosk is stopped").wait_for()
    assert "4711" not in page.content()


def test_a_kiosk_is_used_with_the_keyboard_only(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "keyboard")

    def reach(script: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(script):
                return
        raise AssertionError(script)

    reach("document.activeElement.id === 'begin'")
    page.keyboard.press("Enter")
    reach("document.activeElement.name === 'q:stars'")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    reach("document.activeElement.id === 'again'")
    page.keyboard.press("Enter")
    assert arrived(host, page, "keyboard", 1)[0].answers["stars"] == 5


def test_axe_finds_nothing_on_any_screen_of_a_kiosk(host: Host, visit: Visit) -> None:
    page = visit.page
    open_kiosk(host, page, "barriers")
    assert violations(page) == []
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Send answers").click()
    page.locator("#errors li").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Staff").click()
    assert violations(page) == []
    page.get_by_role("button", name="Cancel").click()
    star(page, 5)
    page.get_by_role("button", name="Send answers").click()
    assert violations(page) == []


@pytest.mark.parametrize("name", sorted(MOST_BYTES))
def test_the_scripts_of_a_kiosk_stay_small(name: str) -> None:
    assert len(gzip.compress((BUILT / name).read_bytes(), 9)) < MOST_BYTES[name]
