"""Notes about customers: written, read and deleted by key. Who may see which key, the caller knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from cxloop.store.models import CustomerNote

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["KeptNote", "add", "find", "of_keys", "remove"]


@dataclass(frozen=True, slots=True)
class KeptNote:
    """One note. `author_id` is None for whoever sat at the machine."""

    note_id: int
    key_id: int
    text: str
    author_id: int | None
    author: str
    written_at: datetime


def add(store: Store, key_id: int, text: str, *, author_id: int | None, author: str) -> KeptNote:
    """Writes a note about the customer of a key, and returns it."""
    with store.work() as work:
        note = CustomerNote(key_id=key_id, text=text, author_id=author_id, author=author, written_at=store.clock())
        work.add(note)
        work.flush()
        return _kept(note)


def of_keys(store: Store, key_ids: Sequence[int]) -> list[KeptNote]:
    """Returns the notes on some keys, newest first."""
    newest_first = (CustomerNote.written_at.desc(), CustomerNote.id.desc())
    with store.read() as work:
        chosen = select(CustomerNote).where(CustomerNote.key_id.in_(key_ids)).order_by(*newest_first)
        return [_kept(note) for note in work.scalars(chosen)]


def find(store: Store, note_id: int) -> KeptNote | None:
    """Returns a note; None where there is none."""
    with store.read() as work:
        note = work.get(CustomerNote, note_id)
        return None if note is None else _kept(note)


def remove(store: Store, note_id: int) -> None:
    """Deletes a note for good."""
    with store.work() as work:
        work.execute(delete(CustomerNote).where(CustomerNote.id == note_id))


def _kept(note: CustomerNote) -> KeptNote:
    return KeptNote(note.id, note.key_id, note.text, note.author_id, note.author, note.written_at)
