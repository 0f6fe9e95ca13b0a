"""Answers of the pages: their headers, what they may load, and how they move on."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cxloop.collect.http.answers import Answer
from cxloop.collect.surveys.flow.values import Refused, fitting
from cxloop.collect.surveys.pages import theme
from cxloop.collect.surveys.pages.visits import Visit
from cxloop.collect.surveys.responding.taking import Live
from cxloop.collect.surveys.settings import Theme

__all__ = ["COMMON", "SHORTLY", "milliseconds", "moved", "plain", "policy", "proposed", "without_body"]

COMMON: tuple[tuple[bytes, bytes], ...] = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"vary", b"accept-encoding, accept-language, cookie"),
)
SHORTLY = b"public, max-age=3600"
Headers = Sequence[tuple[bytes, bytes]]


def plain(status: int, body: bytes, kind: bytes, kept: bytes = b"no-store", headers: Headers = ()) -> Answer:
    """Returns an answer.

    Args:
        status: of HTTP.
        body: of the answer.
        kind: its media type.
        kept: for how long it may be kept.
        headers: further ones.
    """
    own = (
        (b"content-type", kind),
        (b"cache-control", kept),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(body)),
    )
    return Answer(status, (*own, *headers), body)


def moved(address: str, status: int = 303) -> Answer:
    """Returns an answer that sends the browser on."""
    return plain(status, b"", b"text/plain", headers=((b"location", address.encode()), *COMMON))


def without_body(given: Answer) -> Answer:
    """Returns an answer to HEAD."""
    return Answer(given.status, given.headers, b"")


def milliseconds() -> int:
    """Returns the present, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def policy(live: Live | None) -> bytes:
    """Returns what a page may load and where it may send: its own files, pictures, and nothing inline but its theme."""
    look = live.settings.theme if live else Theme()
    # browsers hold a redirect after a form against form-action
    ends = tuple({_origin(quota.url) for quota in live.definition.quotas if quota.url}) if live else ()
    return _policy(theme.style(look), ends, bool(live and live.settings.widget))


@lru_cache(512)
def _policy(style: str, ends: tuple[str, ...], framed: bool) -> bytes:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    sent, around = " ".join(["'self'", *sorted(ends)]), "*" if framed else "'self'"
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src 'self' 'sha256-{digest}'",
            "script-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data: https:",
            f"form-action {sent}",
            f"frame-ancestors {around}",
            "base-uri 'none'",
        ]
    ).encode()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def proposed(visit: Visit, page: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Returns answers that a link in a mail proposes for a page: they are shown, and stored when somebody sends it."""
    found: dict[str, Any] = {}
    there = {node.element.name for node in visit.definition.structure.nodes if _page_of(visit, node) == page}
    for name in (name for name in query if name in there and name in visit.definition.by_name):
        try:
            found[name] = fitting(visit.definition.by_name[name], query[name])
        except Refused:
            continue
    return found


def _page_of(visit: Visit, node: Any) -> str:
    return str(visit.definition.structure.nodes[node.page].element.name)
