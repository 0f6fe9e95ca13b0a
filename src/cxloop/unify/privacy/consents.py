"""Consents of one customer over all their keys, and how a new one is written: into the log, like anybody's event."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.core.errors import UnknownNameError
from cxloop.core.time import parse_moment, parse_zone
from cxloop.outreach.consent import History, Statement, may
from cxloop.unify.lookup import find_customer
from cxloop.unify.privacy import queries
from cxloop.unify.privacy.results import ChannelConsent, ConsentEntry, ConsentRecorded, Consents, PurposeConsent

if TYPE_CHECKING:
    from cxloop.core.config import Basis, Purpose
    from cxloop.engine.base import Analysis
    from cxloop.store.context import Operations

__all__ = ["SOURCE", "consents_of", "history_of", "keys_of", "purposes_of", "record_consent"]

SOURCE = "cxloop"
"""The source of what people write down here."""
KIND = "consent"
_UNDECLARED = "experience.toml declares no such purpose, so nothing may be done for it."


def keys_of(ws: Analysis, customer_id: int) -> list[int]:
    """Returns the keys that are a customer's now."""
    rows = ws.engine.fetch(queries.KEYS_OF, {"customer": customer_id})
    keys: list[int] = rows.column("key_id").to_pylist()  # type: ignore[assignment]
    return keys


def history_of(ws: Analysis, keys: Sequence[int]) -> History:
    """Returns everything that was said about purposes under some keys, with the purposes that are declared."""
    rows = ws.engine.fetch(queries.CONSENTS_OF, {"keys": list(keys)}).to_pylist()
    return History(ws.experience.purpose, [Statement(**row) for row in rows])


def consents_of(ws: Operations, customer: str) -> Consents:
    """Returns what a customer allows and has said; raises as the verb says."""
    found = find_customer(ws, customer)
    history = history_of(ws, keys_of(ws, found.customer_id))
    now = ws.now()
    entries = [entry for purpose in _all_purposes(history) for entry in _entries(history, purpose, now)]
    entries.sort(key=lambda entry: (entry.occurred_at, entry.known_at), reverse=True)
    return Consents(found.customer_id, found.label, purposes_of(history, now), tuple(entries))


def purposes_of(history: History, at: datetime) -> tuple[PurposeConsent, ...]:
    """Returns how each purpose stands at `at`: the declared ones, then those of which the log only knows the name."""
    declared = [_standing(history, purpose, at) for purpose in history.purposes]
    return (*declared, *(_unknown(name) for name in _undeclared(history)))


def _standing(history: History, purpose: Purpose, at: datetime) -> PurposeConsent:
    said = {each.channel for each in history.about(purpose) if each.channel is not None}
    channels: tuple[str | None, ...] = purpose.channels or (None, *sorted(said))
    standing = []
    for channel in channels:
        verdict = may(history, purpose.name, channel, at)
        standing.append(ChannelConsent(channel, verdict.allowed, verdict.because, verdict.since, verdict.expires))
    return PurposeConsent(purpose.name, purpose.label or purpose.name, purpose.basis, True, tuple(standing))


def _unknown(name: str) -> PurposeConsent:
    return PurposeConsent(name, name, None, False, (ChannelConsent(None, False, _UNDECLARED, None, None),))


def _undeclared(history: History) -> list[str]:
    known = {name for purpose in history.purposes for name in (purpose.name, *purpose.aliases)}
    return sorted({each.purpose for each in history.statements} - known)


def _all_purposes(history: History) -> Iterator[Purpose]:
    from cxloop.core.config import Purpose

    yield from history.purposes
    yield from (Purpose(name=name) for name in _undeclared(history))


def _entries(history: History, purpose: Purpose, at: datetime) -> Iterator[ConsentEntry]:
    for said, status in history.statuses(purpose, at):
        yield ConsentEntry(
            purpose=purpose.name,
            label=purpose.label or purpose.name,
            channel=said.channel,
            granted=said.granted,
            status=status,
            basis=said.basis or purpose.basis,
            source=said.source,
            occurred_at=said.occurred_at,
            known_at=said.known_at,
            expires_at=said.expires_at,
            wording=said.wording,
            evidence=said.evidence,
            author=said.author,
        )


def record_consent(
    ws: Operations,
    customer: str,
    purpose: str,
    *,
    granted: bool,
    channel: str | None,
    basis: Basis | None,
    evidence: str,
    wording: str,
    expires: str | None,
) -> ConsentRecorded:
    """Writes a statement into the log, under the customer's first key; raises as the verb says."""
    found = find_customer(ws, customer)
    declared = History(ws.experience.purpose).purpose(purpose)
    _require_channel(ws, declared, channel)
    ends = _end(ws, expires)
    told = [
        declared.name,
        channel,
        str(granted).lower(),
        basis or declared.basis,
        None if ends is None else ends.isoformat(sep=" "),
        wording or None,
        evidence or None,
        ws.actor.name,
    ]
    _admit(ws, found.customer_id, channel, told)
    verdict = may(history_of(ws, keys_of(ws, found.customer_id)), declared.name, channel, ws.now())
    return ConsentRecorded(
        customer_id=found.customer_id,
        purpose=declared.name,
        label=declared.label or declared.name,
        channel=channel,
        granted=granted,
        allowed=verdict.allowed,
        because=verdict.because,
        expires=verdict.expires,
    )


def _require_channel(ws: Analysis, purpose: Purpose, channel: str | None) -> None:
    known = purpose.channels or ws.experience.channel
    if channel is not None and known and channel not in known:
        raise UnknownNameError(f"channel of the purpose {purpose.name}", channel, known)


def _end(ws: Operations, expires: str | None) -> datetime | None:
    if expires is None:
        return None
    return parse_moment(expires, zone=parse_zone(ws.settings.company.time_zone), now=ws.now())


def _admit(ws: Operations, customer_id: int, channel: str | None, told: Sequence[str | None]) -> None:
    """Adds the interaction; `told` is one entry of INCOMING's `consents`."""
    import pyarrow as pa

    key = ws.engine.fetch(queries.KEYS_OF, {"customer": customer_id}).to_pylist()[0]
    now = ws.now()
    row: dict[str, list[object]] = {
        "message_id": [f"{KIND}:{secrets.token_hex(12)}"],
        "source": [SOURCE],
        "kind": [KIND],
        "name": ["consent given" if told[2] == "true" else "consent refused"],
        "channel": [channel],
        "key_namespace": [key["namespace"]],
        "key_type": [key["type"]],
        "key_value": [key["value"]],
        "occurred_at": [now],
        "employee": [ws.actor.name],
        "consents": [json.dumps([told])],
    }
    types = {"occurred_at": pa.timestamp("us")}
    ws.engine.admit(
        pa.table({name: pa.array(each, types.get(name, pa.string())) for name, each in row.items()}), now=now
    )
