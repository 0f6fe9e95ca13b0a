"""Mail as a way out: sessions with the mail server of [outreach.smtp]."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING

from cxloop.core.sending import Smtp
from cxloop.outreach.channels.base import HandOver, Outcome, Outgoing, UnreachableError, secret_of
from cxloop.outreach.channels.smtp.client import Connection
from cxloop.outreach.channels.smtp.mime import AddressError, From, ascii_address, envelope
from cxloop.outreach.references import reference_of

if TYPE_CHECKING:
    from cxloop.store.secrets import Vault

__all__ = ["SmtpChannel"]


@dataclass(frozen=True)
class SmtpChannel:
    """Mail.

    Attributes:
        settings: [outreach.smtp].
        company: the name that mail comes from where the sender has none.
        vault: signs the names of messages.
        clock: the present, UTC without zone.
        context: how certificates are checked; None for the system's rules.
    """

    settings: Smtp
    company: str
    vault: Vault
    clock: Callable[[], datetime]
    context: ssl.SSLContext | None = None
    name: str = "email"

    @property
    def connections(self) -> int:
        """How many connections to the server may be open."""
        return self.settings.connections

    @property
    def per_minute(self) -> int:
        """How many mails may leave in a minute."""
        return self.settings.per_minute

    @property
    def sender(self) -> From:
        """Who sends."""
        name, address = parseaddr(self.settings.sender)
        address = ascii_address(address)[0]
        returned = ascii_address(parseaddr(self.settings.bounces or self.settings.sender)[1])[0]
        local, _, domain = returned.rpartition("@")
        own = (lambda reference: f"{local}+{reference}@{domain}") if self.settings.verp else (lambda _: returned)
        return From(name or self.company, address, own)

    async def open(self) -> _Session:
        """Returns a new session; raises UnreachableError where the server cannot be reached."""
        try:
            sender = self.sender
        except AddressError as failure:
            raise UnreachableError(f"the sender of cxloop.toml: {failure}") from None
        password = secret_of(self.settings.password)
        connection = await Connection.open(self.settings, password, sender.domain, self.context)
        return _Session(self, sender, connection)


class _Session:
    """A connection that is opened anew where a message had to be broken off."""

    def __init__(self, channel: SmtpChannel, sender: From, connection: Connection) -> None:
        self._channel = channel
        self._sender = sender
        self._connection = connection

    async def send(self, message: Outgoing, hand_over: HandOver) -> Outcome:
        channel = self._channel
        reference = reference_of(channel.vault, message.record.id)
        try:
            ready = envelope(message.record.address, message.written, self._sender, reference, channel.clock())
        except AddressError as failure:
            return Outcome("failed", str(failure))
        if not self._connection.usable:
            password = secret_of(channel.settings.password)
            self._connection = await Connection.open(channel.settings, password, self._sender.domain, channel.context)
        outcome = await self._connection.transfer(ready, hand_over)
        return outcome if outcome.external_id else Outcome(outcome.kind, outcome.reason, reference, outcome.suppress)

    async def close(self) -> None:
        await self._connection.quit()
