"""Receipts: what is signed, how it is shown, and the list of erasures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxloop.core.time import moved
from cxloop.core.wording import many
from cxloop.store import erasures
from cxloop.unify.erasure.results import Erasure, Erasures, Looked, Receipt, Removed

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure

__all__ = ["is_signed", "listed", "looked_at", "read_document", "receipt_document", "receipt_of", "told"]

_COLUMNS = (
    "erasure",
    "state",
    "mode",
    "customers",
    "keys",
    "requested_at",
    "hidden_at",
    "proved_at",
    "by",
    "reason",
    "failure",
)


def told(kept: KeptErasure) -> Erasure:
    """Returns an erasure as the verbs show it."""
    return Erasure(
        erasure=kept.erasure_id,
        state=kept.state,  # type: ignore[arg-type]
        mode=kept.mode,  # type: ignore[arg-type]
        customers=kept.customers,
        keys=kept.keys,
        by=kept.author,
        reason=kept.reason,
        requested_at=kept.requested_at,
        hidden_at=kept.hidden_at,
        proved_at=kept.proved_at,
        removed=_removed(kept),
        failure=kept.failure,
    )


def listed(ws: Operations, *, limit: int, offset: int) -> Erasures:
    """Returns a page of the erasures."""
    rows = [
        (
            each.erasure_id,
            each.state,
            each.mode,
            each.customers,
            each.keys,
            each.requested_at,
            each.hidden_at,
            each.proved_at,
            each.author,
            each.reason,
            each.failure,
        )
        for each in erasures.latest(ws.store, limit=limit, offset=offset)
    ]
    total = erasures.count(ws.store)
    open_ones = sum(row[1] != "proved" for row in rows)
    summary = many(total, "erasure") if total else "No erasure yet"
    return Erasures(f"{summary}{f', {open_ones} of them under way' if open_ones else ''}.", _COLUMNS, tuple(rows))


def _removed(kept: KeptErasure) -> tuple[Removed, ...]:
    return tuple(Removed(part, place, amount) for part, place, amount in kept.removed)


def looked_at(kept: KeptErasure) -> tuple[Looked, ...]:
    """Returns what was looked through."""
    return tuple(Looked(*row) for row in kept.looked)


def receipt_document(
    ws: Operations, kept: KeptErasure, secret: Mapping[str, Any], looked: Sequence[Looked], proved_at: datetime
) -> str:
    """Returns the text that is signed. It holds numbers and keyed digests, and nothing that names anybody."""
    return json.dumps(
        {
            "receipt": "cxloop erasure 1",
            "company": ws.settings.company.name,
            "erasure": kept.erasure_id,
            "mode": kept.mode,
            "customers": secret["customers"],
            "identifiers_hmac_sha256": secret["digests"],
            "requested_at": _said(kept.requested_at),
            "hidden_at": _said(kept.hidden_at),
            "proved_at": _said(proved_at),
            "by": kept.author,
            "removed": [list(row) for row in kept.removed],
            "looked": [[row.place, row.how, row.amount, row.found] for row in looked],
            "backups_until": _said(moved(proved_at, ws.settings.privacy.backups_keep)),
        },
        sort_keys=True,
        ensure_ascii=False,
        indent=1,
    )


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds") + "Z"


def read_document(kept: KeptErasure) -> dict[str, Any]:
    """Returns what a receipt says; nothing where there is none yet."""
    return dict(json.loads(kept.document)) if kept.document else {"customers": []}


def is_signed(ws: Operations, kept: KeptErasure) -> bool:
    """Returns whether the receipt of an erasure was signed in this workspace, and for this erasure."""
    signed = bool(kept.signature) and ws.store.vault.signed_openly(kept.document, kept.signature)
    return signed and read_document(kept).get("erasure") == kept.erasure_id


def receipt_of(ws: Operations, erasure_id: int) -> Receipt:
    """Returns the receipt of an erasure as it was signed, and whether the signature is that of this workspace for it.

    What the records say beside it is shown only until there is a receipt: the signature does not cover them.
    """
    kept = erasures.get(ws.store, erasure_id)
    document = read_document(kept)
    requested, hidden, proved, until = (
        _read(document.get(name)) for name in ("requested_at", "hidden_at", "proved_at", "backups_until")
    )
    return Receipt(
        erasure=erasure_id,
        state=kept.state,  # type: ignore[arg-type]
        mode=document.get("mode", kept.mode),
        customers=tuple(document["customers"]),
        requested_at=requested or kept.requested_at,
        hidden_at=hidden or kept.hidden_at,
        proved_at=proved or kept.proved_at,
        by=document.get("by", kept.author),
        backups_until=until,
        removed=tuple(Removed(*row) for row in document["removed"]) if "removed" in document else _removed(kept),
        looked=tuple(Looked(*row) for row in document["looked"]) if "looked" in document else looked_at(kept),
        document=kept.document,
        signature=kept.signature,
        public_key=ws.store.vault.public_key,
        valid=is_signed(ws, kept),
        failure=kept.failure,
    )


def _read(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=None)
