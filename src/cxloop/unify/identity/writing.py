"""Writing what the ledger comes to: whose keys are, how surely, and what is in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.unify.identity.history import Doubt, History, Plain
from cxloop.unify.identity.links import LAST_ENTRY

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.base import Engine
    from cxloop.unify.identity.graph import Graph

__all__ = ["write"]

ROWS_OF = Query(
    name="unify.customer_keys_of",
    sql="""
        select key_id, customer_id, since, until from customer_keys
        where key_id in (select unnest($keys)) and (until is null or since < until)
        order by key_id, since
    """,
    inputs=("customer_keys",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "customer_id": "bigint", "since": "timestamp", "until": "timestamp"},
)

LINKS_OF = Query(
    name="unify.number_of_links",
    sql="""
        select l.key_id, count(distinct l.other) as links, min(l.known_at) as since
        from (
            select key_a as key_id, key_b as other, known_at from identity_links
            where key_a in (select unnest($keys)) and action = 'link' and state = 'accepted'
            union all
            select key_b as key_id, key_a as other, known_at from identity_links
            where key_b in (select unnest($keys)) and action = 'link' and state = 'accepted'
        ) as l
        group by l.key_id
    """,
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "links": "bigint", "since": "timestamp"},
)


def write(engine: Engine, graph: Graph, plain: Plain, odd: History, *, whole: bool) -> None:
    """Puts the histories of the keys of a graph in place of what was known of them.

    Args:
        engine: of the workspace.
        graph: its keys are those that were resolved.
        plain: the history of regular components.
        odd: that of the others.
        whole: whether the graph holds all keys, so that nothing else stays.
    """
    entry = int(engine.fetch(LAST_ENTRY)["entry_id"][0].as_py())
    rows = _rows(plain, odd)
    if whole:
        engine.replace("customer_keys", _as_table(rows, entry), whole=True)
    else:
        _replace_changed(engine, graph.keys, rows, entry)
    keys = graph.keys.tolist()
    _replace(engine, "customer_strength", _strength(odd), keys, whole=whole)
    _replace(engine, "identity_doubts", _doubts(engine, graph, odd), keys, whole=whole)


def _replace(engine: Engine, table: str, rows: pa.Table, keys: Sequence[int], *, whole: bool) -> None:
    if whole:
        engine.replace(table, rows, whole=True)
        return
    if engine.count(table):
        engine.delete(table, "key_id", keys)
    if rows.num_rows:
        engine.append(table, rows)


def _rows(plain: Plain, odd: History) -> Plain:
    import numpy as np

    columns = [
        np.array(column, np.int64)
        for column in zip(*((a, b, c, -1 if d is None else d) for a, b, c, d in odd.rows), strict=True)
    ]
    columns = columns or [np.empty(0, np.int64)] * 4
    both = [np.concatenate(pair) for pair in zip(plain, columns, strict=True)]
    order = np.lexsort((both[2], both[0]))
    return Plain(*(column[order] for column in both))


def _as_table(rows: Plain, entry: int) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    moment = pa.timestamp("us")
    columns: dict[str, Any] = {
        "key_id": rows.key,
        "customer_id": rows.customer,
        "since": pa.array(rows.since).cast(moment),
        "until": pa.array(rows.until, mask=rows.until == -1).cast(moment),
        "changed": np.full(rows.key.size, entry, np.int64),
    }
    return pa.table(columns)


def _replace_changed(engine: Engine, keys: NDArray[np.int64], rows: Plain, entry: int) -> None:
    """Writes the rows of keys whose rows are others than before; others keep the entry that changed them last."""
    import numpy as np
    import pyarrow as pa

    before = _as_plain(engine.fetch(ROWS_OF, {"keys": keys.tolist()}))
    changed = np.union1d(_without(rows, before), _without(before, rows))
    if not changed.size:
        return
    new = Plain(*(column[np.isin(rows.key, changed)] for column in rows))
    # who is tied to nobody any more, and by what is known now never was, leaves an empty time: others see the change
    gone = np.flatnonzero(np.isin(before.key, np.setdiff1d(changed, rows.key)))
    gone = gone[np.unique(before.key[gone], return_index=True)[1]]
    empty = Plain(before.key[gone], before.customer[gone], before.since[gone], before.since[gone])
    engine.delete("customer_keys", "key_id", changed.tolist())
    engine.append("customer_keys", pa.concat_tables([_as_table(new, entry), _as_table(empty, entry)]))


def _without(rows: Plain, others: Plain) -> NDArray[np.int64]:
    """Returns the keys of rows that are not among others."""
    import numpy as np

    mine, theirs = (np.stack(each, axis=1).astype(np.int64) for each in (rows, others))
    if not len(theirs):
        return np.unique(rows.key)
    number = np.unique(np.concatenate([mine, theirs]), axis=0, return_inverse=True)[1]
    only = ~np.isin(number[: len(mine)], number[len(mine) :])
    return np.unique(rows.key[only])


def _as_plain(table: pa.Table) -> Plain:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    until: Any = pc.cast(table["until"], pa.int64())
    until = pc.fill_null(until, -1)
    columns = (table["key_id"], table["customer_id"], pc.cast(table["since"], pa.int64()), until)
    return Plain(*(np.asarray(column, dtype=np.int64) for column in columns))


def _strength(odd: History) -> pa.Table:
    import pyarrow as pa

    columns: Any = list(zip(*odd.strength, strict=True)) or [()] * 4
    kinds = {"key_id": pa.int64(), "customer_id": pa.int64(), "above": pa.float64(), "up_to": pa.float64()}
    return pa.table({name: pa.array(column, kind) for column, (name, kind) in zip(columns, kinds.items(), strict=True)})


def _doubts(engine: Engine, graph: Graph, odd: History) -> pa.Table:
    import pyarrow as pa

    rows = _counted(engine, odd.doubts, _at_rest(graph))
    columns: Any = list(zip(*rows, strict=True)) or [()] * 5
    kinds = {
        "key_id": pa.int64(),
        "other_key": pa.int64(),
        "doubt": pa.string(),
        "links": pa.int64(),
        "since": pa.int64(),
    }
    table = pa.table(
        {name: pa.array(column, kind) for column, (name, kind) in zip(columns, kinds.items(), strict=True)}
    )
    return table.set_column(4, "since", table["since"].cast(pa.timestamp("us")))


def _at_rest(graph: Graph) -> dict[int, str]:
    """Returns the doubts about keys that tie nobody by their nature."""
    import numpy as np

    places = np.flatnonzero(graph.at_rest()).tolist()
    return {int(graph.keys[place]): "placeholder" if graph.placeholder[place] else "shared" for place in places}


def _counted(engine: Engine, doubts: Sequence[Doubt], at_rest: Mapping[int, str]) -> list[Doubt]:
    """Returns all doubts; those about keys with the number of links that do not count because of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    of_keys = {doubt.key: doubt for doubt in doubts if doubt.other is None and doubt.key not in at_rest}
    rows = [doubt for doubt in doubts if doubt.other is not None]
    if not of_keys and not at_rest:
        return rows
    counted = engine.fetch(LINKS_OF, {"keys": sorted({*of_keys, *at_rest})})
    since: Any = pc.cast(counted["since"], pa.int64()).to_pylist()
    links = {row["key_id"]: (row["links"], first) for row, first in zip(counted.to_pylist(), since, strict=True)}
    rows += [doubt._replace(links=links.get(key, (0, 0))[0]) for key, doubt in of_keys.items()]
    return rows + [Doubt(key, None, at_rest[key], *links[key]) for key in at_rest if key in links]
