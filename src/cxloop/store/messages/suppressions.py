"""Addresses to which nothing more is sent: as digests, which stay when a person is erased, and tell no address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, select

from cxloop.store.models import Suppression

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = ["Reason", "SuppressionRecord", "add", "add_in", "every_one", "find", "normalised", "remove", "suppressed"]

Reason = Literal["bounced", "complained", "unsubscribed", "manual"]


@dataclass(frozen=True, slots=True)
class SuppressionRecord:
    """One suppressed address: its digest, and why and since when (UTC without zone) nothing is sent there."""

    digest: str
    channel: str
    reason: str
    since: datetime


def normalised(channel: str, address: str) -> str:
    """Returns an address as it is compared: without capitals in mail, only digits and + of a telephone number.

    Capitals before the @ could tell two people apart by the letter of RFC 5321; in no large service do they.

    Example:
        >>> normalised("email", " Ada@Example.ORG ")
        'ada@example.org'
        >>> normalised("sms", "+49 (170) 123-45")
        '+4917012345'
    """
    if channel == "email" or "@" in address:
        return address.strip().casefold()
    return "".join(letter for letter in address if letter.isdigit() or letter == "+")


def suppressed(store: Store, channel: str, addresses: Sequence[str]) -> set[str]:
    """Returns those of some addresses, as they are given, to which nothing may be sent in a channel."""
    digests = {address: _digest(store, channel, address) for address in addresses}
    wanted, found = sorted(set(digests.values())), set[str]()
    with store.read() as work:
        for start in range(0, len(wanted), 5000):
            chosen = select(Suppression.digest).where(
                Suppression.channel == channel, Suppression.digest.in_(wanted[start : start + 5000])
            )
            found.update(work.scalars(chosen))
    return {address for address, digest in digests.items() if digest in found}


def add(store: Store, channel: str, address: str, reason: Reason) -> None:
    """Lets nothing more be sent to an address in a channel; a reason that is there already stays."""
    with store.work() as work:
        add_in(work, store, channel, address, reason)


def add_in(work: Work, store: Store, channel: str, address: str, reason: Reason) -> None:
    """The same as a part of a larger unit of work."""
    digest = _digest(store, channel, address)
    if work.get(Suppression, (digest, channel)) is None:
        work.add(Suppression(digest=digest, channel=channel, reason=reason, since=store.clock()))
        work.flush()  # two steps of one unit may name the same address


def remove(store: Store, channel: str, address: str) -> bool:
    """Allows an address again; returns whether it was suppressed."""
    with store.work() as work:
        chosen = delete(Suppression).where(
            Suppression.digest == _digest(store, channel, address), Suppression.channel == channel
        )
        return bool(work.execute(chosen).rowcount)  # type: ignore[attr-defined]


def find(store: Store, channel: str, address: str) -> SuppressionRecord | None:
    """Returns why nothing is sent to an address; None where nothing stands against it."""
    with store.read() as work:
        row = work.get(Suppression, (_digest(store, channel, address), channel))
        return None if row is None else _record(row)


def every_one(store: Store, limit: int) -> list[SuppressionRecord]:
    """Returns what is suppressed, newest first."""
    with store.read() as work:
        rows = work.scalars(select(Suppression).order_by(Suppression.since.desc(), Suppression.digest).limit(limit))
        return [_record(row) for row in rows]


def _digest(store: Store, channel: str, address: str) -> str:
    return store.vault.digest(f"{channel}:{normalised(channel, address)}")


def _record(row: Suppression) -> SuppressionRecord:
    return SuppressionRecord(row.digest, row.channel, row.reason, row.since)
