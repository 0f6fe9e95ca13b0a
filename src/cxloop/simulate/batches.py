"""From blocks to the log: everything sorted by time, in Arrow tables with the columns of `core.schema.INCOMING`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cxloop.simulate.blocks import Block, Pooled, join, pick
from cxloop.simulate.clock import LAST, Ints, offsets
from cxloop.simulate.events import EVENTS
from cxloop.simulate.keys import KEY_KINDS, Keys
from cxloop.simulate.world import MARKETS

__all__ = ["BATCH_ROWS", "Log", "log"]

BATCH_ROWS = 500_000

_TEXTS = (
    "other_keys", "text", "language", "metric", "response_id", "survey_id", "survey_version", "question_id", "currency",
    "outcome", "employee", "team", "location", "product", "region", "campaign", "refers_to", "properties", "objects",
    "traits", "consents", "promise_what", "promise_due_precision",
)  # fmt: skip
_FEW = frozenset(
    ("language", "metric", "survey_id", "survey_version", "question_id", "currency", "outcome", "employee", "team",
     "location", "product", "region", "campaign", "consents", "promise_what", "promise_due_precision")
)  # fmt: skip
_NUMBERS = ("score", "scale_min", "scale_max", "value", "duration_seconds")
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Log:
    """The whole log in columns, sorted by time; strings as places in pools."""

    event: NDArray[np.int16]
    at: Ints
    known: Ints
    number: Ints
    key: NDArray[np.int32]
    due: Ints
    texts: dict[str, Pooled]
    numbers: dict[str, NDArray[np.float64]]
    keys: Keys
    block: NDArray[np.int32]
    row: NDArray[np.int32]

    @property
    def count(self) -> int:
        """Number of interactions."""
        return self.at.size

    def tables(self, rows: int = BATCH_ROWS) -> Iterator[Any]:
        """Returns the log as Arrow tables of at most `rows` rows."""
        for first in range(0, self.count, rows):
            yield self.table(slice(first, min(first + rows, self.count)))

    def table(self, part: slice) -> Any:
        """Returns some rows as an Arrow table."""
        event = self.event[part]
        columns: dict[str, Any] = {"message_id": self.message_ids(part)}
        for name in ("source", "kind", "name", "path", "touchpoint", "channel"):
            columns[name] = _few([getattr(each, name) for each in EVENTS], event)
        columns |= self._key_columns(part)
        columns["occurred_at"] = _moments(self.at[part])
        columns["local_offset"] = self._local_offset(part)
        columns["received_at"] = columns["known_at"] = _moments(self.known[part])
        columns["ordinal"] = pa.array(np.arange(part.start, part.stop, dtype=np.int64))
        for name, text in self.texts.items():
            columns[name] = _taken(text, part, few=name in _FEW)
        for name, number in self.numbers.items():
            columns[name] = pa.array(number[part], mask=np.isnan(number[part]))
        columns["promise_due_at"] = _moments(self.due[part])
        return pa.table(columns)

    def message_ids(self, part: slice) -> Any:
        """Returns the message ids: the event's name and a number."""
        names = pick([f"{each.name}-" for each in EVENTS], self.event[part])
        return join(names, self.number[part])

    def _key_columns(self, part: slice) -> dict[str, Any]:
        key = self.key[part]
        kind = np.where(key >= 0, self.keys.kind[key], -1)
        return {
            "key_namespace": _few([namespace for namespace, _ in KEY_KINDS], kind),
            "key_type": _few([kind for _, kind in KEY_KINDS], kind),
            "key_value": pick(self.keys.value, key),
        }

    def _local_offset(self, part: slice) -> Any:
        """Minutes that the customer's clock is ahead of UTC, from the market in `region`."""
        region = self.texts["region"].places[part]
        codes = [market.code for market in MARKETS]
        market = np.array([codes.index(code) for code in self.texts["region"].pool.to_pylist()], np.int8)[region]
        return pa.array(offsets(self.at[part], market).astype(np.int32), mask=region < 0)


def log(blocks: Sequence[Block], keys: Keys, rng: np.random.Generator) -> Log:
    """Returns the blocks as one log sorted by time; ties keep the order of the blocks."""
    at = np.concatenate([block.at for block in blocks])
    order = np.argsort(at, kind="stable")
    order = order[: np.searchsorted(at[order], LAST)]
    event = np.concatenate([block.event for block in blocks])[order]
    lags = np.array([each.lag_seconds for each in EVENTS])[event]
    sizes = [block.at.size for block in blocks]
    return Log(
        event=event,
        at=at[order],
        known=at[order] + (rng.random(order.size) * lags).astype(np.int64),
        number=_numbers(blocks)[order],
        key=np.concatenate([block.key for block in blocks])[order],
        due=_gathered(blocks, "promise_due_at", _NEVER)[order],
        texts={name: _pooled_together(blocks, name, order) for name in _TEXTS},
        numbers={name: _gathered(blocks, name, np.nan)[order] for name in _NUMBERS},
        keys=keys,
        block=np.repeat(np.arange(len(blocks), dtype=np.int32), sizes)[order],
        row=np.concatenate([np.arange(size, dtype=np.int32) for size in sizes])[order],
    )


def _numbers(blocks: Sequence[Block]) -> Ints:
    counted = 0
    numbers = []
    for block in blocks:
        numbers.append(np.arange(counted, counted + block.at.size) if block.number is None else block.number)
        counted += block.at.size
    return np.concatenate(numbers)


def _gathered(blocks: Sequence[Block], name: str, missing: float) -> NDArray[Any]:
    empty = np.array([missing])
    return np.concatenate([np.asarray(block.columns.get(name, np.repeat(empty, block.at.size))) for block in blocks])


def _pooled_together(blocks: Sequence[Block], name: str, order: Ints) -> Pooled:
    """Puts the pools of the blocks one behind the other; a pool that several blocks share is kept once."""
    pools: list[Any] = [pa.array([], pa.string())]
    firsts: dict[int, int] = {}
    held = 0
    places = []
    for block in blocks:
        column = block.columns.get(name)
        if not isinstance(column, Pooled):
            places.append(np.full(block.at.size, -1, np.int32))
            continue
        if id(column.pool) not in firsts:
            firsts[id(column.pool)] = held
            pools.append(column.pool)
            held += len(column.pool)
        first = firsts[id(column.pool)]
        places.append(np.where(column.places >= 0, column.places + first, -1).astype(np.int32))
    return Pooled(pa.concat_arrays(pools), np.concatenate(places)[order])


def _few(values: list[str | None], places: NDArray[Any]) -> Any:
    """Returns a dictionary-encoded column; equal values share a code, and a null value is null."""
    distinct = sorted({value for value in values if value is not None})
    codes = np.array([-1 if value is None else distinct.index(value) for value in values], np.int32)
    taken = np.where(places >= 0, codes[places], -1).astype(np.int32)
    indices: Any = pa.array(taken, mask=taken < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(distinct, pa.string()))


def _taken(text: Pooled, part: slice, *, few: bool) -> Any:
    taken = pick(text.pool, text.places[part])
    return taken.dictionary_encode() if few else taken


def _moments(seconds: Ints) -> Any:
    missing = seconds == _NEVER
    micros = np.where(missing, 0, seconds) * np.int64(1_000_000)
    return pa.array(micros, mask=missing).cast(pa.timestamp("us"))
