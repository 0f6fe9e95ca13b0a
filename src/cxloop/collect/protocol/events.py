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


class Event(Struct, rename="camel"):
    """One call of a client library. What it did not send is None.

    Attributes:
        type: identify, track, page, screen, group or alias.
        event: name of a track call.
        name: of a page or screen.
        timestamp: when it happened by the sender's clock, corrected by some libraries; without a zone it is UTC.
        original_timestamp: when it happened by the sender's clock as it was.
        sent_at: when it was sent by the sender's clock, where the event says so itself.
    """

    type: str = ""
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
    properties: Values | None = None
    traits: Values | None = None
    context: Values | None = None
