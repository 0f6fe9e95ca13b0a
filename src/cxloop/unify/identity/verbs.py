"""The verbs of identity: look at the ledger, and decide."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import EVERYTHING, Names, verb
from cxloop.store.context import Operations
from cxloop.unify.identity.results import Identity, IdentityDecision, IdentityDoubts, IdentityLedger

__all__ = ["doubts", "identity", "ledger", "merge", "never", "quarantine", "release", "split", "undo"]

Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
Reason = Annotated[str, Field(max_length=2000)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Who = Annotated[str, Field(min_length=1, max_length=500)]


@verb(part="unify", right="read", personal=True, limited="refuse")
def identity(ws: Operations, customer: Who) -> Identity:
    """Explain why a customer is one customer: every key, every link between them with its evidence, and all doubts.

    Args:
        customer: the customer's number, also an old one, or an identifier as a source gave it.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.identity.explain import identity_of

    return identity_of(ws, customer)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def merge(ws: Operations, customer: Who, other: Who, *, reason: Reason = "") -> IdentityDecision:
    """Say that two customers are one person. Nothing is lost: `unify.undo` takes it back.

    The merged customer keeps the older number; the other one leads there.

    Args:
        customer: one customer: a number or an identifier.
        other: the other one.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such customer.
        InputError: they are one customer already, or a person has said that they never are.
    """
    from cxloop.unify.identity.ledger import merge_customers

    return merge_customers(ws, customer, other, reason=reason)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def split(ws: Operations, customer: Who, keys: Names, *, reason: Reason = "") -> IdentityDecision:
    """Say that some keys of a customer are somebody else's. Nothing is lost: `unify.undo` takes it back.

    Every link between these keys and the others is cut, over whatever route. Evidence that comes later between other
    keys may tie them again; `unify.never` forbids that.

    Args:
        customer: the customer: a number or an identifier.
        keys: the keys that go, as numbers or as namespace:type:value, with commas between them.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such customer.
        InputError: a key is not the customer's, or none would stay.
    """
    from cxloop.unify.identity.ledger import split_customer

    return split_customer(ws, customer, keys, reason=reason)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def undo(ws: Operations, decision: Number, *, reason: Reason = "") -> IdentityDecision:
    """Take a decision back: a merge, a split, an automatic link, a match, or another undo.

    Undoing a link that the product made keeps the two keys apart until a person links them.

    Args:
        decision: its number, as `unify.ledger` and `unify.identity` show it.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such decision.
        InputError: it has been taken back already.
    """
    from cxloop.unify.identity.ledger import undo_decision

    return undo_decision(ws, decision, reason=reason)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def never(ws: Operations, customer: Who, other: Who, *, reason: Reason = "") -> IdentityDecision:
    """Say that two customers are never one person, whatever evidence comes. `unify.undo` takes it back.

    Args:
        customer: one customer: a number or an identifier.
        other: the other one.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such customer.
        InputError: they are one customer at present.
    """
    from cxloop.unify.identity.ledger import keep_apart

    return keep_apart(ws, customer, other, reason=reason)


@verb(part="unify", right="read", personal=True, limited="refuse")
def ledger(ws: Operations, customer: Who | None = None, *, limit: Limit = 50, offset: Offset = 0) -> IdentityLedger:
    """List the decisions about identity, latest first: who or what decided, why, and what has been taken back.

    Args:
        customer: only decisions about this customer: a number or an identifier; without it those of people.
        limit: most decisions to return, up to 1000.
        offset: how many decisions to pass over, for the next page.

    Raises:
        NotFoundError: there is no such customer.
    """
    from cxloop.unify.identity.explain import ledger_of

    return ledger_of(ws, customer, limit=limit, offset=offset)


@verb(part="unify", right="read", personal=True, limited="refuse")
def doubts(ws: Operations, *, limit: Limit = 50, offset: Offset = 0) -> IdentityDoubts:
    """List what is in doubt: keys that several people use, values that are no identifiers, links that contradict.

    Those that hold back most come first.

    Args:
        limit: most rows to return, up to 1000.
        offset: how many rows to pass over, for the next page.
    """
    from cxloop.unify.identity.explain import doubts_of

    return doubts_of(ws, limit=limit, offset=offset)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def quarantine(ws: Operations, key: Who, *, reason: Reason = "") -> IdentityDecision:
    """Say that a key ties nobody together: a shared telephone, a test account. `unify.release` takes it back.

    Args:
        key: its number, or namespace:type:value.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such key.
    """
    from cxloop.unify.identity.ledger import set_aside

    return set_aside(ws, key, "quarantine", reason=reason)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def release(ws: Operations, key: Who, *, reason: Reason = "") -> IdentityDecision:
    """Say that a key is one person's although the product, or a person, set it aside.

    Args:
        key: its number, or namespace:type:value.
        reason: why, for whoever looks later.

    Raises:
        NotFoundError: there is no such key.
    """
    from cxloop.unify.identity.ledger import set_aside

    return set_aside(ws, key, "release", reason=reason)
