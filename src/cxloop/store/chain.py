"""The chain of the audit log: each entry's digest covers the entry before it. Arithmetic only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["COVERED", "GUARDS", "POSTGRES_GUARDS", "digest_of"]

COVERED = (
    "id",
    "happened_at",
    "account_id",
    "key_id",
    "verb",
    "target",
    "arguments",
    "outcome",
    "seconds",
    "address",
    "previous",
)
"""What a digest covers: every column but the digest itself."""

GUARDS = tuple(
    f"create trigger audit_entries_no_{what} before {what} on audit_entries "
    "begin select raise(abort, 'the audit log is append-only'); end"
    for what in ("update", "delete")
)
"""Statements that make the table refuse every change; whoever takes them away cannot take away the digests."""

POSTGRES_GUARDS = (
    """create function cxloop.audit_entries_stay() returns trigger language plpgsql as
    $$ begin raise exception 'the audit log is append-only'
        using errcode = 'integrity_constraint_violation'; end $$""",
    """create trigger audit_entries_no_change before update or delete or truncate on cxloop.audit_entries
    for each statement execute function cxloop.audit_entries_stay()""",
)
"""The same in PostgreSQL, where a table can also be emptied at once."""


def digest_of(entry: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of an entry in its canonical form: JSON with sorted names, times as ISO 8601.

    Example:
        >>> digest_of({"id": 1, "verb": "collect.file", "digest": "is not covered"})[:8]
        'f28b030e'
    """
    covered = {name: entry.get(name) for name in COVERED}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), default=lambda moment: moment.isoformat())
    return hashlib.sha256(text.encode()).hexdigest()
