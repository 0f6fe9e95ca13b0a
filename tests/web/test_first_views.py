"""A page that needs what nobody has asked for before says so, and is there once that is worked out."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cxloop.web import access

PAGES = (
    "/?period=17d",
    "/explore/league?metric=nps&by=channel&least=3&since=all",
    "/explore/control?metric=nps&every=month",
)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has any patience."""
    monkeypatch.setattr(access, "LOADING_SECONDS", 0.01)


def as_browser(browser: Any, address: str) -> Any:
    """The page as a browser asks for it that somebody sent there."""
    return browser.get(address, accept="text/html,application/xhtml+xml,*/*;q=0.8")


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("address", PAGES)
def test_it_is_said_and_the_browser_asks_again(small_shop: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    browser, busy = small_shop.browser("owner"), threading.Lock()
    monkeypatch.setattr(small_shop.host.lanes, "pages", busy)
    with busy:
        first = as_browser(browser, address)

    assert first.status == 200
    assert first.headers["refresh"] == "3"
    assert "This is being worked out." in first.text
    while "refresh" in (page := as_browser(browser, address)).headers:
        assert page.status == 200
    assert "This is being worked out." not in page.text
    assert page.text == browser.get(address).text


@pytest.mark.usefixtures("at_once")
def test_a_program_and_a_download_wait(small_shop: Any) -> None:
    browser = small_shop.browser("owner")

    page = browser.get("/?period=23d")
    table = as_browser(browser, "/explore/league/download/csv?metric=nps&by=region&since=all")

    assert "refresh" not in page.headers
    assert "This is being worked out." not in page.text
    assert "refresh" not in table.headers
    assert table.headers["content-type"].startswith("text/csv")
