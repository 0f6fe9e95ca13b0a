"""What a page must withstand: hostile rows, other people's forms, and prying questions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from cxloop.web import security
from cxloop.web.security import MOST_FORM_BYTES, POLICY

PAGES = (
    "/",
    "/explore",
    "/explore?by=channel&every=none",
    "/customers",
    "/customers/1",
    "/customers/1/identity",
    "/customers/1/data",
    "/customers/review",
    "/customers/shared",
    "/customers/segments",
    "/customers/segments/new",
    "/customers/groups",
    "/sources",
    "/sources/from/shop",
    "/sources/connect",
    "/sources/connect/sql",
    "/sources/send",
    "/settings",
    "/settings/people",
    "/settings/people/1",
    "/settings/keys",
    "/settings/privacy",
    "/settings/privacy/erasures",
    "/settings/audit",
    "/settings/workspace",
)
SCRIPT = "<script>alert"
HANDLER = "<b onmouseover"


@pytest.mark.parametrize("address", [*PAGES, "/signin?token=x", "/nowhere", "/customers/999999"])
def test_every_page_forbids_what_is_inline_or_from_elsewhere(owner: Any, address: str) -> None:
    headers = owner.get(address).headers

    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_scripts_styles_or_handlers_of_its_own(owner: Any, address: str) -> None:
    text = owner.get(address).text

    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert text.count("<script") == 1
    assert '<script type="module" src="/static/built/app.js' in text


def test_pages_with_data_are_kept_in_no_cache_and_versioned_files_forever(owner: Any) -> None:
    page = owner.get("/")
    script = next(link for link in page.links if link.startswith("/static/built/app.js"))

    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in owner.get(script).headers["cache-control"]


def test_hostile_names_and_texts_are_shown_as_they_are_written(owner: Any) -> None:
    for address in (
        "/customers?q=alert",
        "/customers/1",
        "/customers/1/identity",
        "/customers/1/data",
        '/explore?since=all&where=contains(text, "onmouseover")',
    ):
        text = owner.get(address).text
        assert "&lt;script&gt;alert" in text, address
        assert SCRIPT not in text
        assert HANDLER not in text


@pytest.mark.parametrize(
    "address",
    [
        "/customers?q={}",
        "/explore?metric={}",
        "/explore?where={}",
        "/explore?by={}",
        "/explore?since={}",
        "/explore?until={}",
        "/explore?every={}",
        "/customers/1?channel={}",
        "/customers/1?was={}",
        "/customers/1/identity?q={}",
        "/customers?segment={}",
        "/customers/groups/{}",
        "/customers/groups?kind={}",
        "/customers/segments/{}",
        "/customers/review?did={}",
        "/explore?identity={}",
        "/explore?certainty={}",
        "/sources/{}",
        "/sources/from/{}",
        "/sources/connect/{}",
        "/sources/connections/{}",
        "/settings/audit?verb={}",
        "/settings/keys?source={}",
        "/signin?next={}",
        "/explore/download/{}",
        "/{}",
        "/signin?token={}",
    ],
)
def test_hostile_addresses_are_answered_and_never_echoed_as_markup(owner: Any, outsider: Any, address: str) -> None:
    hostile = address.format('"><script>alert(1)</script><b onmouseover=x>')
    for browser in (owner, outsider):
        answer = browser.get(hostile)
        assert answer.status < 500
        assert SCRIPT not in answer.text
        assert HANDLER not in answer.text


@pytest.mark.parametrize("address", ["/explore?where=score >=", "/explore?by=nonsense", "/explore?since=90"])
def test_a_question_that_cannot_be_read_says_why_and_keeps_the_form(owner: Any, address: str) -> None:
    answer = owner.get(address)

    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert 'name="where"' in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("address", ["/customers/abc", "/customers?page=0", "/explore/download/exe", "/customers/-1"])
def test_an_address_that_leads_nowhere_is_a_designed_page(owner: Any, address: str) -> None:
    answer = owner.get(address)

    assert answer.status == 404
    assert "There is nothing here." in answer.text
    assert 'class="rail"' in answer.text


def test_a_break_down_shows_no_traceback(shop: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(shop.app.state.site.host, "snapshot", broken)
    try:
        answer = owner.get("/")
    finally:
        monkeypatch.undo()

    assert answer.status == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert "Something broke." in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ä"}])
def test_a_form_without_the_session_s_token_does_nothing(shop: Any, form: dict[str, str]) -> None:
    browser = shop.browser("owner")

    assert browser.post("/signout", form).status == 403
    assert browser.get("/").status == 200


def test_the_token_of_another_session_does_not_count(shop: Any) -> None:
    mine, theirs = shop.browser("owner"), shop.browser("owner")

    assert mine.post("/signout", {"csrf": theirs.get("/settings").csrf}).status == 403


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
)
@pytest.mark.parametrize("address", ["/signin", "/signout", "/theme"])
def test_a_form_of_another_site_is_refused(outsider: Any, address: str, headers: dict[str, str]) -> None:
    answer = outsider.post(address, {"token": "x", "theme": "dark"}, **headers)

    assert answer.status == 403
    assert "another site" in answer.text


@pytest.mark.parametrize("origin", ["null", "http://[", "", "cxloop.test"])
def test_an_origin_that_says_nothing_is_another_site(outsider: Any, origin: str) -> None:
    assert outsider.post("/theme", {"theme": "dark"}, origin=origin).status == 403


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_a_form_that_would_fill_memory_or_disk_is_refused(outsider: Any, kind: str) -> None:
    answer = outsider.post("/signin", {"token": "x" * (MOST_FORM_BYTES + 1)}, **{"content-type": kind})

    assert answer.status == 413
    assert "100,000 bytes" in answer.text


def test_a_form_that_dawdles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "BODY_SECONDS", 0.05)

    async def read_all(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def dawdle() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def nobody(_message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/signin", "headers": []}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(security.SecurityHeaders(read_all)(scope, dawdle, nobody))

    assert refused.value.status_code == 408


def test_a_form_of_this_site_is_taken(outsider: Any) -> None:
    same = {"origin": "http://cxloop.test", "sec-fetch-site": "same-origin"}

    assert outsider.post("/theme", {"theme": "dark"}, **same).status == 303


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_theme_leads_back_only_into_the_app(outsider: Any, back: str) -> None:
    assert outsider.post("/theme", {"theme": "dark", "back": back}).headers["location"] == "/"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(shop: Any) -> None:
    answer = shop.browser().post("/signin", {"token": shop.link("owner")})

    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
