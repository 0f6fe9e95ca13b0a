"""A small company with known rows, the whole app around it, and a browser for each of the cast."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI

from cxloop.core.host import LOCAL, Role
from cxloop.entry.app import create_app
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store.accounts import create_account, create_link
from cxloop.store.base import Store

EXPERIENCE = """
channel = ["web", "app", "email", "phone", "parcel"]

[[stage]]
name = "delivery"
label = "Delivery"

[[touchpoint]]
name = "parcel"
label = "Parcel at the door"
stage = "delivery"

[[promise]]
what = "delivery"
kept_by = 'kind == "delivery" and name == "delivered"'

[[purpose]]
name = "newsletter"
label = "Newsletter"
basis = "consent"
channels = ["email"]
"""
SETTINGS = """
[company]
name = "Kettle & Co"
time_zone = "Europe/Berlin"
"""
LAST_DAY = datetime(2026, 10, 31, 9)
HOSTILE = '<script>alert("x")</script> & <b onmouseover=alert(1)>'
"""A text that would run if a page did not escape it."""
ROLES: tuple[Role, ...] = ("owner", "analyst", "viewer")


def rows_of_company(customers: int = 300, days: int = 90) -> list[dict[str, Any]]:
    """Orders with a promise and a delivery, an NPS answer each, and comments: half of the parcels of May are late."""
    rng = random.Random(7)
    rows: list[dict[str, Any]] = []
    for person in range(customers):
        placed = LAST_DAY - timedelta(days=rng.randrange(8, days), minutes=rng.randrange(600))
        late = rng.random() < 0.3
        rows += _order(person, placed, late, rng)
    return rows


def _order(person: int, placed: datetime, late: bool, rng: random.Random) -> list[dict[str, Any]]:
    order = {"objects": json.dumps([["order", f"o{person}"]]), **_who(person)}
    due = (placed + timedelta(days=4)).replace(hour=0, minute=0, second=0)
    came = due + timedelta(days=2 if late else -1, hours=14)
    answered = came + timedelta(hours=rng.randrange(5, 40))
    score = float(rng.randrange(0, 8) if late else rng.randrange(6, 11))
    return [
        _row(f"p{person}", placed, "order", "order_placed", "checkout", rng.choice(["web", "app"]), **order),
        _row(
            f"d{person}", placed, "promise", "delivery_promised", "order_confirmation", "email", **order,
            promise_what="delivery", promise_due_at=due, promise_due_precision="day",
        ),
        _row(f"h{person}", placed + timedelta(days=1), "delivery", "handed_over", "dispatch", "parcel", **order),
        _row(f"c{person}", came, "delivery", "delivered", "parcel", "parcel", **order),
        _row(
            f"n{person}", answered, "answer", "nps_answered", "parcel", rng.choice(["email", "app", "web"]),
            **_who(person), metric="nps", score=score, scale_min=0.0, scale_max=10.0,
            text=_comment(person, late) if person % 3 == 0 else None, language="en",
        ),
    ]  # fmt: skip


def _comment(person: int, late: bool) -> str:
    if person == 0:
        return HOSTILE
    return "Was told Friday, came Sunday." if late else "Here in time, and the kettle is lovely."


def _who(person: int) -> dict[str, Any]:
    name = HOSTILE if person == 0 else f"Marta Number{person}"
    traits = {"name": name, "email": f"marta{person}@example.org"}
    return {
        "key_namespace": "shop",
        "key_type": "user_id",
        "key_value": f"u{person}",
        "traits": json.dumps(traits),
    }


def _row(
    message: str, at: datetime, kind: str, name: str, touchpoint: str, channel: str, **more: Any
) -> dict[str, Any]:
    return {
        "message_id": message,
        "source": "shop",
        "kind": kind,
        "name": name,
        "touchpoint": touchpoint,
        "channel": channel,
        "occurred_at": min(at, LAST_DAY),
        **more,
    }


def incoming(rows: list[dict[str, Any]]) -> pa.Table:
    """Returns rows as the table that `admit` takes; absent values are null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


@dataclass
class Answer:
    """One response, as a test looks at it."""

    status: int
    text: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def links(self) -> list[str]:
        """Every address of the page."""
        reader = _Links()
        reader.feed(self.text)
        return reader.found

    @property
    def csrf(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf" value="(\w+)"', self.text)
        assert found is not None
        return found[1]


@dataclass
class Browser:
    """Keeps cookies and asks the app, without a network."""

    app: FastAPI
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, **headers: str) -> Answer:
        """Opens a page."""
        return self._ask("GET", address, headers=headers)

    def post(self, address: str, form: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Sends a form."""
        return self._ask("POST", address, data=dict(form or {}), headers=headers)

    def send(self, page: str, address: str, form: Mapping[str, Any] | None = None) -> Answer:
        """Opens a page, and sends a form with the token that stands in it."""
        return self.post(address, {"csrf": self.get(page).csrf, **(form or {})})

    def _ask(self, method: str, address: str, **given: Any) -> Answer:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://cxloop.test", cookies=self.cookies
            ) as client:
                return await client.request(method, address, **given)

        response = asyncio.run(ask())
        for name, value in response.cookies.items():
            self.cookies[name] = value
        return Answer(response.status_code, response.text, response.headers, response.content)


@dataclass
class Shop:
    """The company's workspace, its app, and its cast."""

    host: LocalHost
    app: FastAPI

    @property
    def store(self) -> Store:
        """The operational records."""
        return self.host.workspace.store

    def link(self, role: Role) -> str:
        """Returns a new sign-in token for a new account of `role`."""
        now = self.store.clock()
        account = create_account(self.store, name=f"The {role}", email=None, role=role, now=now)
        return create_link(self.store, account, now=now)

    def run(self, path: str, **arguments: object) -> Any:
        """Runs a verb as the person at the machine."""
        return self.host.run(path, arguments, actor=LOCAL)

    def customer(self, person: int) -> int:
        """The number of a customer of the company."""
        return int(self.run("unify.customers", query=f"marta{person}@").rows[0].customer_id)

    def browser(self, role: Role | None = None) -> Browser:
        """Returns a browser, signed in where a role is given."""
        browser = Browser(self.app)
        if role is not None:
            assert browser.post("/signin", {"token": self.link(role)}).status == 303
        return browser


def open_shop(
    path: Path, rows: list[dict[str, Any]], experience: str = EXPERIENCE, settings: str = SETTINGS
) -> LocalHost:
    """Makes a workspace with these rows in its log."""
    path.mkdir(parents=True)
    (path / "cxloop.toml").write_text(settings)
    (path / "experience.toml").write_text(experience)
    host = LocalHost(open_workspace(Folder(path)))
    if rows:
        host.workspace.engine.admit(incoming(rows), now=LAST_DAY)
    host.derive()
    return host


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The company with 300 customers."""
    host = open_shop(tmp_path_factory.mktemp("web") / "shop", rows_of_company())
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company on its first day: nothing in the log."""
    host = open_shop(tmp_path_factory.mktemp("web") / "empty", [])
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture(scope="session")
def owner(shop: Shop) -> Browser:
    """Sees and may do everything."""
    return shop.browser("owner")


@pytest.fixture(scope="session")
def analyst(shop: Shop) -> Browser:
    """Sees everything and may import."""
    return shop.browser("analyst")


@pytest.fixture(scope="session")
def viewer(shop: Shop) -> Browser:
    """Sees numbers, no single person."""
    return shop.browser("viewer")


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company of 40 customers, for tests that change who is who."""
    host = open_shop(tmp_path_factory.mktemp("web") / "small", rows_of_company(40))
    yield Shop(host, create_app(host))
    host.close()


@pytest.fixture
def outsider(shop: Shop) -> Browser:
    """Is not signed in."""
    return shop.browser()


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Shop]:
    """A company whose pages were read before its server started anew: what they show was kept in the tables."""
    host = open_shop(tmp_path / "shop", rows_of_company(60))
    before = Shop(host, create_app(host)).browser("owner")
    for page in ("/", "/explore", "/customers", "/sources"):
        assert before.get(page).status == 200
    host.close()
    host = LocalHost(open_workspace(Folder(tmp_path / "shop")))
    yield Shop(host, create_app(host))
    host.close()
