"""Signing in with a real provider, and everything that a stranger could bring back from there."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from tests.adapters.oidc.conftest import CALLBACK, SECRET, Running

from cxloop.adapters.oidc import discovery
from cxloop.adapters.oidc.discovery import Discovery, Unreachable
from cxloop.adapters.oidc.provider import OidcProvider
from cxloop.core.accounts import Identity
from cxloop.core.config import Oidc
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.entry.app import create_app
from cxloop.entry.identities import client_secret
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store.accounts import create_account
from cxloop.store.secrets import Vault


@pytest.fixture
def client(provider: Running) -> OidcProvider:
    """The app's side of it."""
    return OidcProvider(provider.settings(), SECRET)


def _went(client: OidcProvider, provider: Running, name: str = "marta") -> tuple[str, str]:
    """Somebody signs in there: what was remembered, and the address with which the browser comes back."""
    address, remembered = client.depart(CALLBACK)
    return remembered, provider.sign_in(address, name)


def test_whoever_signs_in_there_is_told_by_a_name_that_never_changes(client: OidcProvider, provider: Running) -> None:
    found = client.arrive(*_went(client, provider))

    assert found == Identity(provider.issuer, "marta", "marta@example.org", "Marta")


def test_an_address_that_the_provider_has_not_checked_is_none(client: OidcProvider, provider: Running) -> None:
    assert client.arrive(*_went(client, provider, "unchecked")).email is None


def test_each_departure_has_its_own_state_nonce_and_challenge(client: OidcProvider) -> None:
    first, second = (parse_qs(urlsplit(client.depart(CALLBACK)[0]).query) for _ in range(2))

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert first["code_challenge_method"] == ["S256"]
    assert first["scope"] == ["openid email profile"]


def test_an_answer_to_another_attempt_is_refused(client: OidcProvider, provider: Running) -> None:
    _, answer = _went(client, provider)
    other, _ = _went(client, provider)

    with pytest.raises(AccessDeniedError, match="belongs to another attempt"):
        client.arrive(other, answer)


def test_a_code_works_once(client: OidcProvider, provider: Running) -> None:
    remembered, answer = _went(client, provider)
    client.arrive(remembered, answer)

    with pytest.raises(AccessDeniedError, match=r"refused the code \(invalid_grant\)"):
        client.arrive(remembered, answer)


def test_a_stolen_code_is_worth_nothing_without_what_the_browser_keeps(client: OidcProvider, provider: Running) -> None:
    remembered, answer = _went(client, provider)
    state, nonce, _, callback = json.loads(remembered)

    with pytest.raises(AccessDeniedError, match="refused the code"):
        client.arrive(json.dumps([state, nonce, "v" * 43, callback]), answer)


def test_a_token_of_another_attempt_is_refused_by_its_nonce(client: OidcProvider, provider: Running) -> None:
    remembered, answer = _went(client, provider)
    state, _, verifier, callback = json.loads(remembered)

    with pytest.raises(AccessDeniedError, match="its token is not valid"):
        client.arrive(json.dumps([state, "another", verifier, callback]), answer)


def test_an_answer_that_names_another_provider_is_refused(client: OidcProvider, provider: Running) -> None:
    remembered, answer = _went(client, provider)

    with pytest.raises(AccessDeniedError, match="comes from another provider"):
        client.arrive(remembered, answer.replace(f"iss={provider.issuer[:4]}", "iss=evil"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("error=access_denied", r"did not let you in \(access_denied\)"),
        ("nothing=1", "it has no code"),
        ("code=made_up", "refused"),
    ],
)
def test_an_answer_without_a_good_code_is_refused(client: OidcProvider, query: str, message: str) -> None:
    _, remembered = client.depart(CALLBACK)
    state = json.loads(remembered)[0]

    with pytest.raises(AccessDeniedError, match=message):
        client.arrive(remembered, f"{CALLBACK}?state={state}&{query}")


def _changed(token: str, **claims: object) -> str:
    """A token with other claims under the old signature."""
    head, body, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    fresh = base64.urlsafe_b64encode(json.dumps({**told, **claims}).encode()).rstrip(b"=").decode()
    return f"{head}.{fresh}.{signature}"


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def _signed_with_the_public_key(token: str) -> str:
    """The old trick: what everybody knows, taken as a shared secret."""
    from joserfc import jwt
    from joserfc.jwk import OctKey

    body = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return jwt.encode({"alg": "HS256"}, body, OctKey.import_key(SECRET * 2))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda token: _changed(token, sub="owner"),
        lambda token: _changed(token, aud="another"),
        _unsigned,
        _signed_with_the_public_key,
        lambda _token: "no.token.atall",
        lambda _token: "",
    ],
    ids=["another person", "another app", "no signature", "the public key as secret", "no token", "nothing"],
)
def test_a_token_that_was_tampered_with_is_refused(
    client: OidcProvider, provider: Running, monkeypatch: pytest.MonkeyPatch, tamper: Any
) -> None:
    went = _went(client, provider)
    exchange = Discovery.exchange

    def tampered(self: Discovery, form: Mapping[str, str], client_id: str, secret: str) -> Mapping[str, Any]:
        tokens = exchange(self, form, client_id, secret)
        return {**tokens, "id_token": tamper(tokens["id_token"])}

    monkeypatch.setattr(Discovery, "exchange", tampered)

    with pytest.raises(AccessDeniedError, match="its token is not valid"):
        client.arrive(*went)


@pytest.mark.parametrize("hours", [2, -2])
def test_a_token_of_another_time_is_refused(provider: Running, hours: int) -> None:
    client = OidcProvider(provider.settings(), SECRET, now=lambda: time.time() + hours * 3600)

    with pytest.raises(AccessDeniedError, match="its token is not valid"):
        client.arrive(*_went(client, provider))


def test_a_token_for_another_app_is_refused(provider: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    client = OidcProvider(provider.settings(), SECRET)
    went = _went(client, provider)
    # another app of the same provider, which has got hold of our code's token
    monkeypatch.setattr(client, "_settings", provider.settings(client_id="other"))
    monkeypatch.setattr(
        Discovery,
        "exchange",
        lambda self, form, _client_id, secret, exchange=Discovery.exchange: exchange(self, form, "cxloop", secret),
    )

    with pytest.raises(AccessDeniedError, match="its token is not valid"):
        client.arrive(*went)


def test_a_wrong_secret_is_told_as_a_refusal(provider: Running) -> None:
    client = OidcProvider(provider.settings(), "another secret")

    with pytest.raises(AccessDeniedError, match=r"refused the code \(invalid_client\)"):
        client.arrive(*_went(client, provider))


def test_a_provider_that_is_down_is_told_as_such() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        down = Oidc(issuer=f"http://127.0.0.1:{taken.getsockname()[1]}", client_id="cxloop", label="Acme ID")

        with pytest.raises(AccessDeniedError, match=r"Acme ID cannot be reached at the moment \(ConnectError\)"):
            OidcProvider(down, SECRET).depart(CALLBACK)


def test_a_provider_that_calls_itself_something_else_is_refused(provider: Running) -> None:
    other = provider.settings(issuer=provider.issuer + "/")

    with pytest.raises(AccessDeniedError, match="it calls itself"):
        OidcProvider(other, SECRET).depart(CALLBACK)


def test_a_client_secret_comes_from_the_environment_or_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault("k" * 32)
    monkeypatch.setenv("ACME_SECRET", "from there")

    assert client_secret("env:ACME_SECRET", vault) == "from there"
    assert client_secret(f"sealed:{vault.seal('kept')}", vault) == "kept"
    assert client_secret("", vault) == ""
    with pytest.raises(InputError, match=r"\$MISSING is not set"):
        client_secret("env:MISSING", vault)


class Browser:
    """A browser with its cookies."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.cookies = httpx.Cookies()

    def get(self, address: str) -> httpx.Response:
        """Asks for a page, and follows nothing."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://testserver", cookies=self.cookies
            ) as client:
                answer = await client.get(address)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())


class App:
    """A workspace whose pages sign in with the provider."""

    def __init__(self, host: LocalHost, provider: Running) -> None:
        self.host = host
        self.provider = provider
        self.browser = Browser(create_app(host))

    def sign_in(self, name: str) -> Any:
        """Signs in as somebody, from the first click to the page that comes back."""
        gone = self.browser.get("/signin/provider")
        return self.browser.get(self.provider.sign_in(gone.headers["location"], name))


@pytest.fixture
def app(bare_workspace: Path, provider: Running, request: pytest.FixtureRequest) -> Iterator[App]:
    """The app; a test may add lines to [sign_in.oidc]."""
    more = getattr(request, "param", "")
    (bare_workspace / "cxloop.toml").write_text(
        f'[sign_in.oidc]\nissuer = "{provider.issuer}"\nclient_id = "cxloop"\n'
        f'client_secret = "sealed:{Vault.of(bare_workspace).seal(SECRET)}"\n{more}'
    )
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    yield App(host, provider)
    host.close()


def test_who_was_invited_gets_in_through_the_pages(app: App) -> None:
    store = app.host.workspace.store
    create_account(store, name="M.", email="marta@example.org", role="analyst", now=store.clock())

    back = app.sign_in("marta")
    page = app.browser.get("/settings")

    assert (back.status_code, page.status_code) == (303, 200)
    again = Browser(app.browser.app)
    assert again.get("/").status_code == 401


def test_who_was_not_invited_stays_out(app: App) -> None:
    back = app.sign_in("stranger")

    assert back.status_code == 403
    assert "has no account here" in back.text


def test_an_unchecked_address_gets_nobody_into_the_account_of_somebody_else(app: App) -> None:
    store = app.host.workspace.store
    create_account(store, name="U.", email="unchecked@example.org", role="owner", now=store.clock())

    back = app.sign_in("unchecked")

    assert back.status_code == 403
    assert "has not checked your e-mail address" in back.text


@pytest.mark.parametrize(
    "app",
    [f'allowed_domains = ["{domain}"]\nrole = "viewer"\n' for domain in ("example.org", "other.example")],
    indirect=True,
)
def test_new_people_of_an_allowed_domain_become_what_the_settings_say(app: App) -> None:
    allowed = "example.org" in app.host.settings.sign_in.oidc.allowed_domains

    back = app.sign_in("nina")

    assert back.status_code == (303 if allowed else 403)
    page = app.browser.get("/settings")
    assert ("Nina" in page.text) == allowed


def test_an_answer_brought_to_another_browser_is_refused(app: App) -> None:
    store = app.host.workspace.store
    create_account(store, name="M.", email="marta@example.org", role="analyst", now=store.clock())
    gone = app.browser.get("/signin/provider")
    answer = app.provider.sign_in(gone.headers["location"], "marta")
    victim = Browser(app.browser.app)

    assert victim.get(answer).status_code == 403
    assert victim.get("/").status_code == 401


def test_a_provider_that_is_down_is_left_alone_for_a_moment_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    moment = [1000.0]

    def nobody(_method: str, address: str, **_more: object) -> tuple[int, dict[str, object]]:
        asked.append(address)
        raise Unreachable("ConnectTimeout")

    monkeypatch.setattr(discovery, "_request", nobody)
    found = discovery.Discovery("https://id.example.org", lambda: moment[0])
    for later in (0.0, 1.0, 8.0, 2.0):
        moment[0] += later
        with pytest.raises(Unreachable, match="ConnectTimeout"):
            found.endpoint("token_endpoint")

    assert len(asked) == 2
