"""Signs what is sent to a gateway, by Standard Webhooks: id.timestamp.body with HMAC-SHA256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

__all__ = ["signed_headers"]


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


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
