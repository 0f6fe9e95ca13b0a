"""Putting messages up for sending: each is a row before anything leaves, and none is there twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.store.messages import messages as kept
from cxloop.store.messages.messages import NewMessage

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["NewMessage", "put", "put_many"]


def put(store: Store, new: Sequence[NewMessage]) -> list[int]:
    """Puts messages up for sending, and returns the number of each, in order.

    One whose `once` is there already is not added again, in whatever state it is: asking twice sends once.

    Args:
        store: the records.
        new: of any number.
    """
    return kept.put(store, new)


def put_many(store: Store, new: Sequence[NewMessage]) -> None:
    """Puts very many messages up for sending, as `put` does, and does not look up their numbers."""
    kept.put_many(store, new)
