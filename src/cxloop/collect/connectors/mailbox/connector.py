"""The mailbox: its settings, and what its failures mean."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from cxloop.collect.connectors.base import Connector, Scope, Settings, SourceError
from cxloop.collect.connectors.mailbox.imap import FolderMissingError, SignInError, is_loopback
from cxloop.collect.connectors.mailbox.parse import COLUMNS
from cxloop.core.errors import InputError

__all__ = ["CONNECTOR", "MailboxSettings", "port_of"]

_PORTS = {"tls": 993, "starttls": 143, "none": 143}


def _own_address(text: str) -> str:
    name, sign, domain = text.strip().lower().rpartition("@")
    if not sign or "." not in domain or " " in text.strip():
        raise InputError(
            f"{text!r} is neither an address such as help@acme.example nor a domain such as @acme.example."
        )
    return f"{name}@{domain}"


Own = Annotated[str, AfterValidator(_own_address)]


class MailboxSettings(Settings):
    """Settings of a mailbox."""

    table_names: ClassVar[tuple[str, ...]] = ("mails",)

    host: str = Field(
        title="Server", description="Name of the IMAP server, such as imap.acme.example.", min_length=1, max_length=255
    )
    user: str = Field(title="User name", description="Often the address itself.", min_length=1, max_length=320)
    password: SecretStr = Field(
        title="Password",
        description="Where the provider has app passwords, make one for this; it can be withdrawn by itself.",
    )
    own: tuple[Own, ...] = Field(
        title="Own addresses",
        description="The company's addresses, or domains such as @acme.example: mail from these is an answer, not a "
        "customer's word.",
        min_length=1,
        max_length=200,
    )
    folders: tuple[str, ...] = Field(
        default=("INBOX",),
        title="Folders",
        description="Which folders are read. Add the one with sent mail to see answers as well.",
        min_length=1,
        max_length=50,
    )
    since: date | None = Field(
        default=None,
        title="Since",
        description="Mails that arrived before this day are left out. Without it, all are read.",
    )
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls",
        title="Encryption",
        description="tls from the first byte, starttls after a greeting; none is for a server on this machine only.",
    )
    port: int | None = Field(
        default=None, title="Port", description="993 with tls, 143 otherwise, if left out.", ge=1, le=65535
    )
    largest_bytes: int = Field(
        default=10_000_000,
        title="Largest mail",
        description="Of a larger mail only the headers are read. Bytes, attachments included.",
        ge=10_000,
        le=100_000_000,
    )
    timeout_seconds: int = Field(
        default=60, title="Time-out", description="How long an answer of the server may take.", ge=1, le=600
    )


def _source(settings: MailboxSettings, scope: Scope) -> Sequence[Any]:
    from cxloop.collect.connectors.mailbox.source import mails

    return [mails(settings, scope)]


def _suits(settings: MailboxSettings) -> Iterator[tuple[str, str]]:
    if settings.security == "none" and not is_loopback(settings.host):
        yield (
            "security",
            f"{settings.host!r} is another machine: the password would travel in the clear. Use tls or starttls.",
        )
    for name in settings.folders:
        if not name or any(ord(sign) < 32 for sign in name):
            yield "folders", f"{name!r} is no name of a folder."


def _explain(failure: BaseException, settings: MailboxSettings) -> SourceError | None:
    if isinstance(failure, SignInError):
        return SourceError(
            f"The mail server {settings.host} refused the user name or password. Enter the password again; where the "
            "provider asks for a second factor, make an app password.",
            "credentials",
        )
    if isinstance(failure, FolderMissingError) and len(failure.args) > 1:
        return SourceError(f"There is no folder {failure.args[0]!r} that can be opened. {failure.args[1]}", "missing")
    if isinstance(failure, ssl.SSLError) and not isinstance(failure, ssl.SSLCertVerificationError):
        port = port_of(settings)
        return SourceError(
            f"{settings.host}:{port} does not speak TLS as {settings.security!r} wants it. Check port and encryption.",
            "settings",
        )
    return None


def port_of(settings: MailboxSettings) -> int:
    """Returns the port that is asked."""
    return settings.port or _PORTS[settings.security]


CONNECTOR = Connector(
    title="Mailbox (IMAP)",
    about="Customers' mails, without the history quoted below them, and the answers to them.",
    settings=MailboxSettings,
    source=_source,
    explain=_explain,
    columns={"mails": COLUMNS},
    mapped=True,
    sent_to=lambda settings: (settings.host.lower(), port_of(settings), settings.security),
    suits=lambda settings: list(_suits(settings)),
)
