"""Members: who is in a segment by its facts, and the intervals in which they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from cxloop.unify.segments import queries
from cxloop.unify.segments.prepared import Prepared

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Engine, Value

__all__ = ["Customers", "as_us", "close_all", "due_keys", "from_us", "members_now", "next_due", "pass_time", "settle"]

_EPOCH = datetime(1970, 1, 1)
_US = timedelta(microseconds=1)
Customers = np.ndarray[Any, np.dtype[np.int64]]
"""Customers by number."""
Moments = np.ndarray[Any, np.dtype[np.datetime64]]
"""Moments of microseconds, UTC."""


def as_us(at: datetime) -> int:
    """Returns a moment (UTC without zone) in microseconds since 1970."""
    return (at - _EPOCH) // _US


def from_us(at_us: int) -> datetime:
    """Returns the moment (UTC without zone) of microseconds since 1970."""
    return _EPOCH + at_us * _US


def members_now(
    engine: Engine, segment: str, prepared: Prepared, at: datetime, keys: Sequence[int] | None = None
) -> Customers:
    """Returns who is in a segment at a moment by its facts: of all customers, or of those whose keys are given."""
    asked: dict[str, Value] = {"segment": segment, "at": as_us(at)}
    if keys is None:
        return _numbers(engine.fetch(prepared.state, asked), "customer_id")
    rows = engine.rows(prepared.state_of, {**asked, "keys": list(keys)})
    return np.array([row["customer_id"] for row in rows], np.int64)


def settle(
    engine: Engine, segment: str, members: Customers, at: datetime, among: Sequence[int] | None = None
) -> tuple[int, int]:
    """Opens and closes intervals so that from `at` on exactly `members` are in; returns how many came and went.

    Args:
        engine: the engine.
        segment: the segment.
        members: who is in it.
        at: since when, UTC without zone.
        among: only these customers are decided on; None for all.
    """
    was, since = _open(engine, segment, among)
    enter = np.setdiff1d(members, was)
    leaves = np.isin(was, members, invert=True)
    if leaves.any():
        engine.replace("segment_members", _intervals(segment, was[leaves], since[leaves], until=at))
    if enter.size:
        opened = _intervals(segment, enter, np.full(enter.size, at, dtype="datetime64[us]"))
        # one that left in this very moment comes back under the same key
        write = engine.replace if among is not None or was.size else engine.append
        write("segment_members", opened)
    return int(enter.size), int(leaves.sum())


def _open(engine: Engine, segment: str, among: Sequence[int] | None) -> tuple[Customers, Moments]:
    """Returns who is in by what was written, of all or of some, and since when."""
    if among is None:
        rows = engine.fetch(queries.OPEN, {"segment": segment})
        return _numbers(rows, "customer_id"), rows.column("since").to_numpy()
    some = engine.rows(queries.OPEN_OF, {"segment": segment, "customers": list(among)})
    since = np.array([row["since"] for row in some], "datetime64[us]")
    return np.array([row["customer_id"] for row in some], np.int64), since


def close_all(engine: Engine, segment: str, at: datetime) -> int:
    """Ends the membership of everybody; returns how many were in."""
    return settle(engine, segment, np.empty(0, np.int64), at)[1]


def next_due(engine: Engine, segment: str, prepared: Prepared, at: datetime) -> int | None:
    """Returns when the passing of time may change somebody next, in microseconds; None for never."""
    found = engine.fetch(prepared.next_due, {"segment": segment, "after": as_us(at)})
    at_us: int | None = found["moment_us"][0].as_py()
    return at_us


def due_keys(engine: Engine, segment: str, prepared: Prepared, after: datetime, through: datetime) -> Sequence[int]:
    """Returns the keys of whom the passing of time changes something after a moment and up to another; some repeat."""
    span: dict[str, Value] = {"segment": segment, "after": as_us(after), "through": as_us(through)}
    keys: list[int] = _numbers(engine.fetch(prepared.due, span), "key_id").tolist()
    return keys


def pass_time(
    engine: Engine, segment: str, prepared: Prepared, after: datetime, through: datetime, keys: Sequence[int]
) -> None:
    """Writes what the passing of time changed for the customers of some keys, at the very moments it did.

    Args:
        engine: the engine.
        segment: the segment.
        prepared: its definition.
        after: what came before has been written.
        through: up to this moment, included.
        keys: all keys of the customers whom it concerns.
    """
    span: dict[str, Value] = {"after": as_us(after), "through": as_us(through), "keys": list(keys)}
    rows = engine.fetch(prepared.state_at, {"segment": segment, **span}).to_pylist()
    customers = sorted({row["customer_id"] for row in rows})
    open_rows = engine.fetch(queries.OPEN_OF, {"segment": segment, "customers": customers}).to_pylist()
    since = {row["customer_id"]: row["since"] for row in open_rows}
    written = list(_walked(rows, since))
    if written:
        engine.replace("segment_members", _rows(segment, written))


def _walked(
    rows: Sequence[Mapping[str, Any]], since: Mapping[int, datetime]
) -> Iterator[tuple[int, datetime, datetime | None]]:
    """Yields the intervals that end or begin, from the truth at each moment in order."""
    for customer, moments in groupby(rows, key=lambda row: row["customer_id"]):
        opened = since.get(customer)
        touched = False
        for row in moments:
            at = from_us(row["moment_us"])
            if row["holds"] and opened is None:
                opened, touched = at, True
            elif not row["holds"] and opened is not None:
                yield customer, opened, at
                opened, touched = None, False
        if touched and opened is not None:
            yield customer, opened, None


def _numbers(rows: pa.Table, column: str) -> Customers:
    found: Customers = rows.column(column).to_numpy().astype(np.int64, copy=False)
    return found


def _intervals(segment: str, customers: Any, since: Any, until: datetime | None = None) -> pa.Table:
    import pyarrow as pa

    size = len(customers)
    return pa.table(
        {
            "segment": pa.repeat(pa.scalar(segment), size),
            "customer_id": customers,
            "since": since,
            "until": pa.repeat(pa.scalar(until, pa.timestamp("us")), size),
        }
    )


def _rows(segment: str, intervals: Sequence[tuple[int, datetime, datetime | None]]) -> pa.Table:
    import pyarrow as pa

    moment_type = pa.timestamp("us")
    return pa.table(
        {
            "segment": pa.repeat(pa.scalar(segment), len(intervals)),
            "customer_id": pa.array([row[0] for row in intervals], pa.int64()),
            "since": pa.array([row[1] for row in intervals], moment_type),
            "until": pa.array([row[2] for row in intervals], moment_type),
        }
    )
