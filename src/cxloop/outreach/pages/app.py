"""The preference pages as plain ASGI: `/p/{token}` and `/u/{token}`. No engine, no framework, no cookie, no script.

Below `/u/-/` machines tell what became of messages (`hooks`).

A GET shows and records nothing: mail scanners open every link. A POST to `/u/` is the one click of RFC 8058.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cxloop.outreach.addresses import read_no
from cxloop.outreach.links import LinkError, Opened, open_link
from cxloop.outreach.pages import hooks
from cxloop.outreach.pages.choices import CHANNELS, PAUSES, Standing, changeable, refuse, save_choices
from cxloop.outreach.pages.words import WORDS, PageWords, language_of
from cxloop.outreach.reports import read_no_report, refuse_report
from cxloop.outreach.templates.words import RIGHT_TO_LEFT, day_in
from cxloop.store.messages import preferences

if TYPE_CHECKING:
    from jinja2 import Template

    from cxloop.core.config import Experience, Settings
    from cxloop.store.base import Store

__all__ = ["PreferencePages", "answers"]

_MOST_BODY = 64_000
_MOST_TOLD = 2_000_000
"""A returned mail quotes the one that it is about."""
_PATH = re.compile(r"/(?P<kind>[pu])/(?P<token>[A-Za-z0-9_.-]{1,120})")
_Scope = Mapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]


def answers(path: str) -> bool:
    """Whether a path is one of these pages."""
    return path.startswith(("/p/", "/u/"))


@dataclass(frozen=True, slots=True)
class _Request:
    """What matters of a request."""

    method: str
    kind: str
    token: str
    query: Mapping[str, str]
    accepted: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Page:
    """A whole answer; `to` is where the browser goes instead."""

    status: int
    html: str = ""
    to: str = ""


@dataclass(frozen=True)
class PreferencePages:
    """The pages of one workspace.

    Attributes:
        store: the records.
        definitions: gives the settings and the catalogue, as they are now.
        standing: returns what is on file about the customer of a key, None where nobody can say; may take its time.
    """

    store: Store
    definitions: Callable[[], tuple[Settings, Experience]]
    standing: Callable[[int], Standing | None] = lambda _key: None

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answers one request."""
        if scope["path"].startswith("/u/-/"):
            await self._told(scope, receive, send)
            return
        found = _PATH.fullmatch(scope["path"])
        method = scope["method"]
        body = await _body(receive) if method == "POST" else b""
        headers = dict(scope["headers"])
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        query = _fields(scope.get("query_string", b""))
        if found is None or body is None:
            page = _Page(404, _rendered("broken", language_of(query.get("lang", ""), None, accepted)))
        elif method not in ("GET", "HEAD", "POST"):
            page = _Page(405, _rendered("broken", language_of("", None, accepted)))
        else:
            request = _Request(method, found["kind"], found["token"], query, accepted, _fields(body))
            page = await asyncio.to_thread(self._answer, request)
        await _send_page(send, page, with_body=method != "HEAD")

    async def _told(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Takes in what a machine tells."""
        path, body = scope["path"], await _body(receive, _MOST_TOLD)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, word = 404, "not_found"
        if scope["method"] != "POST":
            status, word = 405, "method"
        elif body is None:
            status, word = 413, "too_large"
        elif path == hooks.BOUNCES:
            status, word = await asyncio.to_thread(hooks.bounced, self.store, body)
        elif path.startswith(hooks.RECEIPTS):
            channel, now = path.removeprefix(hooks.RECEIPTS), self.store.clock().replace(tzinfo=UTC).timestamp()
            settings = self.definitions()[0]
            status, word = await asyncio.to_thread(hooks.receipts, self.store, settings, channel, headers, body, now)
        answer = json.dumps({"success": status < 300, "code": word}).encode()
        about = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": about})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, request: _Request) -> _Page:
        try:
            opened = open_link(self.store.vault, request.token, now=self.store.clock())
        except LinkError:
            return self._broken(request)
        if request.kind == "u" and opened.kind == "unsubscribe":
            return self._unsubscribe(request, opened)
        if request.kind == "u" and opened.kind == "report":
            return self._no_report(request, opened)
        if request.kind == "p" and opened.kind == "person" and re.fullmatch(r"-?[0-9]{1,19}", opened.name):
            return self._preferences(request, int(opened.name))
        return self._broken(request)

    def _broken(self, request: _Request) -> _Page:
        return _Page(404, _rendered("broken", language_of(request.query.get("lang", ""), None, request.accepted)))

    def _unsubscribe(self, request: _Request, opened: Opened) -> _Page:
        settings, experience = self.definitions()
        no = read_no(opened.name, experience.purpose)
        if no is None:
            return self._broken(request)
        language = self._language(request, no.key_id)
        told = {"company": settings.outreach.name or settings.company.name}
        if request.method == "POST":
            refuse(self.store, no)
            return _Page(200, _rendered("stopped", language, **told))
        label = next((each.label or each.name for each in experience.purpose if each.name == no.purpose), "")
        return _Page(200, _rendered("stop", language, purpose=label, **told))

    def _no_report(self, request: _Request, opened: Opened) -> _Page:
        """Says no to a mailed dashboard, for one of those who get it."""
        told = {"company": self.definitions()[0].company.name}
        language = language_of(request.query.get("lang", ""), None, request.accepted)
        no = read_no_report(self.store, opened.name)
        if no is None:
            return self._broken(request)
        if request.method == "POST":
            refuse_report(self.store, no)
            return _Page(200, _rendered("stopped", language, **told))
        return _Page(200, _rendered("stop", language, purpose=no.title, **told))

    def _preferences(self, request: _Request, key_id: int) -> _Page:
        settings, experience = self.definitions()
        standing = self.standing(key_id)
        if request.method == "POST":
            save_choices(self.store, key_id, request.form, experience.purpose, standing, list(WORDS))
            return _Page(303, to=f"/p/{request.token}?saved=1")
        kept = preferences.get(self.store, key_id)
        until = None if kept is None else kept.paused_until
        paused = until if until is not None and until > self.store.clock() else None
        said = {each.purpose: each.granted for each in preferences.said(self.store, [key_id])}
        known = {**({} if standing is None else standing.allowed), **said}
        language = self._language(request, key_id)
        html = _rendered(
            "preferences",
            language,
            company=settings.outreach.name or settings.company.name,
            purposes=[(each, known.get(each.name), changeable(each)) for each in experience.purpose],
            known=standing is not None,
            addresses=[] if standing is None else standing.addresses,
            kept=kept,
            paused=paused,
            paused_day="" if paused is None else day_in(language, paused.date()),
            channels=CHANNELS,
            pauses=PAUSES,
            languages=WORDS,
            saved="saved" in request.query,
        )
        return _Page(200, html)

    def _language(self, request: _Request, key_id: int) -> str:
        kept = preferences.get(self.store, key_id)
        return language_of(request.query.get("lang", ""), None if kept is None else kept.language, request.accepted)


def _fields(raw: bytes) -> dict[str, str]:
    """Returns the fields of a form or query, the last of each name; what cannot be read is nothing."""
    try:
        read = parse_qs(raw.decode("ascii", "replace"), max_num_fields=200)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in read.items()}


async def _body(receive: _Receive, most: int = _MOST_BODY) -> bytes | None:
    """Returns the body; None where it is larger than it may be, or breaks off."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if sum(map(len, parts)) > most:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send_page(send: _Send, page: _Page, *, with_body: bool) -> None:
    body = page.html.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),  # the address is the key to the page
        (b"x-content-type-options", b"nosniff"),
        (b"x-robots-tag", b"noindex, nofollow"),
        (b"content-security-policy", _policy()),
    ]
    headers += [(b"location", page.to.encode())] if page.to else []
    await send({"type": "http.response.start", "status": page.status, "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})


@lru_cache(1)
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


@lru_cache(1)
def _policy() -> bytes:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest())
    return (
        b"default-src 'none'; style-src 'sha256-" + digest + b"'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'"
    )


@lru_cache(1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html")


def _rendered(what: str, language: str, **more: Any) -> str:
    words: PageWords = WORDS[language]
    return _template().render(
        what=what,
        words=words,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        style=_style(),
        **{"company": "", **more},
    )
