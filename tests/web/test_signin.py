"""The way in by password, second factor and link, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyotp
import pytest
from fastapi import Request

from cxloop.core.accounts import Identity
from cxloop.web.access import browser_of, own_path

PASSWORD = "three calm kettles sing"


def _introduced(shop: Any, email: str) -> Any:
    """Somebody who came by a link and gave a name, an address and a password."""
    browser = shop.browser("analyst")
    form = {"csrf": browser.get("/welcome").csrf, "name": "Mia", "email": email, "password": PASSWORD}
    assert browser.post("/welcome", form).status == 303
    return browser


def _enter(shop: Any, email: str, password: str = PASSWORD, goal: str = "/") -> tuple[Any, Any]:
    browser = shop.browser()
    return browser, browser.post("/signin/password", {"email": email, "password": password, "next": goal})


def test_a_link_leads_to_an_introduction_that_can_be_left_out(shop: Any) -> None:
    browser = shop.browser()

    answer = browser.post("/signin", {"token": shop.link("viewer")})

    assert answer.headers["location"] == "/welcome"
    assert 'href="/"' in browser.get("/welcome").text
    assert browser.get("/").status == 200


def test_a_password_opens_the_page_that_was_asked_for(shop: Any) -> None:
    _introduced(shop, "goal@example.org")

    browser, answer = _enter(shop, "goal@example.org", goal="/explore?metric=nps")

    assert (answer.status, answer.headers["location"]) == (303, "/explore?metric=nps")
    assert browser.get("/explore").status == 200


@pytest.mark.parametrize(
    "goal",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "/signin"],
)
def test_signing_in_leads_nowhere_else(shop: Any, goal: str) -> None:
    _introduced(shop, f"{abs(hash(goal))}@example.org")

    _browser, answer = _enter(shop, f"{abs(hash(goal))}@example.org", goal=goal)

    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert own_path(goal) == "/"


def test_a_stranger_is_asked_for_a_password_and_keeps_the_address(outsider: Any) -> None:
    text = outsider.get("/explore?metric=nps").text

    assert 'name="next" value="/explore?metric=nps"' in text
    assert 'autocomplete="current-password"' in text
    assert "Sign in with" not in text  # no provider is configured


def test_a_wrong_password_says_no_more_than_that(shop: Any) -> None:
    _introduced(shop, "real@example.org")

    known, unknown = _enter(shop, "real@example.org", "not hers at all")[1], _enter(shop, "nobody@example.org")[1]

    assert (known.status, unknown.status) == (403, 403)
    told = [page.text.split('role="alert">')[1].split("<")[0] for page in (known, unknown)]
    assert told[0] == told[1]


def test_too_many_attempts_have_to_wait_and_are_told_how_long(shop: Any) -> None:
    answers = [_enter(shop, "guessed@example.org", f"guess number {n}")[1] for n in range(30)]

    late = next(answer for answer in answers if answer.status == 429)

    assert int(late.headers["retry-after"]) > 0
    assert 'role="alert"' in late.text


def test_the_second_factor_is_asked_for_before_anything_is_open(shop: Any) -> None:
    browser = _introduced(shop, "factor@example.org")
    page = browser.post("/settings/factor", {"csrf": browser.get("/settings").csrf})
    secret = page.text.split('aria-label="The secret">')[1].split("<")[0]
    code = pyotp.TOTP(secret).at(shop.store.clock())
    confirmed = browser.post("/settings/factor/confirm", {"csrf": page.csrf, "code": code})
    assert "Your recovery codes" in confirmed.text
    recovery = confirmed.text.split('id="codes"><li>')[1].split("\n")[0]

    fresh, first = _enter(shop, "factor@example.org", goal="/sources")
    between = fresh.get("/sources").status
    wrong = fresh.post("/signin/code", {"code": "000000", "next": "/sources"})
    right = fresh.post("/signin/code", {"code": recovery, "next": "/sources"})

    assert first.headers["location"] == "/signin/code?next=%2Fsources"
    assert between == 401
    assert wrong.status == 403
    assert (right.status, right.headers["location"]) == (303, "/sources")
    assert fresh.get("/sources").status == 200


def test_the_code_is_not_asked_of_who_gave_no_password(outsider: Any) -> None:
    assert outsider.get("/signin/code").headers["location"].startswith("/signin?")
    assert outsider.post("/signin/code", {"code": "123456"}).status == 403


class _Provider:
    """Knows Mia, whoever asks."""

    name = "Keycloak"

    def depart(self, callback: str) -> tuple[str, str]:
        return f"https://id.example.org/authorize?redirect_uri={callback}", "remembered"

    def arrive(self, remembered: str, answer: str) -> Identity:
        assert remembered == "remembered"
        assert answer.startswith("http://cxloop.test/signin/arrive?code=")
        return Identity("https://id.example.org", "mia", "provided@example.org", "Mia")


def test_a_provider_is_offered_and_leads_back_to_the_page_that_was_asked_for(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _introduced(shop, "provided@example.org")
    site = shop.app.state.site
    monkeypatch.setattr(site, "accounts", replace(site.accounts, identities=_Provider()))
    browser = shop.browser()

    page = browser.get("/sources")
    away = browser.get("/signin/provider?next=/sources")
    back = browser.get("/signin/arrive?code=x&state=y")

    assert "Sign in with Keycloak" in page.text
    assert 'href="/signin/provider?next=/sources"' in page.text
    assert away.headers["location"].startswith("https://id.example.org/authorize")
    assert away.headers["location"].endswith("http://cxloop.test/signin/arrive")
    assert (back.status, back.headers["location"]) == (303, "/sources")
    assert browser.get("/sources").status == 200


def test_an_address_of_the_provider_leads_nowhere_where_none_is_configured(outsider: Any) -> None:
    assert outsider.get("/signin/provider").status == 403
    assert outsider.get("/signin/arrive?code=x&state=y").status == 403


def test_a_new_password_ends_other_sessions_and_asks_for_the_former_one(shop: Any) -> None:
    browser = _introduced(shop, "change@example.org")
    other, _answer = _enter(shop, "change@example.org")
    csrf = browser.get("/settings").csrf

    refused = browser.post("/settings/password", {"csrf": csrf, "password": "a new one, long enough"})
    short = browser.post("/settings/password", {"csrf": csrf, "former": PASSWORD, "password": "short"})
    done = browser.post("/settings/password", {"csrf": csrf, "former": PASSWORD, "password": "a new one, long enough"})

    assert (refused.status, short.status, done.status) == (403, 400, 303)
    assert other.get("/").status == 401
    assert browser.get("/settings").status == 200


def test_the_list_of_sessions_ends_one_of_them(shop: Any) -> None:
    browser = _introduced(shop, "two@example.org")
    other, _answer = _enter(shop, "two@example.org")
    page = browser.get("/settings")
    form = next(part for part in page.text.split("<form") if "/settings/sessions/" in part and "/end" in part)
    address = form.split('action="')[1].split('"')[0]

    assert browser.post(address, {"csrf": page.csrf}).status == 303
    assert other.get("/").status == 401


def test_an_address_that_a_client_makes_up_before_the_proxy_s_is_not_believed(shop: Any) -> None:
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.7")]
    scope = {"type": "http", "headers": headers, "client": ("127.0.0.1", 1), "app": shop.app}

    assert browser_of(Request(scope)).address == "203.0.113.7"


def test_through_tls_no_other_site_of_the_domain_can_put_a_cookie_of_a_sign_in_in_place(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = shop.app.state.site
    monkeypatch.setattr(site, "accounts", replace(site.accounts, identities=_Provider()))
    monkeypatch.setattr(type(shop.host.settings.server), "secure", property(lambda _server: True))

    browser = shop.browser()
    departure = browser.get("/signin/provider").headers["set-cookie"]
    session = browser.post("/signin", {"token": shop.link("viewer")}).headers["set-cookie"]

    for kept, name in ((departure, "cxloop_departure"), (session, "cxloop_session")):
        assert kept.startswith(f"__Host-{name}=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(kept.split("; "))
        assert "Domain" not in kept
