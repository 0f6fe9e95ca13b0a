"""Reading a request: each event by itself, so that one that cannot be used does not cost the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from cxloop.collect.protocol.body import UnreadableError, depth, holds_nul, shallow, unpacked
from cxloop.collect.protocol.events import ENDPOINTS, MOST_DEPTH, MOST_EVENT_BYTES, MOST_EVENTS, TYPES, Event, Values
from cxloop.collect.protocol.repair import RefusedError, repaired

__all__ = ["Accepted", "Refused", "Request", "read", "suspicious"]

T = TypeVar("T")


class Accepted(Struct, frozen=True):
    """An event that can be used: its place in the request, what it says, and its JSON."""

    index: int
    event: Event
    raw: Raw


class Refused(Struct, frozen=True):
    """An event that cannot be used: its place in the request, why, its own id where it has one, and its JSON."""

    index: int
    code: str
    reason: str
    message_id: str | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What a request holds.

    Attributes:
        events: those that can be used.
        refused: those that cannot.
        sent_at: when the sender's clock says it was sent; without a zone it is UTC.
        context: holds for every event of the batch, as far as the event does not say otherwise.
        write_key: as the body gives it, where it does.
    """

    events: list[Accepted]
    refused: list[Refused]
    sent_at: datetime | None = None
    context: Values | None = None
    write_key: str | None = None


class _Envelope(Struct, rename="camel"):
    """What stands around the events of a batch, and beside the fields of a single event; read leniently."""

    batch: list[Raw] | None = None
    sent_at: Raw = Raw()
    context: Raw = Raw()
    write_key: Raw = Raw()


class _Id(Struct, rename="camel"):
    message_id: str | None = None


_envelope = msgspec.json.Decoder(_Envelope).decode
_event = msgspec.json.Decoder(Event).decode
_id = msgspec.json.Decoder(_Id).decode
_text = msgspec.json.Decoder(str).decode
_moment = msgspec.json.Decoder(datetime).decode
_values = msgspec.json.Decoder(Values).decode


def read(endpoint: str, body: bytes, encoding: str = "") -> Request:
    """Reads a request.

    Args:
        endpoint: "batch", or the type of its one event.
        body: as received.
        encoding: its Content-Encoding.

    Raises:
        UnreadableError: nothing in it can be read.

    Example:
        >>> found = read("track", b'{"userId": "u1", "event": "Order Completed"}')
        >>> found.events[0].event.event
        'Order Completed'
    """
    if endpoint not in ENDPOINTS:
        raise UnreadableError("endpoint", f"Unknown endpoint. Known: {', '.join(ENDPOINTS)}.", 404)
    text = unpacked(body, encoding)
    try:
        envelope = _opened(text)
    except RecursionError:
        text = shallow(text)
        envelope = _opened(text)
    raws = _raws(endpoint, envelope, text)
    accepted, refused = _sorted(endpoint, raws, suspicious(text))
    return Request(
        accepted,
        refused,
        _lenient(_moment, envelope.sent_at),
        _lenient(_values, envelope.context) if endpoint == "batch" else None,
        _lenient(_text, envelope.write_key),
    )


def _opened(text: bytes) -> _Envelope:
    try:
        return _envelope(text)
    except msgspec.ValidationError:
        raise UnreadableError(
            "shape", "The body has to be a JSON object; of a batch, one with a list `batch`."
        ) from None
    except msgspec.DecodeError:
        raise UnreadableError("json", "The body is not valid JSON.") from None


def _raws(endpoint: str, envelope: _Envelope, text: bytes) -> list[Raw]:
    if endpoint != "batch":
        return [Raw(text)]
    if envelope.batch is None:
        raise UnreadableError("shape", "A batch is a JSON object with a list `batch`.")
    if len(envelope.batch) > MOST_EVENTS:
        raise UnreadableError("too_many", f"A batch may have {MOST_EVENTS:,} events. Send smaller ones.", 413)
    return envelope.batch


def suspicious(text: bytes) -> bool:
    """Whether some event may hold what none may; one look at the whole instead of one at each."""
    if b"\\u0000" in text:
        return True
    try:
        text.isascii() or text.decode()
    except UnicodeDecodeError:
        return True
    return False


def _sorted(endpoint: str, raws: list[Raw], suspicious: bool) -> tuple[list[Accepted], list[Refused]]:
    accepted, refused = [], []
    given = "" if endpoint == "batch" else endpoint
    for index, raw in enumerate(raws):
        text = bytes(raw)
        try:
            if suspicious:
                _require_text(text)
            accepted.append(Accepted(index, _checked(text, given), raw))
        except RefusedError as failure:
            refused.append(Refused(index, failure.code, failure.reason, _lenient_id(text), text))
    return accepted, refused


def _checked(text: bytes, given: str) -> Event:
    """Returns an event; raises RefusedError where it lacks what its type needs, or is too large or too deep."""
    if len(text) > MOST_EVENT_BYTES:
        raise RefusedError("too_large", f"An event may have {MOST_EVENT_BYTES:,} bytes; this one has {len(text):,}.")
    if depth(text) > MOST_DEPTH:
        raise RefusedError("too_deep", f"Objects and lists may be nested {MOST_DEPTH} deep.")
    try:
        event = _event(text)
    except (msgspec.DecodeError, ValueError):
        event = repaired(text)
    if given:
        event.type = given
    _require_parts(event)
    return event


def _require_text(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise RefusedError("utf8", "The event is not UTF-8 text.") from None
    if holds_nul(text):
        raise RefusedError("nul_character", "The event holds a NUL character, which no text has.")


def _require_parts(event: Event) -> None:
    kind = event.type
    if kind == "alias":
        if not (event.previous_id and (event.user_id or event.anonymous_id)):
            raise RefusedError("no_user", "An alias needs userId and previousId.")
    elif not (event.user_id or event.anonymous_id):
        raise RefusedError("no_user", "An event needs a userId or an anonymousId.")
    if kind == "track":
        if not event.event:
            raise RefusedError("no_event", "A track call needs the name of its event.")
    elif kind not in TYPES:
        raise RefusedError("type", f"An event needs a type: {', '.join(TYPES)}.")
    elif kind == "group" and not event.group_id:
        raise RefusedError("no_group", "A group call needs a groupId.")
    if not event.times_are_usable:
        raise RefusedError("time", "A time lies outside of the years 2 to 9998.")


def _lenient(decode: Callable[[Raw], T], raw: Raw) -> T | None:
    """Reads something that an event can do without."""
    if not raw:
        return None
    try:
        return decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _lenient_id(text: bytes) -> str | None:
    try:
        found = _id(text).message_id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return found[:100] if found else None
