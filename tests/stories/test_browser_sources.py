"""An engineer and a CX manager look at Sources: a database is connected, has its bad day, and live events wait."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.stories.conftest import Visitor

from cxloop.collect.spool import Envelope, Spool

pytestmark = pytest.mark.browser

STATES = "h1.lede"
PATIENCE_MS = 60_000


def _database(path: Path, tickets: int) -> None:
    with sqlite3.connect(path) as base:
        base.execute("create table tickets (id integer primary key, customer text, opened_at text, stars integer)")
        base.executemany(
            "insert into tickets (customer, opened_at, stars) values (?, ?, ?)",
            [(f"t{n}@example.org", f"2026-10-{1 + n % 28:02d}T10:00:00", 1 + n % 5) for n in range(tickets)],
        )
    base.close()


def _more(path: Path, tickets: int) -> None:
    with sqlite3.connect(path) as base:
        rows = [(f"m{n}@example.org", "2026-10-30T10:00:00", 3) for n in range(tickets)]
        base.executemany("insert into tickets (customer, opened_at, stars) values (?, ?, ?)", rows)
    base.close()


def _wait_for(page: Any, text: str) -> None:
    """Waits until the page says so; it renews itself, so nothing is reloaded."""
    page.locator(STATES, has_text=re.compile(text)).wait_for(timeout=PATIENCE_MS)


def test_a_database_is_connected_pulled_and_has_its_bad_day(visitor: Visitor, screenshots: Path | None) -> None:
    inbox = visitor.product.folder / "inbox"
    base = inbox / "desk.db"
    _database(base, 30)
    page = visitor.page()
    page.goto("/sources")
    page.get_by_role("link", name="Connect a source", exact=True).click()
    page.get_by_role("link", name=re.compile("SQL database")).click()

    page.get_by_label("Name of the source").fill("desk")
    page.get_by_label("Address").fill("sqlite:///elsewhere.db")
    page.get_by_label("Table").fill("tickets")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("alert").wait_for(timeout=PATIENCE_MS)
    assert page.get_by_label("Table").input_value() == "tickets"  # what was typed stays

    page.get_by_label("Address").fill("sqlite:///desk.db")
    page.get_by_label("Cursor column").fill("id")
    page.get_by_role("button", name="Suggest a mapping").click()
    page.get_by_text("This mapping was written from the first rows.").wait_for(timeout=PATIENCE_MS)
    assert 'value = "customer"' in page.get_by_label("Mapping").input_value()
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("region", name="The first rows").wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Connect").click()
    page.wait_for_url("**/sources/connections/desk?done=connected")
    _wait_for(page, "Pulled .*: 30 interactions")
    assert "Next at" in page.locator("main").inner_text()

    base.rename(inbox / "gone.db")  # the bad day
    page.get_by_role("button", name="Pull now").click()
    _wait_for(page, "desk.db|not|cannot")
    page.goto("/sources")
    assert "1 source could not be pulled: desk" in page.locator(STATES).inner_text()
    if screenshots is not None:
        page.screenshot(path=screenshots / "sources-bad-day-1440-light.png", full_page=True)

    (inbox / "gone.db").rename(base)
    _more(base, 4)
    page.get_by_role("button", name="Pull now: desk").click()
    _wait_for(page, "Pulled .*: 4 interactions|4 interactions added")
    page.goto("/sources/connections/desk")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_url("**?done=paused")
    _wait_for(page, "Pulled")
    assert "paused" in page.locator(".sub .tag").inner_text()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_url("**?done=resumed")
    _wait_for(page, "Pulled .*: nothing new")
    page.get_by_text("Disconnect", exact=True).click()
    page.get_by_role("button", name="Yes, disconnect desk").click()
    page.wait_for_url("**/sources?done=disconnected")
    assert page.get_by_role("link", name="desk", exact=True).count() == 1  # what it brought stays
    page.context.close()
    assert [text for text in visitor.complaints if "400" not in text] == []


def test_a_plan_is_learned_and_what_would_be_refused_is_told_before(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/sources")
    page.get_by_role("link", name="web", exact=True).click()
    page.get_by_role("button", name="Learn the plan").click()
    page.get_by_role("status").wait_for(timeout=PATIENCE_MS)
    assert page.locator("details.event").count() > 0
    page.locator("details.event").first.locator("summary").click()
    assert page.locator("details.event table").first.is_visible()
    page.get_by_role("form", name="What is done with events that do not fit").get_by_role("button", name="Flag").click()
    page.wait_for_url("**/sources/from/web?done=mode")
    pressed = page.locator(".modes").first.get_by_role("button", pressed=True)
    assert pressed.inner_text() == "Flag"
    page.goto("/sources")
    assert "plan" in page.get_by_role("row", name=re.compile("^web ")).inner_text()
    page.context.close()
    assert visitor.complaints == []


def test_events_that_cannot_be_used_are_seen_waiting_and_getting_through(visitor: Visitor) -> None:
    spool = Spool(visitor.product.folder / "spool")
    page = visitor.page(width=360)
    try:
        body = json.dumps({"userId": "7", "event": "Waited", "messageId": "backlog-1"}).encode()
        spool.append([Envelope("backlog", "segment", 1_793_000_000_000_000, body, 1, {"endpoint": "track"})])
        page.goto("/sources")
        page.get_by_role("heading", name="Live events", level=2).wait_for(timeout=PATIENCE_MS)
        arrived = page.get_by_role("link", name="backlog", exact=True)
        for _second in range(60):  # it is loaded in a moment; the list of sources is counted behind it
            page.goto("/sources")
            if arrived.count():
                break
            page.wait_for_timeout(1000)
        assert arrived.count() == 1
    finally:
        spool.close()
        page.context.close()
    assert visitor.complaints == []
