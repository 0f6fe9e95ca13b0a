"""Notes of staff: on the customer's key that stands for it now, so that merges and splits carry them along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.store import notes
from cxloop.unify.lookup import find_customer
from cxloop.unify.people.queries import CUSTOMER_OF_KEY, OWN_KEYS
from cxloop.unify.people.results import Note, Noted

if TYPE_CHECKING:
    from cxloop.core.host import Actor
    from cxloop.store.context import Operations

__all__ = ["delete", "notes_of", "write"]


def write(ws: Operations, customer: str, text: str) -> Noted:
    """Writes a note about a customer; raises as the verb says."""
    said = text.strip()
    if not said:
        raise InputError("The note is empty. Write what others should know of this customer.")
    found = find_customer(ws, customer)
    # who sees only some rows sees only some keys: the note hangs on one that its author can see again
    keys = ws.engine.fetch(OWN_KEYS, {"customer": found.customer_id}).to_pylist()
    key_id = min((key["key_id"] for key in keys), default=found.customer_id)
    kept = notes.add(ws.store, key_id, said, author_id=ws.actor.account_id, author=ws.actor.name)
    return Noted(found.customer_id, kept.note_id, "written")


def delete(ws: Operations, note_id: int) -> Noted:
    """Deletes a note; raises as the verb says."""
    kept = notes.find(ws.store, note_id)
    seen = kept and ws.engine.fetch(CUSTOMER_OF_KEY, {"key": kept.key_id}).to_pylist()
    if kept is None or not seen:
        raise NotFoundError(f"There is no note {note_id}. `unify customer` shows the notes of a customer.")
    if not _may_delete(ws.actor, kept):
        raise AccessDeniedError(
            f"Note {note_id} was written by somebody else. Ask them, or an owner of this workspace."
        )
    notes.remove(ws.store, note_id)
    return Noted(seen[0]["customer_id"], note_id, "deleted")


def notes_of(ws: Operations, key_ids: Sequence[int]) -> tuple[Note, ...]:
    """Returns the notes on some keys, newest first."""
    return tuple(
        Note(kept.note_id, kept.text, kept.author, kept.written_at, _may_delete(ws.actor, kept))
        for kept in notes.of_keys(ws.store, key_ids)
    )


def _may_delete(actor: Actor, kept: notes.KeptNote) -> bool:
    return actor.role == "owner" or (actor.account_id is not None and actor.account_id == kept.author_id)
