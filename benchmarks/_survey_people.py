"""People at the pages of a running server: browsers without a script, of which each keeps its cookies and its form."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks._ports import free_port
from benchmarks._served import Server

from cxloop.outreach.links import sign_link
from cxloop.runtime.folder import create
from cxloop.store import documents
from cxloop.store.base import Store, open_store
from cxloop.store.surveys import invitations, responses, surveys, waves
from cxloop.store.surveys.invitations import NewInvitation
from cxloop.store.surveys.responses import ResponseRecord

__all__ = ["BROWSER", "Given", "Person", "Place", "place"]

HOST = "127.0.0.1"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
PATIENCE = 30.0
TOLD = re.compile('data-told="([a-z_]+)"')


@dataclass
class Given:
    """An answer of the server; status 0 where there was none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode("utf-8", "replace")

    @property
    def told(self) -> str:
        """What a page without a form says, by its code."""
        found = TOLD.search(self.text)
        return found[1] if found else ""


class Form(HTMLParser):
    """The form of a page: where it goes, and what it says without anybody's doing."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", list[tuple[str, str]]()
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside |= tag == "template"
        if tag == "form" and not self._inside:
            self.action = given.get("action", "")
        if tag == "input" and given.get("type") == "hidden" and not self._inside:
            self.fields.append((given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "template"


@dataclass
class Person:
    """Somebody with a browser."""

    port: int
    agent: str = BROWSER
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    given: Given = field(default_factory=lambda: Given(0))

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Given:
        """Sends one request, and follows no redirect."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        sent = {"user-agent": self.agent, "accept": "text/html", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            given = Given(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            return Given(0)
        finally:
            connection.close()
        if cookie := given.headers.get("set-cookie", ""):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return given

    def get(self, path: str) -> Given:
        """Opens a page, and follows redirects of this server."""
        self.given = self.ask("GET", path)
        for _ in range(5):
            to = self.given.headers.get("location", "")
            if not to.startswith("/"):
                break
            self.given = self.ask("GET", to)
        return self.given

    def form(self, **answers: str | list[str]) -> tuple[str, bytes]:
        """Returns where the form of the page goes, and what it says with these answers, by question or field."""
        form = Form(self.given.text)
        named = [(name if name[:2] in ("c:", "r:") or name[0] == "_" else f"q:{name}", value)
                 for name, value in answers.items()]  # fmt: skip
        many = [(name, each) for name, value in named for each in (value if isinstance(value, list) else [value])]
        overruled = {name for name, _ in named if name != "_asked"}
        kept = [pair for pair in form.fields if pair[0] not in overruled]
        move = [] if "_do" in overruled else [("_do", "next")]
        return form.action, urlencode([*kept, *many, *move]).encode()

    def post(self, action: str, body: bytes, **headers: str) -> Given:
        """Sends a form as it is, and follows no redirect."""
        return self.ask("POST", action, body, **{"content_type": "application/x-www-form-urlencoded", **headers})

    def send(self, **answers: str | list[str]) -> Given:
        """Sends the page with these answers, and opens what comes next; returns what was said to the form itself."""
        sent = self.post(*self.form(**answers))
        self.given = sent
        if (to := sent.headers.get("location", "")).startswith("/"):
            self.get(to)
        return sent


@dataclass
class Place:
    """A workspace with live surveys, its server, and its records."""

    folder: Path
    server: Server
    store: Store
    port: int

    def publish(self, name: str, document: Mapping[str, Any], **settings: Any) -> None:
        """Puts a survey live."""
        version = documents.save(self.store, surveys.PUBLISHED, name, document, author_id=None).version
        surveys.create(self.store, name, title=name.capitalize(), settings=settings)
        surveys.set_state(self.store, name, "live", version=version)

    def person(self, **more: Any) -> Person:
        """Somebody new."""
        return Person(self.port, **more)

    def stored(self, survey: str) -> list[ResponseRecord]:
        """Every response of a survey."""
        return responses.of_survey(self.store, survey)

    def invite(self, survey: str, many: int, *, expires_at: datetime | None = None, first_key: int = 1) -> list[int]:
        """Asks so many customers; returns the numbers of their invitations."""
        wave = waves.create(self.store, survey, "people", settings={}, starts_at=self.store.clock())
        new = [
            NewInvitation(key_id=first_key + each, trigger=f"wave-{wave.id}-{each}", state="planned", channel="email",
                          expires_at=expires_at)
            for each in range(many)
        ]  # fmt: skip
        if not invitations.add(self.store, wave.id, new, before=wave.position, after="1"):
            raise RuntimeError("The invitations were not written.")
        mine = [
            each.id for each in invitations.some(self.store, survey=survey, limit=10_000) if each.wave_id == wave.id
        ]
        return sorted(mine)

    def link(self, invitation: int, expires_at: datetime | None = None) -> str:
        """Returns the personal link of an invitation."""
        return f"/s/i/{sign_link(self.store.vault, 'invitation', invitation, expires_at)}"

    def said(self) -> str:
        """Everything that the server has printed or logged."""
        logs = [path for path in self.folder.rglob("*.log*") if path.is_file()]
        files = [self.server.said, *logs, *(self.folder / "logs").rglob("*")]
        return "\n".join(path.read_text("utf-8", "replace") for path in {*files} if path.is_file())


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Gives a workspace with a server that runs; the server is killed at the end."""
    made = create(folder)
    with (folder / "cxloop.toml").open("a") as settings:
        settings.write("\n[collect]\nprocesses = 2\n")
    store = open_store(made.store)
    server = Server(folder, (free_port(), free_port()))
    try:
        yield Place(folder, server, store, server.ports[1])
    finally:
        if server.process is not None:
            server.kill()
        store.close()
