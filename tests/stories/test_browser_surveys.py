"""A CX manager makes a survey in a real browser: template, wording, logic, translation, preview, publishing; by mouse,
and with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.stories.conftest import SCREENS, Product, Visitor, barriers

pytestmark = pytest.mark.browser
SAVED = "#saved:has-text('Draft saved')"
VIEWS = ("", "?view=languages", "?view=rules", "?view=json", "/settings", "/publish", "/share", "/plan")


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Any]:
    """A page on a desktop."""
    opened = visitor.page()
    yield opened
    opened.context.close()
    assert not [told for told in visitor.complaints if "400" not in told and "409" not in told]


def begin(page: Any, title: str, template: str = "Relational NPS") -> str:
    """Makes a survey from a template; returns its address."""
    page.goto("/surveys")
    page.get_by_role("link", name="New survey").or_(
        page.get_by_role("link", name="Make the first survey")
    ).first.click()
    page.get_by_role("link", name=template).click()
    page.get_by_label("What you call it").fill(title)
    page.get_by_role("button", name="Begin with it").click()
    page.wait_for_url("**/surveys/*?done=made")
    return str(page.evaluate("location.pathname"))


@pytest.fixture(scope="module")
def made(browser: Any, product: Product, session: dict[str, Any]) -> str:
    """The address of a survey that was made from a template."""
    page = Visitor(browser, product, session).page()
    found = begin(page, "Our story")
    page.context.close()
    return found


def saved(page: Any) -> None:
    """Waits until what was typed is kept."""
    page.wait_for_timeout(100)
    page.wait_for_selector(SAVED)


def test_what_is_typed_is_saved_and_seen_as_respondents_will_see_it(page: Any) -> None:
    begin(page, "Of typing")
    frame = page.frame_locator("#frame")
    frame.get_by_text("How likely are you to recommend us").wait_for()
    page.get_by_role("textbox", name="Question").fill("Would you recommend our kettles?")
    frame.get_by_text("Would you recommend our kettles?").wait_for()
    saved(page)
    assert "Would you recommend our kettles?" in page.locator("#outline").inner_text()
    frame.locator("input[name='q:nps'][value='3']").check()
    frame.get_by_role("button", name="Next").click()
    frame.get_by_text("What should we do better first?").wait_for()
    assert not frame.get_by_text("What do you like most?").is_visible()


def test_a_mistake_in_the_logic_is_shown_at_its_place_while_it_is_typed(page: Any) -> None:
    begin(page, "Of logic")
    page.get_by_role("link", name="What is missing for a 10?").click()
    condition = page.get_by_label("Shown only if")
    condition.fill("{nps} >= 7 and {nbs} < 9")
    page.locator("#problems").get_by_text("{nbs} is neither a question nor a variable").wait_for()
    condition.fill("{nps} > = 7")
    page.locator("[data-wrong=visibleIf]:has-text('at character 9')").wait_for()
    assert condition.get_attribute("aria-invalid") == "true"
    assert "Not saved" in page.locator("#saved").inner_text()
    assert condition.input_value() == "{nps} > = 7"
    condition.fill("{nps} > 9 and {nps} < 3")
    page.locator("#problems").get_by_text("can never be shown").wait_for()
    assert "1 thing keeps it from being published." in page.locator("#head").inner_text()
    condition.fill("{nps} >= 7 and {nps} <= 8")
    page.locator("#problems").get_by_text("Nothing: every question can be reached").wait_for()
    assert condition.get_attribute("aria-invalid") is None


def test_a_step_can_be_taken_back_and_made_again(page: Any) -> None:
    begin(page, "Of steps")
    outline = page.locator("#outline")
    page.get_by_text("Add a question").click()
    page.get_by_role("button", name="Ranking").click()
    outline.get_by_text("What matters most to you?").wait_for()
    page.locator("#set-title:focus").wait_for()
    page.get_by_label("Text 3").fill("A new one")
    page.get_by_label("Text 4").fill("And one more")
    saved(page)
    frame = page.frame_locator("#frame")
    frame.get_by_text("And one more").wait_for()
    page.get_by_role("button", name="Remove", exact=True).click()
    outline.get_by_text("What matters most to you?").wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    outline.get_by_text("What matters most to you?").wait_for()
    page.get_by_role("button", name="Redo").click()
    outline.get_by_text("What matters most to you?").wait_for(state="detached")


def test_a_question_is_dragged_to_another_page(page: Any) -> None:
    begin(page, "Of dragging")
    lines = page.locator("#outline li[data-path] a")
    lines.nth(1).drag_to(lines.nth(5))
    page.locator("#outline li[data-path]:nth-of-type(3):has-text('Page 2')").wait_for()
    assert "recommend us" in lines.nth(4).inner_text()


def test_two_tabs_are_told_of_each_other(page: Any, visitor: Visitor) -> None:
    survey = begin(page, "Of tabs")
    other = visitor.page()
    other.goto(survey)
    other.get_by_label("What the low end says").fill("Never ever")
    saved(other)
    page.get_by_label("What the high end says").fill("Any time")
    page.get_by_text("nothing was overwritten").wait_for()
    assert page.get_by_label("What the high end says").input_value() == "Any time"
    assert page.get_by_label("What the low end says").input_value() == "Never ever"
    page.get_by_role("button", name="Save", exact=True).click()
    saved(page)
    other.reload()
    assert other.get_by_label("What the high end says").input_value() == "Any time"
    other.context.close()


def test_it_is_previewed_on_phone_and_desktop_in_languages_of_both_directions(
    page: Any, made: str, screenshots: Path | None
) -> None:
    page.goto(f"{made}?view=languages")
    page.get_by_label("Or its code").fill("ar")
    page.get_by_role("button", name="Begin a translation").click()
    page.get_by_label("nps, Title, Arabic").fill("هل توصي بنا؟")
    saved(page)
    page.get_by_role("link", name="Questions", exact=True).last.click()
    frame = page.frame_locator("#frame")
    page.get_by_label("Language of texts and preview").select_option("ar")
    frame.locator("html[dir=rtl]").get_by_text("هل توصي بنا؟").wait_for()
    assert page.get_by_role("textbox", name="Question ar").get_attribute("dir") == "rtl"
    phone = page.locator("#frame").bounding_box()
    assert phone["width"] < 400
    page.get_by_role("button", name="Desktop").click()
    page.get_by_label("Language of texts and preview").select_option("de")
    frame.locator("html[lang=de]").get_by_text("Wie wahrscheinlich ist es").wait_for()
    width = frame.locator("html").evaluate("innerWidth")
    assert width > 1000
    if screenshots:
        page.screenshot(path=screenshots / "survey-desktop-de.png", full_page=True)
    page.get_by_role("button", name="Phone").click()


def test_a_survey_is_made_and_published_with_the_keyboard_alone(page: Any) -> None:
    def reach(name: str, most: int = 80) -> None:
        """Goes on with the tab key until what is called so has the focus."""
        for _ in range(most):
            page.keyboard.press("Tab")
            told = page.evaluate(
                "(() => { const e = document.activeElement; return (e.getAttribute('aria-label') || e.textContent ||"
                " (e.labels && e.labels[0] && e.labels[0].textContent) || '').trim() })()"
            )
            if told.startswith(name):
                return
        raise AssertionError(f"{name!r} cannot be reached by the tab key")

    page.goto("/surveys/new")
    reach("Customer effort")
    page.keyboard.press("Enter")
    page.wait_for_url("**template=ces")
    reach("Begin with it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/surveys/*?done=made")
    second = page.locator("#outline li[data-path] a").nth(1).inner_text().splitlines()[0]
    page.locator("#outline li[data-path] a").nth(1).focus()
    page.keyboard.press("Alt+ArrowDown")
    there = page.locator("#outline li[data-path]:nth-of-type(3)")
    there.filter(has_not_text=second).wait_for()
    saved(page)
    assert page.evaluate("document.activeElement.closest('#outline') !== null")
    page.keyboard.press("Alt+ArrowUp")
    there.filter(has_text=second).wait_for()
    page.locator("#outline a").first.focus()
    reach("Add a question")
    page.keyboard.press("Enter")
    reach("Yes or no")
    page.keyboard.press("Enter")
    page.locator("#set-title:focus").wait_for()
    page.keyboard.type("Did we keep our word?")
    page.locator("#outline").get_by_text("Did we keep our word?").wait_for()
    saved(page)
    page.locator(".tabs a").first.focus()
    reach("Publish")
    page.keyboard.press("Enter")
    page.wait_for_url("**/publish")
    page.locator(".tabs a").first.focus()
    reach("Publish it")
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=published")
    page.get_by_text("It is live. Whoever opens it from now on sees this version.").wait_for()


@SCREENS
def test_nothing_of_it_is_a_barrier(
    visitor: Visitor, axe: str, made: str, width: int, scheme: str, screenshots: Path | None
) -> None:
    found: dict[str, Any] = {}
    page = visitor.page(width, scheme)
    for place in ("/surveys", "/surveys/new", "/surveys/new?template=ces", *(made + view for view in VIEWS)):
        page.goto(place)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        # what respondents see has stories of its own; it runs no script, so nothing can look at it in its frame
        page.evaluate("document.querySelector('#frame')?.remove()")
        found |= barriers(page, axe, f"{place} {width} {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        if screenshots:
            page.goto(place)
            page.wait_for_timeout(400)
            name = place.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    page.context.close()
    assert not found


def test_without_a_script_the_essentials_work(visitor: Visitor) -> None:
    page = visitor.page(java_script_enabled=False)
    survey = begin(page, "Without a script")
    page.get_by_role("textbox", name="Question").first.fill("Was it in time?")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#outline").get_by_text("Was it in time?").wait_for()
    page.get_by_text("Add a question").click()
    page.get_by_role("button", name="Long text").click()
    page.locator("#outline").get_by_text("What should we know?").wait_for()
    page.get_by_role("button", name="Move up").click()
    page.goto(f"{survey}/publish")
    page.get_by_role("button", name="Publish it").click()
    page.get_by_text("It is live.").wait_for()
    page.context.close()
