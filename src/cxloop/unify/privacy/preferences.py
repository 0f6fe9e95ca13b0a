"""How a customer wants to be written to, and for what they may be: what stands in the log and what was just said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cxloop.outreach.consent import History, Statement
from cxloop.store.messages import preferences, suppressions
from cxloop.unify import queries as unify_queries
from cxloop.unify.lookup import find_customer
from cxloop.unify.privacy.consents import history_of, keys_of, purposes_of
from cxloop.unify.privacy.results import Preferences, Reached

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["masked", "preferences_of"]

_CHANNELS = {"email": ("email",), "phone": ("sms", "whatsapp")}
"""Types of identifiers that can be written to, and in which channels."""


def preferences_of(ws: Operations, customer: str) -> Preferences:
    """Returns how a customer wants to be written to; raises as the verb says."""
    found = find_customer(ws, customer)
    keys = keys_of(ws, found.customer_id)
    own = sorted(preferences.of_keys(ws.store, keys).values(), key=lambda each: each.changed_at)
    latest = own[-1] if own else None
    now = ws.now()
    pauses = [each.paused_until for each in own if each.paused_until is not None and each.paused_until > now]
    return Preferences(
        customer_id=found.customer_id,
        label=found.label,
        purposes=purposes_of(_with_what_was_just_said(ws, history_of(ws, keys), keys), now),
        channel=None if latest is None else latest.channel,
        language=None if latest is None else latest.language,
        paused_until=max(pauses, default=None),
        reached=_reached(ws, found.customer_id),
    )


def _with_what_was_just_said(ws: Operations, history: History, keys: list[int]) -> History:
    """What was said on a public page counts from that moment, also while it is on its way into the log."""
    fresh = [
        Statement(each.purpose, each.granted, each.said_at, each.said_at, channel=each.channel, key_id=each.key_id)
        for each in preferences.said(ws.store, keys)
    ]
    return replace(history, statements=(*history.statements, *fresh))


def _reached(ws: Operations, customer_id: int) -> tuple[Reached, ...]:
    rows = ws.engine.fetch(unify_queries.CUSTOMER_IDENTIFIERS, {"customer": customer_id}).to_pylist()
    found: dict[tuple[str, str], Reached] = {}
    for row in rows:
        for channel in _CHANNELS.get(row["type"], ()):
            stopped = suppressions.find(ws.store, channel, row["value"])
            where = masked(row["value"])
            found.setdefault((channel, row["value"]), Reached(channel, where, stopped.reason if stopped else None))
    return tuple(found.values())


def masked(address: str) -> str:
    """Returns an address so that its owner recognises it and nobody else can use it.

    Example:
        >>> masked("anna@example.org"), masked("+491701234567")
        ('a•••@example.org', '+49•••67')
    """
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}" if at else f"{address[:3]}•••{address[-2:]}"
