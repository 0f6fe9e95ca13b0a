"""Segments for other parts: who is in one, and what one customer is in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.core.errors import UnknownNameError
from cxloop.engine.segments import segment_names
from cxloop.unify.segments import queries, showing

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["members_of", "segments_of"]


def members_of(ws: Analysis, segment: str) -> list[int]:
    """Returns the customers that are in a segment, by number.

    Args:
        ws: the workspace.
        segment: its name.

    Raises:
        UnknownNameError: there is no such segment, or it was never computed.
        AccessDeniedError: who asks is limited to some rows; members are computed from all.
    """
    known = segment_names(ws.engine)
    if segment not in known:
        raise UnknownNameError("segment", segment, known)
    rows = ws.engine.fetch(queries.OPEN, {"segment": segment})
    return sorted(rows.column("customer_id").to_numpy().tolist())


def segments_of(ws: Analysis, customer_id: int) -> list[tuple[str, datetime]]:
    """Returns the segments that a customer is in, and since when (UTC); raises AccessDeniedError like `members_of`."""
    rows = ws.engine.fetch(showing.OF_CUSTOMER, {"customer": customer_id}).to_pylist()
    return [(row["segment"], row["since"]) for row in rows]
