"""What a call of the Segment protocol is named in a plan, and which of its fields the plan describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["described", "event_name"]

_TRAITS = ("identify", "group")


def event_name(event: Mapping[str, Any]) -> str:
    """Returns the name by which a plan knows a call: the event's own for track, otherwise the kind of call.

    Example:
        >>> event_name({"type": "track", "event": "Signed up"}), event_name({"type": "page", "name": "Home"})
        ('Signed up', 'page')
    """
    kind = event.get("type")
    named = event.get("event") if kind in ("track", None) else kind
    return named if isinstance(named, str) else ""


def described(event: Mapping[str, Any]) -> Any:
    """Returns what the plan's schema describes: the traits of identify and group, the properties of anything else.

    A call that sent none is described like one that sent an empty object: most clients do not send empty ones.
    """
    sent = event.get("traits" if event.get("type") in _TRAITS else "properties")
    return {} if sent is None else sent
