"""Erasures as records: asked for, hidden, rewritten, proved; so that one is finished whatever is killed when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from cxloop.core.errors import NotFoundError
from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["KeptErasure", "add", "change", "count", "get", "latest", "open_secret", "unfinished"]

ENDED = ("proved",)


@dataclass(frozen=True, slots=True)
class KeptErasure:
    """One erasure. `secret` tells whether what is looked for is still kept, sealed; it goes with the proof."""

    erasure_id: int
    state: str
    mode: str
    customers: int
    keys: int
    author: str
    reason: str
    requested_at: datetime
    hidden_at: datetime | None
    proved_at: datetime | None
    failure: str
    secret: bool
    removed: Sequence[Sequence[Any]]
    looked: Sequence[Sequence[Any]]
    document: str
    signature: str


def add(
    store: Store,
    *,
    mode: str,
    customers: int,
    keys: int,
    account_id: int | None,
    author: str,
    reason: str,
    secret: Mapping[str, Any],
) -> KeptErasure:
    """Writes that somebody asked for an erasure; what has to be looked for later is kept sealed."""
    with store.work() as work:
        row = models.Erasure(
            state="requested",
            mode=mode,
            customers=customers,
            keys=keys,
            account_id=account_id,
            author=author,
            reason=reason,
            requested_at=store.clock(),
            failure="",
            sealed=store.vault.seal(json.dumps(secret)),
            removed=[],
            looked=[],
            document="",
            signature="",
        )
        work.add(row)
        work.flush()
        return _kept(row)


def get(store: Store, erasure_id: int) -> KeptErasure:
    """Returns an erasure; raises NotFoundError."""
    with store.read() as work:
        row = work.get(models.Erasure, erasure_id)
        if row is None:
            raise NotFoundError(f"There is no erasure {erasure_id}. List them: cxloop unify erasures")
        return _kept(row)


def latest(store: Store, *, limit: int, offset: int) -> list[KeptErasure]:
    """Returns erasures, the latest first."""
    chosen = select(models.Erasure).order_by(models.Erasure.id.desc()).limit(limit).offset(offset)
    with store.read() as work:
        return [_kept(row) for row in work.scalars(chosen)]


def count(store: Store) -> int:
    """Returns how many erasures there are."""
    with store.read() as work:
        return work.scalar(select(func.count()).select_from(models.Erasure)) or 0


def unfinished(store: Store) -> list[KeptErasure]:
    """Returns the erasures that are not proved, the oldest first."""
    chosen = select(models.Erasure).where(models.Erasure.state.not_in(ENDED)).order_by(models.Erasure.id)
    with store.read() as work:
        return [_kept(row) for row in work.scalars(chosen)]


def open_secret(store: Store, erasure_id: int) -> dict[str, Any]:
    """Returns what has to be looked for; empty where it is kept no more."""
    with store.read() as work:
        sealed = work.scalar(select(models.Erasure.sealed).where(models.Erasure.id == erasure_id))
    return {} if sealed is None else dict(json.loads(store.vault.open(sealed)))


def change(store: Store, erasure_id: int, *, secret: Mapping[str, Any] | None = None, **values: Any) -> KeptErasure:
    """Writes how far an erasure is.

    Args:
        store: the records.
        erasure_id: which one.
        secret: what has to be looked for, where that changed; kept sealed.
        values: columns of the record; `sealed=None` forgets what had to be looked for.
    """
    if secret is not None:
        values["sealed"] = store.vault.seal(json.dumps(secret))
    with store.work() as work:
        work.execute(update(models.Erasure).where(models.Erasure.id == erasure_id).values(**values))
    return get(store, erasure_id)


def _kept(row: models.Erasure) -> KeptErasure:
    return KeptErasure(
        erasure_id=row.id,
        state=row.state,
        mode=row.mode,
        customers=row.customers,
        keys=row.keys,
        author=row.author,
        reason=row.reason,
        requested_at=row.requested_at,
        hidden_at=row.hidden_at,
        proved_at=row.proved_at,
        failure=row.failure,
        secret=row.sealed is not None,
        removed=row.removed,
        looked=row.looked,
        document=row.document,
        signature=row.signature,
    )
