"""Records of a workspace: one per key that carries traits, with what is known of it before matching.

A record is read and written alike once. After that `matched_records` keeps it as it is compared, and only keys of
which sources tell something else are read again: a run over a million records of which a few thousand are new takes
the time of a few thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cxloop.unify.identity.rules import Rules
from cxloop.unify.matching import queries
from cxloop.unify.matching.fields import field_of
from cxloop.unify.matching.queries import FIELD_NAMES
from cxloop.unify.matching.records import PREPARED_VERSION, prepare
from cxloop.unify.matching.told import a_name, told_columns

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.base import Analysis, Engine, Value
    from cxloop.unify.matching.ledger import Said

    Ints = NDArray[np.int64]

__all__ = ["People", "Reading", "gather_people", "pairs_of_places"]


@dataclass(frozen=True)
class People:
    """The records of a workspace, in the order of their keys. Records are known by their places.

    Attributes:
        keys: the key of each record.
        table: what each says, by field, written alike.
        groups: the customer of each by what was not estimated.
        alone: a number that is equal where keys are of one source that has each person once; below 0 in no such one.
        fresh: the places of those that are new, or say something else than when they were compared.
    """

    keys: Ints
    table: pa.Table
    groups: Ints
    alone: Ints
    fresh: Ints

    def places(self, keys: Ints) -> Ints:
        """Returns the place of the record of each key; -1 where there is none."""
        return _places(self.keys, keys)


class Reading(NamedTuple):
    """What was read anew.

    Attributes:
        keys: of which traits were read and say something, in order.
        hashes: the fingerprints of these traits.
        table: what they say, written alike.
        gone: keys of which nothing is told any more.
    """

    keys: Ints
    hashes: Ints
    table: pa.Table
    gone: Ints


class _Known(NamedTuple):
    """Some records, with the columns of `People`."""

    keys: Ints
    table: pa.Table
    groups: Ints
    sources: pa.Array[Any]


def gather_people(ws: Analysis, *, whole: bool) -> tuple[People, Reading]:
    """Returns the records of a workspace, and what of them was read anew.

    Args:
        ws: the workspace.
        whole: whether all of them are; then all are fresh.
    """
    import numpy as np

    reading, known = _read(ws, whole=whole)
    if whole:
        return _people(ws, known, np.arange(len(known.keys))), reading
    kept = _kept(ws.engine)
    before = _places_among(kept.keys, reading.keys)
    new = (before < 0) | _differ(kept.table, known.table, before)
    read_again = np.concatenate([before, _places_among(kept.keys, reading.gone)])
    every = _joined(kept, known, without=read_again[read_again >= 0])
    return _people(ws, every, np.searchsorted(every.keys, reading.keys[new])), reading


def _read(ws: Analysis, *, whole: bool) -> tuple[Reading, _Known]:
    """Reads the keys of which sources tell something else than was read last, or all."""
    import numpy as np

    names: list[Any] = ws.engine.fetch(queries.TRAIT_NAMES)["name"].to_pylist()
    asked: dict[str, Value] = {
        "names": [name for name in names if field_of(name)],
        "version": _version(),
        "whole": whole,
    }
    changed = ws.engine.fetch(queries.CHANGED, asked)
    keys, told = changed["key_id"].to_numpy(), changed["content_hash"].is_valid().to_numpy()
    known, says = _known(ws.engine, keys[told])
    hashes = changed["content_hash"].filter(changed["content_hash"].is_valid()).to_numpy()[says]
    gone = np.setdiff1d(keys, known.keys, assume_unique=True)
    return Reading(known.keys, hashes, known.table, gone), known


def _known(engine: Engine, keys: Ints) -> tuple[_Known, NDArray[np.bool_]]:
    """Returns the records of keys, and which of the keys say something and so have one."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    asked = {"keys": keys.tolist()}
    columns = told_columns(engine.fetch(queries.TOLD_OF, asked), keys)
    said = np.zeros(len(keys), dtype=bool)
    for values in columns.values():
        said |= values.is_valid().to_numpy(zero_copy_only=False)
    named = engine.fetch(queries.KEYS_OF, asked)
    at = _places(named["key_id"].to_numpy(), keys)
    named = _taken(named, at)
    says: NDArray[np.bool_] = said & (at >= 0)
    for field, own in _own_values(named):
        columns[field] = own if field not in columns else pc.coalesce(columns[field], own)
    groups = _numbers(named, says)
    table = _all_fields(columns, len(keys)).filter(pa.array(says))
    return _Known(keys[says], table, groups, named["source"].combine_chunks().filter(pa.array(says))), says


def _own_values(named: pa.Table) -> Iterator[tuple[str, pa.Array[Any]]]:
    """Yields the fields that keys are themselves, an address or a number, with their values."""
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    kinds = named["type"].combine_chunks().dictionary_encode()
    called: list[Any] = kinds.dictionary.to_pylist()
    for place, kind in enumerate(called):
        field = field_of(kind)
        if field is not None and field.name in ("email", "phone"):
            mine = pc.equal(kinds.indices, place)
            yield field.name, pc.if_else(mine, named["value"].combine_chunks(), pa.scalar(None, pa.string()))


def _all_fields(columns: Mapping[str, pa.Array[Any]], count: int) -> pa.Table:
    """Returns what columns say, written alike, in every column that a record is compared by."""
    import pyarrow as pa

    told: dict[str, Any] = {a_name(name): values for name, values in columns.items()}
    table = prepare(pa.table(told)) if told else pa.table({})
    empty = pa.nulls(count, pa.string())
    fields: dict[str, Any] = {name: table[name] if name in table.column_names else empty for name in FIELD_NAMES}
    return pa.table(fields)


def _numbers(named: pa.Table, which: NDArray[np.bool_]) -> Ints:
    import numpy as np
    import pyarrow as pa

    found: Ints = named["customer_id"].filter(pa.array(which)).to_numpy().astype(np.int64)
    return found


def _taken(rows: pa.Table, places: Ints) -> pa.Table:
    """Returns rows of a table by their places; empty ones for -1."""
    import pyarrow as pa

    at: Any = pa.array(places, mask=places < 0)
    return rows.take(at)


def _kept(engine: Engine) -> _Known:
    """Returns the records as they were read last, in no order."""
    rows = engine.fetch(queries.KEPT)
    keys, groups = rows["key_id"].to_numpy(), rows["customer_id"].to_numpy()
    return _Known(keys, rows.select(FIELD_NAMES), groups, rows["source"].combine_chunks())


def _places(keys: Ints, wanted: Ints) -> Ints:
    """Returns where keys stand in an ordered list, and -1 for those that do not."""
    import numpy as np

    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Ints = np.where(keys[at] == wanted, at, -1)
    return found


def _places_among(keys: Ints, wanted: Ints) -> Ints:
    """Returns the same of keys in no order."""
    import numpy as np

    order = np.argsort(keys, kind="stable")
    at = _places(keys[order], wanted)
    found: Ints = np.where(at < 0, -1, order[at]) if len(order) else at
    return found


def _differ(kept: pa.Table, read: pa.Table, before: Ints) -> NDArray[np.bool_]:
    """Whether records say something else than when they were kept; `before` are their places there."""
    import numpy as np
    import pyarrow.compute

    pc: Any = pyarrow.compute
    then = _taken(kept, before)
    found = np.zeros(len(read), dtype=bool)
    for name in FIELD_NAMES:
        same = pc.fill_null(pc.equal(then[name], read[name]), False)
        same = pc.or_(same, pc.and_(pc.is_null(then[name]), pc.is_null(read[name])))
        found |= ~same.to_numpy().astype(bool)
    return found


def _joined(one: _Known, other: _Known, *, without: Ints) -> _Known:
    """Returns the records of both in the order of their keys, but of the first without those at some places."""
    import numpy as np
    import pyarrow as pa

    keys = np.concatenate([one.keys, other.keys])
    wanted = np.ones(len(keys), dtype=bool)
    wanted[without] = False
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    # once for all: a million texts of each field are moved here
    table = pa.concat_tables([one.table, other.table]).take(rows)
    sources = pa.concat_arrays([one.sources, other.sources]).take(rows)
    return _Known(keys[rows], table, np.concatenate([one.groups, other.groups])[rows], sources)


def _people(ws: Analysis, known: _Known, fresh: Ints) -> People:
    import numpy as np

    rules = Rules.of(ws.experience)
    coded = known.sources.dictionary_encode()
    sources: list[Any] = coded.dictionary.to_pylist()
    unique = [rules[_kind(source)].rule == "unique" for source in sources]
    codes = coded.indices.to_numpy().astype(np.int64)
    numbers = np.where(np.array(unique, dtype=bool), np.arange(len(unique)), -1)
    alone = numbers[codes] if len(unique) else codes
    return People(known.keys, known.table, known.groups, alone, fresh)


def _kind(source: str) -> tuple[str, str]:
    namespace, _, kind = source.partition(queries.BETWEEN)
    return namespace, kind


@cache
def _version() -> int:
    """Of how values are written alike; another one than last time means that every record is read again."""
    from importlib.metadata import version
    from zlib import crc32

    return crc32(f"{PREPARED_VERSION} {version('phonenumbers')}".encode())


def pairs_of_places(engine: Engine, people: People, said: Said) -> set[tuple[int, int]]:
    """Returns the places of records that a person said to be two persons.

    What was said of a key holds for the customer that it certainly belongs to.
    """
    if not said.apart:
        return set()
    named = engine.fetch(queries.KEYS_OF, {"keys": sorted({key for pair in said.apart for key in pair})})
    customers: dict[Any, Any] = dict(zip(*(named[name].to_pylist() for name in ("key_id", "customer_id")), strict=True))
    first = _first_places(people, sorted(set(customers.values()) | {key for pair in said.apart for key in pair}))
    found = set()
    for one, other in said.apart:
        left, right = first.get(customers.get(one, one)), first.get(customers.get(other, other))
        if left is not None and right is not None and left != right:
            found.add((min(left, right), max(left, right)))
    return found


def _first_places(people: People, groups: Sequence[int]) -> dict[int, int]:
    """Returns the first record of each of some groups that has one."""
    import numpy as np

    places = np.flatnonzero(np.isin(people.groups, np.array(groups, dtype=np.int64)))
    first: dict[int, int] = {}
    for place, group in zip(places.tolist(), people.groups[places].tolist(), strict=True):
        first.setdefault(group, place)
    return first
