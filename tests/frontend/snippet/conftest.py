"""A website on one port and a running collector on another, with Chromium to visit the one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import chromium
from tests.support.servers import answers, end, free_port, missing, until

from cxloop.collect.spool import Spool
from cxloop.runtime.folder import Folder
from cxloop.store import keys
from cxloop.store.base import Store

BUILT = Path(__file__).resolve().parents[3] / "src" / "cxloop" / "web" / "static" / "built" / "cx.js"
SECONDS = 15.0


@dataclass
class Receiver:
    """A collector in a process of its own, and what has reached its spool."""

    address: str
    key: str
    spool: Spool
    after: int = 0
    site: str = ""

    def events(self) -> list[dict[str, Any]]:
        """Every event since the test began, as it was sent; one that was sent twice stands here twice.

        A page that the test before has closed may still say goodbye: what comes from another site is not counted.
        """
        spooled = self.spool.read(self.after, 50_000_000)
        events = [event for each in spooled for event in json.loads(each.envelope.body)["batch"]]
        return [event for event in events if event["context"]["page"]["url"].startswith(self.site)]

    def raw(self) -> bytes:
        """The bytes of every request since the test began."""
        return b"".join(each.envelope.body for each in self.spool.read(self.after, 50_000_000))


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """The collector of an empty workspace, with a write key for the source "website"."""
    if not BUILT.is_file():
        missing(f"{BUILT} is missing: run `python frontend/build.py`")
    folder = Folder(tmp_path_factory.mktemp("snippet") / "acme")
    folder.path.mkdir(mode=0o700)
    folder.settings.touch()
    folder.experience.touch()
    store = Store.open(folder.store)
    issued = keys.create(store, keys.NewKey(kind="write", name="Website", source="website"))
    store.close()
    port = free_port()
    words = [sys.executable, "-m", "cxloop.entry.collector", str(folder.path), "127.0.0.1", str(port), "1"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)  # it ends with whoever holds the other end
    spool = Spool(folder.spool)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{address}/healthz"), "the collector", of=process)
        yield Receiver(address, issued.secret, spool)
    finally:
        end(process)
        spool.close()


@pytest.fixture
def receiver(collector: Receiver) -> Receiver:
    """The collector, as if nothing had reached it yet."""
    collector.after, collector.site = collector.spool.state().last_seq, ""
    return collector


@dataclass
class Site:
    """A website: path to HTML or script. Its policy allows no inline script and no eval."""

    address: str
    receiver: Receiver
    files: dict[str, str] = field(default_factory=dict)

    def page(self, path: str, body: str = "", *, title: str = "Shop", script: str = "", **data: str) -> str:
        """Puts a page with the snippet on the site and returns its address.

        Args:
            path: where.
            body: HTML.
            title: of the page.
            script: of the site itself, runs before the snippet has loaded.
            data: further data-* attributes of the snippet's tag.
        """
        given = {"key": self.receiver.key, **data}
        attributes = " ".join(f'data-{name}="{value}"' for name, value in given.items())
        own = f'<script src="{path}.js"></script>' if script else ""
        self.files[f"{path}.js"] = script
        self.files[path] = (
            f'<!doctype html><title>{title}</title><link rel="icon" href="data:,">{own}'
            f'<script src="{self.receiver.address}/cx.js" {attributes} async></script>{body}'
        )
        return self.address + path


@pytest.fixture
def site(receiver: Receiver) -> Iterator[Site]:
    """A website of another origin than the collector."""
    made = Site("", receiver)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            content = made.files.get(path, "<!doctype html><title>elsewhere</title>").encode()
            self.send_response(200)
            kind = "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; img-src data:; script-src 'self' {receiver.address}; "
                f"connect-src {receiver.address}; form-action 'self'",
            )
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the standard library calls it so

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.address = receiver.site = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without anybody's cookies."""
    with chromium() as launched:
        yield launched


@dataclass
class Visit:
    """A visitor with an empty browser."""

    context: Any
    page: Any
    complaints: list[str]

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something to hold; the browser goes on meanwhile."""
        latest = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < latest, "it did not happen"
            self.page.wait_for_timeout(50)

    def quiet(self, milliseconds: int = 1200) -> None:
        """Lets time pass in which something could happen."""
        self.page.wait_for_timeout(milliseconds)

    def call(self, script: str) -> Any:
        """Runs a call of the site once the snippet is there."""
        self.page.wait_for_function("() => window.cx && window.cx.loaded")
        return self.page.evaluate(script)

    def stored(self) -> dict[str, Any]:
        """Everything that the browser keeps for the site."""
        kept: dict[str, Any] = self.page.evaluate(
            "async () => ({ local: { ...localStorage }, session: { ...sessionStorage },"
            " databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length })"
        )
        return {**kept, "cookies": self.context.cookies()}

    def waits_for_nothing(self) -> bool:
        """Whether nothing is left that was not sent: an event leaves its place once its receiver has answered."""
        return not any(name.startswith("cx.q.") for name in self.stored()["local"])

    def told(self, receiver: Receiver, events: int) -> None:
        """Waits until that many events have come in and the page has heard so.

        A page that is left between the two sends them again from the next one, as it should.
        """
        self.until(lambda: len(receiver.events()) == events and self.waits_for_nothing())


NOTHING: dict[str, Any] = {"local": {}, "session": {}, "databases": 0, "caches": 0, "cookies": []}


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Somebody who visits the site for the first time; the console of the page stays free of complaints."""
    context = browser.new_context()
    page = context.new_page()
    made = Visit(context, page, [])
    page.on("pageerror", lambda failure: made.complaints.append(str(failure)))
    page.on("console", lambda message: made.complaints.extend([message.text] * (message.type == "error")))
    yield made
    context.close()
