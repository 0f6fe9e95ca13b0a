"""The Segment HTTP API as bytes: what a request holds, which of its events can be used, and why the others cannot.

Collector and loader read with the same `read`: the one to answer, the other to load what the first has kept. It knows
no clock and no settings, so both see the same.
"""

from cxloop.collect.protocol.body import UnreadableError, unpacked
from cxloop.collect.protocol.events import (
    ENDPOINTS,
    MOST_BODY_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    Event,
)
from cxloop.collect.protocol.reading import Accepted, Refused, Request, read

__all__ = [
    "ENDPOINTS",
    "MOST_BODY_BYTES",
    "MOST_EVENTS",
    "MOST_EVENT_BYTES",
    "Accepted",
    "Event",
    "Refused",
    "Request",
    "UnreadableError",
    "read",
    "unpacked",
]
