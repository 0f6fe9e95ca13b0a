"""`properties` of an event in the log: what was sent, its context, and what cxloop adds, as one JSON object.

The bytes that came are joined, not decoded and written again. Only a sender that uses a name of ours costs more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cxloop.collect.loader.agents import AGENT_PARTS, Agent
from cxloop.collect.loader.times import readable
from cxloop.core.addresses import truncate_ip

__all__ = ["document"]

_encode = msgspec.json.Encoder().encode
_OWN = frozenset({"context", "ip", "sent_timestamp", "tracking_plan"})
"""Names under which the loader writes; a sender's own value moves to the name with an underscore behind it."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def document(
    sent: msgspec.Raw,
    named: Mapping[str, Any],
    context: msgspec.Raw,
    context_ip: object,
    agent: Agent,
    ip: str,
    unclear: int | None,
    plan: str | None,
) -> bytes | None:
    """Returns the object, or None where there is nothing to keep.

    Args:
        sent: the event's properties.
        named: those of them that have a meaning here, by name.
        context: the event's context.
        context_ip: the address in it, which is truncated wherever it occurs there.
        agent: what its user agent says; a property of the same name goes first.
        ip: of the request, truncated already.
        unclear: the sender's own time, where it cannot be meant.
        plan: what the tracking plan found.
    """
    parts = [inner] if sent and (inner := _inner(sent, named)) else []
    told = bytes(context)
    if told[:1] == b"{" and len(told) > 2:
        parts.append(b'"context":' + (told if context_ip is None else _truncated(told, context_ip)))
    if agent.members:
        clear = AGENT_PARTS.isdisjoint(named)
        parts += [agent.members] if clear else [member for name, member in agent.parts if name not in named]
    if ip:
        parts.append(b'"ip":' + _encode(ip))
    if unclear is not None:
        parts.append(b'"sent_timestamp":' + _encode(readable(unclear)))
    if plan is not None:
        parts.append(b'"tracking_plan":' + _encode(plan))
    return b"{" + b",".join(parts) + b"}" if parts else None


def _inner(sent: msgspec.Raw, named: Mapping[str, Any]) -> bytes:
    """The members of an object, without its braces."""
    if not _OWN.isdisjoint(named):
        moved = {f"{name}_" if name in _OWN else name: value for name, value in _members.decode(sent).items()}
        sent = msgspec.Raw(_encode(moved))
    plain = bytes(sent)
    inner = plain[1:-1] if plain[:1] == b"{" else b""
    return b"" if inner.isspace() else inner


def _truncated(context: bytes, address: object) -> bytes:
    """The context with its address truncated, also where it stands there a second time."""
    whole = _encode(address)
    short = _encode(truncate_ip(address) or None if isinstance(address, str) else None)
    if whole in context:
        return context.replace(whole, short)
    members = _members.decode(context)  # written with escapes
    return _encode({**members, "ip": msgspec.Raw(short)})
