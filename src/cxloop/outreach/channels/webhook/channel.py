"""A gateway that takes text messages as signed JSON. What it is sent, and what its answers mean:

    {"id": "m17-...", "channel": "sms", "to": "+491701234567", "from": "Acme", "text": "...", "language": "de"}

2xx: taken; {"id": "..."} in the answer is what the gateway calls it. 429 and 503, and no connection at all: not taken,
it is sent again later. Other 4xx: refused for good; {"code": "bad_address"} suppresses the number. Anything else, such
as a connection that breaks while the answer is awaited, leaves the message in doubt.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxloop.core.sending import Gateway
from cxloop.outreach.channels.base import HandOver, Outcome, Outgoing, UnreachableError, secret_of
from cxloop.outreach.channels.webhook.signing import signed_headers
from cxloop.outreach.references import reference_of

if TYPE_CHECKING:
    import httpx

    from cxloop.store.secrets import Vault

__all__ = ["WebhookChannel"]

CONNECTIONS = 4
_AGAIN = frozenset({408, 425, 429, 503})
"""Answers that say that the message was not taken: RFC 9110, RFC 6585, RFC 8470."""


@dataclass(frozen=True)
class WebhookChannel:
    """Text messages through a gateway.

    Attributes:
        name: sms or whatsapp.
        settings: of the gateway.
        address: of this workspace, for receipts.
        vault: signs the names of messages.
        clock: the present, UTC without zone.
    """

    name: str
    settings: Gateway
    address: str
    vault: Vault
    clock: Callable[[], datetime]

    @property
    def connections(self) -> int:
        """How many requests may be open."""
        return CONNECTIONS

    @property
    def per_minute(self) -> int:
        """How many messages may leave in a minute."""
        return self.settings.per_minute

    async def open(self) -> _Session:
        """Returns a new session; raises UnreachableError where a variable is not set."""
        import httpx

        secret = secret_of(self.settings.secret)
        url = self.settings.url if "://" in self.settings.url else secret_of(self.settings.url)
        client = httpx.AsyncClient(timeout=self.settings.timeout_seconds, trust_env=False, follow_redirects=False)
        return _Session(self, client, url, secret)


class _Session:
    """A connection to the gateway."""

    def __init__(self, channel: WebhookChannel, client: httpx.AsyncClient, url: str, secret: str) -> None:
        self._channel = channel
        self._client = client
        self._url = url
        self._secret = secret

    async def send(self, message: Outgoing, hand_over: HandOver) -> Outcome:
        import httpx

        reference = reference_of(self._channel.vault, message.record.id)
        body = json.dumps(self._body(message, reference), ensure_ascii=False).encode()
        seconds = int(self._channel.clock().replace(tzinfo=UTC).timestamp())
        headers = {"content-type": "application/json", **signed_headers(self._secret, reference, seconds, body)}
        if not await hand_over():
            return Outcome("withdrawn")
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise UnreachableError("the gateway cannot be reached") from None
        except httpx.HTTPError as failure:
            return Outcome("in_doubt", f"the gateway did not answer to the end ({type(failure).__name__})")
        return _outcome(answer.status_code, _told(answer), reference)

    def _body(self, message: Outgoing, reference: str) -> dict[str, Any]:
        return {
            "id": reference,
            "channel": self._channel.name,
            "to": message.record.address,
            "from": self._channel.settings.sender,
            "text": message.written.text,
            "language": message.written.language,
            "receipts": f"{self._channel.address}/u/-/receipts/{self._channel.name}",
        }

    async def close(self) -> None:
        await self._client.aclose()


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _outcome(status: int, told: dict[str, Any], reference: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome("sent", external_id=str(told.get("id") or reference)[:200])
    if status in _AGAIN:
        return Outcome("later", f"the gateway said {status}")
    if 400 <= status < 500:
        if told.get("code") == "bad_address":
            return Outcome("bounced", f"the gateway refused the address: {status}", suppress=True)
        return Outcome("failed", f"the gateway refused the message: {status}")
    return Outcome("in_doubt", f"the gateway said {status}, which does not tell whether it took the message")
