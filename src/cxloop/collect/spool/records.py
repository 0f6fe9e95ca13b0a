"""What lies in the spool, and why it may refuse to take more."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cxloop.core.errors import CxloopError

__all__ = [
    "DAMAGED",
    "DiskFullError",
    "Envelope",
    "SpoolError",
    "SpoolFullError",
    "SpoolState",
    "Spooled",
    "from_row",
    "to_row",
]

DAMAGED = "damaged"
"""Format of an envelope whose bytes are not those that were written."""
ROW_BYTES = 100
"""About what a row takes beside its body: seq, source, times and the page's own order."""


class SpoolError(CxloopError, OSError):
    """The spool cannot be written or read at the moment; nothing was kept."""

    code = "spool"


class SpoolFullError(SpoolError):
    """The spool holds as much as it may; the loader has to catch up first."""

    code = "spool_full"


class DiskFullError(SpoolError):
    """The disk is full, or nearly so."""

    code = "disk_full"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One request as it came in.

    Attributes:
        source: name of the source: of the write key, or of the connection.
        format: how the body is to be read: "segment", "webhook", ...
        received_at: microseconds since 1970 UTC: the one moment at which the request counts as received.
        body: exactly as received; may be compressed.
        events: how many events are inside.
        about: endpoint, encoding, truncated address, user agent, refused events: what JSON can hold.
    """

    source: str
    format: str
    received_at: int
    body: bytes
    events: int = 1
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spooled:
    """An envelope in the spool, at its place in the order of arrival."""

    seq: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How much lies in the spool.

    Attributes:
        requests: rows.
        events: events in them.
        bytes: what they take.
        limit_bytes: beyond which nothing more is taken.
        oldest_received_at: of the first one, microseconds since 1970; None where the spool is empty.
        last_seq: the highest number given so far.
    """

    requests: int
    events: int
    bytes: int
    limit_bytes: int
    oldest_received_at: int | None
    last_seq: int


Row = tuple[str, str, int, int, bytes, int, bytes, int]
"""source, format, received_at, events, about, size, body, checksum"""


def to_row(envelope: Envelope) -> Row:
    """Returns the columns of an envelope, with its size and its checksum."""
    about = msgspec.json.encode(envelope.about)
    size = len(envelope.body) + len(about) + ROW_BYTES
    source, form, moment, events = envelope.source, envelope.format, envelope.received_at, envelope.events
    checksum = _checksum(source, form, moment, events, about, envelope.body)
    return (source, form, moment, events, about, size, envelope.body, checksum)


def from_row(row: tuple[Any, ...]) -> Envelope:
    """Returns the envelope in a row as the file gave it; marked as damaged where it is not what was written."""
    source, form, moment, events, about, _size, body, checksum = row
    try:
        if _checksum(source, form, moment, events, about, body) == checksum:
            return Envelope(source, form, moment, body, events, msgspec.json.decode(about))
    except (AttributeError, TypeError, ValueError, OverflowError, msgspec.DecodeError):
        pass
    return Envelope(
        source if isinstance(source, str) else "",
        DAMAGED,
        moment if isinstance(moment, int) else 0,
        body if isinstance(body, bytes) else b"",
        events if isinstance(events, int) else 0,
    )


def _checksum(source: str, form: str, moment: int, events: int, about: bytes, body: bytes) -> int:
    head = f"{source}\0{form}\0{moment}\0{events}\0{len(about)}".encode()
    return zlib.crc32(body, zlib.crc32(about, zlib.crc32(head)))
