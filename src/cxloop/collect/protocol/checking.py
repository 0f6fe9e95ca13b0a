"""Whether the events of a request can be used, without reading more of them than that: the collector's hot path.

Where everything is as the protocol says, two passes of the decoder over the bytes and a glance at each event are
enough; properties are not even unpacked. At the first doubt `read` decides, event by event. So whatever is accepted
here is accepted there; a test holds both against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from cxloop.collect.protocol.body import unpacked
from cxloop.collect.protocol.events import ENDPOINTS, MOST_DEPTH, MOST_EVENT_BYTES, MOST_EVENTS, Fields
from cxloop.collect.protocol.reading import Refused, read, suspicious

__all__ = ["Checked", "check"]

NO_OPENERS = bytes(byte for byte in range(256) if byte not in b"{[")


@dataclass(frozen=True, slots=True)
class Checked:
    """How many events a request holds, which of them cannot be used, and the write key in its body."""

    total: int
    refused: list[Refused]
    write_key: str | None = None


class _Object(Struct):
    """Any object; its content is passed over."""


class _Glance(Fields, rename="camel"):
    """An event, as far as it decides whether it can be used."""

    type: Literal["identify", "track", "page", "screen", "group", "alias", ""] = ""
    properties: _Object | None = None
    traits: _Object | None = None
    context: _Object | None = None


class _Single(_Glance, rename="camel"):
    write_key: str | None = None


class _Glances(Struct, rename="camel"):
    batch: list[_Glance]
    write_key: str | None = None


class _Raws(Struct):
    batch: list[Raw]


_single = msgspec.json.Decoder(_Single).decode
_glances = msgspec.json.Decoder(_Glances).decode
_raws = msgspec.json.Decoder(_Raws).decode


def check(endpoint: str, body: bytes, encoding: str = "") -> Checked:
    """Returns which events of a request cannot be used.

    Args:
        endpoint: "batch", or the type of its one event.
        body: as received.
        encoding: its Content-Encoding.

    Raises:
        UnreadableError: nothing in it can be read.

    Example:
        >>> check("track", b'{"userId": "u1"}').refused[0].reason
        'A track call needs the name of its event.'
    """
    text = unpacked(body, encoding)
    quick = None
    if endpoint in ENDPOINTS and not suspicious(text):
        try:
            quick = _batch(text) if endpoint == "batch" else _one(endpoint, text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            quick = None
    if quick is not None:
        return quick
    found = read(endpoint, text)
    return Checked(len(found.events) + len(found.refused), found.refused, found.write_key)


def _one(endpoint: str, text: bytes) -> Checked | None:
    found = _single(text)
    fine = _is_small(text) and _is_fine(found, endpoint)
    return Checked(1, [], found.write_key) if fine else None


def _batch(text: bytes) -> Checked | None:
    found = _glances(text)
    events = found.batch
    if len(events) > MOST_EVENTS:
        return None
    for raw in _raws(text).batch:
        if not _is_small(bytes(raw)):
            return None
    for event in events:
        if not _is_fine(event, event.type):
            return None
    return Checked(len(events), [], found.write_key)


def _is_small(text: bytes) -> bool:
    """Whether an event is short, and has too few brackets to be nested too deep."""
    return len(text) <= MOST_EVENT_BYTES and len(text.translate(None, NO_OPENERS)) <= MOST_DEPTH


def _is_fine(event: _Glance, kind: str) -> bool:
    """Whether an event has what its type needs, and only times that can be used."""
    if not (event.user_id or event.anonymous_id):
        return False
    if kind == "track":
        if not event.event:
            return False
    elif kind not in ("page", "identify", "screen"):
        return False  # group and alias are rare, and need more
    return event.times_are_usable
