"""A day of a CX manager: a survey is made, translated, published, sent to a thousand customers, answered wherever they
are, reminded of, and read; with a real mail server, a phone, a printed code and a tablet without a network."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from math import sqrt
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from tests.stories.conftest import Product, Visitor, cxloop, new_link, serve
from tests.support.mailserver import MailServer, mail_server

pytestmark = pytest.mark.browser

CUSTOMERS = 1_400
LEAST_ASKED = 1_000
SETTINGS = """
[outreach.smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "hello@shop.example"
"""
BUDGET = """
[contact]
most = 10
within = "30d"
apart = "0h"
quiet_from = 00:00:00
quiet_until = 00:00:00
"""
"""No quiet hours, and no rest before a reminder: the story is told at any hour of the day."""
AT_THE_KIOSK = (10, 6, 8, 9, 9, 10, 10)
ANSWERS = (9, 3, 10, *AT_THE_KIOSK)
"""Whoever opened the link gives 9, whoever taps in the mail 3, and the guest at the table 10."""
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def mailbox() -> Iterator[MailServer]:
    """The mail server of the company."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, mailbox: MailServer) -> Iterator[Product]:
    """The simulated company with its customers, served."""
    folder = tmp_path_factory.mktemp("day") / "shop"
    made = cxloop("demo", str(folder), "--customers", str(CUSTOMERS), "--months", "3", "--no-serve")
    assert made.returncode == 0, made.stderr
    for name, more in (("cxloop.toml", SETTINGS.format(port=mailbox.port)), ("experience.toml", BUDGET)):
        with (folder / name).open("a") as file:
            file.write(more)
    yield from serve(folder)


@pytest.fixture(scope="module")
def manager(browser: Any, shop: Product) -> Visitor:
    """The CX manager, signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(new_link(shop))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/welcome")
    state = context.storage_state()
    context.close()
    return Visitor(browser, shop, state)


class Album:
    """Screenshots for people to look at, where they were asked for."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._taken = 0

    def take(self, page: Any, what: str) -> None:
        """Takes a picture of a whole page."""
        self._taken += 1
        if self._folder is not None:
            page.screenshot(path=self._folder / f"day-{self._taken:02d}-{what}.png", full_page=True)


def soon(page: Any, holds: Any, what: str, seconds: float = 90) -> None:
    """Waits until something holds, looking at the page again and again."""
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, f"{what} did not come"
        page.wait_for_timeout(500)


def stored(shop: Product, sql: str) -> Any:
    """What the records say, read from outside."""
    with sqlite3.connect(f"file:{shop.folder / 'app.sqlite'}?mode=ro", uri=True) as records:
        return records.execute(sql).fetchone()[0]


def test_from_a_template_to_a_score_with_its_interval(
    manager: Visitor, shop: Product, mailbox: MailServer, browser: Any, screenshots: Path | None
) -> None:
    album = Album(screenshots)
    page = manager.page()
    _make_and_translate(page, album)
    _set_and_publish(page, album)
    asked = _invite(page, shop, mailbox, album)
    answered = {
        _answer_on_the_phone(browser, mailbox, album),
        _answer_in_the_mail(browser, mailbox, album),
    }
    assert len(answered) == 2
    _answer_by_code(page, browser, shop, album)
    _answer_at_the_kiosk(browser, shop, album)
    _remind(page, mailbox, asked, answered)
    _read(page, asked, album)
    page.context.close()
    assert manager.complaints == []


def _make_and_translate(page: Any, album: Album) -> None:
    page.goto("/surveys/new")
    page.get_by_role("link", name="Relational NPS").click()
    page.get_by_label("What you call it").fill("Kettles")
    page.get_by_role("button", name="Begin with it").click()
    page.wait_for_url("**/surveys/kettles*")
    assert "Kettles" in page.locator(".crumb").inner_text()
    page.goto("/surveys/kettles?view=languages")
    page.get_by_label("Or its code").fill("fr")
    page.get_by_role("button", name="Begin a translation").click()
    page.get_by_label("nps, Title, French").fill("Nous recommanderiez-vous ?")
    page.wait_for_selector("#saved:has-text('Draft saved')")
    album.take(page, "translate")
    page.goto("/surveys/kettles")
    page.get_by_label("Language of texts and preview").select_option("fr")
    page.frame_locator("#frame").locator("html[lang=fr]").get_by_text("Nous recommanderiez-vous ?").wait_for()
    album.take(page, "preview-phone")
    page.get_by_role("button", name="Desktop").click()
    page.wait_for_timeout(400)
    album.take(page, "preview-desktop")


def _set_and_publish(page: Any, album: Album) -> None:
    page.goto("/surveys/kettles/settings")
    page.get_by_label("Not before").fill("00:00")
    page.get_by_label("Not after").fill("00:00")
    page.get_by_role("button", name="Save Invitations and reminders").click()
    page.get_by_role("status").wait_for()
    page.get_by_label("Let it run on a tablet").check()
    page.get_by_label("Code by which staff leave it").fill("4711")
    page.get_by_role("button", name="Save Kiosk").click()
    page.get_by_role("status").wait_for()
    album.take(page, "settings")
    page.goto("/surveys/kettles/publish")
    album.take(page, "publish")
    page.get_by_role("button", name="Publish it").click()
    page.wait_for_load_state()
    assert "live" in page.locator(".tag").first.inner_text()


def _invite(page: Any, shop: Product, mailbox: MailServer, album: Album) -> int:
    page.goto("/surveys/kettles/invite")
    page.get_by_role("button", name="Show who would be asked").click()
    page.get_by_text("Not asked, and why").wait_for()
    album.take(page, "who-would-be-asked")
    page.get_by_role("button", name=re.compile(r"^Ask [\d,]+ customers now$")).click()
    page.wait_for_load_state()
    soon(page, lambda: stored(shop, "select count(*) from messages where state in ('waiting', 'sending')") == 0, "sent")
    asked: int = stored(shop, "select count(*) from messages where state = 'sent'")
    assert asked >= LEAST_ASKED
    assert len(mailbox.mails) == asked
    assert max(mailbox.counts.values()) == 1
    first = mailbox.mail(0)
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first.get_content_type() == "multipart/alternative"
    return asked


def _tap(mailbox: MailServer, place: int, value: str) -> str:
    """The address behind one number of the first question, as it stands in a mail."""
    return next(link.replace("&amp;", "&") for link in mailbox.links(place) if re.search(rf"[?&]\w+={value}$", link))


def _answer_on_the_phone(browser: Any, mailbox: MailServer, album: Album) -> int:
    """Somebody opens the link of the mail and answers page by page."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.goto(next(link for link in mailbox.links(0) if re.search(r"/s/i/[^?]+$", link)))
    album.take(page, "on-the-phone")
    page.locator("label:has(input[value='9'])").first.tap()
    page.get_by_role("button", name=re.compile("Next|Weiter")).tap()
    page.locator("textarea:visible").first.fill("Quick, and it arrived whole.")
    album.take(page, "on-the-phone-then")
    _to_the_end(page)
    album.take(page, "on-the-phone-thanks")
    context.close()
    return 0


def _answer_in_the_mail(browser: Any, mailbox: MailServer, album: Album) -> int:
    """Somebody taps a number in the mail itself: nothing counts before they send it off."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    body = mailbox.mail(1).get_body(("html",))
    assert body is not None
    page.set_content(body.get_content())
    album.take(page, "the-mail")
    page.goto(_tap(mailbox, 1, "3"))
    assert page.locator("input[value='3']").first.is_checked()
    _to_the_end(page)
    context.close()
    return 1


def _to_the_end(page: Any) -> None:
    """Sends page after page until the survey thanks, with the first choice where one has to be made."""
    for _ in range(8):
        go_on = page.locator("button.button[name='_do'][value='next']")
        if go_on.count() == 0:
            return
        for question in page.locator("fieldset:visible:has(input[type=radio][required])").all():
            if question.locator("input:checked").count() == 0:
                question.locator("label").first.click()
        go_on.click()
        page.wait_for_load_state()
    raise AssertionError("the survey does not end: " + page.locator("body").inner_text())


def _answer_by_code(page: Any, browser: Any, shop: Product, album: Album) -> None:
    page.goto("/surveys/kettles/share")
    page.get_by_label("Places, one on each line").fill("Berlin, table 1\nBerlin, table 2")
    page.get_by_role("button", name="Make the links").click()
    page.get_by_text("Berlin, table 2").first.wait_for()
    album.take(page, "codes")
    code = stored(shop, "select code from short_links where label = 'Berlin, table 2'")
    context = browser.new_context(**PHONE)
    guest = context.new_page()
    guest.goto(f"{shop.address}/q/{code}")
    guest.locator("label:has(input[value='10'])").first.tap()
    _to_the_end(guest)
    context.close()
    assert stored(shop, f"select count(*) from survey_responses where link = '{code}' and state = 'finished'") == 1


def _answer_at_the_kiosk(browser: Any, shop: Product, album: Album) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    tablet = context.new_page()
    tablet.goto(f"{shop.address}/s/kettles/kiosk")
    tablet.wait_for_selector("html[data-offline=ready]")
    context.set_offline(True)
    for score in AT_THE_KIOSK:
        tablet.get_by_role("button", name="Start", exact=True).click()
        tablet.locator(f"label:has(input[value='{score}'])").first.click()
        if score == 6:
            album.take(tablet, "kiosk-without-a-network")
        tablet.get_by_role("button", name="Next").click()
        tablet.get_by_role("button", name="Send answers").click()
        tablet.locator("#again").click()
    assert tablet.locator("#waiting").inner_text() == str(len(AT_THE_KIOSK))
    context.set_offline(False)
    came = "select count(*) from survey_responses where mode = 'kiosk' and state = 'finished'"
    soon(tablet, lambda: stored(shop, came) == len(AT_THE_KIOSK), "what the tablet kept")
    context.close()


def _remind(page: Any, mailbox: MailServer, asked: int, answered: set[int]) -> None:
    """Whoever has not answered by their own link is reminded, once, and nobody else."""
    page.goto("/surveys/kettles/invite")
    page.locator("ul.list a[href*='/invite/']").first.click()
    page.get_by_role("button", name="Remind who has not answered").click()
    page.wait_for_load_state()
    soon(page, lambda: len(mailbox.mails) >= 2 * asked - len(answered), "the reminders")
    page.wait_for_timeout(3000)
    assert len(mailbox.mails) == 2 * asked - len(answered)
    done = {mailbox.to[place] for place in answered}
    assert {address for address, count in mailbox.counts.items() if count == 1} == done


def _read(page: Any, asked: int, album: Album) -> None:
    """The funnel, and the score with its interval."""
    soon(page, lambda: _figure(page, "to the end") == str(len(ANSWERS)), "every answer in the results")
    album.take(page, "results")
    assert f"{asked:,}" in page.locator("#funnel").inner_text()
    card = page.locator("section.card:has(h2:text-is('NPS'))").first
    assert card.locator(".figure").inner_text() == "+50.0"
    low, high = _rocks(ANSWERS)
    assert card.locator(".ci").inner_text().replace("−", "-") == f"{low:+.1f} to {high:+.1f}"


def _rocks(scores: Sequence[int]) -> tuple[float, float]:
    """The adjusted Wald interval of Rocks (2016) by hand: 3/4, 3/2 and 3/4 answers more, normal at 95 %, in points."""
    promoters, detractors = sum(score >= 9 for score in scores) + 0.75, sum(score <= 6 for score in scores) + 0.75
    n = len(scores) + 3
    middle = (promoters - detractors) / n
    half = 1.959964 * sqrt(((promoters + detractors) / n - middle**2) / n)
    return 100 * (middle - half), 100 * (middle + half)


def _figure(page: Any, name: str) -> str:
    page.goto("/surveys/kettles/results")
    found = page.locator(f"dl.figures div:has(dt:text-is('{name}')) dd")
    return str(found.first.inner_text()) if found.count() else ""
