"""Headers of mails as the world writes them: encoded words, unknown charsets, raw bytes, broken dates and addresses."""

from __future__ import annotations

import re
from binascii import Error as BrokenEncoding
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

__all__ = ["Address", "addresses", "automatic", "decoded", "message_ids", "moment", "value"]

_ADDRESS = re.compile(r"[^\s<>\"(),:;@]{1,64}@[^\s<>\"(),:;@]{1,190}")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|automatische antwort|"
    r"abwesenheits(?:notiz|meldung|nachricht)|abwesend|réponse automatique|absence du bureau|respuesta automática|"
    r"fuera de la oficina|resposta automática|fora do escritório)\b",
    re.IGNORECASE,
)
_BOUNCE_SENDER = re.compile(r"^(?:mailer-daemon|postmaster|mail-?daemon)@", re.IGNORECASE)
_NO_CHARSETS = frozenset({"", "unknown-8bit", "punycode", "idna"})
"""Not for texts: the last two take time with the square of the length."""
_EARLIEST = datetime(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Address:
    """An address in lower case, and the name beside it."""

    email: str
    name: str | None = None

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.email.rpartition("@")[2]


def decoded(content: bytes, charset: str | None) -> str:
    """Returns bytes as text: by the charset that is claimed, else as UTF-8, else as Windows-1252. Never raises."""
    claimed = (charset or "").strip().strip("\"'").lower()
    for name in (claimed, "utf-8"):
        try:
            return content.decode("utf-8" if name in _NO_CHARSETS else name)
        except (LookupError, ValueError):  # no such charset, or another than it says
            continue
    return content.decode("cp1252", errors="replace")


def value(message: Message, name: str) -> str:
    """Returns a header as readable text in one line; empty where it is missing."""
    return _words(_raw(message, name))


def _raw(message: Message, name: str) -> str:
    wanted = name.lower()
    found = next((text for key, text in message.raw_items() if key.lower() == wanted), "")
    text = str(found).encode("utf-8", errors="surrogateescape")
    return decoded(text, None).replace("\x00", "")[:20_000]


def _words(raw: str) -> str:
    unfolded = " ".join(raw.split())
    if "=?" not in unfolded:
        return unfolded
    try:
        parts = decode_header(unfolded)
    except (MessageError, BrokenEncoding, ValueError):
        return unfolded
    words = [part if isinstance(part, str) else decoded(part, charset) for part, charset in parts]
    return " ".join("".join(words).replace("\x00", "").split()) or unfolded


def addresses(message: Message, *names: str) -> tuple[Address, ...]:
    """Returns the addresses in some headers, without repeats."""
    found: dict[str, Address] = {}
    for name in names:
        for address in _read(_raw(message, name)):
            found.setdefault(address.email, address)
    return tuple(found.values())


def _read(raw: str) -> Iterator[Address]:
    try:
        pairs = getaddresses([" ".join(raw.split())])
    except (ValueError, IndexError, MessageError):
        pairs = []
    # The standard parser refuses what it finds suspicious as a whole; an address may stand in it all the same.
    if not any("@" in email for _, email in pairs):
        pairs = [("", email) for email in _ADDRESS.findall(raw[:5_000])[:100]]
    for name, email in pairs[:200]:
        found = _ADDRESS.search(email)
        if found is not None:
            yield Address(found[0].lower().strip("."), _words(name).strip("\"' ")[:200] or None)


def message_ids(message: Message, name: str) -> tuple[str, ...]:
    """Returns the message ids in a header, without their brackets."""
    raw = _raw(message, name)
    found = _MESSAGE_ID.findall(raw)
    return tuple(found) or tuple(word for word in raw.split()[:1] if "@" in word and len(word) <= 250)


def moment(message: Message, arrived: datetime | None) -> datetime | None:
    """Returns when a mail was written, UTC without zone: its Date, unless that is impossible beside its arrival."""
    said = _date(_raw(message, "Date"))
    if said is None or (arrived is not None and said > arrived + timedelta(days=1)):
        return arrived
    return said


def _date(raw: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(raw)
        known = found if found.tzinfo else found.replace(tzinfo=UTC)
        plain = known.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return plain if plain >= _EARLIEST else None


def automatic(message: Message, sender: Address | None) -> str | None:
    """Returns what kind of machine wrote a mail: bounce, auto_reply, newsletter or spam; None for a person."""
    if _bounce(message, sender):
        return "bounce"
    precedence = value(message, "Precedence").lower()
    submitted = value(message, "Auto-Submitted").lower()
    replies = submitted.startswith(("auto-replied", "auto-notified")) or precedence in ("auto_reply", "auto-reply")
    asked = any(value(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
    if replies or asked or _AUTOMATIC_SUBJECT.match(value(message, "Subject")):
        return "auto_reply"
    if precedence in ("bulk", "list", "junk") or any(value(message, name) for name in ("List-Id", "List-Unsubscribe")):
        return "newsletter"
    if submitted not in ("", "no"):
        return "auto_reply"
    return "spam" if value(message, "X-Spam-Flag").lower() == "yes" else None


def _bounce(message: Message, sender: Address | None) -> bool:
    report = message.get_content_type() == "multipart/report"
    status = "delivery-status" in value(message, "Content-Type").lower()
    empty_path = "Return-Path" in message and value(message, "Return-Path") == "<>"
    by_daemon = sender is not None and bool(_BOUNCE_SENDER.match(sender.email))
    answers = value(message, "Auto-Submitted").lower().startswith("auto-replied")
    return (report and status) or by_daemon or (empty_path and not answers and report)
