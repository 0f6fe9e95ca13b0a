"""A running collector with surveys, a website of another origin, and Chromium to visit both."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import chromium
from tests.support.servers import answers, end, free_port, missing, until

from cxloop.collect.surveys.audience import Audience
from cxloop.runtime.folder import Folder
from cxloop.store import documents, keys
from cxloop.store.base import Store
from cxloop.store.surveys import responses, surveys
from cxloop.store.surveys.responses import ResponseRecord

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src" / "cxloop" / "web" / "static" / "built"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Host:
    """A collector in a process of its own, and its records."""

    address: str
    key: str
    store: Store
    folder: Path

    def publish(self, name: str, document: dict[str, Any], **settings: Any) -> str:
        """Puts a survey on the server and returns its address."""
        version = documents.save(self.store, surveys.PUBLISHED, name, document, author_id=None).version
        if surveys.find(self.store, name) is None:
            surveys.create(self.store, name, title=str(document.get("title", name)), settings=settings)
        surveys.change(self.store, name, settings=settings)
        surveys.set_state(self.store, name, "live", version=version)
        return f"{self.address}/s/{name}"

    def responses(self, survey: str) -> list[ResponseRecord]:
        """What is stored of a survey, the oldest first."""
        return list(reversed(responses.of_survey(self.store, survey)))

    @property
    def audience(self) -> Audience:
        """Who is in the segments of widgets."""
        return Audience.of(self.folder, self.store.vault)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The collector of an empty workspace, with a write key for the source "website"."""
    if not (BUILT / "survey.js").is_file():
        missing(f"{BUILT} is missing: run `python frontend/build.py`")
    folder = Folder(tmp_path_factory.mktemp("surveys") / "acme")
    folder.path.mkdir(mode=0o700)
    folder.settings.touch()
    folder.experience.touch()
    store = Store.open(folder.store)
    issued = keys.create(store, keys.NewKey(kind="write", name="Website", source="website"))
    port = free_port()
    words = [sys.executable, "-m", "cxloop.entry.collector", str(folder.path), "127.0.0.1", str(port), "1"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)  # it ends with whoever holds the other end
    try:
        # a name and not a number: a worker without TLS is let in for this one only
        address = f"http://localhost:{port}"
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the collector", of=process)
        yield Host(address, issued.secret, store, folder.path)
    finally:
        end(process)
        store.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without anybody's cookies."""
    with chromium() as launched:
        yield launched


@dataclass
class Site:
    """A website of another origin, whose policy allows no inline script or style."""

    address: str
    host: Host
    files: dict[str, str] = field(default_factory=dict)

    def page(self, path: str, *, before: str = "", body: str = "<h1>Shop</h1><a href='#'>Lamp</a>", **data: str) -> str:
        """Puts a page with the widget on the site and returns its address.

        Args:
            path: where.
            before: HTML in front of the widget's tag.
            body: HTML of the page.
            data: data-* attributes of the widget's tag.
        """
        attributes = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        self.files[path] = (
            f'<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">{before}'
            f'<script src="{self.host.address}/s/-/widget.js" {attributes} async></script><main>{body}</main></html>'
        )
        return self.address + path


@pytest.fixture
def site(host: Host) -> Iterator[Site]:
    """A website."""
    made = Site("", host)

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
                f"default-src 'none'; img-src data:; script-src 'self' {host.address}; "
                f"connect-src {host.address}; frame-src {host.address}",
            )
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Visit:
    """A person with an empty browser."""

    context: Any
    page: Any
    complaints: list[str]


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Somebody who comes for the first time; the console of the page stays free of complaints."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(10_000)
    made = Visit(context, context.new_page(), [])
    made.page.on("pageerror", lambda failure: made.complaints.append(str(failure)))
    made.page.on("console", lambda message: made.complaints.extend([message.text] * (message.type == "error")))
    yield made
    context.close()


def violations(frame: Any) -> list[str]:
    """What axe-core finds in a page or a frame as it is, with the elements."""
    frame.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = frame.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found["violations"]]
