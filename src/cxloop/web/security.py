"""Headers of every response, and the refusal of forms that come from another site."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "MOST_FORM_BYTES", "POLICY", "SecurityHeaders", "add_headers"]

POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
"""Nothing inline and nothing from elsewhere: text that slips into a page as markup still cannot run."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
MOST_FORM_BYTES = 100_000
"""No form of the pages is longer; strangers may send some of them. The API has a limit of its own."""
MOST_DOCUMENT_BYTES = 12_000_000
"""The form of a survey's document, or of all its translations: 2,000,000 characters, each written in up to six."""
BODY_SECONDS = 20.0
"""How long a request may take to arrive: each one that dawdles holds one of the server's connections."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FOREVER = "public, max-age=31536000, immutable"


class SecurityHeaders:
    """ASGI middleware around the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers requests of another site's forms with 403, and adds the headers to everything else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        if scope["method"] not in _SAFE and _from_elsewhere(Headers(scope=scope)):
            refusal = PlainTextResponse("This form was sent from another site, so nothing was done.\n", 403)
            await refusal(scope, receive, send_with_headers)
            return
        prompt = _prompt(receive, asyncio.get_running_loop().time() + BODY_SECONDS)
        bounded = prompt if scope["path"].startswith("/api/") else _bounded(prompt, _most(scope["path"]))
        await self._app(scope, bounded, send_with_headers)


def _prompt(receive: Receive, until: float) -> Receive:
    """Returns a `receive` that gives up on a body that has not arrived by `until`, in the loop's time."""
    arrived = False

    async def prompt() -> Message:
        nonlocal arrived
        if arrived:  # what follows is that the client goes away, whenever that is
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"The request did not arrive within {BODY_SECONDS:g} seconds.") from None
        arrived = not message.get("more_body", False)
        return message

    return prompt


def _most(path: str) -> int:
    return MOST_DOCUMENT_BYTES if path.startswith("/surveys/") else MOST_FORM_BYTES


def _bounded(receive: Receive, most: int) -> Receive:
    """Returns a `receive` that gives up on a form that is too long, before it fills memory or disk."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, f"A form may have {most:,} bytes.")
        return message

    return bounded


def add_headers(scope: Scope, headers: MutableHeaders) -> None:
    """Adds to `headers` what is missing of HEADERS, and how long the answer may be kept."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    # Static files carry their version in the address; pages show people's data and are kept nowhere.
    versioned = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    headers.setdefault("cache-control", _FOREVER if versioned or _is_font(scope["path"]) else "no-store")


def _is_font(path: str) -> bool:
    """Fonts have a digest in their name."""
    return path.startswith("/static/") and path.endswith(".woff2")


def _from_elsewhere(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) != headers.get("host")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as http://[
        return None
