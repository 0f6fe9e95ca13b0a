"""Services that have an address in apprise (Twilio, Vonage, sipgate, ...): one message, one answer, yes or no.

The library does not say why it was a no: a message that a service did not clearly take is in doubt.
"""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cxloop.core.sending import Gateway
from cxloop.outreach.channels.base import HandOver, Outcome, Outgoing, UnreachableError, secret_of

__all__ = ["AppriseChannel"]


@dataclass(frozen=True)
class AppriseChannel:
    """Text messages through apprise.

    Attributes:
        name: sms or whatsapp.
        settings: of the service; {to} in its address is where the number goes.
    """

    name: str
    settings: Gateway

    @property
    def connections(self) -> int:
        """One: the library has no connection that could be kept."""
        return 1

    @property
    def per_minute(self) -> int:
        """How many messages may leave in a minute."""
        return self.settings.per_minute

    async def open(self) -> _Session:
        """Returns a session; raises UnreachableError without the library, or where its address cannot be used."""
        if importlib.util.find_spec("apprise") is None:
            raise UnreachableError("apprise is not installed: install cxloop[messages]")
        given = self.settings.url
        url = secret_of(given) if given.startswith("env:") else given
        if "{to}" not in url:
            raise UnreachableError("the address of the service has no {to}, so nobody would get the message")
        return _Session(url)


class _Session:
    """Sends one message at a time."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, message: Outgoing, hand_over: HandOver) -> Outcome:
        service = _service(self._url.replace("{to}", quote(message.record.address, safe="")))
        if service is None:
            return Outcome("failed", "apprise does not know the address of the service, or not with this number")
        if not await hand_over():
            return Outcome("withdrawn")
        taken = await asyncio.to_thread(service.notify, body=message.written.text)
        return Outcome("sent") if taken else Outcome("in_doubt", "the service did not clearly take the message")

    async def close(self) -> None:
        """Nothing to close."""


def _service(url: str) -> Any:
    """Returns apprise with one service; None where it cannot read the address."""
    import logging

    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log addresses
    service = apprise.Apprise()
    return service if service.add(url) else None
