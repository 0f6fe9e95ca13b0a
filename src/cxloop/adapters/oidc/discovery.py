"""What a provider says of itself (OpenID Connect Discovery 1.0), and the requests that go there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["Discovery", "Unreachable"]

TIMEOUT_SECONDS = 10.0
KEPT_SECONDS = 3600.0
REST_SECONDS = 10.0
"""How long a provider that did not answer is left alone: each of many who ask would wait for it by itself."""
MOST_BYTES = 1_000_000
WELL_KNOWN = "/.well-known/openid-configuration"


class Unreachable(Exception):  # noqa: N818 (it says what is the matter, not what went wrong here)
    """The provider does not answer, or not as a provider does."""


class Discovery:
    """The addresses and keys of one provider, asked for when they are needed and kept for an hour."""

    def __init__(self, issuer: str, now: Callable[[], float]) -> None:
        self._issuer = issuer
        self._now = now
        self._guard = threading.Lock()
        self._kept: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._failed: dict[str, tuple[float, str]] = {}

    def endpoint(self, name: str) -> str:
        """Returns one of the provider's addresses."""
        document = self._get(self._issuer.rstrip("/") + WELL_KNOWN)
        if document.get("issuer") != self._issuer:
            raise Unreachable(f"it calls itself {str(document.get('issuer'))[:100]!r}, not {self._issuer!r}")
        address = str(document.get(name, ""))
        # a provider on this machine is for trying out; every other one is reached through TLS
        if not address.startswith("https://") and not (
            self._issuer.startswith("http://") and urlsplit(address).hostname == urlsplit(self._issuer).hostname
        ):
            raise Unreachable(f"its {name} is {address[:100]!r}")
        return address

    def keys(self, *, fresh: bool = False) -> Mapping[str, Any]:
        """Returns the keys that the provider signs with; asks anew where `fresh`."""
        return self._get(self.endpoint("jwks_uri"), fresh=fresh)

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """Returns what the provider says of whom the token is."""
        headers = {"authorization": f"Bearer {access_token}"}
        status, body = _request("GET", self.endpoint("userinfo_endpoint"), headers=headers)
        return body if status == 200 else {}

    def exchange(self, form: Mapping[str, str], client_id: str, secret: str) -> Mapping[str, Any]:
        """Returns the tokens for a code; raises ValueError where the provider refuses it."""
        given = dict(form)
        auth = None
        if not secret:
            given["client_id"] = client_id
        else:
            # both parts are encoded first (RFC 6749, 2.3.1)
            auth = (quote(client_id, safe=""), quote(secret, safe=""))
        status, body = _request("POST", self.endpoint("token_endpoint"), data=given, auth=auth)
        if status >= 500:
            raise Unreachable(f"it answers {status}")
        if status != 200:
            raise ValueError(f"the provider refused the code ({str(body.get('error', status))[:60]})")
        return body

    def _get(self, address: str, *, fresh: bool = False) -> Mapping[str, Any]:
        with self._guard:
            asked_at, document = self._kept.get(address, (float("-inf"), {}))
            failed_at, why = self._failed.get(address, (float("-inf"), ""))
        if not fresh and self._now() - asked_at < KEPT_SECONDS:
            return document
        if self._now() - failed_at < REST_SECONDS:
            raise Unreachable(why)
        try:
            body = _document(address)
        except Unreachable as failure:
            with self._guard:
                self._failed[address] = (self._now(), str(failure))
            raise
        with self._guard:
            self._kept[address] = (self._now(), body)
        return body


def _document(address: str) -> Mapping[str, Any]:
    status, body = _request("GET", address)
    if status != 200:
        raise Unreachable(f"it answers {status}")
    return body


def _request(method: str, address: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
    """Returns status and JSON object of an answer; raises Unreachable where there is none."""
    import httpx

    try:
        # no redirects: an answer from elsewhere would be somebody else's
        answer = httpx.request(method, address, timeout=TIMEOUT_SECONDS, follow_redirects=False, **more)
        if len(answer.content) > MOST_BYTES:
            raise Unreachable(f"its answer has more than {MOST_BYTES:,} bytes")
        body = answer.json()
    except httpx.HTTPError as failure:
        raise Unreachable(type(failure).__name__) from None
    except ValueError:
        raise Unreachable("its answer is no JSON") from None
    if not isinstance(body, dict):
        raise Unreachable("its answer is no JSON object")
    return answer.status_code, body
