"""Which rows an erasure looks at: all about some keys, and enough of others to see what the keys held together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.schema import TABLES
from cxloop.engine.spark.slices import Slices
from cxloop.engine.spark.working import WorkingCopy

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["of_erasure", "of_texts"]

_WHOLE = ("meta", "erased", "watermarks")
_BY_CONTENT = ("rejected", "segments")
_KEYS = ("key_id", "key_a", "key_b", "other_key", "customer_id")
"""Columns that name a key; a customer's number is the number of one of its keys."""
_OWN_WAY = ("interactions", "keys", "identity_links", "customer_keys", "identity_doubts", "snapshots")


def of_texts(slices: Slices) -> None:
    """Checks out what may hold a text of a person and is nobody's row: rejects and definitions."""
    slices.whole(*_BY_CONTENT)


def of_erasure(slices: Slices, copy: WorkingCopy, keys: Sequence[int]) -> None:
    """Checks out what an erasure of keys looks at.

    Args:
        slices: reads the state.
        copy: where the rows go.
        keys: the keys that go.
    """
    slices.whole(*_WHOLE)
    of_texts(slices)
    gone, links = _ledger(slices, set(keys))
    near = gone | _numbers(links, ("key_a", "key_b"))
    copy.check_out("identity_links", links)
    _check_out_last(slices, copy, "identity_links", "entry_id", links)
    _check_out(copy, "keys", slices, ("key_id",), near)
    slices.last_if_absent("keys", "key_id")
    mine = slices.where("interactions", _any_of(("key_id", "account_key"), gone) | _listed("other_keys", gone))
    copy.check_out("interactions", mine)
    _check_out_last(slices, copy, "interactions", "batch", mine)
    _customers(slices, copy, near)
    _check_out(copy, "identity_doubts", slices, ("key_id", "other_key"), near)
    ids = _numbers(mine, ("interaction_id",))
    for table in TABLES:
        named = [name for name in _KEYS if name in table.names]
        if table.name in (*_OWN_WAY, *_WHOLE, *_BY_CONTENT) or not (named or "interaction_id" in table.names):
            continue
        condition = _any_of(named, gone) if named else None
        if "interaction_id" in table.names:
            about = _any_of(("interaction_id",), ids)
            condition = about if condition is None else condition | about
        copy.check_out(table.name, slices.where(table.name, condition))


def _ledger(slices: Slices, keys: set[int]) -> tuple[set[int], pa.Table]:
    """Returns the keys that may go, with the hubs among their neighbours, and every entry that has to do with them.

    An entry that is undone and the one that undoes it belong together, so entries are followed until none is new.
    """
    ends = ("key_a", "key_b")
    near = keys | _numbers(slices.where("identity_links", _any_of(ends, keys)), ends)
    hubs = slices.where("keys", _any_of(("key_id",), near)).filter(_is_hub())
    gone = keys | _numbers(hubs, ("key_id",))
    links = slices.where("identity_links", _any_of(ends, near))
    decisions: set[int] = set()
    while True:
        named = _numbers(links, ("decision_id", "refers_to"))
        if named <= decisions:
            return gone, links
        decisions |= named
        condition = _any_of(("decision_id", "refers_to"), decisions) | _any_of(ends, near)
        links = slices.where("identity_links", condition)


def _customers(slices: Slices, copy: WorkingCopy, near: set[int]) -> None:
    """Checks out whose the keys are, with every other key of the same customers."""
    theirs = slices.where("customer_keys", _any_of(("key_id", "customer_id"), near))
    everyone = near | _numbers(theirs, ("customer_id",))
    _check_out(copy, "customer_keys", slices, ("key_id", "customer_id"), everyone)


def _check_out(copy: WorkingCopy, table: str, slices: Slices, columns: Sequence[str], numbers: Collection[int]) -> None:
    copy.check_out(table, slices.where(table, _any_of(columns, numbers)))


def _check_out_last(slices: Slices, copy: WorkingCopy, table: str, column: str, but: pa.Table) -> None:
    """Checks out the row with the highest number among those that are sure to stay."""
    copy.check_out(table, slices.highest_but(table, column, but))


def _numbers(rows: pa.Table, columns: Sequence[str]) -> set[int]:
    return {int(value) for name in columns for value in rows[name].to_pylist() if value is not None}


def _is_hub() -> Any:
    import pyarrow.compute as pc

    return pc.field("namespace") == "*"


def _any_of(columns: Sequence[str], numbers: Collection[int]) -> Any:
    from pyspark.sql import functions as f

    wanted = sorted(numbers)
    found = f.lit(False)
    for name in columns:
        found = found | f.coalesce(f.col(name).isin(wanted), f.lit(False))
    return found


def _listed(column: str, numbers: Collection[int]) -> Any:
    from pyspark.sql import functions as f

    wanted = sorted(numbers)
    return f.coalesce(f.exists(column, lambda each: each.isin(wanted)), f.lit(False))
