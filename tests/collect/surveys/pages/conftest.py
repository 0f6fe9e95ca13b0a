"""The respondents' pages over a real store, and browsers without a script that walk through them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx
import pytest

from cxloop.collect.surveys.pages.app import Respondents
from cxloop.outreach.links import sign_link
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.surveys import invitations, responses, surveys, waves
from cxloop.store.surveys.invitations import NewInvitation
from cxloop.store.surveys.responses import ResponseRecord

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
HOST = "https://cx.example.org"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        self.now += timedelta(**much)


class Page(HTMLParser):
    """What a browser without a script knows of a page: its form, its words, its links."""

    def __init__(self, given: httpx.Response) -> None:
        super().__init__()
        self.status, self.html, self.address = given.status_code, given.text, str(given.url)
        self.headers = given.headers
        self.action = self.told = ""
        self.fields: list[tuple[str, str]] = []
        self.questions: list[str] = []
        self.errors: list[str] = []
        self.wrong: list[str] = []
        self.focused = ""
        self.words: list[str] = []
        self._select = self._area = ""
        self._error = self._template = self._chosen = False
        self.feed(given.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._template |= tag == "template"
        if self._template:
            return
        if tag == "form":
            self.action = given["action"]
        if "data-told" in given:
            self.told = given["data-told"]
        if "data-question" in given:
            self.questions.append(given["data-question"])
            self.wrong += [given["data-question"]] if "wrong" in given.get("class", "").split() else []
        if "autofocus" in given:
            self.focused = given.get("name", "")
        self._error = given.get("class") == "error"
        kind = given.get("type", "text")
        if tag == "input" and "name" in given and (kind not in ("radio", "checkbox", "file") or "checked" in given):
            self.fields.append((given["name"], given.get("value", "")))
        if tag == "select":
            self._select = given["name"]
        if tag == "option" and "selected" in given and self._select:
            self.fields.append((self._select, given.get("value", "")))
            self._chosen = "value" not in given
        if tag == "textarea":
            self._area = given["name"]
            self.fields.append((self._area, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._template = False
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._template:
            return
        if self._chosen:  # a choice without a value is its text
            self.fields[-1] = (self._select, data)
            self._chosen = False
        elif self._area:
            name, value = self.fields[-1]
            self.fields[-1] = (name, (value + data).lstrip("\n"))
        elif self._error and data.strip():
            self.errors.append(data.strip())
            self._error = False
        self.words.append(data)

    @property
    def text(self) -> str:
        """The words of the page."""
        return " ".join(" ".join(self.words).split())


@dataclass
class Browser:
    """Somebody who answers: keeps cookies, follows redirects, and sends what the page's form holds."""

    site: Site
    agent: str = PHONE
    headers: dict[str, str] = field(default_factory=dict)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    page: Page | None = None

    def ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        headers = {"user-agent": self.agent, **self.headers, **more.pop("headers", {})}

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.site.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOST, cookies=self.cookies) as client:
                given = await client.request(method, address, headers=headers, **more)
                self.cookies.update(client.cookies)
                return given

        return asyncio.run(asked())

    def get(self, address: str, **more: Any) -> Page:
        given = self.ask("GET", address, **more)
        while given.has_redirect_location and given.headers["location"].startswith("/"):
            given = self.ask("GET", given.headers["location"])
        self.page = Page(given)
        return self.page

    def send(self, *, page: Page | None = None, move: str = "next", files: Any = None, **answers: Any) -> Page:
        """Fills in a form and sends it; answers by question, lists for several."""
        page = page or self.page
        assert page is not None
        fields: dict[str, list[str]] = {}
        for name, value in page.fields:
            fields.setdefault(name, []).append(value)
        for question, value in answers.items():
            fields |= dict(filled(question, value))
        fields.setdefault("_do", [move])
        if move.startswith("lang:"):
            fields["_lang"] = [move.removeprefix("lang:")]
        given = self.ask("POST", page.action, data=fields, files=files)
        if given.has_redirect_location and given.headers["location"].startswith("/"):
            return self.get(given.headers["location"])
        self.page = Page(given)
        return self.page


def filled(question: str, value: Any) -> list[tuple[str, list[str]]]:
    if question.startswith(("c:", "r:", "k:", "x:", "_")):
        return [(question, [str(value)])]
    if value is None:
        return [(f"q:{question}", [])]
    many = value if isinstance(value, list) else [value]
    return [(f"q:{question}", [str(each).lower() if isinstance(each, bool) else str(each) for each in many])]


@dataclass
class Site:
    """The pages, and the records behind them."""

    store: Store
    clock: Clock
    app: Respondents

    def publish(self, document: Mapping[str, Any], name: str = "delivery", **settings: Any) -> None:
        """Puts a survey live, or a new version of it."""
        version = documents.save(self.store, surveys.PUBLISHED, name, document, author_id=None).version
        if surveys.find(self.store, name) is None:
            surveys.create(self.store, name, title="Delivery")
        surveys.change(self.store, name, settings=settings)
        surveys.set_state(self.store, name, "live", version=version)
        self.forget()

    def forget(self) -> None:
        """As if a second had passed: surveys are read anew."""
        self.app.shelf = type(self.app.shelf)(self.store)
        self.app.commons = type(self.app.commons)(self.store.vault)

    def invite(self, name: str = "delivery", **values: Any) -> tuple[int, str]:
        """Asks somebody, and returns the number of the invitation and the personal link."""
        wave = waves.create(self.store, name, "people", settings={}, starts_at=self.clock())
        new = NewInvitation(key_id=7, trigger=f"wave-{wave.id}", state="planned", channel="email", **values)
        assert invitations.add(self.store, wave.id, [new], before=wave.position, after="1")
        number = max(each.id for each in invitations.some(self.store, survey=name))
        return number, f"/s/i/{sign_link(self.store.vault, 'invitation', number, values.get('expires_at'))}"

    def browser(self, **more: Any) -> Browser:
        return Browser(self, **more)

    def stored(self) -> list[ResponseRecord]:
        """Every response, the oldest first."""
        return responses.of_survey(self.store, "delivery")[::-1]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records without anything in them: bringing them up to date takes longer than most tests."""
    path = tmp_path_factory.mktemp("blank") / "app.sqlite"
    Store.open(path).close()
    return path


@pytest.fixture
def site(tmp_path: Path, blank: Path) -> Iterator[Site]:
    """Pages without a survey."""
    clock = Clock()
    store = Store.open(copyfile(blank, tmp_path / "app.sqlite"), clock)
    app = Respondents(store)
    yield Site(store, clock, app)
    app.close()
    store.close()
