"""The audit log, as owners read and check it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxloop.admin.results import Audit, AuditCheck
from cxloop.core.wording import count
from cxloop.store import audit

if TYPE_CHECKING:
    from cxloop.store.audit import Filter
    from cxloop.store.context import Operations

__all__ = ["check", "read"]

_COLUMNS = (
    "entry",
    "happened_at",
    "who",
    "key",
    "verb",
    "target",
    "arguments",
    "outcome",
    "seconds",
    "address",
    "digest",
)


def read(ws: Operations, chosen: Filter, *, limit: int, offset: int) -> Audit:
    """Lists entries, the latest first."""
    found = audit.entries(ws.store, limit=limit, offset=offset, chosen=chosen)
    rows = tuple(
        (
            entry.entry_id,
            entry.happened_at,
            entry.who,
            entry.key,
            entry.verb,
            entry.target or None,
            json.dumps(entry.arguments, sort_keys=True) if entry.arguments else None,
            entry.outcome,
            entry.seconds,
            entry.address or None,
            entry.digest,
        )
        for entry in found
    )
    entries = "entry" if len(rows) == 1 else "entries"
    return Audit(f"{count(len(rows))} {entries} of the audit log, the latest first.", _COLUMNS, rows)


def check(ws: Operations, head: str) -> AuditCheck:
    """Looks the whole log over."""
    verdict = audit.verify(ws.store, head=head.strip())
    return AuditCheck(verdict.entries, verdict.head, tuple((fault.entry_id, fault.what) for fault in verdict.faults))
