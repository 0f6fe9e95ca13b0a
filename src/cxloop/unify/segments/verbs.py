"""The verbs about segments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Names, verb
from cxloop.store.context import Operations
from cxloop.unify.segments.results import (
    DefinedSegment,
    DroppedSegment,
    Overlap,
    SegmentInFull,
    SegmentMembers,
    Segments,
)

__all__ = ["define_segment", "drop_segment", "overlap", "segment", "segment_members", "segments"]

Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
Days = Annotated[int, Field(ge=1, le=3660)]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Definition = Annotated[str, Field(min_length=1, max_length=4000)]
_OUTDATED = (
    "unify.segments",
    "unify.segment",
    "unify.segment_members",
    "unify.overlap",
    "unify.customer",
    "unify.customers",
)


@verb(part="unify", right="read", limited="refuse")
def segments(ws: Operations, *, days: Days = 30) -> Segments:
    """List the segments: definition, size, and how many came in and went out.

    Args:
        days: over how many days comings and goings are counted.
    """
    from cxloop.unify.segments.answers import list_segments

    return list_segments(ws, days)


@verb(part="unify", right="read", limited="refuse")
def segment(ws: Operations, name: Name, *, days: Days = 90) -> SegmentInFull:
    """Show one segment: its definition and versions, its size over time, and its overlap with the others.

    Args:
        name: the segment.
        days: how many days of history, up to the latest.

    Raises:
        UnknownNameError: there is no such segment.
    """
    from cxloop.unify.segments.answers import one_segment

    return one_segment(ws, name, days)


@verb(part="unify", right="write", personal=True, changes="log", outdates=_OUTDATED)
def define_segment(
    ws: Operations,
    name: Name,
    where: Definition,
    *,
    about: Annotated[str, Field(max_length=400)] = "",
    dry_run: bool = False,
) -> DefinedSegment:
    """Define a segment, or change its definition: who is in it follows every event from then on.

    Shows first what it means: how many it holds, some of them, and how many it would have held in past months.

    Args:
        name: small letters, digits and underscores, such as late_twice; `by="segment.late_twice"` splits numbers by it.
        where: a condition over a customer's interactions, such as
          `count(kind == "delivery" and outcome == "late", within="60d") >= 2 and latest(score, metric == "nps") < 7`.
        about: what it is for, in words.
        dry_run: show what it means, and change nothing.

    Raises:
        InputError: the name cannot be used, or the definition cannot be read or computed.
    """
    from cxloop.unify.segments.defining import define

    return define(ws, name, where, about=about, dry_run=dry_run)


@verb(part="unify", right="write", changes="log", outdates=_OUTDATED)
def drop_segment(ws: Operations, name: Name) -> DroppedSegment:
    """Drop a segment; its versions stay in the records, and its history says that everybody left it now.

    Args:
        name: the segment.

    Raises:
        UnknownNameError: there is no such segment.
    """
    from cxloop.unify.segments.defining import drop

    return drop(ws, name)


@verb(part="unify", right="read", personal=True, limited="refuse")
def segment_members(
    ws: Operations,
    name: Name,
    *,
    as_of: Annotated[str, Field(max_length=40)] | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> SegmentMembers:
    """List who is in a segment now, or was at a moment since it was defined; whoever came in last first.

    Args:
        name: the segment.
        as_of: a date, a date with time, or how far back (30d); without it, now.
        limit: most rows to return, up to 1000.
        offset: how many rows to pass over, for the next page.

    Raises:
        UnknownNameError: there is no such segment.
        InputError: the moment cannot be read.
    """
    from cxloop.unify.segments.answers import list_members

    return list_members(ws, name, as_of=as_of, limit=limit, offset=offset)


@verb(part="unify", right="read", limited="refuse")
def overlap(ws: Operations, names: Names = ()) -> Overlap:
    """Show how far segments hold the same customers: how many are in both of each two, and as a share of either.

    Args:
        names: which segments, at most 20; without it, all.

    Raises:
        UnknownNameError: there is no such segment.
        InputError: there are more than 20.
    """
    from cxloop.unify.segments.answers import overlap_of

    return overlap_of(ws, names)
