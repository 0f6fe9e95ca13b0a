"""The short way through a batch that is plain: one decoding of the whole body instead of several of each event.

The collector has read the body with `protocol.read` and found nothing to refuse, so all that is left is to decode it.
Whatever is not plain here (an id that is a number, a missing name, a text that is no UTF-8) is None, and goes the long
way through `read`, which alone decides.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from cxloop.collect.loader.views import Parts
from cxloop.collect.protocol import UnreadableError, unpacked

__all__ = ["PlainBatch", "PlainEvent", "plain"]

_TYPES = frozenset({"identify", "track", "page", "screen"})


class PlainEvent(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A call with its free parts as the JSON they came in."""

    type: str
    message_id: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    sent_at: datetime | None = None
    properties: msgspec.Raw = msgspec.Raw()
    traits: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()

    @property
    def parts(self) -> Parts:
        """The free parts."""
        return Parts(self.context, self.properties, self.traits)


class PlainBatch(msgspec.Struct, frozen=True, rename="camel"):
    """A batch whose events say everything themselves."""

    batch: list[PlainEvent]
    sent_at: datetime | None = None
    context: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(PlainBatch).decode


def plain(body: bytes, encoding: str) -> PlainBatch | None:
    """Returns a batch that is plain, None for any other body."""
    try:
        text = unpacked(body, encoding)
        if b"\\u0000" in text or not (text.isascii() or text.decode()):
            return None
        found = _decode(text)
    except (UnreadableError, msgspec.DecodeError, ValueError, RecursionError):
        return None
    return found if not found.context and all(map(_is_plain, found.batch)) else None


def _is_plain(event: PlainEvent) -> bool:
    form = event.type
    return form in _TYPES and bool(event.user_id or event.anonymous_id) and (form != "track" or bool(event.event))
