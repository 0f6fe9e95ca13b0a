"""What sources say of keys, as columns: of several traits with one meaning the first by name, as it was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.fields import FIELDS, field_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["NESTED", "a_name", "told_columns"]

NESTED = ("address", "name")
"""Traits that some sources send as an object: its members are traits."""


class _Told:
    """The values that count, as places in a list of texts; -1 where nothing is said."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.fields: dict[str, Ints] = {}

    def note(self, field: str, records: Ints, values: Ints) -> None:
        """Notes values of some records, unless they have one already."""
        import numpy as np

        known = self.fields.setdefault(field, np.full(self._count, -1, dtype=np.int64))
        # of several for one record the first: the last one written is the one that stays
        records, values = records[::-1], values[::-1]
        new = known[records] < 0
        known[records[new]] = values[new]


def told_columns(rows: pa.Table, keys: Ints) -> dict[str, pa.Array[Any]]:
    """Returns what is told of each key, by field and as sources wrote it; fields of which nothing is said are left out.

    Args:
        rows: key_id, name and value of traits, one of each name; other keys than those asked for are passed over.
        keys: in order.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    values = rows["value"].combine_chunks()
    records = np.minimum(np.searchsorted(keys, rows["key_id"].to_numpy()), max(len(keys) - 1, 0))
    ours = keys[records] == rows["key_id"].to_numpy() if len(keys) else np.zeros(len(rows), dtype=bool)
    said = ours & _mask(pc.not_equal(pc.utf8_trim_whitespace(values), ""))
    names = rows["name"].combine_chunks().dictionary_encode()
    codes = names.indices.to_numpy()
    called: list[Any] = names.dictionary.to_pylist()
    told, inner = _Told(len(keys)), list[str]()
    for code, name in sorted(enumerate(called), key=lambda each: str(each[1])):
        mine = said & (codes == code)
        if name in NESTED:
            for place in np.flatnonzero(mine & _mask(pc.starts_with(values, "{"))).tolist():
                members = _members(name, values[place].as_py())
                mine[place] = members is None
                for meant, value in members or ():
                    told.note(meant, records[[place]], np.array([len(rows) + len(inner)]))
                    inner.append(value)
        field = field_of(name)
        if field is not None:
            told.note(field.name, records[mine], np.flatnonzero(mine))
    pool = pa.concat_arrays([values, pa.array(inner, pa.string())])
    return {field.name: _taken(pool, told.fields[field.name]) for field in FIELDS if field.name in told.fields}


def _taken(pool: Any, places: Ints) -> Any:
    import pyarrow as pa

    return pool.take(pa.array(places, mask=places < 0))


def a_name(field: str) -> str:
    """Returns a name that sources give to a field, so that the same way leads from here as from any table."""
    return next(min(each.names) for each in FIELDS if each.name == field)


def _mask(said: pa.Array[Any]) -> NDArray[np.bool_]:
    import numpy as np

    found: NDArray[np.bool_] = np.asarray(said.to_numpy(zero_copy_only=False), dtype=bool)
    return found


def _members(name: str, value: str) -> list[tuple[str, str]] | None:
    """Returns fields and values of an object; None where it is none."""
    try:
        found: Any = json.loads(value)
    except ValueError:
        return None
    prefix = "address." if name == "address" else ""
    known = [(field_of(f"{prefix}{key}"), str(inner)) for key, inner in found.items() if inner is not None]
    return [(field.name, inner) for field, inner in known if field is not None and inner.strip()]
