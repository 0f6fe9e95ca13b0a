"""A request as it arrives: its headers, its key, and its body within bounds of size and time."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Container
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cxloop.collect.http.answers import RefusalError
from cxloop.collect.protocol import MOST_BODY_BYTES
from cxloop.core.addresses import client_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

__all__ = [
    "BODY_SECONDS",
    "Headers",
    "address_of",
    "body_of",
    "headers_of",
    "key_of_header",
    "key_of_query",
    "require_type",
]

BODY_SECONDS = 20.0
"""How long a body may take to arrive; a phone on a bad line sends 32 KB in less."""
TYPES = frozenset(
    {"", "application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"}
)
"""What bodies may call themselves: JSON, and what browsers and curl call a text that they know nothing about."""

Headers = dict[bytes, bytes]


def headers_of(scope: Scope) -> Headers:
    """Returns the headers by name; of several with one name the last."""
    return dict(scope["headers"])


def require_type(headers: Headers) -> None:
    """Raises RefusalError for a body that says it is something else than JSON or text."""
    given = headers.get(b"content-type", b"")
    if given == b"application/json":
        return
    kind = given.partition(b";")[0].strip().lower().decode("latin-1")
    if kind not in TYPES and not kind.endswith("+json"):
        raise RefusalError(415, "content_type", "Send JSON, as application/json or text/plain.")


async def body_of(headers: Headers, receive: Receive, most: int = MOST_BODY_BYTES) -> bytes:
    """Returns the whole body.

    Args:
        headers: of the request.
        receive: of ASGI.
        most: bytes that it may have.

    Raises:
        RefusalError: it is too large or too slow, or its sender has gone away.
    """
    try:
        if int(headers.get(b"content-length", b"0")) > most:
            raise _too_large(most)
    except ValueError:
        raise RefusalError(400, "content_length", "Content-Length is no number.") from None
    try:
        async with asyncio.timeout(BODY_SECONDS):
            message = await receive()
            body: bytes = message.get("body", b"")
            if message.get("more_body", False):
                return await _rest(body, receive, most)
    except TimeoutError:
        raise RefusalError(408, "slow", f"The body did not arrive within {BODY_SECONDS:g} seconds.") from None
    if message["type"] == "http.disconnect":
        raise RefusalError(400, "gone", "The request broke off.")
    return body


async def _rest(start: bytes, receive: Receive, most: int) -> bytes:
    parts, size, more = [start], len(start), True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "gone", "The request broke off.")
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            raise _too_large(most)
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large(most: int) -> RefusalError:
    return RefusalError(413, "too_large", f"A request may have {most:,} bytes. Send smaller batches.")


def address_of(scope: Scope, headers: Headers, proxies: Container[str]) -> str:
    """Returns where a request came from: who is connected, or whom a known proxy spoke for."""
    client = scope.get("client")
    peer: str = client[0] if client else ""
    if b"x-forwarded-for" in headers and peer in proxies:
        # a proxy may add a header of its own behind one that the client sent
        given = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        peer = client_of(peer, given.decode("latin-1"), proxies)
    return peer


@lru_cache(1024)
def key_of_header(authorization: bytes) -> str:
    """Returns the user name of HTTP Basic authentication; empty where there is none."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def key_of_query(query: bytes) -> str:
    """Returns the write key in an address; empty where there is none."""
    if not query:
        return ""
    try:
        found = parse_qs(query.decode("latin-1"), max_num_fields=20)
    except ValueError:
        return ""
    return next((found[name][0] for name in ("writeKey", "write_key", "writekey") if name in found), "")
