"""The verbs about people: the customer in full, notes, households and business accounts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import verb
from cxloop.store.context import Operations
from cxloop.unify.people.results import FullCustomer, Group, GroupKind, Groups, Noted

__all__ = ["customer", "delete_note", "group", "groups", "note"]

Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Who = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=500)]
NoteText = Annotated[str, Field(min_length=1, max_length=4000)]
_SHOWN = ("unify.customer",)


@verb(part="unify", right="read", personal=True, limited="records")
def customer(ws: Operations, customer: Who) -> FullCustomer:
    """Show one customer in full: identity, profile, scores, consents, open matters, segments, groups and notes.

    Each field of the profile shows the value that survives by its rule in experience.toml, who told it when, and the
    values that lost. What happened to the customer is told by `unify timeline`, every link by `unify identity`.

    Args:
        customer: the customer's number, also a former one, or an identifier as a source gave it, such as an e-mail
          address; write `type:value` where the same value means different people.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.people.customer import full_customer

    return full_customer(ws, customer)


@verb(part="unify", right="serve", personal=True, limited="records", changes="records", outdates=_SHOWN)
def note(ws: Operations, customer: Who, text: NoteText) -> Noted:
    """Write a note about a customer, for everybody who serves them.

    It stays with the key that stands for the customer now: merges and splits carry it along, an erasure removes it.

    Args:
        customer: the customer's number or an identifier.
        text: the note, up to 4000 characters.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.people.notes import write

    return write(ws, customer, text)


@verb(part="unify", right="serve", personal=True, limited="records", changes="records", outdates=_SHOWN)
def delete_note(ws: Operations, note: Number) -> Noted:
    """Delete a note: one's own; an owner any.

    Args:
        note: number of the note, as `unify customer` shows it.

    Raises:
        NotFoundError: there is no such note, or on none of the customers that one may see.
        AccessDeniedError: somebody else wrote it.
    """
    from cxloop.unify.people.notes import delete

    return delete(ws, note)


@verb(part="unify", right="read", personal=True, limited="rows")
def groups(
    ws: Operations, query: Text = "", *, kind: GroupKind | None = None, limit: Limit = 50, offset: Offset = 0
) -> Groups:
    """Find households and business accounts, and levels of their hierarchies; without a text, the largest first.

    Args:
        query: part of a name or identifier; capitals do not matter.
        kind: account, household or level; all of them by default.
        limit: most rows to return, up to 1000.
        offset: how many rows to pass over, for the next page.
    """
    from cxloop.unify.people.groups import list_groups

    return list_groups(ws, query, kind=kind, limit=limit, offset=offset)


@verb(part="unify", right="read", personal=True, limited="rows")
def group(ws: Operations, group: Who, *, limit: Limit = 100, offset: Offset = 0) -> Group:
    """Show a household, an account or a level of a hierarchy: members, scores, and where it stands.

    Scores roll up over everybody in it and below it; a customer counts once, however many groups lead there.

    Args:
        group: its id as `unify groups` shows it, or an account's identifier as its source gave it.
        limit: most members to return, up to 1000.
        offset: how many members to pass over, for the next page.

    Raises:
        NotFoundError: there is no such group.
    """
    from cxloop.unify.people.groups import show_group

    return show_group(ws, group, limit=limit, offset=offset)
