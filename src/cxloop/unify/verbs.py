"""The verbs of unify."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import verb
from cxloop.store.context import Operations
from cxloop.unify.erasure.verbs import check_erasure, erase, erasures, receipt
from cxloop.unify.identity.verbs import doubts, identity, ledger, merge, never, quarantine, release, split, undo
from cxloop.unify.matching.verbs import compare, decide, match, matching, review
from cxloop.unify.people.verbs import customer, delete_note, group, groups, note
from cxloop.unify.privacy.verbs import access, consent, consents, preferences, privacy, retain, retention, reveal
from cxloop.unify.results import Customers, Timeline
from cxloop.unify.segments.verbs import define_segment, drop_segment, overlap, segment, segment_members, segments

__all__ = [
    "access",
    "check_erasure",
    "compare",
    "consent",
    "consents",
    "customer",
    "customers",
    "decide",
    "define_segment",
    "delete_note",
    "doubts",
    "drop_segment",
    "erase",
    "erasures",
    "group",
    "groups",
    "identity",
    "ledger",
    "match",
    "matching",
    "merge",
    "never",
    "note",
    "overlap",
    "preferences",
    "privacy",
    "quarantine",
    "receipt",
    "release",
    "retain",
    "retention",
    "reveal",
    "review",
    "segment",
    "segment_members",
    "segments",
    "split",
    "timeline",
    "undo",
]

Who = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=500)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]


@verb(part="unify", right="read", personal=True)
def customers(
    ws: Operations, query: Text = "", *, segment: Text | None = None, limit: Limit = 50, offset: Offset = 0
) -> Customers:
    """Find customers by name, e-mail, phone or identifier; without a text, whoever was seen last.

    Args:
        query: part of a name, e-mail address, phone number or identifier; capitals do not matter.
        segment: only who is in this segment now.
        limit: most rows to return, up to 1000.
        offset: how many rows to pass over, for the next page.

    Raises:
        UnknownNameError: there is no such segment.
    """
    from cxloop.unify.lookup import search

    return search(ws, query, segment=segment, limit=limit, offset=offset)


@verb(part="unify", right="read", personal=True)
def timeline(
    ws: Operations, customer: Who, *, channel: Text | None = None, limit: Limit = 100, offset: Offset = 0
) -> Timeline:
    """Show everything that happened to one customer, across channels, latest first.

    Each promise comes with whether it was kept: by the first later interaction about the same object (the order, the
    ticket) that experience.toml names in `kept_by`, or whose kind or name is what was promised.

    Args:
        customer: the customer's number, or an identifier as a source gave it, such as an e-mail address; write
          `type:value` (email:marta@example.org) where the same value means different people.
        channel: only what came through this channel.
        limit: most interactions to return, up to 1000.
        offset: how many interactions to pass over, for the next page.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.lookup import timeline_of

    return timeline_of(ws, customer, channel=channel, limit=limit, offset=offset)
