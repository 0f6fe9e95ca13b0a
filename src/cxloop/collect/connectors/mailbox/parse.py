"""One mail, as bytes, to one row of a mailbox's files. Never raises: mails are what strangers send."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from cxloop.collect.connectors.mailbox.cutting import Cut, cut
from cxloop.collect.connectors.mailbox.headers import (
    Address,
    addresses,
    automatic,
    decoded,
    message_ids,
    moment,
    value,
)
from cxloop.collect.connectors.mailbox.html import text_of_html
from cxloop.collect.connectors.mailbox.language import language_of

__all__ = ["COLUMNS", "Row", "is_own", "row_of"]

Row = dict[str, str | None]

COLUMNS = (
    "message_id",
    "occurred_at",
    "folder",
    "direction",
    "automatic",
    "email",
    "name",
    "subject",
    "text",
    "language",
    "in_reply_to",
    "thread",
    "recipient",
    "employee",
    "attachments",
    "attachment_types",
    "characters",
    "cut_as_quoted",
    "cut_as_signature",
    "bytes",
    "note",
)
"""The columns of a row, each a text or null: a mail without a field has the same columns as one with it."""

_MOST_TEXT = 200_000
"""Characters of a text that are looked at; the rest of a longer one is left out, and the row says so."""
_MOST_PARTS = 500
_MOST_BOUNDARIES = 100
"""Multiparts of a mail whose parts are read: each line is compared with the boundary of every one around it."""
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Body:
    text: str
    attachments: tuple[str, ...]
    note: str | None = None


def row_of(content: bytes, *, folder: str, arrived: datetime | None, own: Sequence[str], headers_only: int = 0) -> Row:
    """Returns the row of a mail.

    Args:
        content: the mail as it was sent, or its headers only.
        folder: the folder it lies in.
        arrived: when the server received it, UTC without zone.
        own: the company's addresses, or domains such as "@acme.example", in lower case.
        headers_only: bytes of the whole mail where only its headers were fetched.
    """
    message, nested = _parsed(content)
    sender = next(iter(addresses(message, "From", "Sender")), None)
    row: Row = dict.fromkeys(COLUMNS)
    row |= _who(message, sender, own)
    row |= _which(message, content, arrived)
    row |= {"folder": folder, "subject": value(message, "Subject")[:1_000] or None}
    row["bytes"] = str(headers_only or len(content))
    if headers_only:
        row["note"] = "Only its headers were read: the mail is larger than the limit."
    elif nested:
        row["note"] = "Only its headers were read: its parts are nested too deep."
    else:
        row |= _what(message)
    return row


def _parsed(content: bytes) -> tuple[Message, bool]:
    """Returns a mail, or its headers alone and True where nobody but an attacker nests parts like that."""
    boundaries = sum(1 for _ in zip(_BOUNDARY.finditer(content), range(_MOST_BOUNDARIES + 1), strict=False))
    if boundaries <= _MOST_BOUNDARIES:
        try:
            return message_from_bytes(content), False
        except RecursionError:  # mails in mails in mails
            pass
    return BytesHeaderParser().parsebytes(_head(content)), True


def is_own(address: Address, own: Sequence[str]) -> bool:
    """Says whether an address is the company's."""
    return address.email in own or f"@{address.domain}" in own


def _who(message: Message, sender: Address | None, own: Sequence[str]) -> Row:
    machine = automatic(message, sender)
    outbound = sender is not None and is_own(sender, own)
    others = [each for each in addresses(message, "To", "Cc") if not is_own(each, own)]
    customer = next(iter(others), None) if outbound else sender
    if not outbound:
        # A form or a ticket system writes for the customer and names them where answers go.
        answers = next((each for each in addresses(message, "Reply-To") if not is_own(each, own)), None)
        customer = answers if answers is not None and machine is None else customer
    if machine == "bounce":
        customer = _failed_recipient(message)
    ours = next((each for each in addresses(message, "Delivered-To", "To", "Cc") if is_own(each, own)), None)
    return {
        "direction": "outbound" if outbound else "inbound",
        "automatic": machine,
        "email": customer.email if customer else None,
        "name": customer.name if customer else None,
        "recipient": ours.email if ours and not outbound else None,
        "employee": (sender.name or sender.email) if outbound and sender else None,
    }


def _failed_recipient(message: Message) -> Address | None:
    """Whom a mail could not reach, as its report of delivery says."""
    for part in _parts(message):
        for name in ("Original-Recipient", "Final-Recipient", "X-Failed-Recipients"):
            said = value(part, name).rpartition(";")[2].strip().lower()
            if "@" in said:
                return Address(said[:254])
    return None


def _which(message: Message, content: bytes, arrived: datetime | None) -> Row:
    ids = message_ids(message, "Message-ID")
    # A mail without an id is known by its headers, which stay the same when the folder is read again.
    own_id = ids[0] if ids else f"sha256.{hashlib.sha256(_head(content)).hexdigest()[:32]}@no-message-id"
    answers = message_ids(message, "In-Reply-To") or message_ids(message, "References")[-1:]
    root = next(iter([*message_ids(message, "References"), *answers, own_id]))
    when = moment(message, arrived)
    return {
        "message_id": own_id,
        "occurred_at": when.isoformat(sep=" ", timespec="seconds") if when else None,
        "in_reply_to": answers[0] if answers else None,
        "thread": root,
    }


def _head(content: bytes) -> bytes:
    found = [place for mark in (b"\r\n\r\n", b"\n\n") if (place := content.find(mark)) >= 0]
    return content[: min(found)] if found else content[:10_000]


def _what(message: Message) -> Row:
    body = _body(message)
    text = body.text.replace("\x00", "")
    note = body.note
    if len(text) > _MOST_TEXT:
        note = f"Only the first {_MOST_TEXT:,} characters of its text were read."
        text = text[:_MOST_TEXT]
    left: Cut = cut(text)
    claimed = value(message, "Content-Language").partition(",")[0].strip()
    return {
        "text": left.text or None,
        "language": language_of(left.text, claimed),
        "attachments": str(len(body.attachments)),
        "attachment_types": ", ".join(sorted(set(body.attachments)))[:500] or None,
        "characters": str(len(left.text)),
        "cut_as_quoted": str(left.quoted),
        "cut_as_signature": str(left.signature),
        "note": note,
    }


def _parts(message: Message) -> Iterator[Message]:
    """Yields the parts of a mail, so many at most, and never those of a mail that is attached to it."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        inside = part.get_payload()
        attached = part.get_content_type() == "message/rfc822"
        if isinstance(inside, list) and not attached:
            waiting = [each for each in inside if isinstance(each, Message)] + waiting


def _body(message: Message) -> _Body:
    plain: list[str] = []
    rich: list[str] = []
    attached: list[str] = []
    for part in _parts(message):
        kind = part.get_content_type()
        if part.is_multipart() and kind != "message/rfc822":
            continue
        named = part.get_filename() is not None or "attachment" in value(part, "Content-Disposition").lower()
        if kind == "text/plain" and not named:
            plain.append(_content(part))
        elif kind == "text/html" and not named:
            rich.append(_content(part))
        elif not kind.startswith("message/delivery-status"):
            attached.append(kind[:100])
    text = "\n".join(plain).strip()
    if text or not rich:
        return _Body(text, tuple(attached))
    return _Body("\n".join(text_of_html(each[: 20 * _MOST_TEXT]) for each in rich), tuple(attached))


def _content(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # an encoding that only looks like one
        payload = None
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_param("charset")
    except (ValueError, LookupError):
        charset = None
    said = charset[2] if isinstance(charset, tuple) else charset
    return decoded(payload, said if isinstance(said, str) else None)
