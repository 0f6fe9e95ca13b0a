"""What the collector serves beside taking events: the browser snippet, settings for analytics-next, its description."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cxloop.collect.http.answers import Answer, RefusalError, answer, data
from cxloop.collect.http.openapi import document
from cxloop.collect.http.request import Headers

__all__ = ["description", "project_of", "settings", "snippet"]

KEPT = b"public, max-age=3600"
PROJECT = re.compile(r"/v1/projects/([\w-]{1,200})/settings")
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")


def project_of(path: str) -> str | None:
    """Returns the write key in the path at which analytics-next asks for its settings; None for another path."""
    found = PROJECT.fullmatch(path)
    return found[1] if found else None


def settings(secret: str, headers: Headers, scheme: str, *, trusted: bool) -> Answer:
    """Returns what analytics-next asks its content network for before it sends: where to send, and nothing more.

    Args:
        secret: the write key.
        headers: of the request.
        scheme: of the connection.
        trusted: whether a proxy that may say another scheme is in between.
    """
    host = headers.get(b"host", b"").decode("latin-1")
    if not HOST.fullmatch(host):
        raise RefusalError(400, "host", "The header Host is missing or no name of a host.")
    if trusted and headers.get(b"x-forwarded-proto") in (b"http", b"https"):
        scheme = headers[b"x-forwarded-proto"].decode()
    sender = {"apiKey": secret, "apiHost": f"{host}/v1", "protocol": scheme, "unbundledIntegrations": []}
    content = {
        "integrations": {"Segment.io": sender},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        # Otherwise the library reports on itself to its maker.
        "metrics": {"sampleRate": 0},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }
    return data(200, content)


def snippet(path: Path | None, asked: Headers) -> Answer:
    """Returns the browser snippet; nothing but its tag to a browser that has it already."""
    try:
        modified = path.stat().st_mtime_ns if path is not None else 0
        content, tag = _content(path, modified) if path is not None else (b"", b"")
    except OSError:
        content, tag = b"", b""
    if not content:
        raise RefusalError(404, "not_found", "The browser snippet has not been built.")
    if asked.get(b"if-none-match") == tag:
        return Answer(304, ((b"etag", tag), (b"cache-control", KEPT)), b"")
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"etag", tag),
    ]
    found = answer(200, content, headers)
    kept = tuple((name, KEPT if name == b"cache-control" else value) for name, value in found.headers)
    return Answer(200, kept, content)


@lru_cache(2)
def _content(path: Path, _modified: int) -> tuple[bytes, bytes]:
    content = path.read_bytes()
    return content, b'"%s"' % sha256(content).hexdigest()[:20].encode()


def description() -> Answer:
    """Returns the OpenAPI document of the collector."""
    return data(200, document())
