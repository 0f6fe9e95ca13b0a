"""Results of a survey and inviting to it in a real browser: no barrier, no sideways scrolling, by keys alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.stories.conftest import Visitor, barriers

pytestmark = pytest.mark.browser

SURVEY = "/surveys/delivery-csat"
PLACES = {
    "results": f"{SURVEY}/results",
    "cross-table": f"{SURVEY}/results?row=delivery&column=complete",
    "responses": f"{SURVEY}/results/responses",
    "invite": f"{SURVEY}/invite",
    "event": f"{SURVEY}/invite?kind=event",
}


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_pages_of_results_have_no_barrier(
    visitor: Visitor, axe: str, width: int, scheme: str, screenshots: Path | None
) -> None:
    page = visitor.page(width, scheme)
    found: dict[str, Any] = {}
    for name, address in PLACES.items():
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found |= barriers(page, axe, f"{name} {width} {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if screenshots:
            page.screenshot(path=screenshots / f"survey-{name}-{width}-{scheme}.png", full_page=True)
    page.context.close()

    assert found == {}
    assert visitor.complaints == []


def test_who_would_be_asked_is_shown_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto(f"{SURVEY}/invite")
    page.get_by_label("Segment").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "preview":
            break
    page.keyboard.press("Enter")
    page.get_by_text("Nothing has been sent yet.").wait_for()

    assert visitor.complaints == []
