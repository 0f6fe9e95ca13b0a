"""The key in a request: `Authorization: Bearer cxr_...`, or the same key as the user name of Basic."""

from __future__ import annotations

import base64
import binascii
from typing import Any

__all__ = ["SCHEMES", "secret_in"]

SCHEMES: dict[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A read key (cxr_...) or an admin key (cxa_...): cxloop admin create-key.",
    },
    "key_as_user": {
        "type": "http",
        "scheme": "basic",
        "description": "The same key as the user name; the password is not looked at.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cxloop_session",
        "description": "Whoever is signed in to the app. What changes something needs the header x-cxloop: 1 as well.",
    },
}
"""The ways to say who asks, as OpenAPI describes them."""


def secret_in(authorization: str | None) -> str | None:
    """Returns the secret that a header carries, as it is; None where there is no such header.

    Example:
        >>> secret_in("Bearer cxr_abc"), secret_in("Basic Y3hyX2FiYzo="), secret_in(None)
        ('cxr_abc', 'cxr_abc', None)
        >>> secret_in("Digest something")
        ''
    """
    if authorization is None:
        return None
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    return _user(given.strip()) if scheme.lower() == "basic" else ""


def _user(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
