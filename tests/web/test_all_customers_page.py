"""Explore > All customers: two scores side by side, and a plain refusal where one of them cannot be told."""

from __future__ import annotations

import threading
from html import unescape
from typing import Any

import pytest

from cxloop.web import access

PAGE = "/explore/all-customers"


@pytest.fixture(scope="module")
def viewer(small_shop: Any) -> Any:
    """May read numbers, and nothing of single persons."""
    return small_shop.browser("viewer")


def shown(browser: Any, address: str) -> Any:
    """The page once it is there: a browser asks again by itself."""
    answer = browser.get(address)
    while "refresh" in answer.headers:
        answer = browser.get(address)
    return answer


def test_too_few_answers_are_refused_in_plain_words(viewer: Any) -> None:
    answer = shown(viewer, PAGE)
    text = unescape(answer.text)

    assert answer.status == 200
    assert "Do not use this number." in text
    assert "100 are needed" in text
    assert "How this number is made" in text
    assert "Two scores" in text


def test_the_question_is_kept_in_the_form(viewer: Any) -> None:
    text = shown(viewer, f"{PAGE}?metric=csat&by=region&active=180d&until=2026-10-01").text

    assert '<option value="csat" selected>' in text
    assert '<option value="region" selected>' in text
    assert '<option value="180d" selected>' in text
    assert 'value="2026-10-01"' in text


@pytest.mark.parametrize("asked", ["by=colour", "active=2d", "metric=nothing", "until=someday"])
def test_a_question_that_cannot_be_answered_says_why(viewer: Any, asked: str) -> None:
    answer = viewer.get(f"{PAGE}?{asked}")

    assert answer.status == 400
    assert 'role="alert"' in answer.text


def test_nobody_waits_for_a_first_result(small_shop: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, busy = f"{PAGE}?active=100d", threading.Lock()
    monkeypatch.setattr(access, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(small_shop.host.lanes, "pages", busy)

    with busy:
        first, second = viewer.get(address), viewer.get(address)

    assert first.status == second.status == 200
    assert first.headers["refresh"] == "3"
    assert "This is being worked out." in second.text
    assert 'role="status"' in second.text
    assert f'href="{address}"' in second.text
    assert "Two scores" in shown(viewer, address).text


def test_the_tab_leads_there(viewer: Any) -> None:
    assert f'href="{PAGE}"' in viewer.get("/explore").text


def test_a_company_with_answers_gets_a_score_or_every_reason_why_not(shop: Any) -> None:
    text = unescape(shown(shop.browser("viewer"), f"{PAGE}?by=channel").text)

    assert "What has to hold" in text
    assert "Those who answered" in text
    assert ("Do not use this number." in text) != ('id="steps"' in text)
