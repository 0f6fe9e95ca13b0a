"""The widget on the pages of a site whose policy allows nothing inline: when it comes, and how it behaves."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from tests.frontend.conftest import BUILT, Host, Site, Visit, violations

from cxloop.collect.surveys import audience

MOST_BYTES = 8_000
DOCUMENT = {
    "title": "Quick question",
    "elements": [{"type": "rating", "name": "stars", "title": "How is the shop?"}],
}
PANEL = "cx-survey iframe"


def offer(host: Host, name: str, **widget: Any) -> None:
    """Publishes a survey that the widget may show, alone."""
    for other in ("one", "two"):
        if other != name:
            host.publish(other, DOCUMENT, once=False)
    host.publish(name, DOCUMENT, once=False, widget=widget)


def stays_away(page: Any, milliseconds: int = 1000) -> bool:
    page.wait_for_timeout(milliseconds)
    return bool(page.locator(PANEL).count() == 0)


def inside(page: Any) -> Any:
    """The page of the survey within the panel, loaded."""
    page.locator(PANEL).wait_for()
    frame = page.frame_locator(PANEL)
    frame.locator("[data-question=stars]").wait_for()
    return frame


def test_a_survey_comes_by_itself_is_answered_and_does_not_come_again(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", again_after="1h")
    earlier = {each.id for each in host.responses("one")}  # other tests of this page answer it, too
    page = visit.page
    page.goto(site.page("/", key=host.key))
    frame = inside(page)
    assert page.evaluate("document.activeElement === document.body")
    frame.locator("input[name='q:stars'][value='4']").check(force=True)
    frame.get_by_role("button", name="Send answers").click()
    frame.locator("[data-told=thanks]").wait_for()
    page.get_by_role("button", name="Close the survey").click()
    assert page.locator(PANEL).count() == 0
    page.evaluate("() => { const past = JSON.parse(localStorage['cx.survey.one']); past.shown -= 7200000;"
                  " localStorage['cx.survey.one'] = JSON.stringify(past); }")  # fmt: skip
    page.reload()
    assert stays_away(page)

    [stored] = [each for each in host.responses("one") if each.id not in earlier]
    assert (stored.mode, stored.state, stored.answers) == ("widget", "finished", {"stars": 4})
    assert stored.key_value is None
    assert visit.complaints == []


def test_whoever_closes_it_is_asked_again_after_the_term_and_not_before(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "two", again_after="1h")
    page = visit.page
    page.goto(site.page("/", key=host.key))
    page.locator(PANEL).wait_for()
    page.get_by_role("button", name="Close the survey").click()
    page.reload()
    assert stays_away(page)
    page.evaluate("() => { const past = JSON.parse(localStorage['cx.survey.two']); past.shown -= 3601000;"
                  " localStorage['cx.survey.two'] = JSON.stringify(past); }")  # fmt: skip
    page.reload()
    page.locator(PANEL).wait_for()


@pytest.mark.parametrize(("path", "shown"), [("/cart/2", True), ("/cart", False), ("/help", True), ("/helpful", False)])
def test_it_comes_on_the_pages_that_fit(host: Host, site: Site, visit: Visit, path: str, shown: bool) -> None:
    offer(host, "one", pages=["/cart/*", "*/help"])
    visit.page.goto(site.page(path, key=host.key))
    assert stays_away(visit.page, 1000) is not shown


def test_it_waits_for_its_event_and_its_delay(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", event="Order Completed", delay_seconds=1)
    page = visit.page
    cx = f'<script src="{host.address}/cx.js" data-key="{host.key}" async></script>'
    page.goto(site.page("/", before=cx))
    page.wait_for_timeout(800)
    page.evaluate("cx.track('Product Viewed')")
    assert stays_away(page)
    page.evaluate("cx.track('Order Completed')")
    assert stays_away(page, 500)
    inside(page)
    # the visitor's events and answers are of one and the same
    anonymous = page.evaluate("localStorage['cx.anonymous']")
    page.frame_locator(PANEL).locator("input[value='5']").check(force=True)
    page.frame_locator(PANEL).get_by_role("button", name="Send answers").click()
    page.frame_locator(PANEL).locator("[data-told=thanks]").wait_for()
    [theirs] = [each for each in host.responses("one") if each.key_value == anonymous]
    assert (theirs.key_namespace, theirs.key_type) == ("website", "anonymous_id")


def test_nothing_is_asked_or_stored_before_a_consent_that_is_required(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one")
    page = visit.page
    cx = f'<script src="{host.address}/cx.js" data-key="{host.key}" data-consent="required" async></script>'
    page.goto(site.page("/", before=cx))
    assert stays_away(page)
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("cx.consent({ analytics: true })")
    inside(page)
    page.evaluate("cx.consent({ analytics: false })")
    assert page.locator(PANEL).count() == 0
    assert page.evaluate("localStorage.length") == 0


def test_a_share_of_visitors_is_always_the_same_share(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", percentage=50)
    page = visit.page
    address = site.page("/", key=host.key)
    page.goto(address)
    seen = {}
    for draw in range(12):
        for again in range(2):
            page.evaluate("draw => { localStorage.clear(); localStorage['cx.draw'] = draw; }", f"visitor-{draw}")
            with page.expect_response(lambda answer: "/s/-/" in answer.url):  # what there is to offer
                page.reload()
            page.wait_for_timeout(250)
            seen[draw, again] = page.locator(PANEL).count()
    assert all(seen[draw, 0] == seen[draw, 1] for draw in range(12))
    # of 12 fair draws, fewer than 1 or more than 11 come up once in 2,048 times
    assert 0 < sum(seen[draw, 0] for draw in range(12)) < 12


def test_it_comes_when_the_mouse_leaves_by_the_top(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", exit_intent=True)
    page = visit.page
    page.goto(site.page("/", key=host.key))
    assert stays_away(page)
    page.evaluate("document.documentElement.dispatchEvent(new MouseEvent('mouseleave', { clientY: -1 }))")
    page.locator(PANEL).wait_for()


def test_a_segment_sees_it_and_others_do_not(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", segment="gold")
    audience.write(host.audience, "gold", [("website", "visitor-gold"), ("elsewhere", "visitor-plain")])
    page = visit.page
    address = site.page("/", key=host.key)
    page.goto(address)
    assert stays_away(page)
    page.evaluate("localStorage['cx.anonymous'] = 'visitor-plain'")
    page.reload()
    assert stays_away(page)
    page.evaluate("localStorage['cx.anonymous'] = 'visitor-gold'")
    page.reload()
    page.locator(PANEL).wait_for()


def test_in_the_middle_it_holds_the_focus_closes_by_escape_and_gives_it_back(
    host: Host, site: Site, visit: Visit
) -> None:
    offer(host, "one", place="middle", percentage=0.001)
    page = visit.page
    page.goto(site.page("/", key=host.key, body="<h1>Shop</h1><button id=ask>Tell us</button><a href='#'>Lamp</a>"))
    page.wait_for_function("() => window.cxSurvey && window.cxSurvey.loaded")
    page.locator("#ask").focus()
    page.evaluate("cxSurvey('show', 'one')")
    frame = inside(page)
    assert page.evaluate("document.activeElement.tagName") == "CX-SURVEY"
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") != "ask"
    assert violations(page) == []
    assert [each for each in violations(page.frames[1]) if "frame" not in each] == []
    frame.locator("input[value='3']").focus()
    page.keyboard.press("Escape")
    page.locator(PANEL).wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "ask"


def test_in_the_corner_it_has_no_barrier_and_tells_who_cannot_see_it(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", place="corner")
    page = visit.page
    page.goto(site.page("/", key=host.key))
    inside(page)
    page.get_by_role("status").get_by_text("Quick question").wait_for(state="attached")
    assert page.get_by_role("dialog", name="Quick question").get_attribute("aria-modal") is None
    assert violations(page) == []


def test_inline_it_stands_where_the_site_wants_it(host: Host, site: Site, visit: Visit) -> None:
    offer(host, "one", place="inline")
    page = visit.page
    page.goto(site.page("/", key=host.key, body="<h1>Shop</h1><div id=here data-cx-survey=one></div>"))
    inside(page)
    assert page.locator("#here cx-survey").count() == 1


def test_a_tag_with_the_name_of_a_survey_needs_no_key_and_a_key_of_another_site_shows_nothing(
    host: Host, site: Site, visit: Visit
) -> None:
    offer(host, "one")
    page = visit.page
    page.goto(site.page("/named", survey="one"))
    page.locator(PANEL).wait_for()
    page.evaluate("localStorage.clear()")
    page.goto(site.page("/forged", key="cxw_nobody"))
    assert stays_away(page)


def test_the_script_stays_under_8_kilobytes() -> None:
    assert len(gzip.compress((BUILT / "widget.js").read_bytes(), 9)) < MOST_BYTES
