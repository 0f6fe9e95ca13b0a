"""What to do with an event that is not as the protocol says: use it where its meaning is plain, otherwise say why not.

The slow path; events of the usual libraries do not come here. No sentence quotes a value: it may be a person's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from cxloop.collect.protocol.events import MOST_ID, MOST_NAME, Event

__all__ = ["RefusedError", "repaired"]

IDS = ("messageId", "userId", "anonymousId", "groupId", "previousId")
NAMES = ("event", "name", "category", "type")
MOMENTS = ("timestamp", "originalTimestamp", "sentAt")
OBJECTS = ("properties", "traits", "context")
MILLISECONDS_FROM = 1e11
"""A number of seconds that large would be the year 5138."""

_event = msgspec.json.Decoder(Event).decode


class RefusedError(ValueError):
    """An event that cannot be used: a machine's code and a sentence for a person."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def repaired(raw: bytes) -> Event:
    """Returns an event from JSON that the quick reading refused; raises RefusedError where it has no plain meaning."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise RefusedError("json", "The event is not valid JSON, or holds a number that no machine can.") from None
    if not isinstance(found, dict):
        raise RefusedError("not_an_object", "An event is a JSON object.")
    for names, repair in ((IDS, _id), (NAMES, _name), (MOMENTS, _moment), (OBJECTS, _values)):
        _each(found, names, repair)
    try:
        return _event(msgspec.json.encode(found))
    except msgspec.DecodeError as failure:  # says the place and the type, never the value
        raise RefusedError("shape", f"{failure}.") from None


def _each(event: dict[str, Any], names: tuple[str, ...], repair: Callable[[str, Any], Any]) -> None:
    for name in names:
        if event.get(name) is not None:
            event[name] = repair(name, event[name])


def _text(name: str, value: object, most: int) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RefusedError("shape", f"{name} has to be a text or a number.")
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    if len(text) > most:
        raise RefusedError("too_long", f"{name} has {len(text):,} characters; {most:,} are allowed.")
    return text


def _id(name: str, value: object) -> str:
    return _text(name, value, MOST_ID)


def _name(name: str, value: object) -> str:
    return _text(name, value, MOST_NAME)


def _moment(name: str, value: object) -> str:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip()).isoformat()
    except (ValueError, OverflowError, OSError):
        pass
    raise RefusedError("time", f"{name} is no time that can be read. Send it like 2026-01-31T12:00:00Z.")


def _values(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError("shape", f"{name} has to be an object.")
    return value
