"""A person walks through the app: with a mouse, with a keyboard, on a phone, in the dark, without scripts."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from tests.stories.conftest import SCREENS, Product, barriers, cxloop

pytestmark = pytest.mark.browser

PAGES = {
    "pulse": "/",
    "explore": "/explore?metric=nps&every=month&since=all",
    "explore-split": "/explore?metric=nps&by=channel&every=none&since=all",
    "customers": "/customers",
    "search": "/customers?q=anna",
    "review": "/customers/review",
    "shared": "/customers/shared",
    "segments": "/customers/segments",
    "groups": "/customers/groups",
    "privacy": "/settings/privacy",
    "sources": "/sources",
    "import": "/sources/import-1",
    "source": "/sources/from/web",
    "source-with-plan": "/sources/from/carrier",
    "connection": "/sources/connections/walked-till",
    "connection-listening": "/sources/connections/walked-phone",
    "welcome": "/welcome",
    "connect": "/sources/connect",
    "connect-sql": "/sources/connect/sql",
    "connect-webhook": "/sources/connect/webhook",
    "send": "/sources/send",
    "settings": "/settings",
    "people": "/settings/people",
    "person": "/settings/people/1",
    "keys": "/settings/keys",
    "audit": "/settings/audit",
    "workspace": "/settings/workspace",
    "nowhere": "/customers/99999999",
}
LEAST_TARGET_PX = 44


@pytest.fixture(scope="module")
def furnished(product: Product) -> None:
    """A plan that something differs from, a database that was pulled, and a system that sends by itself."""
    till = product.folder.parent / "till.db"
    with sqlite3.connect(till) as base:
        base.execute("create table sales (id integer primary key, customer text, at text)")
        base.execute("insert into sales values (1, 'k1', '2026-10-30 10:00:00')")
    settings = {"url": f"sqlite:///{till}", "table": "sales", "cursor": "id"}
    mapping = product.folder.parent / "till.toml"
    mapping.write_text('[[interaction]]\nname = "sale"\nkind = "order"\nid = "id"\noccurred_at = "at"\n')
    of = ("--workspace", str(product.folder))
    for words in (
        ("learn", "carrier", "--since", "2025-01-01", "--until", "2026-09-01", "--least", "2"),
        ("enforce", "carrier", "flag"),
        ("connect", "sql", "walked-till", "--settings", json.dumps(settings), "--mapping", str(mapping)),
        ("pull", "walked-till"),
        ("connect", "webhook", "walked-phone", "--settings", '{"scheme": "secret", "secret": "0123456789abcdef"}'),
    ):
        done = _done("collect", *words, *of)
        assert done.returncode == 0, done.stderr
    assert cxloop("admin", "create-key", "write", "walked-site", *of).returncode == 0


def _done(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs the program; the server's schedule may be pulling a new connection already, and that is waited for."""
    until = monotonic() + 60
    while "is being pulled at this moment" in (done := cxloop(*words)).stderr and monotonic() < until:
        sleep(0.2)
    return done


@pytest.fixture
def pages(teller: str, furnished: None) -> dict[str, str]:
    """Every page of the app."""
    return {**PAGES, "customer": teller}


def test_from_sign_in_to_a_replayed_row(visitor: Any) -> None:
    page = visitor.page()
    page.goto("/")
    assert page.locator("h1").inner_text().endswith(".")
    page.locator("a.card").first.click()
    page.wait_for_url("**/explore?**")
    page.get_by_label("Split by").select_option("channel")
    page.get_by_label("Over time").select_option("none")
    page.get_by_label("Period").select_option("all")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**by=channel**")
    page.locator(".chart-wide svg").wait_for()
    assert "by channel" in page.locator("h1").inner_text()

    page.get_by_role("link", name="what happened").first.click()
    page.wait_for_url("**/customers/*")
    assert page.locator(".steps li").count() > 0

    page.get_by_role("link", name="Sources").first.click()
    page.get_by_role("row", name=re.compile("^answers ")).get_by_role("link", name=re.compile("waiting")).click()
    assert "03.10.2026" in page.locator("main").inner_text()
    page.get_by_label("Corrected mapping").select_option("corrected.toml")
    page.get_by_role("button", name="Replay").click()
    assert "1 interaction added" in page.get_by_role("status").inner_text()
    assert "No row of this import waits." in page.locator("main").inner_text()

    page.goto("/customers?q=cleo")
    page.get_by_role("link", name="cleo@example.org").click()
    page.wait_for_url("**/customers/*")
    assert "Nobody called back." in page.locator(".steps").inner_text()
    page.context.close()
    assert visitor.complaints == []


def test_a_keyboard_is_enough(visitor: Any) -> None:
    page = visitor.page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers")
    page.keyboard.press("/")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.type("anna")
    page.wait_for_url("**/customers?q=anna&segment=")
    assert "found for “anna”" in page.locator("h1").inner_text()
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.context.close()
    assert visitor.complaints == []


def test_everything_works_without_scripts(visitor: Any) -> None:
    page = visitor.page(width=360, java_script_enabled=False)
    page.goto("/")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("link", name="Explore").click()
    page.wait_for_url("**/explore")
    page.get_by_label("Split by").select_option("channel")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**by=channel**")
    page.locator("summary", has_text="as a table").click()  # too few answers a week for a chart: many rows, folded
    assert page.locator("table").is_visible()
    page.goto("/customers")
    page.get_by_role("searchbox").fill("anna")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**q=anna&segment=")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.context.close()


@SCREENS
def test_no_page_has_a_barrier_and_each_fits_its_screen(
    visitor: Any, pages: dict[str, str], axe: str, screenshots: Path | None, width: int, scheme: str
) -> None:
    page = visitor.page(width=width, scheme=scheme)
    found: dict[str, Any] = {}
    for name, address in pages.items():
        page.goto(address)
        found |= barriers(page, axe, name)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{name} too wide"] = page.evaluate("document.documentElement.scrollWidth")
        if screenshots is not None:
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    page.context.close()
    assert found == {}
    assert [text for text in visitor.complaints if "404" not in text] == []


def test_the_way_in_has_no_barrier(visitor: Any, axe: str, screenshots: Path | None) -> None:
    page = visitor.browser.new_context(base_url=visitor.product.address).new_page()
    found: dict[str, Any] = {}
    for name, address in (("signed-out", "/"), ("link", "/signin?token=x"), ("sign-in", "/signin")):
        page.goto(address)
        found |= barriers(page, axe, name)
        if screenshots is not None:
            page.screenshot(path=screenshots / f"{name}-1280-light.png", full_page=True)
    page.context.close()
    assert found == {}


def test_on_a_phone_what_is_tapped_is_large_enough(visitor: Any, pages: dict[str, str]) -> None:
    page = visitor.page(width=360)
    small: dict[str, list[str]] = {}
    for name, address in pages.items():
        page.goto(address)
        menu = page.locator("summary", has_text="Menu")
        if menu.count():  # not on the page that welcomes
            menu.click()
        low = page.evaluate(
            """least => [...document.querySelectorAll(
                    "a.chip, .button, .nav a, .tabs a, button, input, select, textarea, .topbar summary")]
                .filter(item => item.offsetParent && item.type !== "hidden" && !item.matches(".visually-hidden"))
                .map(item => ["radio", "checkbox"].includes(item.type) ? item.closest("label") : item)
                .filter(item => item.getBoundingClientRect().height < least)
                .map(item => item.outerHTML.slice(0, 80))""",
            LEAST_TARGET_PX,
        )
        if low:
            small[name] = low
    page.context.close()
    assert small == {}


def test_at_twice_the_size_nothing_is_cut_off(visitor: Any, pages: dict[str, str]) -> None:
    # A window of 1280 pixels at 200 % shows as much as one of 640.
    page = visitor.page(width=640, device_scale_factor=2)
    wide = {}
    for name, address in pages.items():
        page.goto(address)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 640:
            wide[name] = width
    page.context.close()
    assert wide == {}
