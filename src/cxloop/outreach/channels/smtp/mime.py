"""A message as the bytes of a mail (RFC 5322, MIME, RFC 8058), with nothing in its headers that was not meant there."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from secrets import token_hex

from cxloop.outreach.channels.smtp.client import Envelope
from cxloop.outreach.templates.writing import Attached, Written, clean

__all__ = ["AddressError", "From", "ascii_address", "envelope"]

_LOCAL = re.compile(r"[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f-\x9f]{1,64}")
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class AddressError(ValueError):
    """An address that no mail can be sent to; says why without naming it."""


@dataclass(frozen=True, slots=True)
class From:
    """Who sends: the address that is shown with its name, where bounces go, and the domain of Message-IDs."""

    name: str
    address: str
    bounces: Callable[[str], str]

    @property
    def domain(self) -> str:
        """What stands behind the @ of Message-IDs."""
        return self.address.rpartition("@")[2]


def ascii_address(address: str) -> tuple[str, bool]:
    """Returns an address with its domain as DNS writes it, and whether what is before the @ is beyond ASCII.

    Raises:
        AddressError: it is none.

    Example:
        >>> ascii_address("ada@bücher.example")
        ('ada@xn--bcher-kva.example', False)
    """
    import idna

    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise AddressError("the address is none that mail can be sent to")
    try:
        host = domain if domain.isascii() and _plain_host(domain) else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise AddressError("the domain of the address is none") from None
    if len(local.encode()) + 1 + len(host) > 254:
        raise AddressError("the address is longer than addresses are")
    return f"{local}@{host}", not local.isascii()


def _plain_host(domain: str) -> bool:
    return re.fullmatch(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*", domain) is not None


def envelope(to: str, written: Written, sender: From, reference: str, now: datetime) -> Envelope:
    """Returns a message for the wire.

    Args:
        to: the address.
        written: what it says.
        sender: who sends.
        reference: its name in the world.
        now: its date, UTC without zone.

    Raises:
        AddressError: the address cannot be one.
    """
    recipient, international = ascii_address(to)
    own = [
        f"From: {_mailbox(written.sender or sender.name, sender.address)}",
        f"To: <{recipient}>",
        f"Subject: {_encoded(clean(written.subject) or '-')}",
        f"Date: {format_datetime(now.replace(tzinfo=UTC))}",
        f"Message-ID: <{reference}@{sender.domain}>",
        *_lists(written),
        f"Content-Language: {written.language}",
        "Auto-Submitted: no",
        "MIME-Version: 1.0",
    ]
    if written.reply_to:
        own.append(f"Reply-To: <{ascii_address(parseaddr(written.reply_to)[1])[0]}>")
    content = "\n".join(own).encode() + b"\n" + _body(written)
    # a lone CR or LF could be taken for the end of a message
    return Envelope(sender.bounces(reference), recipient, _LINE_END.sub(b"\r\n", content), international)


def _body(written: Written) -> bytes:
    """The body with its own headers: plain text, or plain text and HTML as alternatives, the best last; then files."""
    plain = _part("plain", written.text)
    text = plain if written.html is None else _joined("alternative", [plain, _part("html", written.html)])
    return _joined("mixed", [text, *map(_file, written.files)]) if written.files else text


def _joined(how: str, parts: Sequence[bytes]) -> bytes:
    boundary = f"=_{token_hex(16)}"  # "=_" never stands in quoted-printable, and "_" not in base64
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{how}; boundary="{boundary}"\n\n'.encode()
    return head + b"\n".join([*(line for part in parts for line in (mark, part)), mark + b"--", b""])


def _file(file: Attached) -> bytes:
    name = _NOT_IN_A_NAME.sub("_", file.name)
    head = (
        f'Content-Type: {file.media_type}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="{name}"\n\n'
    )
    return head.encode() + encodebytes(file.content)


def _part(kind: str, text: str) -> bytes:
    head = f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    return head.encode() + b2a_qp(
        text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace"), istext=True
    )


def _encoded(text: str) -> str:
    """A text as a header holds it: as it is, or in encoded words (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=75).encode()


def _lists(written: Written) -> list[str]:
    """The headers of one-click unsubscribing (RFC 8058)."""
    if not _LINK.fullmatch(written.unsubscribe):
        return []
    return [f"List-Unsubscribe: <{written.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def _mailbox(name: str, address: str) -> str:
    said = clean(name, 80)
    if said.isascii():
        escaped = said.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(said)} <{address}>"
