"""Asking Zendesk: one request after the other, with patience for rate limits and passing failures.

A token is sent to one host only: an answer that leads elsewhere, by a redirect or as the address of the next page, is
refused.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import httpx

from cxloop.collect.connectors.base import SourceError

__all__ = ["Client", "NotForUsError", "authorization"]

_TRIES = 6
_LONGEST_WAIT_SECONDS = 600.0
"""A server that asks for more than this is asked again by the next pull."""
_LONGEST_ANSWER = 200_000_000


def authorization(sign_in: str, email: str | None, token: str) -> str:
    """Returns the header by which Zendesk knows who asks."""
    if sign_in == "oauth":
        return f"Bearer {token}"
    return "Basic " + base64.b64encode(f"{email}/token:{token}".encode()).decode()


class NotForUsError(SourceError):
    """The token is good, but this part of the account is closed to it or not there."""


class Client:
    """A connection to one account."""

    def __init__(
        self,
        base: str,
        authorization: str,
        *,
        timeout_seconds: float = 60,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """Asks nothing yet.

        Args:
            base: the account's address, such as https://acme.zendesk.com.
            authorization: the header of the same name.
            timeout_seconds: how long an answer may take.
            pause: waits so many seconds.
        """
        self._base = base
        self._pause = pause
        self._http = httpx.Client(
            headers={"Authorization": authorization, "Accept": "application/json", "User-Agent": "cxloop"},
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def get(self, where: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Returns the JSON object at an address of this account.

        Args:
            where: a path such as /api/v2/groups.json, or a whole address that an answer gave.
            parameters: added to the address.

        Raises:
            SourceError: Zendesk refuses, in words that say what to do.
            httpx.TransportError: it cannot be reached, however often it was tried.
        """
        address = self._own(where)
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                answer = self._http.get(address, params=dict(parameters) if parameters else None)
            except httpx.TransportError:
                if last:
                    raise
                self._pause(_backoff(attempt))
                continue
            if answer.status_code != 429 and answer.status_code < 500:
                return _content(answer)
            wait = _retry_after(answer, attempt)
            if last or wait > _LONGEST_WAIT_SECONDS:
                raise _exhausted(answer.status_code)
            self._pause(wait)
        raise AssertionError("the last try returns or raises")

    def _own(self, where: str) -> str:
        if where.startswith("/"):
            return self._base + where
        ours, theirs = urlsplit(self._base), urlsplit(where)
        if (ours.scheme, ours.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise SourceError(
                f"Zendesk names {theirs.hostname or where[:50]!r} for its next page, which is another host than "
                f"{ours.hostname!r}. The token goes nowhere else. Check the subdomain.",
                "settings",
            )
        return where


def _backoff(attempt: int) -> float:
    return min(30.0, 0.5 * 2.0**attempt)


def _retry_after(answer: httpx.Response, attempt: int) -> float:
    try:
        said = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return _backoff(attempt)
    return max(0.0, said) if math.isfinite(said) else _backoff(attempt)


def _exhausted(status: int) -> SourceError:
    if status == 429:
        return SourceError(
            "Zendesk allows no more requests for now, and asks for a longer pause than a pull may take.", "throttled"
        )
    return SourceError(f"Zendesk is out of order (HTTP status {status}); it was tried {_TRIES} times.", "unreachable")


_REFUSED = (
    "Zendesk refused the token: it is wrong, has expired or was withdrawn. Make a new one in the admin centre under "
    "Apps and integrations, and enter it here."
)
_NOT_ALLOWED = (
    "Zendesk knows the token and refuses this: exports are open to administrators, and an OAuth token needs the scope "
    "read."
)
_NOT_THERE = "Zendesk does not know this account or this part of it. Check the subdomain and the settings."
_UNUSABLE = "Zendesk cannot use the request. Check the day since when tickets are wanted."


def _content(answer: httpx.Response) -> dict[str, Any]:
    status = answer.status_code
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("Location", "")).hostname
        raise SourceError(
            f"Zendesk sends requests on to {host or 'another place'!r}. The token is not taken there. If the account "
            "was renamed, change the subdomain.",
            "settings",
        )
    if status != 200:
        raise _refusal(status)
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or len(answer.content) > _LONGEST_ANSWER:
        raise SourceError("Zendesk answered something else than the documented JSON.", "schema")
    return found


def _refusal(status: int) -> SourceError:
    match status:
        case 401:
            return SourceError(_REFUSED, "credentials")
        case 403:
            return NotForUsError(_NOT_ALLOWED, "credentials")
        case 404:
            return NotForUsError(_NOT_THERE, "missing")
        case 422:
            return SourceError(_UNUSABLE, "settings")
    return SourceError(f"Zendesk refused the request (HTTP status {status}).", "settings")
