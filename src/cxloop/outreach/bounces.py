"""Mail that comes back: delivery reports (RFC 3464) and complaints (RFC 5965), told from anything else, and believed
only about messages of ours.

A report names a message by the return address that it was sent to (VERP), or by the Message-ID of what it returns;
both carry our signature. Whoever makes a bounce up cannot stop anybody's mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import TYPE_CHECKING, Literal

from cxloop.outreach.references import references_in
from cxloop.store.messages import messages, preferences, suppressions
from cxloop.store.messages.messages import Change, MessageRecord, State
from cxloop.store.messages.preferences import Said

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["MOST_BYTES", "Kind", "Notice", "Taken", "read_notice", "take_notice", "take_receipt"]

Kind = Literal["hard", "soft", "complaint"]
Taken = Literal["hard", "soft", "complaint", "already_known", "not_ours"]
MOST_BYTES = 5_000_000
"""A report is small; what is larger is no report, and is not read."""
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_TRANSIENT = frozenset({"5.2.2", "5.2.3", "5.4.4", "5.4.5", "5.4.7", "5.6.0", "5.7.0", "5.7.1"})
"""Permanent answers that say nothing of whether the address exists: full, too large, routing, time, content, policy."""
_REACHED: tuple[State, ...] = ("sending", "sent", "in_doubt", "bounced")
COMPLAINT = "complaint of a mail service"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a mail that came back says. `text` holds everything that may name the message that it is about."""

    kind: Kind
    status: str
    text: str


def read_notice(raw: bytes) -> Notice | None:
    """Returns what a returned mail says; None for one that is no report, such as an absence note.

    Args:
        raw: the mail as it came, at most MOST_BYTES.
    """
    if len(raw) > MOST_BYTES:
        return None
    mail = message_from_bytes(raw, policy=policy.compat32)
    if mail.get_content_type() != "multipart/report":
        return None
    report = str(mail.get_param("report-type") or "").lower()
    text = "\n".join(_words(mail))
    if report == "feedback-report":
        return _complaint(mail, text)
    return _bounce(mail, text) if report == "delivery-status" else None


def _complaint(mail: Message, text: str) -> Notice | None:
    fields = "\n".join(_payloads(mail, "message/feedback-report")).lower()
    is_abuse = re.search(r"^feedback-type:\s*(abuse|fraud|opt-out|opt-out-list)\b", fields, re.MULTILINE)
    return Notice("complaint", "", text) if is_abuse else None


def _bounce(mail: Message, text: str) -> Notice | None:
    """Of several recipients the worst answer; ours have one."""
    found: Notice | None = None
    for fields in _payloads(mail, "message/delivery-status"):
        action = re.search(r"^action:\s*([a-z]+)", fields, re.MULTILINE | re.IGNORECASE)
        status = _STATUS.search(fields)
        if action is None or action[1].lower() not in ("failed", "delayed"):
            continue
        code = status.group() if status else ""
        hard = action[1].lower() == "failed" and code.startswith("5") and code not in _TRANSIENT
        if found is None or hard:
            found = Notice("hard" if hard else "soft", code, text)
    return found


def _payloads(mail: Message, kind: str) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_type() == kind:
            inner = part.get_payload()
            if isinstance(inner, list):
                yield from (str(each) for each in inner)
            else:
                yield str(inner)


def _words(mail: Message) -> Iterator[str]:
    """Headers that name whom it came to, and everything that it returns, also where that is packed."""
    for name in ("to", "x-original-to", "delivered-to", "envelope-to", "in-reply-to", "references"):
        yield from (str(value) for value in mail.get_all(name, []))
    for part in mail.walk():
        yield from (str(value) for name, value in part.items() if name.lower() in ("message-id", "to"))
        if not part.is_multipart():
            unpacked = part.get_payload(decode=True)
            yield unpacked.decode("utf-8", "replace") if isinstance(unpacked, bytes) else ""


def take_notice(store: Store, notice: Notice | None) -> Taken:
    """Writes down what a returned mail says of a message of ours, and returns what it was.

    Args:
        store: the records.
        notice: as read; None for a mail that is no report.
    """
    numbers = [] if notice is None else references_in(store.vault, notice.text)
    record = next((found for number in numbers if (found := messages.get(store, number)) is not None), None)
    if notice is None or record is None:
        return "not_ours"
    return _taken(store, record, notice.kind, notice.status)


def take_receipt(store: Store, reference: str, state: str) -> Taken | None:
    """Writes down what a gateway reports of a message: delivered, failed, bad_address or complained.

    Returns:
        What it was; None for a delivered message, of which there is nothing to write down.
    """
    numbers = references_in(store.vault, reference)
    found = messages.get(store, numbers[0]) if numbers else None
    record = found or next(iter(messages.with_external_id(store, [reference])), None)
    if record is None:
        return "not_ours"
    kinds: dict[str, Kind] = {"failed": "soft", "bad_address": "hard", "complained": "complaint"}
    if state not in kinds:
        return _delivered(store, record)
    return _taken(store, record, kinds[state], "reported by the gateway")


def _delivered(store: Store, record: MessageRecord) -> Taken | None:
    """A message in doubt that was delivered is not in doubt any more."""
    at = record.sent_at or store.clock()
    messages.change(store, [Change(record.id, ("sending", "in_doubt"), "sent", "", sent_at=at)])
    return None


def _taken(store: Store, record: MessageRecord, kind: Kind, status: str) -> Taken:
    if record.state == "complained" or (record.state == "bounced" and kind != "complaint"):
        return "already_known"
    if kind == "complaint":
        _complained(store, record)
        return kind
    reason = f"came back: {status}" if status else "came back"
    # a soft one leaves the address good: the same report for the next message may be a hard one
    messages.change(store, [Change(record.id, _REACHED, "bounced", reason)])
    if kind == "hard":
        suppressions.add(store, record.channel, record.address, "bounced")
    return kind


def _complained(store: Store, record: MessageRecord) -> None:
    """Somebody has called it unwanted: nothing more goes to the address, and the purpose is withdrawn."""
    messages.change(store, [Change(record.id, _REACHED, "complained", "the recipient complained")])
    suppressions.add(store, record.channel, record.address, "complained")
    if record.purpose:
        said = Said(record.key_id, record.purpose, None, False, COMPLAINT, store.clock())
        preferences.say(store, [said])
    messages.cancel(store, "the recipient complained", keys=[record.key_id], channel=record.channel)
