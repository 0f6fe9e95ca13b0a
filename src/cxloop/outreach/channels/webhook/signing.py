"""Signs what is sent to a gateway, by Standard Webhooks: id.timestamp.body with HMAC-SHA256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

__all__ = ["is_signed", "signed_headers"]

_MOST_SIGNATURES = 20
_TOLERANCE_SECONDS = 300
"""How far the time of a request may be from now: what is older may have been sent before."""


def signed_headers(secret: str, ident: str, seconds: int, body: bytes) -> dict[str, str]:
    """Returns the headers that say who sent a body and when.

    Args:
        secret: a key in base64, with or without whsec_ before it; another text is taken as it is.
        ident: of the message: the same at each attempt, so that the gateway takes it once.
        seconds: since 1970.
        body: as it is sent.

    Example:
        The example of the specification (standardwebhooks.com, "Signature scheme"):

        >>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        >>> body = b'{"test": 2432232314}'
        >>> signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)["webhook-signature"]
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    content = f"{ident}.{seconds}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": ident, "webhook-timestamp": str(seconds), "webhook-signature": signature}


def is_signed(secret: str, headers: Mapping[str, str], now: float, body: bytes) -> bool:
    """Whether a body was signed with a secret a moment ago.

    Args:
        secret: as for `signed_headers`.
        headers: of the request, names in lower case.
        now: seconds since 1970.
        body: as it came.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", stamp) or abs(now - int(stamp)) > _TOLERANCE_SECONDS:
        return False
    wanted = signed_headers(secret, headers.get("webhook-id", ""), int(stamp), body)["webhook-signature"]
    given = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    return any([hmac.compare_digest(each.encode(), wanted.encode()) for each in given])  # noqa: C419 - all, so that time tells nothing


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
