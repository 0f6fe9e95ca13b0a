"""The verbs of matching: run it, look at its model, review what it proposes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import EVERYTHING, verb
from cxloop.store.context import Operations
from cxloop.unify.matching.results import Answer, Compared, Matching, MatchRun, Order, Review, Reviewed

__all__ = ["compare", "decide", "match", "matching", "review"]

Number = Annotated[int, Field(ge=1, lt=2**63)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
Share = Annotated[float, Field(ge=0.5, le=0.9999)]


@verb(part="unify", right="write", waits=True, outdates=EVERYTHING)
def match(ws: Operations, *, full: bool = False, precision: Share | None = None) -> MatchRun:
    """Find records of one person by names, addresses, phones, e-mails and birth dates, and link them.

    The first run trains a model on the records, without any labels; later ones compare what is new or changed with
    everything. Sure pairs are linked, doubtful ones wait in the review, links that are no longer found are taken back.
    What persons decided always stands. Interrupted, it has changed nothing.

    Args:
        full: train the model anew and compare everything.
        precision: share of the links that shall be right, such as 0.99; without it, what the last run asked for.

    Raises:
        InputError: there are too few records, or they say too little to tell persons apart.
    """
    from cxloop.unify.matching.runs import run_matching

    return run_matching(ws, full=full, precision=precision)


@verb(part="unify", right="read", limited="refuse")
def matching(ws: Operations) -> Matching:
    """The model that finds records of one person: what it compares, its threshold, and how right it expects to be."""
    from cxloop.unify.matching.state import look

    return look(ws)


@verb(part="unify", right="read", personal=True, limited="refuse")
def review(ws: Operations, *, limit: Limit = 50, offset: Offset = 0, order: Order = "likely") -> Review:
    """The pairs that may be one person and wait for somebody to decide.

    Args:
        limit: most pairs to return, up to 1000.
        offset: how many pairs to pass over, for the next page.
        order: likely (most probable first), doubtful (nearest to even odds first) or newest.
    """
    from cxloop.unify.matching.reviews import list_review

    return list_review(ws, limit=limit, offset=offset, order=order)


@verb(part="unify", right="read", personal=True, limited="refuse")
def compare(ws: Operations, entry: Number) -> Compared:
    """Show two records side by side, and why matching thinks that they are one person, or not.

    Args:
        entry: number of the ledger's entry, as `unify review` and `unify identity` show it.

    Raises:
        NotFoundError: there is no such entry, or it was not made by matching.
    """
    from cxloop.unify.matching.reviews import compare_entry

    return compare_entry(ws, entry)


@verb(part="unify", right="write", personal=True, outdates=EVERYTHING)
def decide(ws: Operations, entry: Number, answer: Answer) -> Reviewed:
    """Decide on a pair that matching proposed.

    Accept links the two, reject keeps them apart for good, skip leaves the pair for later. It can be undone like every
    decision of the ledger. Decisions also move the threshold of later runs.

    Args:
        entry: number of the ledger's entry, as `unify review` shows it.
        answer: accept, reject or skip.

    Raises:
        NotFoundError: there is no such entry, or it was not made by matching.
        InputError: it was decided already.
    """
    from cxloop.unify.matching.reviews import decide_entry

    return decide_entry(ws, entry, answer)
