"""What a call of the Segment protocol is named in a plan, and which of its fields the plan describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["RESERVED", "described", "event_name"]

RESERVED = (
    "browser",
    "browser_version",
    "context",
    "context_",
    "device_type",
    "ip",
    "ip_",
    "os",
    "os_version",
    "sent_timestamp",
    "sent_timestamp_",
    "tracking_plan",
    "tracking_plan_",
)
"""Properties that the loader writes beside what was sent, or moves out of their way: they are nobody's plan."""
_TRAITS = ("identify", "group")


def event_name(event: Mapping[str, Any]) -> str:
    """Returns the name by which a plan knows a call, the same as in the log: that of the event or page, else its kind.

    Example:
        >>> event_name({"type": "track", "event": "Signed up"}), event_name({"type": "page", "name": "Home"})
        ('Signed up', 'Home')
        >>> event_name({"type": "page"}), event_name({"type": "identify"})
        ('page', 'identify')
    """
    kind = event.get("type")
    named = event.get("event") if kind == "track" else event.get("name") or kind
    return named if isinstance(named, str) else ""


def described(event: Mapping[str, Any]) -> Any:
    """Returns what the plan's schema describes: the traits of identify and group, the properties of anything else.

    A call that sent none is described like one that sent an empty object: most clients do not send empty ones.
    """
    sent = event.get("traits" if event.get("type") in _TRAITS else "properties")
    return {} if sent is None else sent
