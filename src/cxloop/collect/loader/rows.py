"""Rows of the incoming table, collected column by column for Arrow.

Most columns of most events are empty: the few that nearly every event has come as one tuple, the others one by one.
A column that no event of the batch has is not made at all, which spares the engine its work, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.schema import INCOMING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DENSE", "Rows"]

DENSE = (
    "message_id",
    "source",
    "kind",
    "name",
    "path",
    "touchpoint",
    "channel",
    "key_namespace",
    "key_type",
    "key_value",
    "other_keys",
    "traffic",
    "content_hash",
    "occurred_at",
    "local_offset",
    "received_at",
    "ordinal",
    "properties",
)
"""The columns of a row's tuple, in order."""
_ALWAYS = {"message_id", "source", "kind", "occurred_at", "received_at", "content_hash"}
_ACCOUNT_TYPE = "group_id"


class Rows:
    """A batch of incoming rows that grows."""

    def __init__(self) -> None:
        self._dense: list[tuple[Any, ...]] = []
        self._sparse: dict[str, list[tuple[int, Any]]] = {}

    def __len__(self) -> int:
        return len(self._dense)

    def add(self, row: tuple[Any, ...]) -> int:
        """Adds the dense columns of a row; returns its place."""
        self._dense.append(row)
        return len(self._dense) - 1

    def put(self, place: int, column: str, value: object) -> None:
        """Sets a further column of a row; what is set later stands."""
        self._sparse.setdefault(column, []).append((place, value))

    def take_back(self, place: int) -> None:
        """Removes the rows from `place` on."""
        del self._dense[place:]
        for values in self._sparse.values():
            while values and values[-1][0] >= place:
                values.pop()

    def name_of(self, place: int) -> str | None:
        """Returns what the event of a row is called."""
        name: str | None = self._dense[place][DENSE.index("name")]
        return name

    def flagged(self, traffic: str) -> int:
        """Returns how many rows are flagged as a bot's or a test."""
        at = DENSE.index("traffic")
        return sum(row[at] == traffic for row in self._dense)

    def table(self) -> pa.Table:
        """Returns the rows as an Arrow table with columns of the incoming table; raises ValueError for no UTF-8."""
        import pyarrow as pa

        columns: dict[str, pa.Array[Any]] = {}
        for name, values in zip(DENSE, zip(*self._dense, strict=True), strict=False):
            column = columns["source"] if name == "key_namespace" else _array(name, values)
            if name in _ALWAYS or column.null_count < len(column):
                columns[name] = column
        for name, sparse in self._sparse.items():
            if sparse:
                columns[name] = _array(name, self._filled(sparse))
        if "account_value" in columns:
            columns["account_namespace"] = columns["source"]
            columns["account_type"] = pa.array([_ACCOUNT_TYPE] * len(self))
        return pa.table(columns)

    def _filled(self, sparse: Sequence[tuple[int, Any]]) -> list[Any]:
        values = [None] * len(self)
        for place, value in sparse:
            values[place] = value
        return values


def _array(name: str, values: Sequence[Any]) -> pa.Array[Any]:
    import pyarrow as pa

    form = INCOMING.column(name).type
    if form == "timestamp":
        return pa.array(values, pa.int64()).cast(pa.timestamp("us"))
    if form == "json":
        return pa.array(values, pa.binary()).cast(pa.string())  # the bytes as they came, checked to be UTF-8
    return pa.array(values, {"int": pa.int32(), "bigint": pa.int64(), "double": pa.float64()}.get(form, pa.string()))
