"""A mail server on this machine that counts, refuses and breaks off as a test tells it to."""

from __future__ import annotations

import asyncio
import re
import threading
from asyncio import WriteTransport
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP

__all__ = ["MailServer", "mail_server"]


@dataclass
class MailServer:
    """What arrived, and how the server behaves.

    `recipient` and `message` answer RCPT and the end of DATA: a reply, or None to accept. `lose` closes the connection
    instead of answering the end of a message that was accepted.
    """

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    recipient: Callable[[str], str | None] = lambda _address: None
    message: Callable[[str], str | None] = lambda _address: None
    lose: Callable[[str], bool] = lambda _address: False
    during: Callable[[str], object] = lambda _address: None

    @property
    def counts(self) -> Counter[str]:
        """How often each address got a mail."""
        return Counter(self.to)

    def mail(self, place: int = -1) -> EmailMessage:
        """A mail that arrived, parsed."""
        return message_from_bytes(self.mails[place], policy=policy.default)

    def links(self, place: int = -1) -> list[str]:
        """The addresses in the HTML of a mail that arrived."""
        body = self.mail(place).get_body(("html",))
        assert body is not None
        return re.findall(r'href="([^"]+)"', body.get_content())

    # what aiosmtpd calls

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        self.during(address)
        refused = self.recipient(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        refused = self.message(address)
        if refused is None:
            self.mails.append(envelope.original_content)
            self.to.append(address)
            self.senders.append(envelope.mail_from)
            if self.lose(address):
                cast(WriteTransport, server.transport).abort()
        return refused or "250 OK"


class _Counting(SMTP):
    """Counts connections, and speaks as mail servers do."""

    mailbox: MailServer

    def connection_made(self, transport: Any) -> None:
        self.mailbox.connections += 1
        super().connection_made(transport)


@contextmanager
def mail_server(port: int = 0, **options: Any) -> Iterator[MailServer]:
    """Gives a mail server that listens on this machine until the end.

    Args:
        port: 0 for any that is free.
        options: of aiosmtpd's SMTP, such as tls_context or authenticator.
    """
    server = MailServer()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def factory() -> SMTP:
        made = _Counting(server, hostname="localhost", loop=loop, enable_SMTPUTF8=True, **options)
        made.mailbox = server
        return made

    async def listen() -> asyncio.Server:
        return await loop.create_server(factory, "127.0.0.1", port)

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_ended(listening), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _ended(listening: asyncio.Server) -> None:
    """Closes the server and whatever is still connected."""
    listening.close()
    own = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not own]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)
