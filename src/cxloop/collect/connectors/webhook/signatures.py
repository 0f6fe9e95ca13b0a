"""Whether a request was sent by whom it says: signatures of webhooks, compared in constant time.

Each scheme takes the secret, the headers (names in lower case), the body as received and the present moment. It
returns None where the request is genuine, else why not, in words that tell nothing of the secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

__all__ = ["SCHEMES", "Scheme", "Signed", "check"]

Scheme: TypeAlias = Literal["standard", "hmac", "stripe", "zendesk", "secret"]

_STAMP = re.compile(r"-?[0-9]{1,15}")
_MOST_SIGNATURES = 20


@dataclass(frozen=True, slots=True)
class Signed:
    """A request to be checked.

    Attributes:
        headers: names in lower case.
        header: the header that carries the signature or secret; None for the scheme's own.
        now: seconds since 1970.
        tolerance_seconds: how far the request's own time may be from `now`.
    """

    headers: Mapping[str, str]
    body: bytes
    now: float
    header: str | None = None
    tolerance_seconds: float = 300


_NO_SIGNATURE = "The request carries no signature."
_WRONG = "The signature does not belong to this body and secret."
_WHEN = "The time of the request is missing or too far from now: it may have been sent before."


def check(scheme: Scheme, secret: str, request: Signed) -> str | None:
    """Returns None where a request was signed with `secret`, else the reason to refuse it."""
    return SCHEMES[scheme](secret, request)


def _same(given: str, wanted: str) -> bool:
    """Compares in constant time; a text beyond ASCII is compared as bytes."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode("utf-8", "surrogateescape"))


def _digest(key: bytes, *parts: bytes) -> bytes:
    signer = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        signer.update(part)
    return signer.digest()


def _in_time(stamp: str, request: Signed) -> bool:
    known = _STAMP.fullmatch(stamp) is not None
    return known and abs(request.now - int(stamp)) <= request.tolerance_seconds


def _standard(secret: str, request: Signed) -> str | None:
    """Standard Webhooks: id.timestamp.body, base64, several signatures while a secret is changed."""
    found = [
        tuple(request.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
        for prefix in ("webhook", "svix")
    ]
    ident, stamp, signatures = next((each for each in found if all(each)), ("", "", ""))
    if not signatures:
        return _NO_SIGNATURE
    if not _in_time(stamp, request):
        return _WHEN
    key = _standard_key(secret)
    wanted = "v1," + base64.b64encode(_digest(key, f"{ident}.{stamp}.".encode(), request.body)).decode()
    given = signatures.split(" ")[:_MOST_SIGNATURES]
    return None if _any([_same(each, wanted) for each in given]) else _WRONG


def _standard_key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _any(results: list[bool]) -> bool:
    """Whether one is true; all were computed, so that time does not tell which."""
    return any(results)


def _hmac(secret: str, request: Signed) -> str | None:
    """HMAC-SHA256 of the body in one header: GitHub (sha256=hex), Shopify (base64) and many others."""
    given = request.headers.get((request.header or "X-Hub-Signature-256").lower(), "").strip()
    if not given:
        return _NO_SIGNATURE
    digest = _digest(secret.encode(), request.body)
    plain = given.removeprefix("sha256=")
    wanted = (digest.hex(), base64.b64encode(digest).decode())
    return None if _any([_same(plain.lower(), wanted[0]), _same(plain, wanted[1])]) else _WRONG


def _stripe(secret: str, request: Signed) -> str | None:
    """t=TIME,v1=HEX of "TIME.body", as Stripe and its followers send it."""
    header = request.headers.get((request.header or "Stripe-Signature").lower(), "")
    parts = [part.strip().partition("=") for part in header.split(",")[:_MOST_SIGNATURES]]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    given = [value for name, _, value in parts if name == "v1"]
    if not given:
        return _NO_SIGNATURE
    if not _in_time(stamp, request):
        return _WHEN
    wanted = _digest(secret.encode(), f"{stamp}.".encode(), request.body).hex()
    return None if _any([_same(each, wanted) for each in given]) else _WRONG


def _zendesk(secret: str, request: Signed) -> str | None:
    """Zendesk: base64 over timestamp and body, with nothing between them."""
    given = request.headers.get("x-zendesk-webhook-signature", "").strip()
    stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "").strip()
    if not given:
        return _NO_SIGNATURE
    if not _moment_in_time(stamp, request):
        return _WHEN
    wanted = base64.b64encode(_digest(secret.encode(), stamp.encode(), request.body)).decode()
    return None if _same(given, wanted) else _WRONG


def _moment_in_time(stamp: str, request: Signed) -> bool:
    try:
        moment = datetime.fromisoformat(stamp)
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return abs(request.now - known.timestamp()) <= request.tolerance_seconds
    except (ValueError, OverflowError):
        return _in_time(stamp, request)


def _secret(secret: str, request: Signed) -> str | None:
    """The secret itself, as a bearer token or in a header: only as safe as the way there, so HTTPS is a must."""
    given = request.headers.get((request.header or "Authorization").lower(), "").strip()
    if not given:
        return "The request carries no secret."
    if given[:7].lower() == "bearer ":
        given = given[7:].strip()
    return None if _same(given, secret) else "The secret is not the one of this address."


SCHEMES: Mapping[Scheme, Callable[[str, Signed], str | None]] = {
    "standard": _standard,
    "hmac": _hmac,
    "stripe": _stripe,
    "zendesk": _zendesk,
    "secret": _secret,
}
"""Each scheme by its name in the settings."""
