"""One SMTP connection (RFC 5321) that knows exactly when a message can have been taken.

Python's smtplib sends a message and its end in one call, so that a failure tells nothing about which of the two got
through. Here the end, a line with one dot, is written apart: what fails before it has surely not been delivered.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from dataclasses import dataclass

from cxloop.core.sending import Smtp
from cxloop.outreach.channels.base import HandOver, Outcome, UnreachableError
from cxloop.outreach.channels.smtp.replies import Reply, final_outcome, recipient_outcome

__all__ = ["FINAL_SECONDS", "Connection", "Envelope"]

FINAL_SECONDS = 600.0
"""How long a server may take to answer the end of a message: section 4.5.3.2.6 of RFC 5321."""
_MOST_LINE = 16_384
_MOST_LINES = 100
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message for the wire: who sends it, to whom, its bytes with CRLF, and whether it needs SMTPUTF8."""

    sender: str
    recipient: str
    content: bytes
    international: bool = False


class Connection:
    """A connection to a mail server, ready to take messages one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_seconds = timeout_seconds
        self._extensions: dict[str, str] = {}
        self.usable = True

    @classmethod
    async def open(
        cls, settings: Smtp, password: str, our_name: str, context: ssl.SSLContext | None = None
    ) -> Connection:
        """Returns a connection that has greeted, is encrypted as the settings say, and is signed in.

        Args:
            settings: of the server.
            password: in clear; "" where there is no user.
            our_name: what this side calls itself.
            context: how certificates are checked; None for the system's rules.

        Raises:
            UnreachableError: one of these steps failed.
        """
        tls = context or (None if settings.tls == "none" else ssl.create_default_context())
        try:
            async with asyncio.timeout(settings.timeout_seconds):
                at_once = tls if settings.tls == "tls" else None
                streams = await asyncio.open_connection(settings.host, settings.port, ssl=at_once, limit=_MOST_LINE)
        except (OSError, TimeoutError) as failure:
            raise UnreachableError(_unreached(failure)) from None
        connection = cls(*streams, settings.timeout_seconds)
        try:
            await connection._begin(settings, password, our_name, tls)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _begin(self, settings: Smtp, password: str, our_name: str, tls: ssl.SSLContext | None) -> None:
        self._require(await self._reply(), "its greeting")
        await self._greet(our_name)
        if settings.tls == "starttls":
            await self._encrypt(settings.host, tls)
            await self._greet(our_name)
        if settings.user:
            await self._sign_in(settings.user, password)

    async def _greet(self, our_name: str) -> None:
        reply = await self._ask(f"EHLO {our_name}")
        self._require(reply, "EHLO")
        words = [line.partition(" ") for line in reply.lines[1:]]
        self._extensions = {name.upper(): more for name, _, more in words}

    async def _encrypt(self, host: str, tls: ssl.SSLContext | None) -> None:
        if "STARTTLS" not in self._extensions:
            raise UnreachableError("the mail server offers no STARTTLS, and mail is not sent in the clear")
        self._require(await self._ask("STARTTLS"), "STARTTLS")
        # what came in the clear behind that answer was put there by somebody in between
        if getattr(self._reader, "_buffer", b""):
            raise UnreachableError("the mail server said more in the clear than it may")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._writer.start_tls(tls or ssl.create_default_context(), server_hostname=host)
        except (OSError, TimeoutError) as failure:
            raise UnreachableError(_unreached(failure)) from None

    async def _sign_in(self, user: str, password: str) -> None:
        ways = self._extensions.get("AUTH", "").upper().split()
        if "PLAIN" in ways or not ways:
            reply = await self._ask("AUTH PLAIN " + _encoded(f"\0{user}\0{password}"))
        elif "LOGIN" in ways:
            reply = await self._ask("AUTH LOGIN")
            for each in (user, password):
                self._require(reply, "AUTH LOGIN")
                reply = await self._ask(_encoded(each))
        else:
            raise UnreachableError("the mail server offers no way of signing in that is known here (PLAIN, LOGIN)")
        if not reply.good:
            raise UnreachableError(f"the mail server does not accept user and password: {reply}")

    async def transfer(self, envelope: Envelope, hand_over: HandOver) -> Outcome:
        """Hands one message over.

        Raises:
            UnreachableError: the server takes nothing, and the message was not handed over.
        """
        if envelope.international and "SMTPUTF8" not in self._extensions:
            return Outcome("failed", "the mail server takes no addresses beyond ASCII (it offers no SMTPUTF8)")
        opened = await self._open_transaction(envelope)
        if opened is not None:
            return opened
        try:
            allowed = await hand_over()
        except BaseException:
            self.abort()
            raise
        if not allowed:
            self.abort()  # within DATA nothing can be taken back but the whole connection
            return Outcome("withdrawn")
        try:
            self._writer.write(_stuffed(envelope.content))
            await self._drain()
        except UnreachableError as failure:
            return self._lost(Outcome("later", str(failure)))
        return await self._finish()

    async def _open_transaction(self, envelope: Envelope) -> Outcome | None:
        """Says who sends what to whom; None where the server waits for the message."""
        said = [self._sender(envelope), f"RCPT TO:<{envelope.recipient}>", "DATA"]
        if "PIPELINING" in self._extensions:
            self._say("\r\n".join(said))
            await self._drain()
            sender, recipient, data = [await self._reply() for _ in said]
        else:
            sender = await self._ask(said[0])
            recipient = await self._ask(said[1]) if sender.good else sender
            data = await self._ask(said[2]) if recipient.good else recipient
        if not sender.good:
            await self._start_over(data)
            raise UnreachableError(f"the mail server does not take mail from the sender: {sender}")
        if not recipient.good:
            await self._start_over(data)
            return recipient_outcome(recipient)
        if data.code != 354:
            await self._start_over(data)
            return final_outcome(data)
        return None

    def _sender(self, envelope: Envelope) -> str:
        more = " BODY=8BITMIME" if "8BITMIME" in self._extensions and not envelope.content.isascii() else ""
        more += " SMTPUTF8" if envelope.international else ""
        return f"MAIL FROM:<{envelope.sender}>{more}"

    async def _start_over(self, data: Reply) -> None:
        if data.code == 354:  # it waits for a message that nobody is to get
            self.abort()
        else:
            reply = await self._ask("RSET")
            self.usable = self.usable and reply.good

    async def _finish(self) -> Outcome:
        try:
            self._writer.write(b".\r\n")
            await self._drain()
            reply = await self._read(FINAL_SECONDS)
        except UnreachableError as failure:
            return self._lost(Outcome("in_doubt", f"no answer came after the message was handed over: {failure}"))
        if reply.code == 421:  # a clear no, and it closes the connection
            self.abort()
        return Outcome("sent") if reply.good else final_outcome(reply)

    def _lost(self, outcome: Outcome) -> Outcome:
        self.abort()
        return outcome

    async def _ask(self, line: str) -> Reply:
        self._say(line)
        await self._drain()
        return await self._reply()

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._writer.drain()
        except (OSError, TimeoutError) as failure:
            raise self._broken(_unreached(failure)) from None

    async def _reply(self) -> Reply:
        reply = await self._read(self._timeout_seconds)
        if reply.code == 421:  # it closes the connection, whatever it was asked
            raise self._broken(f"the mail server takes nothing just now: {reply}")
        return reply

    async def _read(self, timeout_seconds: float) -> Reply:
        lines: list[str] = []
        try:
            async with asyncio.timeout(timeout_seconds):
                while len(lines) < _MOST_LINES:
                    line = (await self._reader.readline()).decode("utf-8", "replace").rstrip("\r\n")
                    if not line[:3].isdigit():
                        raise self._broken("the mail server closed the connection, or answers something else than SMTP")
                    lines.append(line[4:])
                    if line[3:4] != "-":
                        return Reply(int(line[:3]), tuple(lines))
        except (OSError, TimeoutError, ValueError) as failure:
            raise self._broken(_unreached(failure)) from None
        raise self._broken("the mail server does not stop talking")

    def _require(self, reply: Reply, what: str) -> None:
        if not reply.good:
            raise UnreachableError(f"the mail server answered {reply} to {what}")

    def _broken(self, why: str) -> UnreachableError:
        self.abort()
        return UnreachableError(why)

    def abort(self) -> None:
        """Drops the connection: whatever was not finished does not count."""
        self.usable = False
        self._writer.transport.abort()

    async def quit(self) -> None:
        """Says goodbye; never raises."""
        if self.usable:
            try:
                async with asyncio.timeout(5):
                    await self._ask("QUIT")
            except (UnreachableError, OSError, TimeoutError):
                pass
        self.abort()


def _stuffed(content: bytes) -> bytes:
    """Returns a message whose lines with a dot in front have two (section 4.5.2), and which ends with a line's end."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _DOT.sub(b"..", ended)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _unreached(failure: BaseException) -> str:
    if isinstance(failure, TimeoutError):
        return "the mail server does not answer in time"
    if isinstance(failure, ssl.SSLError):
        return f"the mail server's certificate or encryption is not in order ({failure.reason or 'TLS'})"
    why = getattr(failure, "strerror", None) or type(failure).__name__
    return f"the mail server cannot be reached ({why})"
