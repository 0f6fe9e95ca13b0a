"""The pages of a survey with and without their script, in a real browser."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.frontend.conftest import BUILT, Host, Visit, violations
from tests.support.servers import until

MOST_BYTES = 10_500
MOST_BYTES_OF_A_PAGE = 30_000
"""HTML, style sheet and script together, as they travel."""
DOCUMENT = {
    "title": "Your delivery",
    "locale": "en",
    "pages": [
        {
            "name": "score",
            "elements": [
                {"type": "rating", "name": "nps", "title": "Would you recommend us?", "rateMax": 10, "rateMin": 0},
                {
                    "type": "comment",
                    "name": "why",
                    "title": "What went wrong?",
                    "visibleIf": "{nps} < 7",
                    "requiredIf": "{nps} < 3",
                    "maxLength": 40,
                },
                {
                    "type": "checkbox",
                    "name": "what",
                    "title": "What was it?",
                    "choices": ["late", {"value": "rude", "text": "Rude", "visibleIf": "{nps} = 0"}, "broken"],
                    "showOtherItem": True,
                    "visibleIf": "{nps} < 7",
                },
                {
                    "type": "panel",
                    "name": "more",
                    "visibleIf": "{why} notempty",
                    "elements": [
                        {"type": "boolean", "name": "call", "title": "May we call you?"},
                        {"type": "html", "name": "note", "html": "<p>We call on weekdays.</p>"},
                    ],
                },
            ],
        },
        {
            "name": "order",
            "elements": [
                {"type": "ranking", "name": "rank", "title": "What matters?", "choices": ["price", "speed", "care"]},
                {"type": "slider", "name": "effort", "title": "How hard was it?", "sliderType": "single", "max": 10},
                {
                    "type": "matrix",
                    "name": "staff",
                    "title": "Our staff",
                    "rows": ["kind", "quick"],
                    "columns": [1, 2, 3],
                },
                {"type": "text", "name": "age", "title": "Your age", "inputType": "number"},
            ],
        },
    ],
}


def fill(page: Any) -> None:
    """Answers the second page by its fields, as anybody can."""
    for option, place in (("price", 3), ("speed", 1), ("care", 2)):
        page.locator(f"li[data-value={option}] select").select_option(str(place))
    page.locator("[name='q:effort']").first.fill("4")
    page.locator("[data-row=kind] input[value='3']").check(force=True)
    page.locator("[name='q:age']").fill("41,5")


@pytest.mark.parametrize("script", [True, False], ids=["with its script", "without"])
def test_a_survey_is_stored_the_same_with_its_script_and_without(host: Host, browser: Any, script: bool) -> None:
    name = f"delivery-{'js' if script else 'plain'}"
    address = host.publish(name, DOCUMENT, once=False)
    context = browser.new_context(java_script_enabled=script, locale="en-GB")
    page = context.new_page()
    page.goto(address)
    page.locator("input[name='q:nps'][value='2']").check(force=True)
    if not script:
        page.get_by_role("button", name="Next").click()
    page.locator("[name='q:why']").fill("It was late 👍")
    page.locator("input[name='q:what'][value=late]").check()
    if not script:
        page.get_by_role("button", name="Next").click()
    page.locator("input[name='q:call'][value=true]").check()
    page.get_by_role("button", name="Next").click()
    fill(page)
    page.get_by_role("button", name="Send answers").click()
    page.wait_for_selector("[data-told=thanks]")
    context.close()

    [stored] = host.responses(name)
    assert stored.state == "finished"
    assert stored.answers == {
        "nps": 2,
        "why": "It was late 👍",
        "what": ["late"],
        "call": True,
        "rank": ["speed", "care", "price"],
        "effort": 4,
        "staff": {"kind": 3},
        "age": 41.5,
    }


def test_questions_and_choices_come_and_go_with_the_answers(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("live", DOCUMENT, once=False))
    why, more = page.locator("[data-question=why]"), page.locator("[data-panel=more]")
    assert not why.is_visible()

    page.locator("input[name='q:nps'][value='5']").check(force=True)
    assert why.is_visible()
    assert not more.is_visible()
    assert not why.locator(".required").is_visible()
    assert not page.get_by_label("Rude").is_visible()
    page.locator("[name='q:why']").fill("late")
    assert more.is_visible()
    page.locator("input[name='q:nps'][value='0']").check(force=True)
    assert why.locator(".required").is_visible()
    assert page.get_by_label("Rude").is_visible()
    page.locator("input[name='q:nps'][value='9']").check(force=True)
    assert not why.is_visible()
    assert not more.is_visible()
    page.locator("input[name='q:nps'][value='5']").check(force=True)
    # what was hidden was taken back, here as on the server
    assert page.locator("[name='q:why']").input_value() == ""
    assert visit.complaints == []


def test_each_answer_is_saved_as_it_is_given_and_when_the_page_is_left(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("saved", DOCUMENT, once=False))
    page.locator("input[name='q:nps'][value='5']").check(force=True)
    page.get_by_text("What you answered is saved.").wait_for()
    [stored] = host.responses("saved")
    assert (stored.state, stored.answers) == ("open", {"nps": 5})

    page.locator("[name='q:why']").fill("left at once")
    page.goto("about:blank")
    until(lambda: host.responses("saved")[0].answers.get("why") == "left at once", "what was typed last")


def test_an_answer_that_was_saved_can_be_taken_back(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("back", DOCUMENT, once=False))
    page.locator("input[name='q:nps'][value='5']").check(force=True)
    page.locator("[name='q:why']").fill("wrong words")
    page.get_by_text("What you answered is saved.").wait_for()
    page.locator("[name='q:why']").fill("")
    page.get_by_text("What you answered is saved.").wait_for()

    assert host.responses("back")[0].answers == {"nps": 5}


def test_a_survey_is_finished_with_the_keyboard_only(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("keys", DOCUMENT, once=False))
    page.keyboard.press("Tab")
    while "q:nps" not in page.evaluate("document.activeElement.name || ''"):
        page.keyboard.press("Tab")
    page.keyboard.type("10")
    assert page.locator("input[name='q:nps']:checked").input_value() == "10"
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-question=rank]")
    while "k:2" not in page.evaluate("document.activeElement.name || ''"):
        page.keyboard.press("Tab")
    page.keyboard.type("1")
    assert page.locator(".ranking li").first.get_attribute("data-value") == "care"
    page.locator("li[data-value=price] select").focus()
    page.keyboard.type("2")
    page.locator("li[data-value=speed] select").focus()
    page.keyboard.type("3")
    while page.evaluate("document.activeElement.textContent") != "Send answers":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-told=thanks]")

    [stored] = host.responses("keys")
    assert stored.answers == {"nps": 10, "rank": ["care", "price", "speed"]}


def test_a_ranking_is_dragged_and_a_slider_shows_what_it_says(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("drag", {"pages": DOCUMENT["pages"][1:]}, once=False))
    grip = page.locator("li[data-value=care] .grip")
    box, first = grip.bounding_box(), page.locator(".ranking li").first.bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 4, first["y"] + 2, steps=8)
    page.mouse.up()
    page.locator(".track").fill("7")
    assert page.locator("[name='q:effort']").input_value() == "7"
    page.get_by_text("What you answered is saved.").wait_for()

    assert host.responses("drag")[0].answers == {"rank": ["care", "price", "speed"], "effort": 7}


def test_axe_finds_nothing_on_a_page_with_its_script(host: Host, visit: Visit) -> None:
    page = visit.page
    page.goto(host.publish("axe", DOCUMENT, once=False))
    page.locator("input[name='q:nps'][value='0']").check(force=True)
    page.locator("[name='q:why']").fill("late")
    assert violations(page) == []
    page.get_by_role("button", name="Next").click()
    page.wait_for_selector("[data-question=rank]")
    assert violations(page) == []


def test_a_page_with_all_that_it_loads_stays_under_30_kilobytes(host: Host) -> None:
    address = host.publish("small", DOCUMENT, once=False)

    def travels(path: str) -> tuple[int, str]:
        asked = Request(path, headers={"Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0"})
        with urlopen(asked) as answer:
            body = answer.read()
            head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
        packed = body if answer.headers.get("Content-Encoding") == "gzip" else gzip.compress(body, 5)
        read = gzip.decompress(packed).decode()
        return head + min(len(body), len(packed)), read

    page, html = travels(address)
    parts = [part.split('"')[1] for part in html.split("<link ")[1:] + html.split("<script ")[1:] if "/s/-/" in part]
    loaded = [word for word in html.replace('"', " ").split() if word.startswith("/s/-/")]
    assert parts
    assert len(loaded) == 2
    assert page + sum(travels(host.address + path)[0] for path in loaded) < MOST_BYTES_OF_A_PAGE
    assert len(gzip.compress((BUILT / "survey.js").read_bytes(), 9)) < MOST_BYTES
