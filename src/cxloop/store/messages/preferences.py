"""How customers want to be written to, by key, and what they said on public pages until the log has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from cxloop.store.models import ConsentStatement, Preference

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = [
    "PreferenceRecord",
    "Said",
    "by_key",
    "get",
    "mark_logged",
    "of_keys",
    "said",
    "save",
    "say",
    "unlogged",
    "waits",
]

_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class PreferenceRecord:
    """How one key's customer wants to be written to; None where they said nothing. Times are UTC without zone."""

    key_id: int
    channel: str | None
    language: str | None
    paused_until: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about a purpose on a public page. `channel` is None for all; `id` is 0 for a new one."""

    key_id: int
    purpose: str
    channel: str | None
    granted: bool
    evidence: str
    said_at: datetime
    id: int = 0


def get(store: Store, key_id: int) -> PreferenceRecord | None:
    """Returns the preferences of a key; None where it has none."""
    return of_keys(store, [key_id]).get(key_id)


def of_keys(store: Store, keys: Sequence[int]) -> dict[int, PreferenceRecord]:
    """Returns the preferences of those of some keys that have any."""
    found: dict[int, PreferenceRecord] = {}
    with store.read() as work:
        for start in range(0, len(keys), _AT_ONCE):
            part = list(keys[start : start + _AT_ONCE])
            for row in work.scalars(select(Preference).where(Preference.key_id.in_(part))):
                found[row.key_id] = _record(row)
    return found


def save(
    store: Store, key_id: int, *, channel: str | None, language: str | None, paused_until: datetime | None
) -> PreferenceRecord:
    """Writes down how a key's customer wants to be written to: all of it anew."""
    with store.work() as work:
        row = work.get(Preference, key_id) or Preference(key_id=key_id)
        row.channel, row.language, row.paused_until = channel, language, paused_until
        row.changed_at = store.clock()
        work.add(row)
        return _record(row)


def say(store: Store, statements: Sequence[Said]) -> None:
    """Keeps what somebody said; on the disk when this returns, and counting from then on."""
    with store.work() as work:
        for each in statements:
            work.add(
                ConsentStatement(
                    key_id=each.key_id,
                    purpose=each.purpose,
                    channel=each.channel,
                    granted=each.granted,
                    evidence=each.evidence,
                    said_at=each.said_at,
                )
            )


def said(store: Store, keys: Sequence[int]) -> list[Said]:
    """Returns what was said under some keys and the log may not have yet, oldest first."""
    with store.read() as work:
        chosen = select(ConsentStatement).where(
            ConsentStatement.key_id.in_(list(keys)), ConsentStatement.logged_at.is_(None)
        )
        return [_said(row) for row in work.scalars(chosen.order_by(ConsentStatement.id))]


def by_key(store: Store, keys: Sequence[int]) -> dict[int, list[Said]]:
    """Returns every statement of some keys, by key and oldest first: what a last look before sending needs."""
    found: dict[int, list[Said]] = {}
    with store.read() as work:
        for start in range(0, len(keys), _AT_ONCE):
            part = list(keys[start : start + _AT_ONCE])
            chosen = select(ConsentStatement).where(ConsentStatement.key_id.in_(part))
            for row in work.scalars(chosen.order_by(ConsentStatement.id)):
                found.setdefault(row.key_id, []).append(_said(row))
    return found


def unlogged(store: Store, limit: int) -> list[Said]:
    """Returns what the log does not have yet, oldest first."""
    with store.read() as work:
        chosen = select(ConsentStatement).where(ConsentStatement.logged_at.is_(None))
        return [_said(row) for row in work.scalars(chosen.order_by(ConsentStatement.id).limit(limit))]


def waits(store: Store) -> bool:
    """Whether the log lacks anything that was said."""
    with store.read() as work:
        lacking = select(func.count()).select_from(ConsentStatement).where(ConsentStatement.logged_at.is_(None))
        return bool(work.scalar(lacking))


def mark_logged(store: Store, numbers: Sequence[int]) -> None:
    """Writes down that the log has some statements."""
    with store.work() as work:
        chosen = update(ConsentStatement).where(ConsentStatement.id.in_(list(numbers)))
        work.execute(chosen.values(logged_at=store.clock()))


def _record(row: Preference) -> PreferenceRecord:
    return PreferenceRecord(row.key_id, row.channel, row.language, row.paused_until, row.changed_at)


def _said(row: ConsentStatement) -> Said:
    return Said(row.key_id, row.purpose, row.channel, row.granted, row.evidence, row.said_at, row.id)
