"""An event of the Segment protocol, and the limits of what may be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

__all__ = [
    "ENDPOINTS",
    "MOST_BODY_BYTES",
    "MOST_DEPTH",
    "MOST_EVENTS",
    "MOST_EVENT_BYTES",
    "MOST_ID",
    "MOST_NAME",
    "TYPES",
    "Event",
    "Fields",
    "Id",
    "Name",
    "Values",
]

TYPES = ("identify", "track", "page", "screen", "group", "alias")
ENDPOINTS = (*TYPES, "batch")
MOST_EVENT_BYTES = 32 * 1024
MOST_BODY_BYTES = 500 * 1024
"""Before and after it is unpacked."""
MOST_EVENTS = 2_500
"""Of one batch, as with Segment: 500 KB of empty events would be 170,000 refusals in one answer."""
MOST_DEPTH = 64
MOST_ID = 512
MOST_NAME = 1_000

Id = Annotated[str, Meta(max_length=MOST_ID)]
Name = Annotated[str, Meta(max_length=MOST_NAME)]
Values = dict[str, Raw]
"""The names are read, the values are left as the JSON they came in."""


class Fields(Struct, rename="camel"):
    """What every call of a client library may say beside its type and its contents; what it did not send is None.

    Attributes:
        event: name of a track call.
        name: of a page or screen.
        timestamp: when it happened by the sender's clock, corrected by some libraries; without a zone it is UTC.
        original_timestamp: when it happened by the sender's clock as it was.
        sent_at: when it was sent by the sender's clock, where the event says so itself.
    """

    message_id: Id | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    event: Name | None = None
    name: Name | None = None
    category: Name | None = None
    group_id: Id | None = None
    previous_id: Id | None = None
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    sent_at: datetime | None = None

    @property
    def times_are_usable(self) -> bool:
        """Whether its times can be moved to another zone: those at the edge of the calendar cannot."""
        first, second, third = self.timestamp, self.original_timestamp, self.sent_at
        return (
            (first is None or 1 < first.year < 9999)
            and (second is None or 1 < second.year < 9999)
            and (third is None or 1 < third.year < 9999)
        )


class Event(Fields, rename="camel"):
    """One call of a client library.

    Attributes:
        type: identify, track, page, screen, group or alias.
    """

    type: str = ""
    properties: Values | None = None
    traits: Values | None = None
    context: Values | None = None
