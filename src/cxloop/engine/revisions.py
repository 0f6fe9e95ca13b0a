"""Revisions: the log stays append-only, and its current view leaves out what a newer row revises.

A row's `revises` holds the message id, in the same source, of the row whose newer state it is. Several rows may revise
the same one; the latest known of them stands, and of those known at one moment the one that came last.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cxloop.engine.query import Query

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["ANY_REVISION", "current_node", "row_number"]

ANY_REVISION = Query(
    name="engine.any_revision",
    sql="select count(*) as revisions from interactions as i where i.revises is not null",
    inputs=("interactions",),
    output={"revisions": "bigint"},
)
"""How many rows revise others: where there are none, which is usual, a query can leave `current_node` out."""

_CURRENT = """
    not exists (
        select 1 from interactions as r
        where r.source = i.source and r.revises = i.message_id and r.interaction_id <> i.interaction_id
    )
    and not exists (
        select 1 from interactions as s
        where s.source = i.source and s.revises = i.revises
        and (
            s.known_at > i.known_at
            or (s.known_at = i.known_at and s.batch > i.batch)
            or (s.known_at = i.known_at and s.batch = i.batch and s.ordinal > i.ordinal)
            or (
                s.known_at = i.known_at and s.batch = i.batch and s.ordinal = i.ordinal
                and s.interaction_id > i.interaction_id
            )
        )
    )
"""


def current_node() -> exp.Expr:
    """Returns the condition on the alias `i` that no newer row revises this one."""
    import sqlglot

    return sqlglot.parse_one(_CURRENT, dialect="duckdb")


def row_number(source: str, message_id: str) -> int:
    """Returns the interaction_id of the row that a source calls so, without a look at the log.

    Args:
        source: the source.
        message_id: its own id of the row.

    Example:
        >>> row_number("shop", "order-1")
        -387843763646355332
    """
    digest = hashlib.md5(f"{source}\x1f{message_id}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little", signed=True)
