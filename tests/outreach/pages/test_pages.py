"""A person says no with one click, sees what is on file in plain words and changes it; a look records nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.outreach.conftest import NOON, Clock, settings_for

from cxloop.core.config import Experience
from cxloop.outreach.addresses import preferences_link, read_no, unsubscribe_link
from cxloop.outreach.links import sign_link
from cxloop.outreach.pages.app import PreferencePages, answers
from cxloop.outreach.pages.choices import Standing
from cxloop.outreach.pages.words import WORDS
from cxloop.store.base import Store
from cxloop.store.messages import messages, preferences, suppressions

SETTINGS = settings_for(25)
EXPERIENCE = Experience.model_validate(
    {
        "purpose": [
            {"name": "research", "label": "Surveys", "basis": "legitimate interest"},
            {"name": "newsletter", "label": "News & offers"},
            {"name": "orders", "label": "Your orders", "basis": "contract"},
        ]
    }
)
Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def pages(store: Store) -> PreferencePages:
    """The pages, for a person who gets surveys and no newsletter."""
    standing = Standing({"research": True, "newsletter": False, "orders": True}, ["a•••@example.org"])
    return PreferencePages(store, lambda: (SETTINGS, EXPERIENCE), lambda key: standing if key == 7 else None)


@pytest.fixture
def ask(pages: PreferencePages) -> Ask:
    """Asks for an address as a browser or a mail service does."""

    def one(method: str, address: str, form: dict[str, str] | None = None, language: str = "en") -> Any:
        path, _, query = address.removeprefix(SETTINGS.server.address).partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"accept-language", language.encode())],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": urlencode(form or {}).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(pages(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, sent[1]["body"].decode()

    return one


def unsubscribe(store: Store, key: int = 7, purpose: str = "research") -> str:
    return unsubscribe_link(SETTINGS, store.vault, key, purpose, "email")


def person(store: Store, key: int = 7) -> str:
    return preferences_link(SETTINGS, store.vault, key)


def test_only_their_own_paths_are_theirs() -> None:
    assert [answers(path) for path in ("/p/x", "/u/x", "/pages", "/users", "/s/x")] == [True, True, False, False, False]


def test_the_one_click_of_a_mail_program_ends_the_purpose_and_takes_back_what_waits(
    ask: Ask, store: Store, put_up: Callable[..., list[int]]
) -> None:
    put_up(1, key_id=7)

    status, _, text = ask("POST", unsubscribe(store), {"List-Unsubscribe": "One-Click"})

    assert (status, "Done." in text) == (200, True)
    (said,) = preferences.unlogged(store, 10)
    assert (said.key_id, said.purpose, said.channel, said.granted) == (7, "research", None, False)
    assert messages.counts(store) == {"cancelled": 1}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_opens_the_links_changes_nothing(ask: Ask, store: Store, method: str) -> None:
    for link in (unsubscribe(store), person(store)):
        assert ask(method, link)[0] == 200

    assert not preferences.waits(store)
    assert preferences.get(store, 7) is None


def test_a_click_without_a_declared_purpose_ends_the_address(
    ask: Ask, store: Store, put_up: Callable[..., list[int]]
) -> None:
    put_up(1, key_id=7, purpose="")
    link = unsubscribe(store, purpose="")

    assert "we will not write to you any more" in ask("GET", link)[2]
    ask("POST", link)

    assert suppressions.suppressed(store, "email", ["c1@example.org", "c2@example.org"]) == {"c1@example.org"}
    assert messages.counts(store) == {"cancelled": 1}


def test_the_page_says_what_is_on_file_and_which_purposes_cannot_be_ended(ask: Ask, store: Store) -> None:
    _, headers, text = ask("GET", person(store))

    chosen = re.findall(r'name="purpose\.(\w+)" value="(\w*)" checked', text)
    assert chosen == [("research", "yes"), ("newsletter", "no")]
    assert 'name="purpose.orders"' not in text
    assert "News &amp; offers" in text
    assert "a•••@example.org" in text
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "script" not in text


def test_what_is_chosen_is_kept_and_only_what_differs_is_said(ask: Ask, store: Store, clock: Clock) -> None:
    form = {"purpose.research": "no", "purpose.newsletter": "no", "purpose.orders": "no", "purpose.made_up": "no"}
    status, headers, _ = ask("POST", person(store), {**form, "channel": "sms", "language": "de", "pause": "30"})

    assert (status, headers["location"].endswith("?saved=1")) == (303, True)
    assert [(each.purpose, each.granted) for each in preferences.unlogged(store, 10)] == [("research", False)]
    kept = preferences.get(store, 7)
    assert kept is not None
    assert (kept.channel, kept.language, kept.paused_until) == ("sms", "de", NOON + timedelta(days=30))
    text = ask("GET", person(store) + "?saved=1")[2]
    assert 'lang="de"' in text
    assert WORDS["de"].saved in text
    assert re.findall(r'name="purpose\.research" value="(\w+)" checked', text) == ["no"]
    assert "31.05.2026" in text


def test_a_pause_is_kept_or_ended(ask: Ask, store: Store) -> None:
    ask("POST", person(store), {"pause": "90"})
    ask("POST", person(store), {"pause": "keep"})
    kept = preferences.get(store, 7)
    assert kept is not None
    assert kept.paused_until == NOON + timedelta(days=90)

    ask("POST", person(store), {"pause": ""})
    kept = preferences.get(store, 7)
    assert kept is not None
    assert kept.paused_until is None


def test_where_nobody_knows_what_is_on_file_nothing_is_chosen_for_the_person(ask: Ask, store: Store) -> None:
    text = ask("GET", person(store, 8))[2]
    ask("POST", person(store, 8), {"purpose.research": "", "purpose.newsletter": "yes"})

    assert WORDS["en"].unknown in text
    assert re.findall(r'name="purpose\.(\w+)" value="(\w*)" checked', text) == [("research", ""), ("newsletter", "")]
    assert [(each.purpose, each.granted) for each in preferences.unlogged(store, 10)] == [("newsletter", True)]


def test_forged_expired_and_foreign_links_open_nothing(ask: Ask, store: Store, clock: Clock) -> None:
    good = person(store).rpartition("/")[2]
    bad = [
        "/p/" + good[:-1] + ("0" if good[-1] != "0" else "1"),
        "/u/" + good,
        "/p/" + sign_link(store.vault, "invitation", 7),
        "/p/" + sign_link(store.vault, "person", 7, NOON),
        "/p/" + sign_link(store.vault, "person", "seven"),
        "/u/" + sign_link(store.vault, "unsubscribe", "7"),
        "/p/",
        "/p/../u/",
    ]

    assert [ask(method, path)[0] for path in bad for method in ("GET", "POST")] == [404] * 2 * len(bad)
    assert not preferences.waits(store)


def test_a_form_that_is_too_large_is_not_read(ask: Ask, store: Store) -> None:
    assert ask("POST", person(store), {"language": "x" * 70_000})[0] == 404
    assert preferences.get(store, 7) is None


def test_arabic_is_written_from_the_right(ask: Ask, store: Store) -> None:
    text = ask("GET", person(store), language="ar-EG, en;q=0.5")[2]

    assert '<html lang="ar" dir="rtl">' in text
    assert WORDS["ar"].save in text


def test_an_unsubscribe_link_says_who_what_and_where(store: Store) -> None:
    from cxloop.outreach.links import open_link

    token = unsubscribe(store, 2**62, "newsletter").rpartition("/")[2]
    no = read_no(open_link(store.vault, token, now=NOON).name, EXPERIENCE.purpose)

    assert no is not None
    assert (no.key_id, no.purpose, no.channel) == (2**62, "newsletter", "email")
    assert read_no("7_000000000000_email", EXPERIENCE.purpose).purpose is None  # type: ignore[union-attr]
