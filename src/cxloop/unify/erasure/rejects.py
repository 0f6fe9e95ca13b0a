"""Requests that were rejected whole, with their body in base64: the events of the erased are taken out of them.

What else was in such a request waits on, and can be replayed: nobody loses an event because of somebody else.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.collect.protocol import UnreadableError, unpacked
from cxloop.core.schema import table
from cxloop.engine.query import Query
from cxloop.unify.erasure.searching import Finder

if TYPE_CHECKING:
    from cxloop.engine.base import Engine

__all__ = ["WHOLE_REQUESTS", "clean_requests", "without"]

_COLUMNS = table("rejected").columns
_NAMED = ", ".join(column.name for column in _COLUMNS)
_IDENTIFIERS = ("userId", "anonymousId", "previousId", "groupId")

WHOLE_REQUESTS = Query(
    name="unify.erasure_whole_requests",
    sql=f"""
        select {_NAMED} from rejected
        where contains(raw, '"body":"') or contains(raw, '"event":"')
    """,
    inputs=("rejected",),
    output={column.name: column.type for column in _COLUMNS},
)


def clean_requests(engine: Engine, values: Sequence[str], telling: Sequence[str]) -> int:
    """Takes events that name somebody out of rejected requests; returns how many rows changed or went.

    Args:
        engine: the engine.
        values: every identifier; an event is theirs that says it is.
        telling: those that say so wherever they stand.
    """
    rows = engine.fetch(WHOLE_REQUESTS).to_pylist()
    finder, known = Finder(telling), frozenset(values)
    kept, gone = [], []
    for row in rows:
        raw = _without(row["raw"], known, finder)
        if raw is None:
            gone.append(row["rejected_id"])
        elif raw != row["raw"]:
            kept.append({**row, "raw": raw})
    with engine.transaction():
        if gone:
            engine.delete("rejected", "rejected_id", gone)
        if kept:
            engine.replace("rejected", _table(kept))
    return len(gone) + len(kept)


def _table(rows: Sequence[Mapping[str, Any]]) -> Any:
    import pyarrow as pa

    types = {"bigint": pa.int64(), "timestamp": pa.timestamp("us")}
    columns = {
        column.name: pa.array([row[column.name] for row in rows], types.get(column.type, pa.string()))
        for column in _COLUMNS
    }
    return pa.table(columns)


def _without(raw: str, values: frozenset[str], finder: Finder) -> str | None:
    """Returns the raw text of a reject without events of somebody; None where nothing is left of it."""
    try:
        kept = json.loads(raw)
        request = kept["request"]
        packed = request.get("body") or request.get("event") or ""
        data = base64.b64decode(packed)
    except (ValueError, KeyError, TypeError, AttributeError):
        return raw
    if "body" not in request:
        return None if finder.holds(data) else raw
    rest = without(data, str(request.get("encoding") or ""), values, finder)
    if rest is None:
        return None
    if rest == data:
        return raw
    changed = {**request, "body": base64.b64encode(rest).decode(), "encoding": ""}
    return json.dumps({**kept, "request": changed}, ensure_ascii=False, separators=(",", ":"))


def without(body: bytes, encoding: str, values: frozenset[str], finder: Finder) -> bytes | None:
    """Returns the body of a request without the events of somebody, unpacked where it changes; None where none is left.

    Events keep their places: in the place of one that goes stands null, since a place is part of an event's id.
    """
    try:
        text = unpacked(body, encoding)
    except UnreadableError:
        return None if finder.holds(body) else body
    try:
        request = json.loads(text)
        events = request["batch"] if isinstance(request, dict) and "batch" in request else None
    except (ValueError, RecursionError):
        return None if finder.holds(text) else body
    if not isinstance(events, list):
        return None if _names(request, values, finder) else body
    rest = [None if _names(event, values, finder) else event for event in events]
    if rest == events:
        return None if finder.holds(text) else body  # it stands beside the events
    if not any(rest):
        return None
    return json.dumps({**request, "batch": rest}, ensure_ascii=False).encode()


def _names(event: Any, values: frozenset[str], finder: Finder) -> bool:
    """Whether an event is somebody's, or speaks of them."""
    said = event if isinstance(event, dict) else {}
    if any(str(said.get(name)) in values for name in _IDENTIFIERS if said.get(name) is not None):
        return True
    return finder.holds(json.dumps(event, ensure_ascii=False).encode())
