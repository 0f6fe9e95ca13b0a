"""The Segment HTTP API as bytes: what a request holds, which of its events can be used, and why the others cannot.

The loader reads requests with `read`. The collector asks `check` which of their events it will be able to use: the same
answer, in a fraction of the time where nothing is wrong. Neither knows a clock or a setting, so both see the same.
"""

from cxloop.collect.protocol.body import UnreadableError, unpacked
from cxloop.collect.protocol.checking import Checked, check
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
    "Checked",
    "Event",
    "Refused",
    "Request",
    "UnreadableError",
    "check",
    "read",
    "unpacked",
]
