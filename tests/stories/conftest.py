"""The product as its users have it: a workspace made by the command line, a running server, and a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import chromium
from tests.support.mailserver import MailServer, mail_server
from tests.support.once import once_of_all
from tests.support.servers import SECONDS, end, free_port, missing, until

ANSWERS = """id,customer,score,when,comment
1,anna@example.org,9,2026-10-01,Quick and friendly.
2,ben@example.org,7,2026-10-02,
3,cleo@example.org,3,03.10.2026,Nobody called back.
4,dora@example.org,10,2026-10-04,<script>alert("x")</script>
"""
MAPPING = """
source = "answers"
time_zone = "Europe/Berlin"

[[key]]
type = "email"
value = "customer"

[[interaction]]
name = "nps answered"
kind = "answer"
id = "id"
occurred_at = {when}
metric = "nps"
scale = [0, 10]
score = "score"
text = "comment"
"""
SMTP = """
[outreach.smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "hello@shop.example"
"""
ISO = '"when"'
ISO_AND_GERMAN = '{ from = "when", formats = ["iso", "%d.%m.%Y"] }'


PATIENCE = float(os.environ.get("CXLOOP_STORIES_PATIENCE", "1"))
"""How many times as long everything is waited for: on a cluster, and with millions of interactions, more than once."""


def cxloop(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=False, timeout=240 * PATIENCE
    )


SCREENS = pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1440, "light"),
        (360, "dark"),
        pytest.param(1440, "dark", marks=pytest.mark.long),
        pytest.param(360, "light", marks=pytest.mark.long),
    ],
)
"""What pages are looked at on: two that differ in everything, and with more time the other two."""


@dataclass
class Product:
    """A server that runs on a workspace."""

    folder: Path
    address: str
    link: str


@pytest.fixture(scope="session")
def mailbox() -> Iterator[MailServer]:
    """The mail server of the product's company."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, mailbox: MailServer) -> Iterator[Product]:
    """300 simulated customers, an imported file with one row that could not be taken, and `cxloop serve`.

    The workspace is made once for all processes that share the tests; each serves a copy of its own.
    """
    folder = tmp_path_factory.mktemp("story") / "acme"
    made = once_of_all(tmp_path_factory, "story", _furnish) / folder.name
    shutil.copytree(made, folder)
    with (folder / "cxloop.toml").open("a") as settings:
        settings.write(SMTP.format(port=mailbox.port))
    _move(folder)
    yield from serve(folder)


def _move(folder: Path) -> None:
    """Takes the product to another engine and database where that is asked for: the stories stay the same."""
    settings, engine, database = (
        os.environ.get(f"CXLOOP_STORIES_{name}") for name in ("SETTINGS", "ENGINE", "DATABASE")
    )
    with (folder / "cxloop.toml").open("a") as file:
        file.write(settings or "")
    for option, address in (("--engine", engine), ("--database", database)):
        if address:
            moved = cxloop("move", option, address, "--workspace", str(folder))
            assert moved.returncode == 0, moved.stderr


def _furnish(parent: Path) -> None:
    folder = parent / "acme"
    if company := os.environ.get("CXLOOP_STORIES_COMPANY"):  # a larger one, or one that is somewhere else
        shutil.copytree(company, folder)
    else:
        made = cxloop("demo", str(folder), "--customers", "300", "--months", "12", "--no-serve")
        assert made.returncode == 0, made.stderr
    answers, mapping = parent / "answers.csv", parent / "answers.toml"
    answers.write_text(ANSWERS)
    mapping.write_text(MAPPING.replace("{when}", ISO))
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "inbox" / "corrected.toml").write_text(MAPPING.replace("{when}", ISO_AND_GERMAN))
    taken = cxloop("collect", "file", str(answers), "--mapping", str(mapping), "--workspace", str(folder))
    assert "1 rejected" in taken.stdout, taken.stdout + taken.stderr


def serve(folder: Path) -> Generator[Product, None, None]:
    """Serves a workspace for as long as it is looked at."""
    port = free_port()
    words = [sys.executable, "-m", "cxloop", "serve", "--workspace", str(folder), "--port", str(port)]
    words += ["--collect-port", "0"]
    told = folder.parent / "serve.txt"
    with told.open("w") as out:
        server = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT)
    try:
        link = _wait_for_link(told, server)
        yield Product(folder, f"http://127.0.0.1:{port}", link)
    finally:
        end(server)


def _wait_for_link(told: Path, server: subprocess.Popen[bytes]) -> str:
    link = re.compile(r"http://\S+/signin\?token=\S+")
    until(
        lambda: bool(link.search(told.read_text())),
        "the link of cxloop serve",
        of=server,
        seconds=SECONDS * PATIENCE,
    )
    found = link.search(told.read_text())
    assert found is not None
    return found[0]


def new_link(product: Product) -> str:
    """Returns a new link that signs the owner in."""
    told = cxloop("link", "--workspace", str(product.folder))
    found = re.search(r"http\S+", told.stdout)
    assert found, told.stdout + told.stderr
    return found[0]


BROWSER_MS = 30_000


@dataclass
class Visitor:
    """A browser that is signed in, and what its console complained about."""

    browser: Any
    product: Product
    state: dict[str, Any]
    complaints: list[str] = field(default_factory=list)

    def page(self, width: int = 1440, scheme: str = "light", **more: Any) -> Any:
        """Opens a page; whatever its console reports is remembered."""
        context = self.browser.new_context(
            base_url=self.product.address,
            storage_state=self.state,
            color_scheme=scheme,
            viewport={"width": width, "height": 1000 if width > 700 else 780},
            **more,
        )
        context.set_default_timeout(BROWSER_MS * PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: self._listen(message.type, message.text))
        page.on("pageerror", lambda failure: self._listen("error", str(failure)))
        return page

    def _listen(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without anybody's cookies."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def session(browser: Any, product: Product) -> dict[str, Any]:
    """What the browser keeps after signing in."""
    return signed_in(browser, product)


def signed_in(browser: Any, product: Product) -> dict[str, Any]:
    """Signs in through a link, one of its own since each works once, and returns what the browser keeps."""
    context = browser.new_context()
    context.set_default_timeout(BROWSER_MS * PATIENCE)
    page = context.new_page()
    page.goto(new_link(product))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/welcome")
    page.get_by_role("link", name="Not now").click()
    page.wait_for_url(f"{product.address}/")
    kept: dict[str, Any] = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visitor(browser: Any, product: Product, session: dict[str, Any]) -> Visitor:
    """Somebody who is signed in."""
    return Visitor(browser, product, session)


@pytest.fixture(scope="module")
def teller(browser: Any, product: Product, session: dict[str, Any]) -> str:
    """The address of a customer who has something to tell."""
    page = Visitor(browser, product, session).page()
    page.goto("/explore?metric=rating&every=none&since=all")
    address: str = page.get_by_role("link", name="what happened").first.get_attribute("href")
    page.context.close()
    return address


@pytest.fixture(scope="session")
def axe(checkout: Path) -> str:
    """The source of axe-core, from the packages of frontend/."""
    path = checkout / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        missing(f"{path} is missing: run `python frontend/build.py --force`")
    return path.read_text()


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where to put screenshots for people to look at: $CXLOOP_SCREENSHOTS, or nowhere."""
    named = os.environ.get("CXLOOP_SCREENSHOTS")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def barriers(page: Any, axe: str, name: str) -> dict[str, Any]:
    """What axe-core finds on a page; by evaluation, since the page's policy lets no other script in."""
    page.evaluate(axe)
    result = json.loads(page.evaluate("axe.run().then(found => JSON.stringify(found.violations))"))
    return {f"{name}: {item['id']}": [node["html"][:160] for node in item["nodes"]] for item in result}
