"""What an event of the Segment protocol becomes in the log. docs/concepts/live-events.md says the same in words.

This is the loader's hot path: one call of `Mapping.add` an event, no dictionary of its parts, JSON kept as the bytes
that came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cxloop.collect.loader.agents import Agent, Agents
from cxloop.collect.loader.document import document
from cxloop.collect.loader.facts import FACTS, kind_of, sparse_facts, text
from cxloop.collect.loader.rows import Rows
from cxloop.collect.loader.times import corrected, is_absurd, local_offset, microseconds
from cxloop.collect.loader.views import Contact, Context, Parts, Properties, given, view

if TYPE_CHECKING:
    from cxloop.collect.loader.plain import PlainEvent
    from cxloop.collect.protocol import Event

__all__ = ["Mapper", "Origin"]

Call: TypeAlias = "Event | PlainEvent"
_PROFILE = {"identify", "group", "alias"}
_VISIT = {"page", "screen"}
_MOBILE = frozenset({"ios", "ipados", "android", "watchos", "tvos", "harmonyos"})
_CONSENT_EVENT = "segment consent preference updated"
_PLACES = 2_000
"""Room for the events of one request in `ordinal`; a request of 500 kB holds fewer."""
_TRUE = (True, 1, "true", "1")

_context = msgspec.json.Decoder(Context)
_properties = msgspec.json.Decoder(Properties)
_contact = msgspec.json.Decoder(Contact)
_parts = msgspec.json.Decoder(Parts)
_encode = msgspec.json.Encoder().encode
_NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Origin:
    """What the events of one request share.

    Attributes:
        source: name of the source.
        seq: number of the request in the spool; a replayed event keeps its own.
        received_at: microseconds since 1970 UTC.
        sent_at: when the request left, by the sender's clock, where it says so.
        user_agent: of the request itself.
        ip: where it came from, truncated.
        test: whether the key it came with is for tests.
    """

    source: str
    seq: int
    received_at: int
    sent_at: int | None = None
    user_agent: str = ""
    ip: str = ""
    test: bool = False


class Mapper:
    """Turns events into rows of the incoming table."""

    def __init__(self, agents: Agents, rows: Rows) -> None:
        self._agents = agents
        self._rows = rows

    def add(self, origin: Origin, event: Call, parts: Parts, place: int, plan: str | None = None) -> None:
        """Adds the row of one event.

        Args:
            origin: of the request.
            event: one call.
            parts: its free parts, as they came.
            place: of the event in its request, from 0.
            plan: what its tracking plan found, where it lets the event pass.

        Raises:
            ValueError: a part of the event cannot be read (msgspec.DecodeError is one).
        """
        told = parts.context
        context = view(_context, told) if told else _NO_CONTEXT
        named = given(view(_properties, parts.properties)) if parts.properties else {}
        agent = self._agent(origin, context)
        said = event.original_timestamp or event.timestamp
        original = None if said is None else microseconds(said)
        occurred, unclear = _moment(origin, event, original)
        form = event.type
        name = event.event if form == "track" else event.name or form
        kind = "profile" if form in _PROFILE else kind_of(name, named)
        channel = text(named.get("channel")) or text(context.channel) or _channel(form, context, agent)
        key_type, key, others = _keys(origin.source, event, parts, context)
        group = event.group_id if form == "group" else text(context.group_id)
        zone = context.timezone
        ip = "" if channel == "server" or context.ip is not None else origin.ip
        place_of = self._rows.add(
            (
                event.message_id or f"request:{origin.seq}:{place}",
                origin.source,
                kind,
                name,
                _path(form, named, context),
                text(named.get("touchpoint")) or text(context.touchpoint),
                channel,
                origin.source,
                key_type,
                key,
                others,
                _traffic(origin, context, named, agent),
                content_hash(event, parts, original),
                occurred,
                local_offset(zone, occurred) if isinstance(zone, str) else None,
                origin.received_at,
                origin.seq * _PLACES + place,
                document(parts.properties, named, told, context.ip, agent, ip, unclear, plan),
            )
        )
        self._beside(place_of, event, parts, context, named, kind, group)

    def _beside(
        self,
        place: int,
        event: Call,
        parts: Parts,
        context: Context,
        named: Mapping[str, Any],
        kind: str,
        group: str | None,
    ) -> None:
        """What most events do not have."""
        put = self._rows.put
        if group:
            put(place, "account_value", group)
        if event.type in _PROFILE and (traits := _traits(parts)):
            put(place, "account_traits" if event.type == "group" else "traits", traits)
        if context.campaign is not None and (campaign := text(context.campaign.name)):
            put(place, "campaign", campaign)
        if context.location is not None and (country := text(context.location.country)):
            put(place, "region", country)
        if context.consent is not None and (event.type == "identify" or _tells_consent(event)):
            preferences = context.consent.category_preferences
            put(place, "consents", _encode([[name, None, str(yes).lower()] for name, yes in preferences.items()]))
        if kind != "touch" or not FACTS.isdisjoint(named):
            for name, value in sparse_facts(kind, named, context.locale):
                put(place, name, value)

    def _agent(self, origin: Origin, context: Context) -> Agent:
        said = context.user_agent
        if isinstance(said, str):
            return self._agents.read(said)
        # of a server's library it is the library's own, and says nothing of the customer
        return self._agents.read(origin.user_agent if origin.user_agent.startswith("Mozilla/") else "")


def content_hash(event: Call, parts: Parts, original: int | None) -> int:
    """Returns a hash of what the event says; not of when and how it was sent, which differs when it is sent again."""
    head = (
        f"{event.type}\x1e{event.event}\x1e{event.name}\x1e{event.user_id}\x1e{event.anonymous_id}\x1e{event.group_id}"
        f"\x1e{event.previous_id}\x1e{original}\x1e"
    )
    said = b"".join((head.encode(), parts.properties, b"\x1e", parts.traits))
    return int.from_bytes(hashlib.md5(said, usedforsecurity=False).digest()[8:], "little", signed=True)


def _moment(origin: Origin, event: Call, original: int | None) -> tuple[int, int | None]:
    """Returns when it happened, and what the sender's clock said where that cannot be meant."""
    received = origin.received_at
    if original is None:
        return received, None
    sent = origin.sent_at if event.sent_at is None else microseconds(event.sent_at)
    moment = corrected(original, sent, received)
    return (received, original) if is_absurd(moment, received) else (moment, None)


def _channel(form: str, context: Context, agent: Agent) -> str:
    system = context.os
    mobile = system is not None and isinstance(system.name, str) and system.name.lower() in _MOBILE
    if form == "screen" or (mobile and context.page is None):
        return "app"
    return "web" if context.page is not None or agent.browser else "server"


def _path(form: str, named: Mapping[str, Any], context: Context) -> str | None:
    path = text(named.get("path"))
    if path is not None or form not in _VISIT:
        return path
    page = context.page
    url = text(named.get("url"))
    if page is not None:
        path, url = text(page.path), url or text(page.url)
    return path or (url and _path_of(url))


def _path_of(url: str) -> str:
    _, sign, rest = url.partition("://")
    return "/" + rest.partition("/")[2] if sign else url


def _keys(source: str, event: Call, parts: Parts, context: Context) -> tuple[str | None, str | None, bytes | None]:
    """Returns type and value of the customer's key, and further keys as a JSON list."""
    user, anonymous, contact = event.user_id, event.anonymous_id, context.traits
    others = []
    if user and anonymous:
        others.append((source, "anonymous_id", anonymous))
    if event.previous_id:  # either of them: the protocol does not say which
        others += [(source, "user_id", event.previous_id), (source, "anonymous_id", event.previous_id)]
    if event.type == "identify" and parts.traits:
        contact = view(_contact, parts.traits)
    if contact is not None:
        if email := text(contact.email):
            others.append((source, "email", email.lower()))
        if phone := text(contact.phone):
            others.append((source, "phone", phone))
    listed = _encode(others) if others else None
    if user:
        return "user_id", user, listed
    return ("anonymous_id", anonymous, listed) if anonymous else (None, None, listed)


def _traffic(origin: Origin, context: Context, named: Mapping[str, Any], agent: Agent) -> str | None:
    if origin.test or context.test in _TRUE or named.get("test") in _TRUE or named.get("is_test") in _TRUE:
        return "test"
    return "bot" if agent.bot or context.webdriver in _TRUE else None


def _traits(parts: Parts) -> bytes:
    """The traits that an event tells: its own, or those that RudderStack's libraries put into the context."""
    for traits in (bytes(parts.traits), bytes(_told_within(parts.context))):
        if traits[:1] == b"{" and len(traits) > 2:
            return traits
    return b""


def _told_within(context: msgspec.Raw) -> msgspec.Raw:
    return view(_parts, context).traits if context else context


def _tells_consent(event: Call) -> bool:
    return event.type == "track" and (event.event or "").lower() == _CONSENT_EVENT
