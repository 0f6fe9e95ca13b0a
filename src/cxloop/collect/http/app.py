"""The collector's ASGI app: who may send, what is kept, what is answered. No framework, no engine, no query.

A request is answered 200 only after the writer has it on the disk. Its moment is taken once, when its body is whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cxloop.collect.http import pages
from cxloop.collect.http.answers import Answer, RefusalError, answer, data, refusal, send_answer
from cxloop.collect.http.counters import Counters, exposition
from cxloop.collect.http.intake import Key, Keys, Plans, answer_to, refused_by_plan, spooled, understood
from cxloop.collect.http.request import (
    Headers,
    address_of,
    body_of,
    headers_of,
    key_of_header,
    key_of_query,
    require_type,
)
from cxloop.collect.http.writer import Writer
from cxloop.collect.protocol import Checked, Refused, UnreadableError
from cxloop.collect.spool import DiskFullError, Envelope, SpoolError, SpoolFullError
from cxloop.core.addresses import asked_here, truncate_ip
from cxloop.core.errors import WorkspaceError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["PATHS", "Collector", "Hooks", "answers_path"]

RETRY_SECONDS = b"10"
SHORT = {"t": "track", "p": "page", "i": "identify", "g": "group", "a": "alias", "s": "screen", "b": "batch"}
LONG = ("identify", "track", "page", "screen", "group", "alias", "batch")
PATHS: Mapping[str, str] = {
    **{f"/v1/{name}": name for name in LONG},
    **{f"/v1/{short}": name for short, name in SHORT.items()},
    "/v1/import": "batch",
    "/beacon/v1/batch": "batch",
}
"""Where events are sent: the paths of the documentation, the short ones of analytics-next, and those of RudderStack."""
HOOKS = "/hooks/"
SURVEYS = ("/s/", "/q/")
OURS = ("/v1/", HOOKS, "/beacon/v1/", "/cx.js", *SURVEYS)
TOKENS = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,500}")
MOST_ABOUT = 300


def answers_path(path: str) -> bool:
    """Whether the collector answers a path, rather than the app beside it."""
    return path.startswith(OURS)


class HookRefusal(Protocol):
    """Why a message of another system is not accepted."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def code(self) -> str:
        """For a machine."""

    @property
    def reason(self) -> str:
        """For a person."""


class Pages(Protocol):
    """The pages that customers answer surveys on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Answers one request."""


class Hooks(Protocol):
    """Knows the connections that other systems send to."""

    def check(self, name: str, headers: Mapping[str, str], body: bytes) -> HookRefusal | None:
        """Returns why a message is not accepted; None where it is."""

    def about(self, name: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Returns what has to be kept of a message's headers."""


@dataclass
class Collector:
    """The app.

    Attributes:
        folder: of the spool.
        keys: knows write keys.
        plans: knows tracking plans.
        hooks: knows the connections that other systems send to; None where there are none.
        writer: keeps envelopes.
        counters: of this process.
        proxies: whose word is taken for the address of a sender.
        keep_ip: whether a truncated address is kept.
        seen: told of each key that is used.
        snippet: the file of the browser snippet.
        surveys: answers what is asked below /s/ and /q/; None where there are no surveys.
    """

    folder: Path
    keys: Keys
    plans: Plans
    hooks: Hooks | None
    writer: Writer
    counters: Counters
    proxies: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    keep_ip: bool = True
    seen: Callable[[int, str], object] = lambda _key_id, _address: None
    snippet: Path | None = None
    surveys: Pages | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        if self.surveys is not None and scope["path"].startswith(SURVEYS):
            told = _Noted(send)
            await self.surveys(scope, receive, told)
            self.counters.answered(told.status, time.perf_counter() - started)
            return
        try:
            given = await self._routed(scope, receive)
        except RefusalError as failure:
            given = failure.answer
        except (SpoolError, WorkspaceError) as failure:
            given = _unkept(failure)
        except Exception:
            self.counters.answered(500, time.perf_counter() - started)
            await send_answer(send, refusal(500, "internal", "Something broke. Send it again."))
            raise
        await send_answer(send, given)
        self.counters.answered(given.status, time.perf_counter() - started)

    async def _routed(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        endpoint = PATHS.get(path)
        if endpoint is not None and method == "POST":
            return await self._collect(endpoint, scope, receive)
        if method == "OPTIONS":
            return _preflight(headers_of(scope))
        if endpoint is not None or path.startswith(HOOKS):
            if method == "POST":
                return await self._hook(path.removeprefix(HOOKS), scope, receive)
            raise RefusalError(405, "method", "Send it with POST.", [(b"allow", b"POST, OPTIONS")])
        return self._page(path, method, scope)

    def _page(self, path: str, method: str, scope: Scope) -> Answer:
        found = self._pages(scope).get(path)
        if found is None and (project := pages.project_of(path)) is not None:
            found = lambda: self._settings(project, scope)  # noqa: E731
        if found is None:
            raise RefusalError(404, "not_found", f"Nothing is here. Events go to {', '.join(sorted(PATHS)[:3])}, ...")
        if method not in ("GET", "HEAD"):
            raise RefusalError(405, "method", "Ask for it with GET.", [(b"allow", b"GET, HEAD, OPTIONS")])
        return found()

    def _pages(self, scope: Scope) -> Mapping[str, Callable[[], Answer]]:
        return {
            "/healthz": self._health,
            "/metrics": lambda: self._metrics(scope),
            "/cx.js": lambda: pages.snippet(self.snippet, headers_of(scope)),
            "/v1/openapi.json": pages.description,
        }

    async def _collect(self, endpoint: str, scope: Scope, receive: Receive) -> Answer:
        headers = headers_of(scope)
        require_type(headers)
        body = await body_of(headers, receive)
        now = time.time_ns() // 1000
        encoding = headers.get(b"content-encoding", b"").decode("latin-1")
        # A key in the header or the address comes before the body is looked at: what nobody may send costs nothing.
        secret = key_of_header(headers.get(b"authorization", b"")) or key_of_query(scope["query_string"])
        key = self._key(secret, headers) if secret else None
        found = understood(endpoint, body, encoding)
        if key is None:
            key = self._key((None if isinstance(found, UnreadableError) else found.write_key) or "", headers)
        refused: list[Refused] = []
        if not isinstance(found, UnreadableError):
            unplanned = refused_by_plan(self.plans, key.source, endpoint, body, encoding)
            refused = sorted([*found.refused, *unplanned], key=lambda each: each.index)
        about = self._about(scope, headers, key)
        about["endpoint"], about["encoding"] = endpoint, encoding
        await self.writer.keep(spooled(key, now, body, about, found, refused))
        self._count(found, len(refused))
        self.seen(key.key_id, about.get("ip", ""))
        return answer_to(found, refused)

    def _count(self, found: Checked | UnreadableError, refused: int) -> None:
        if isinstance(found, UnreadableError):
            self.counters.add("events_refused")
            return
        self.counters.add("events_accepted", found.total - refused)
        if refused:
            self.counters.add("events_refused", refused)

    def _key(self, secret: str, headers: Headers) -> Key:
        key = self.keys.find(secret) if secret else None
        if key is None:
            what = "Unknown write key." if secret else "No write key."
            raise RefusalError(401, "write_key", f"{what} Send it as the user name of HTTP Basic authentication.")
        origin = headers.get(b"origin")
        if key.origins and origin is not None and origin.decode("latin-1").lower() not in key.origins:
            raise RefusalError(403, "origin", "This write key may not be used by pages of this site.")
        return key

    def _about(self, scope: Scope, headers: Headers, key: Key | None) -> dict[str, Any]:
        """Returns what is kept of a request beside its body: nothing that says more of a person than it has to."""
        about: dict[str, Any] = {}
        if agent := headers.get(b"user-agent"):
            about["user_agent"] = agent[:MOST_ABOUT].decode("latin-1")
        if self.keep_ip and (address := _truncated(address_of(scope, headers, self.proxies))):
            about["ip"] = address
        if key is not None:
            about["key_id"] = key.key_id
            if key.test:
                about["test"] = True
        return about

    async def _hook(self, name: str, scope: Scope, receive: Receive) -> Answer:
        headers = headers_of(scope)
        body = await body_of(headers, receive)
        now = time.time_ns() // 1000
        words = {each.decode("latin-1"): value.decode("latin-1") for each, value in headers.items()}
        if self.hooks is None:
            raise RefusalError(404, "not_found", "No connection has this name.")
        refused = self.hooks.check(name, words, body)
        if refused is not None:
            later = [(b"retry-after", RETRY_SECONDS)] if refused.status == 503 else ()
            raise RefusalError(refused.status, refused.code, refused.reason, later)
        about = {**self._about(scope, headers, None), **self.hooks.about(name, words)}
        await self.writer.keep(Envelope(name, "webhook", now, body, 1, about))
        self.counters.add("events_accepted")
        return data(200, {"success": True})

    def _health(self) -> Answer:
        """Live: this answers. Ready: the last thing that was written went well."""
        failure = self.writer.failure
        state = {"live": True, "ready": failure is None} | ({"why": failure.code} if failure else {})
        return data(200 if failure is None else 503, state)

    def _metrics(self, scope: Scope) -> Answer:
        client, headers = scope.get("client"), headers_of(scope)
        names = [name.decode("latin-1") for name in headers]
        if not client or not asked_here(client[0], headers.get(b"host", b"").decode("latin-1"), names):
            raise RefusalError(403, "access_denied", "Metrics are read from the machine itself.")
        text = "\n".join([*exposition(self.folder), ""])
        return answer(200, text.encode(), [(b"content-type", b"text/plain; version=0.0.4")])

    def _settings(self, secret: str, scope: Scope) -> Answer:
        headers = headers_of(scope)
        self._key(secret, headers)
        client = scope.get("client")
        trusted = client is not None and client[0] in self.proxies
        return pages.settings(secret, headers, scope.get("scheme", "http"), trusted=trusted)


class _Noted:
    """Sends on, and notes the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        await self._send(message)


@lru_cache(8192)
def _truncated(address: str) -> str:
    return truncate_ip(address)


def _unkept(failure: SpoolError | WorkspaceError) -> Answer:
    """Returns the answer to a request that was not kept: its sender has to send it again."""
    later = [(b"retry-after", RETRY_SECONDS)]
    if isinstance(failure, SpoolFullError):
        return refusal(429, failure.code, failure.message, later)
    message = failure.message if isinstance(failure, DiskFullError) else "Nothing can be kept just now. Send it again."
    return refusal(503, failure.code, message, later)


def _preflight(headers: Headers) -> Answer:
    asked = headers.get(b"access-control-request-headers", b"")
    allowed = asked if TOKENS.fullmatch(asked) else b"authorization, content-type, content-encoding"
    given = [
        (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
        (b"access-control-allow-headers", allowed),
        (b"access-control-max-age", b"86400"),
    ]
    return answer(204, b"", given)
