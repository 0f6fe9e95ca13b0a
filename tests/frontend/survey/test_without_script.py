"""Every question type in a real browser that runs no script: read aloud, by keyboard, on a phone, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.frontend.conftest import Host, violations

SCALE = {"minRateDescription": "Not at all", "maxRateDescription": "Very"}
BOX = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0IDMiLz4="
WORDED = [{"value": 1, "text": "Strongly disagree"}, {"value": 2, "text": "Neither"}, {"value": 3, "text": "Agree"}]
EVERYTHING: dict[str, Any] = {
    "title": {"default": "Your delivery", "ar": "توصيلك"},
    "description": "We read every word.",
    "pages": [
        {
            "name": "first",
            "elements": [
                {
                    "type": "rating",
                    "name": "nps",
                    "title": "Recommend us?",
                    "rateMax": 10,
                    "rateMin": 0,
                    "isRequired": True,
                    **SCALE,
                },
                {"type": "comment", "name": "why", "title": "You gave {nps}: why?", "visibleIf": "{nps} notempty"},
                {"type": "rating", "name": "stars", "title": "The courier?", "rateType": "stars", **SCALE},
                {"type": "rating", "name": "smile", "title": "How did it feel?", "rateType": "smileys"},
                {"type": "rating", "name": "ces", "title": "It was easy.", "rateValues": WORDED},
                {
                    "type": "radiogroup",
                    "name": "place",
                    "title": "Where?",
                    "description": "What comes closest.",
                    "choices": ["Home", "Shop"],
                    "showOtherItem": True,
                },
                {
                    "type": "checkbox",
                    "name": "good",
                    "title": "What was good?",
                    "choices": ["Speed", "Price"],
                    "maxSelectedChoices": 2,
                },
            ],
        },
        {
            "name": "second",
            "title": "A little more",
            "elements": [
                {
                    "type": "dropdown",
                    "name": "country",
                    "title": "Country",
                    "choices": ["Germany", "France"],
                    "showCommentArea": True,
                },
                {"type": "ranking", "name": "rank", "title": "What matters?", "choices": ["Price", "Speed", "Care"]},
                {
                    "type": "matrix",
                    "name": "m",
                    "title": "How satisfied?",
                    "columns": [1, 2, 3],
                    "rows": ["Box", "Courier"],
                },
                {
                    "type": "imagepicker",
                    "name": "pic",
                    "title": "Which box?",
                    "choices": [
                        {"value": "a", "text": "Small", "imageLink": BOX},
                        {"value": "b", "text": "Large", "imageLink": BOX},
                    ],
                },
                {
                    "type": "panel",
                    "name": "panel",
                    "title": "About you",
                    "elements": [{"type": "text", "name": "name", "title": "Name"}],
                },
            ],
        },
        {
            "name": "third",
            "elements": [
                {"type": "text", "name": "mail", "title": "E-mail", "inputType": "email"},
                {"type": "text", "name": "n", "title": "How many?", "inputType": "number"},
                {"type": "text", "name": "d", "title": "When?", "inputType": "date"},
                {"type": "slider", "name": "s", "title": "How long?", "sliderType": "single", "max": 60},
                {"type": "slider", "name": "s2", "title": "A fair price", "max": 20},
                {"type": "boolean", "name": "again", "title": "Again?"},
                {"type": "file", "name": "photo", "title": "A photo", "acceptedTypes": "image/*"},
                {
                    "type": "html",
                    "name": "words",
                    "html": "<p>Thank you. <a href='https://example.org'>Privacy</a></p>",
                },
                {"type": "boolean", "name": "ok", "title": "May we call?", "purpose": "feedback"},
            ],
        },
    ],
}
SMALL = """() => [...document.querySelectorAll('main button, main input, main select, main textarea, summary')]
  .filter((each) => each.type !== 'hidden' && each.tabIndex !== -1)
  .map((each) => each.closest('label') && ['radio', 'checkbox'].includes(each.type) ? each.closest('label') : each)
  .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""


@pytest.fixture(params=[(360, "dark"), (1440, "light")], ids=["phone by night", "desktop"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A browser that gets no script of ours."""
    width, scheme = request.param
    context = browser.new_context(locale="en-GB", viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.set_default_timeout(10_000)
    context.route("**/*.js", lambda route: route.abort())
    yield context.new_page()
    context.close()


def go_on(page: Any) -> None:
    page.locator(".moves button[value=next]").click()
    page.wait_for_load_state()


def found(page: Any) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*violations(page), *page.evaluate(SMALL), *([f"{wide} pixels too wide"] if wide > 0 else [])]


def test_axe_finds_nothing_and_every_target_is_large_enough(host: Host, page: Any) -> None:
    page.goto(host.publish("everything", EVERYTHING, once=False))
    assert found(page) == []
    go_on(page)
    assert page.locator(".error").count() == 1
    assert page.evaluate("document.activeElement.name") == "q:nps"
    assert found(page) == []
    page.locator("[name='q:nps']").nth(7).check(force=True)
    go_on(page)
    assert page.get_by_text("You gave 7: why?").count() == 1
    assert found(page) == []
    go_on(page)
    assert found(page) == []
    go_on(page)
    assert found(page) == []
    page.locator("button[value=later]").click()
    assert page.locator("[data-told=later]").count() == 1
    assert found(page) == []
    page.goto(page.url.replace("/later", ""))
    go_on(page)
    assert page.locator("[data-told=thanks]").count() == 1
    assert found(page) == []
    page.goto(f"{host.address}/s/everything?lang=ar")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert found(page) == []


def test_a_survey_is_finished_by_keyboard(host: Host, page: Any) -> None:
    page.goto(host.publish("keys", EVERYTHING, once=False))
    before = len(host.responses("keys"))

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    for _ in range(10):  # the language comes first; nobody gets stuck in anything
        press("Tab")
        if page.evaluate("document.activeElement.name") == "q:nps":
            break
    press("Space", "ArrowRight", "ArrowRight")
    page.keyboard.press("Enter")  # sends the page as the button does
    page.wait_for_url("**/r/**")
    assert page.get_by_text("You gave 2: why?").count() == 1
    page.locator("[name='q:why']").focus()
    page.keyboard.type("too late")
    page.locator(".moves button[value=next]").focus()
    press("Enter")
    page.wait_for_url("**/2")
    page.locator("[name='q:country']").focus()
    page.keyboard.type("Fra")
    page.locator(".moves button[value=next]").focus()
    press("Enter")
    page.wait_for_url("**/3")
    page.locator("[name='q:n']").focus()
    page.keyboard.type("2,5")
    press("Enter")
    page.wait_for_url("**/end")

    done = host.responses("keys")[before:]
    assert [each.state for each in done] == ["finished"]
    assert done[0].answers == {"nps": 2, "why": "too late", "country": "France", "n": 2.5}


def test_the_browsers_own_way_back_loses_nothing(host: Host, page: Any) -> None:
    page.goto(host.publish("back", EVERYTHING, once=False))
    before = len(host.responses("back"))
    page.locator("[name='q:nps']").nth(9).check(force=True)
    go_on(page)
    go_on(page)
    page.locator("[name='q:name']").fill("Ann")
    go_on(page)
    page.wait_for_url("**/3")
    page.go_back()
    assert page.locator("[name='q:name']").input_value() == "Ann"
    page.locator("[name='q:name']").fill("Anne")
    go_on(page)
    page.wait_for_url("**/3")
    go_on(page)
    page.wait_for_url("**/end")

    (done,) = host.responses("back")[before:]
    assert done.answers == {"nps": 9, "name": "Anne"}
