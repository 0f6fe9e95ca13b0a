"""Defining and dropping segments: what a definition means is shown before anybody relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from cxloop.store import documents
from cxloop.unify.segments import queries, showing
from cxloop.unify.segments.definition import KIND, check_name, definition
from cxloop.unify.segments.facts import ALL_OF_IT, check_size, is_revised, take
from cxloop.unify.segments.members import Customers, members_now
from cxloop.unify.segments.prepared import prepare
from cxloop.unify.segments.replay import replay
from cxloop.unify.segments.results import DefinedSegment, DroppedSegment, SegmentMember

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["define", "drop"]

EXAMPLES = 10
TRIAL = "(trial)"
"""Under this name a definition is tried out; nobody can call a segment so."""


def define(ws: Operations, name: str, where: str, *, about: str, dry_run: bool) -> DefinedSegment:
    """Shows what a definition means, and saves it unless it is a dry run; raises InputError as the verb says."""
    check_name(name)
    prepared = prepare(where.strip(), ws.experience)
    started = perf_counter()
    check_size(ws.engine, prepared)
    with _tried(ws):
        take(ws.engine, TRIAL, prepared, ALL_OF_IT, after_us=0, revised=is_revised(ws.engine))
        members = members_now(ws.engine, TRIAL, prepared, ws.as_of)
        past = tuple(replay(ws, TRIAL, prepared))
    was = _shown(ws, name)
    version = None
    if not dry_run:
        content = {"where": where.strip(), "about": about.strip()}
        version = documents.save(ws.store, KIND, name, content, author_id=ws.actor.account_id).version
    return DefinedSegment(
        name=name,
        where=where.strip(),
        version=version,
        members=members.size,
        customers=ws.engine.count("customers"),
        enter=np.setdiff1d(members, was).size,
        leave=np.setdiff1d(was, members).size,
        examples=_examples(ws, members),
        replay=past,
        seconds=perf_counter() - started,
    )


def drop(ws: Operations, name: str) -> DroppedSegment:
    """Drops a segment; raises UnknownNameError where there is none. The step that follows closes what is open."""
    found = definition(ws.store, name)
    documents.save(ws.store, KIND, name, {"where": "", "about": found.about}, author_id=ws.actor.account_id)
    return DroppedSegment(name, _shown(ws, name).size)


class _Enough(Exception):  # noqa: N818 - no error: the way out of a transaction that shall leave no trace
    """What was tried has been seen."""


@contextmanager
def _tried(ws: Operations) -> Iterator[None]:
    """Takes back everything that happens inside, so that a trial is computed as the real thing is."""
    try:
        with ws.engine.transaction():
            yield
            raise _Enough
    except _Enough:
        return


def _shown(ws: Operations, name: str) -> Customers:
    rows = ws.engine.fetch(queries.OPEN, {"segment": name})
    found: Customers = rows.column("customer_id").to_numpy()
    return found


def _examples(ws: Operations, members: Customers) -> tuple[SegmentMember, ...]:
    """Returns some members: spread over all of them, and the same ones at the next look."""
    chosen = members[np.linspace(0, members.size - 1, min(EXAMPLES, members.size)).astype(int)] if members.size else []
    wanted = sorted({int(each) for each in chosen})
    labels = {
        row["customer_id"]: row["label"] for row in ws.engine.fetch(showing.LABELS, {"customers": wanted}).to_pylist()
    }
    return tuple(SegmentMember(each, labels.get(each, str(each)), None) for each in wanted)
