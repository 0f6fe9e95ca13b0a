"""Keys and pairs of the ledger as arrays: all of them, or those that some keys hang together with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.unify.identity.resolve import Nature
from cxloop.unify.identity.rules import HUB, MOST_LINKS, Rules, placeholder_sql

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.base import Engine

__all__ = ["Graph", "components", "load"]

# Plain is what interactions told and nobody took back. What waits for a person ties nobody yet.
_PAIRS = """
    select
        l.key_a, l.key_b,
        min(l.known_at) as known_at,
        bool_and(
            l.action = 'link' and l.state = 'accepted' and l.evidence in ('identify', 'exact', 'profile')
            and u.refers_to is null
        ) as plain
    from identity_links as l
    left join (select distinct refers_to from identity_links where action = 'undo') as u on u.refers_to = l.decision_id
    where l.key_b is not null and (l.state = 'accepted' or (l.state = 'rejected' and l.evidence = 'person')) {which}
    group by l.key_a, l.key_b
"""
_PAIRS_OUTPUT: dict[str, Any] = {"key_a": "bigint", "key_b": "bigint", "known_at": "timestamp", "plain": "bool"}

ALL_PAIRS = Query(name="unify.all_pairs", sql=_PAIRS.format(which=""), inputs=("identity_links",), output=_PAIRS_OUTPUT)
PAIRS_OF = Query(
    name="unify.pairs_of",
    sql=_PAIRS.format(which="and (l.key_a in (select unnest($keys)) or l.key_b in (select unnest($keys)))"),
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output=_PAIRS_OUTPUT,
)
SPECIAL_OF = Query(
    name="unify.special_pairs_of",
    sql=f"select p.key_a, p.key_b, p.known_at, p.plain from ({PAIRS_OF.sql}) as p where not p.plain",
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output=_PAIRS_OUTPUT,
)

_NATURES = f"""
    select
        k.key_id, k.namespace, k.type,
        {placeholder_sql("k.value", number=False)} as no_identifier,
        {placeholder_sql("k.value", number=True)} as no_number
    from keys as k
    where k.key_id in ($which)
    order by k.key_id
"""
_NATURES_OUTPUT: dict[str, Any] = {
    "key_id": "bigint",
    "namespace": "text",
    "type": "text",
    "no_identifier": "bool",
    "no_number": "bool",
}

ALL_NATURES = Query(
    name="unify.all_natures",
    sql=_NATURES.replace(
        "$which",
        "select key_a from identity_links where key_a is not null "
        "union select key_b from identity_links where key_b is not null",
    ),
    inputs=("keys", "identity_links"),
    output=_NATURES_OUTPUT,
)
NATURES_OF = Query(
    name="unify.natures_of",
    sql=_NATURES.replace("$which", "select unnest($keys)"),
    inputs=("keys",),
    parameters={"keys": "bigints"},
    output=_NATURES_OUTPUT,
)

ASIDE = Query(
    name="unify.keys_set_aside",
    sql="select distinct key_a as key_id from identity_links where action in ('quarantine', 'release')",
    inputs=("identity_links",),
    output={"key_id": "bigint"},
)

_RULES = ("unique", "personal", "shared")


@dataclass
class Graph:
    """Keys, and pairs of places among them.

    Attributes:
        keys: numbers, rising.
        kind: of each key the place of its (namespace, type) in `kinds`.
        kinds: (namespace, type).
        rule: of each key: 0 unique, 1 personal, 2 shared.
        placeholder: whether it is no identifier at all.
        verified: whether the same value elsewhere is the same person.
        hub: whether it is a hub.
        decided: whether a person has said something about the key itself.
        a: of each pair the place of the smaller key.
        b: of the other.
        known_at: since when, microseconds since 1970 UTC.
        plain: whether only interactions told it.
    """

    keys: NDArray[np.int64]
    kind: NDArray[np.int64]
    kinds: Sequence[tuple[str, str]]
    rule: NDArray[np.int8]
    placeholder: NDArray[np.bool_]
    verified: NDArray[np.bool_]
    hub: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    known_at: NDArray[np.int64]
    plain: NDArray[np.bool_]

    @property
    def idle(self) -> NDArray[np.bool_]:
        """Which keys tie nobody by their nature."""
        tied: NDArray[np.bool_] = self.placeholder | (self.rule == _RULES.index("shared"))
        return tied

    @property
    def strong(self) -> NDArray[np.bool_]:
        """Which keys name a person."""
        named: NDArray[np.bool_] = (self.rule == 0) | self.verified
        return named

    def pairs(self, wanted: NDArray[np.bool_]) -> Graph:
        """Returns the graph with some of its pairs."""
        kept = {name: getattr(self, name)[wanted] for name in ("a", "b", "known_at", "plain")}
        return Graph(**{**vars(self), **kept})

    def only(self, wanted: NDArray[np.bool_]) -> Graph:
        """Returns the graph with some of its keys; pairs of others must not be among its pairs."""
        import numpy as np

        place = np.cumsum(wanted) - 1
        kept = {
            name: getattr(self, name)[wanted]
            for name in ("keys", "kind", "rule", "placeholder", "verified", "hub", "decided")
        }
        return Graph(**{**vars(self), **kept, "a": place[self.a], "b": place[self.b]})

    def at_rest(self) -> NDArray[np.bool_]:
        """Returns which keys tie nobody by their nature, and nobody has said otherwise."""
        import numpy as np

        said = np.zeros(len(self.keys), bool)
        said[self.a[~self.plain]] = said[self.b[~self.plain]] = True
        shut: NDArray[np.bool_] = self.idle & ~self.decided & ~said
        return shut

    def degrees(self) -> NDArray[np.int64]:
        """Returns how many keys that may tie somebody are tied to each key."""
        import numpy as np

        count, idle = len(self.keys), self.idle
        return np.bincount(self.a[~idle[self.b]], minlength=count) + np.bincount(self.b[~idle[self.a]], minlength=count)

    def most(self) -> NDArray[np.int64]:
        """Returns how many keys may be tied to each key."""
        import numpy as np

        return np.where(self.rule == 0, MOST_LINKS["unique"], MOST_LINKS["personal"])

    def nature(self, place: int) -> Nature:
        """Returns what the key at a place is."""
        return Nature(
            _RULES[self.rule[place]],  # type: ignore[arg-type]
            self.kinds[self.kind[place]],
            bool(self.placeholder[place]),
            bool(self.verified[place]),
            bool(self.hub[place]),
        )


def components(graph: Graph) -> NDArray[np.int64]:
    """Returns of each key the component that it is in: the smallest place in it.

    Not scipy's: to import it takes longer than this for a million pairs.
    """
    import numpy as np

    label = np.arange(len(graph.keys))
    a, b = graph.a, graph.b
    while True:
        x, y = label[a], label[b]
        apart = x != y
        if not apart.any():
            return label
        a, b, x, y = a[apart], b[apart], x[apart], y[apart]
        np.minimum.at(label, np.maximum(x, y), np.minimum(x, y))
        while (label != label[label]).any():
            label = label[label]


def load(engine: Engine, rules: Rules, keys: Sequence[int] | None) -> Graph:
    """Returns the whole graph, or the part that decides about some keys.

    That part ends at keys that tie nobody: at those that do so by their nature, and at those with too many keys tied
    to them, of which only the first ones ever counted.

    Args:
        engine: of the workspace.
        rules: of the workspace.
        keys: which keys; None for all.
    """
    aside = engine.fetch(ASIDE)
    if keys is None:
        return _counted(_graph(rules, engine.fetch(ALL_NATURES), engine.fetch(ALL_PAIRS), aside), rules)
    return _reached(engine, rules, keys, aside)


def _reached(engine: Engine, rules: Rules, keys: Sequence[int], aside: pa.Table) -> Graph:
    """Follows pairs from key to key until nothing new is met."""
    import numpy as np
    import pyarrow as pa

    natures, pairs = [engine.fetch(NATURES_OF, {"keys": list(keys)})], [engine.fetch(PAIRS_OF, {"keys": []})]
    opened: NDArray[np.int64] = np.empty(0, np.int64)
    looked_at: NDArray[np.int64] = np.empty(0, np.int64)
    while True:
        graph = _counted(_graph(rules, pa.concat_tables(natures), _once(pairs), aside), rules)
        idle = np.setdiff1d(graph.keys[graph.idle], looked_at)
        if idle.size:  # a person may have tied even a key that ties nobody by its nature
            looked_at = np.union1d(looked_at, idle)
            special = engine.fetch(SPECIAL_OF, {"keys": idle.tolist()})
            if special.num_rows:
                _add(engine, graph, natures, pairs, special)
                continue
        met = np.zeros(len(graph.keys), bool)
        if opened.size:
            met[graph.a] = met[graph.b] = True
        else:
            met[:] = True
        shut = graph.at_rest()
        front = graph.keys[met & ~shut & ~np.isin(graph.keys, opened)]
        if not front.size:
            return graph.only(shut | np.isin(graph.keys, opened))
        opened = np.union1d(opened, front)
        _add(engine, graph, natures, pairs, engine.fetch(PAIRS_OF, {"keys": front.tolist()}))


def _add(engine: Engine, graph: Graph, natures: list[pa.Table], pairs: list[pa.Table], met: pa.Table) -> None:
    """Adds pairs that were met, and what the keys at their ends are."""
    import numpy as np

    pairs.append(met)
    new = np.setdiff1d(np.concatenate([np.asarray(met["key_a"]), np.asarray(met["key_b"])]), graph.keys)
    if new.size:
        natures.append(engine.fetch(NATURES_OF, {"keys": new.tolist()}))


def _once(pairs: Sequence[pa.Table]) -> pa.Table:
    """Returns the pairs, each once: a pair is met from both of its keys."""
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables(pairs)
    both = np.stack([np.asarray(table["key_a"]), np.asarray(table["key_b"])], axis=1)
    return table.take(pa.array(np.unique(both, axis=0, return_index=True)[1])) if len(both) else table


def _graph(rules: Rules, natures: pa.Table, pairs: pa.Table, aside: pa.Table) -> Graph:
    import numpy as np

    natures = natures.sort_by("key_id")
    keys = np.asarray(natures["key_id"], dtype=np.int64)
    kind, kinds = _kinds(natures)
    rule = (
        np.array([_RULES.index(rules[each].rule) for each in kinds], np.int8)[kind] if kinds else np.empty(0, np.int8)
    )
    a, b = (np.asarray(pairs[name], dtype=np.int64) for name in ("key_a", "key_b"))
    known = np.isin(a, keys) & np.isin(b, keys)
    return Graph(
        keys=keys,
        kind=kind,
        kinds=kinds,
        rule=rule,
        placeholder=np.asarray(natures["no_identifier"]) | (np.asarray(natures["no_number"]) & (rule != 0)),
        verified=np.array([rules[each].verified for each in kinds], bool)[kind],
        hub=np.array([namespace == HUB for namespace, _ in kinds], bool)[kind],
        decided=np.isin(keys, np.asarray(aside["key_id"])),
        a=np.searchsorted(keys, a[known]),
        b=np.searchsorted(keys, b[known]),
        known_at=np.asarray(pairs["known_at"]).astype("datetime64[us]").astype(np.int64)[known],
        plain=np.asarray(pairs["plain"], dtype=bool)[known],
    )


def _kinds(natures: pa.Table) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Returns (namespace, type) of each key as a place in a list."""
    import numpy as np

    columns = [natures[name].combine_chunks().dictionary_encode() for name in ("namespace", "type")]
    codes = [np.asarray(column.indices, dtype=np.int64) for column in columns]
    words = [column.dictionary.to_pylist() for column in columns]
    width = len(words[1]) or 1
    used, kind = np.unique(codes[0] * width + codes[1], return_inverse=True)
    return kind.astype(np.int64), [(words[0][code // width], words[1][code % width]) for code in used.tolist()]


def _counted(graph: Graph, rules: Rules) -> Graph:
    """Returns the graph without pairs that never tie anybody."""

    wanted = _by_rule(graph, rules) & ~_at_idle(graph)
    graph = graph.pairs(wanted)
    # what people and matching said does not make a key too heavy, and is kept whole
    heavy = (graph.pairs(graph.plain).degrees() > graph.most()) & ~graph.decided
    if not heavy.any():
        return graph
    late_a, late_b = _late(graph, heavy, graph.a), _late(graph, heavy, graph.b)
    # a pair that is late at one end may be what makes the other end too heavy
    never = (late_a & (late_b | ~heavy[graph.b])) | (late_b & (late_a | ~heavy[graph.a]))
    return graph.pairs(~graph.plain | ~never)


def _at_idle(graph: Graph) -> NDArray[np.bool_]:
    idle = graph.idle & ~graph.decided
    never: NDArray[np.bool_] = (idle[graph.a] | idle[graph.b]) & graph.plain
    return never


def _by_rule(graph: Graph, rules: Rules) -> NDArray[np.bool_]:
    """Returns which pairs hold by the present rules: a hub ties only keys whose type is verified."""
    import numpy as np

    verified: Mapping[tuple[int, int], bool] = {
        (member, hub): rules[graph.kinds[member][0], graph.kinds[hub][1]].verified
        for member in range(len(graph.kinds))
        for hub in range(len(graph.kinds))
        if graph.kinds[hub][0] == HUB
    }
    table = np.ones((len(graph.kinds), len(graph.kinds)), bool)
    for (member, hub), holds in verified.items():
        table[member, hub] = table[hub, member] = holds
    holds: NDArray[np.bool_] = table[graph.kind[graph.a], graph.kind[graph.b]]
    return holds


def _late(graph: Graph, heavy: NDArray[np.bool_], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns which pairs came when the heavy key at one end was too heavy already, and so never held."""
    import numpy as np

    both, other = np.concatenate([graph.a, graph.b]), np.concatenate([graph.b, graph.a])
    known_at, plain = np.tile(graph.known_at, 2), np.tile(graph.plain, 2)
    places = np.flatnonzero(heavy[both] & plain & ~graph.idle[other])
    order = places[np.lexsort((other[places], known_at[places], both[places]))]
    rank = np.arange(order.size) - np.searchsorted(both[order], both[order])
    late = np.zeros(both.size, bool)
    late[order] = rank > graph.most()[both[order]]
    half = len(end)
    return late[:half] if end is graph.a else late[half:]
