"""Who did what, when and with what outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cxloop.store.models import Account, AuditEntry

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Entry", "entries", "record"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log; `who` is None for whoever sat at the machine."""

    happened_at: datetime
    who: str | None
    verb: str
    arguments: Mapping[str, Any]
    outcome: str
    seconds: float


def record(
    store: Store,
    *,
    account_id: int | None,
    verb: str,
    outcome: str,
    seconds: float,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry.

    Args:
        store: the records.
        account_id: who; None for whoever sits at the machine.
        verb: part.name.
        outcome: how it ended, in a word.
        seconds: how long it took.
        arguments: with which arguments; the caller leaves out whatever may name a person or quote one.
    """
    # through JSON with sorted names: the same call always gives the same entry
    canonical = json.loads(json.dumps(dict(arguments or {}), sort_keys=True, default=str))
    with store.work() as work:
        work.add(
            AuditEntry(
                account_id=account_id,
                verb=verb,
                arguments=canonical,
                outcome=outcome,
                seconds=seconds,
                happened_at=store.clock(),
            )
        )


def entries(store: Store, *, limit: int = 100, verb: str | None = None) -> list[Entry]:
    """Returns the latest entries, newest first; of one verb if it is given."""
    chosen = select(AuditEntry, Account.name).outerjoin(Account, Account.id == AuditEntry.account_id)
    if verb is not None:
        chosen = chosen.where(AuditEntry.verb == verb)
    with store.read() as work:
        return [
            Entry(row.happened_at, who, row.verb, row.arguments, row.outcome, row.seconds)
            for row, who in work.execute(chosen.order_by(AuditEntry.id.desc()).limit(limit))
        ]
