"""Interning of keys: identifiers that are not known yet get the next numbers, in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxloop.engine.spark.files import Draft, Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["intern", "last_key"]

_NAME = ["namespace", "type", "value"]


def intern(warehouse: Warehouse, draft: Draft, keys: pa.Table, known: Callable[[pa.Table], pa.Table]) -> int:
    """Adds keys that are not known yet.

    Args:
        warehouse: where the files are.
        draft: the commit.
        keys: namespace, type and value, none of them null.
        known: given such rows, returns those of them that the table `keys` holds already.

    Returns:
        How many were added.
    """
    import numpy as np
    import pyarrow as pa

    if not keys.num_rows:
        return 0
    placed = keys.select(_NAME).append_column("place", pa.array(np.arange(keys.num_rows)))
    each = placed.group_by(_NAME).aggregate([("place", "min")])
    new = (
        each.join(known(each.select(_NAME)).select(_NAME), keys=_NAME, join_type="left anti")
        if draft.manifest.table("keys").rows
        else each
    )
    new = new.sort_by([("place_min", "ascending"), *((name, "ascending") for name in _NAME)])
    if not new.num_rows:
        return 0
    first = last_key(warehouse, draft) + 1
    numbers = pa.array(first + np.arange(new.num_rows, dtype=np.int64))
    return draft.append("keys", new.select(_NAME).add_column(0, "key_id", numbers))


def last_key(warehouse: Warehouse, draft: Draft) -> int:
    """Returns the highest number that any key ever had: who was erased is not to lend theirs to somebody else."""
    noted = [
        int(value)
        for name, value in zip(*warehouse.read("meta", draft.manifest).to_pydict().values(), strict=True)
        if name == "last_key"
    ]
    return max([*noted, warehouse.highest("keys", "key_id", draft.manifest)])
