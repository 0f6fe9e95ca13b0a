"""A dashboard in a real browser: begun, kept on, filtered by a bar, drilled to a customer, shared and mailed as PDF."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.stories.conftest import Product, Visitor, barriers, serve, signed_in
from tests.support.mailserver import MailServer
from tests.support.pdf import read_pdf
from tests.support.servers import until
from tests.web.conftest import LAST_DAY, open_shop, rows_of_company

pytestmark = pytest.mark.browser

PATH = "/explore/dashboards"
PAGES = {
    "compare": "/explore/compare?metric=nps&by=channel&since=90d",
    "control": "/explore/control?metric=nps&every=month",
    "league": "/explore/league?metric=nps&by=touchpoint&since=all",
    "added-up": "/explore/league/added-up?metric=nps&along=channel>touchpoint&since=all",
    "retention": "/explore/retention",
    "money": "/explore/money?horizon=90d",
    "value": "/explore/value",
    "metrics": "/explore/metrics",
}
IN_VIEW = "tab => tab.getBoundingClientRect().left >= 0 && tab.getBoundingClientRect().right <= innerWidth"


@pytest.fixture(scope="module")
def board(browser: Any, product: Any, session: dict[str, Any]) -> str:
    """The address of a dashboard that somebody has built by clicking: a number, a split and a course."""
    page = Visitor(browser, product, session).page()
    page.goto("/explore?metric=nps&every=none&since=all")
    _keep(page, "Built by hand")
    for question in ("by=touchpoint&every=none", "every=month"):
        page.goto(f"/explore?metric=nps&{question}&since=365d")
        _keep(page, "", "built-by-hand")  # there may be others, and the first of them is offered
    page.get_by_text("It is the last tile of this dashboard.").wait_for()
    address = str(page.url).split("?")[0].removeprefix(product.address.rstrip("/"))
    page.context.close()
    return address


@pytest.fixture(scope="module")
def kinds(browser: Any, product: Any, session: dict[str, Any]) -> str:
    """The address of a dashboard on which every kind of page has kept what it asks."""
    page = Visitor(browser, product, session).page()
    for place, name in enumerate(("compare", "control", "league", "added-up", "retention", "money", "value")):
        page.goto(PAGES[name])
        _keep(page, "All kinds" if place == 0 else "", "" if place == 0 else "all-kinds")
    page.context.close()
    return f"{PATH}/all-kinds"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A company of 900 customers who ordered three times, and of whom fewer than half answered each time."""
    folder, rng = tmp_path_factory.mktemp("crowd") / "shop", random.Random(5)
    rows = [
        {**row, "message_id": f"{row['message_id']}.{past}", "occurred_at": row["occurred_at"] - timedelta(days=past)}
        for past in (0, 90, 180)
        for row in rows_of_company(900)
        if row["kind"] in ("order", "delivery") or (row["kind"] == "answer" and rng.random() < 0.45)
    ]
    open_shop(folder, [*rows, {**rows[0], "message_id": "last", "occurred_at": LAST_DAY}]).close()
    yield from serve(folder)


def _keep(page: Any, title: str, name: str = "") -> None:
    page.get_by_text("Keep on a dashboard").first.click()
    if name:
        page.locator("select[name=board]").first.select_option(name)
    if title:
        page.locator("select[name=board]").first.select_option("")
        page.get_by_label("Title of a new one").first.fill(title)
    page.get_by_role("button", name="Keep it").first.click()
    page.get_by_text("Kept.").wait_for()


def _barriers_in_both(page: Any, axe: str, name: str) -> dict[str, Any]:
    """What stands in the way on a page, wide and light, and narrow and dark."""
    found: dict[str, Any] = {}
    for width, scheme in ((1440, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found |= barriers(page, axe, f"{name} {width} {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    return found


def test_from_a_bar_to_what_was_said_to_the_customer(visitor: Visitor, board: str) -> None:
    page = visitor.page()
    page.goto(f"{board}?since=365d")
    page.locator(".chart-wide svg a").first.click()
    page.get_by_text("All tiles: only where").wait_for()
    page.get_by_role("link", name="behind NPS").first.click()
    page.get_by_role("heading", name="behind NPS").wait_for()
    assert page.locator("td", has_text="“").count() > 0
    page.locator('td a[href^="/customers/"]').first.click()
    page.wait_for_url("**/customers/*")

    assert visitor.complaints == []


def test_a_change_that_is_none_is_refused(visitor: Visitor, board: str) -> None:
    page = visitor.page()
    page.goto(f"{board}?since=90d")

    assert page.get_by_text("no change shown").count() > 0
    assert "is shown to have changed" in page.locator("h1").inner_text()


def test_the_score_of_everybody_is_shown_with_how_it_was_tried(browser: Any, crowd: Product) -> None:
    visitor = Visitor(browser, crowd, signed_in(browser, crowd))
    page = visitor.page()
    page.goto("/explore")
    page.get_by_role("link", name="All customers").click()
    page.get_by_role("heading", name="Was it right about people it had not seen?").wait_for(timeout=90_000)

    assert page.locator("#scores .figures dd").count() >= 2
    assert page.get_by_text("Do not use this number.").count() == 0
    assert page.locator("#held-out svg").count() > 0
    assert visitor.complaints == []


def test_the_pdf_is_mailed_arrives_and_opens(visitor: Visitor, board: str, mailbox: MailServer) -> None:
    page = visitor.page()
    page.goto(board)
    page.get_by_role("link", name="Mail", exact=True).click()
    page.locator("textarea").first.fill("ada@shop.example")
    page.get_by_role("button", name="Mail it now").click()
    page.get_by_text("On its way.").wait_for()
    until(lambda: "ada@shop.example" in mailbox.to, "the mail")

    mail = mailbox.mail(mailbox.to.index("ada@shop.example"))
    (attached,) = [part for part in mail.walk() if part.get_content_type() == "application/pdf"]
    pdf = read_pdf(attached.get_content())
    assert len(pdf.pages) >= 1
    assert "Built by hand" in pdf.pages[0]
    assert "answers" in pdf.text
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "NPS" in plain.get_content()
    assert mailbox.counts["ada@shop.example"] == 1
    assert visitor.complaints == []


def test_a_stranger_reads_the_dashboard_by_its_link_until_it_is_stopped(
    browser: Any, product: Product, visitor: Visitor, kinds: str, axe: str
) -> None:
    page = visitor.page()
    page.goto(kinds)
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    link = re.sub(r"^https?://[^/]+", "", page.locator("ul.list a").first.get_attribute("href"))
    stranger = Visitor(browser, product, {}).page()

    assert stranger.goto(link).status == 200
    assert stranger.locator(".tile").count() == 7
    assert stranger.locator("main a").count() == 0
    assert _barriers_in_both(stranger, axe, "shared") == {}
    page.get_by_role("button", name="Stop it").first.click()
    page.get_by_text("The link opens nothing any more.").wait_for()
    assert stranger.reload().status == 410
    assert _barriers_in_both(stranger, axe, "stopped") == {}
    assert visitor.complaints == []


def test_the_filter_works_by_keys_alone(visitor: Visitor, board: str) -> None:
    page = visitor.page()
    page.goto(f"{board}?since=365d")
    page.locator(".chart-wide svg a").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("All tiles: only where").wait_for()

    assert visitor.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_pages_of_dashboards_have_no_barrier(
    visitor: Visitor, axe: str, board: str, kinds: str, width: int, scheme: str, screenshots: Path | None
) -> None:
    page = visitor.page(width, scheme)
    found: dict[str, Any] = {}
    places = {
        "dashboards": PATH,
        "dashboard": f"{board}?since=365d",
        "kinds": kinds,
        "change": f"{board}/edit",
        "share": f"{board}/share",
        "mail": f"{board}/mail",
        "rows": "/explore/rows?metric=nps&since=365d",
        "annotations": "/explore/annotations",
        **PAGES,
    }
    for name, address in places.items():
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found |= barriers(page, axe, f"{name} {width} {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.locator(".tabs [aria-current]").evaluate(IN_VIEW), name
        if screenshots:
            page.screenshot(path=screenshots / f"boards-{name}-{width}-{scheme}.png", full_page=True)
    page.context.close()

    assert found == {}
    assert visitor.complaints == []


def test_pages_of_explore_are_printed_without_their_controls_and_not_cut(visitor: Visitor, board: str) -> None:
    page = visitor.page(794)
    page.emulate_media(media="print")
    for name, address in {"dashboard": board, **PAGES}.items():
        page.goto(address)
        shown = page.locator("nav:visible, form:visible, .chart-narrow:visible, button:visible, .downloads:visible")
        assert shown.count() == 0, (name, shown.first.evaluate("each => each.outerHTML"))
        for how in page.locator("details.how dl").all():
            assert how.locator("dd").first.is_visible(), f"{name}: paper does not say how the number is made"
        assert page.evaluate("document.documentElement.scrollWidth") <= 794, name
    page.context.close()
