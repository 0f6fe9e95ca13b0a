"""Rejected live events once more through the decoder that refused them, after a plan or cxloop was corrected.

Invariant: what is admitted and what stops waiting is committed together; an event keeps the number and the place of
its request, and with them the id that it would have had.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cxloop.collect.loader.batch import Batch
from cxloop.collect.loader.loading import CONFLICT
from cxloop.collect.loader.redacting import redacted
from cxloop.collect.loader.segment import Segment
from cxloop.collect.redaction import redactor_of
from cxloop.collect.spool import Envelope
from cxloop.collect.tracking.checker import Plans
from cxloop.core.schema import table
from cxloop.engine.loading import Admission, LoadReport, Rejection
from cxloop.engine.query import Query

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["REJECTED_ROWS", "replay_live"]

REJECTED_ROWS = Query(
    name="collect.rejected_live",
    sql="""select rejected_id, import_id, source, file, line, interaction, code, reason, raw, rejected_at, replayed_at
        from rejected where rejected_id in (select unnest($ids)) order by rejected_id""",
    inputs=("rejected",),
    parameters={"ids": "bigints"},
    output={column.name: column.type for column in table("rejected").columns},
)
_ABOUT = ("endpoint", "encoding", "ip", "user_agent", "key_id", "test")


class _Kept(msgspec.Struct):
    """The raw text of a live reject."""

    request: dict[str, Any]
    event: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class _Again:
    """A reject as a request of its own, at its old place."""

    seq: int
    first: int
    envelope: Envelope


def replay_live(ws: Operations, ids: Sequence[int]) -> LoadReport:
    """Replays rejected live events; those that succeed stop waiting.

    Args:
        ws: the workspace.
        ids: their rejected_id.
    """
    waiting = ws.engine.fetch(REJECTED_ROWS, {"ids": list(ids)}).to_pylist()
    plans = Plans(ws.store)
    try:
        batch, ends, failed = _decoded(waiting, Segment(plans, enforce=True))
    finally:
        plans.close()
    with ws.engine.transaction():
        admission = Admission(0, 0, 0, 0)
        if len(batch.rows):
            rows = redacted(ws.engine, redactor_of(ws.settings), batch.rows.table())
            admission = ws.engine.admit(rows, now=ws.now(), keep_conflicts=False)
        conflicts = set(admission.conflicting)
        done = [
            {**row, "replayed_at": ws.now()}
            for row, (start, end) in zip(waiting, ends, strict=True)
            if end > start and conflicts.isdisjoint(range(start, end))
        ]
        _mark(ws, done)
    if conflicts:
        failed.append(Rejection("conflict", len(conflicts), CONFLICT))
    return LoadReport("", admission, 0, tuple(failed), len(done))


def _decoded(
    waiting: Sequence[Mapping[str, Any]], decoder: Segment
) -> tuple[Batch, list[tuple[int, int]], list[Rejection]]:
    """Returns the rows, which of them are whose, and why others still fail."""
    batch, ends = Batch(), []
    decoder.begin()
    counted: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for row in waiting:
        start = len(batch.rows)
        again = _again(row["raw"])
        if again is not None and again.envelope.format == "segment":
            decoder.add(batch, again.seq, again.envelope, again.first)
            why = [(reject.code, reject.reason) for reject in batch.rejects]
        else:
            why = [(row["code"], row["reason"])]
        for code, reason in why:
            counted[code] += 1
            examples.setdefault(code, reason)
        batch.rejects.clear()
        # of a whole request, all events have to get through before it stops waiting
        ends.append((start, start if why else len(batch.rows)))
    return batch, ends, [Rejection(code, rows, examples[code]) for code, rows in counted.most_common()]


def _again(raw: str) -> _Again | None:
    """Returns a reject as the request that it came with; None for one of another kind, such as a line of a file."""
    try:
        kept = msgspec.json.decode(raw, type=_Kept)
        request = kept.request
        whole = "body" in request
        event = base64.b64decode(request["event"]) if "event" in request else bytes(kept.event)
        body = base64.b64decode(request["body"]) if whole else _body(request, event)
        about = {name: request[name] for name in _ABOUT if name in request}
        envelope = Envelope(request["source"], request["format"], request["received_at"], body, 1, about)
        return _Again(int(request["seq"]), 0 if whole else int(request["place"]), envelope)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


def _body(request: Mapping[str, Any], event: bytes) -> bytes:
    if request.get("endpoint", "batch") != "batch":
        return event
    around = {"sentAt": request.get("sent_at"), "context": request.get("context")}
    told = msgspec.json.encode({name: value for name, value in around.items() if value is not None})
    return b'{"batch":[' + event + b"]" + (b"," + told[1:] if len(told) > 2 else b"}")


def _mark(ws: Operations, done: Sequence[Mapping[str, Any]]) -> None:
    if not done:
        return
    import pyarrow as pa

    types = {"bigint": pa.int64(), "timestamp": pa.timestamp("us")}
    columns = {
        column.name: pa.array([row[column.name] for row in done], types.get(column.type, pa.string()))
        for column in table("rejected").columns
    }
    ws.engine.replace("rejected", pa.table(columns))
