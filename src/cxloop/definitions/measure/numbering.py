"""Definitions that have numbers: each its own, also where two are written at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxloop.store import documents
from cxloop.store.documents import Definition

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["number_anew", "numbered"]

_ONE_AT_A_TIME = threading.Lock()
"""One process owns the records: two people who press a button at once must not get the same number."""


def number_anew(ws: Operations, kind: str, content: Mapping[str, Any]) -> int:
    """Writes a definition down under a number that none has had, and returns it."""
    with _ONE_AT_A_TIME:
        number = max((int(name) for name in documents.names(ws.store, kind)), default=0) + 1
        documents.save(ws.store, kind, str(number), content, author_id=ws.actor.account_id)
    return number


def numbered(ws: Operations, kind: str) -> list[tuple[int, Definition]]:
    """Returns the definitions of a kind that are not removed, by number."""
    found = [(int(each.name), each) for each in documents.newest(ws.store, kind) if not each.content.get("removed")]
    return sorted(found, key=lambda row: row[0])
