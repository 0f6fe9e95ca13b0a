"""Tables that an engine keeps for itself, and the views that every part may read: the same on each engine."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.schema import Column, Personal, Table

__all__ = ["ERASED", "INTERNAL", "META", "VIEWS"]

META = Table(
    "meta",
    "What the engine notes about its own file.",
    (
        Column("name", "text", Personal.NONE, "What is noted.", required=True),
        Column("value", "text", Personal.NONE, "Its value.", required=True),
    ),
    key=("name",),
)

ERASED = Table(
    "erased",
    "What must not come back: salted digests of the message ids and identifiers of who was erased.",
    (
        Column(
            "digest", "bigint", Personal.PSEUDONYM, "Salted digest of a message id or an identifier.", required=True
        ),
        Column(
            "before",
            "timestamp",
            Personal.NONE,
            "Of an identifier: what happened until then stays out, UTC; null for a message id.",
        ),
    ),
    key=("digest",),
)

INTERNAL = (META, ERASED)
"""Tables that no query reads and no part knows."""

VIEWS: Mapping[str, str] = {
    # A key that the ledger ties to no other is a customer of its own.
    "customer_of": """
        select k.key_id, coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k left join customer_keys as m on m.key_id = k.key_id and m.until is null
    """,
}
