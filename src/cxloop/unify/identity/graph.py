"""Keys and pairs of the ledger as arrays: all of them, or those that some keys hang together with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cxloop.engine.query import Query
from cxloop.unify.identity.resolve import Nature
from cxloop.unify.identity.rules import HUB, MOST_LINKS, Rules, placeholder_sql

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.base import Engine

__all__ = ["NEVER", "Graph", "components", "load"]

# Plain is what interactions told and nobody took back. What waits for a person ties nobody yet, and a pair of which it
# is only said that it is apart has nothing to say until links bring both into one component.
_PAIRS = """
    select
        l.key_a, l.key_b,
        min(l.known_at) as known_at,
        bool_and(
            l.action = 'link' and l.state = 'accepted' and l.evidence in ('identify', 'exact', 'profile')
            and u.refers_to is null
        ) as plain,
        bool_or(l.action = 'link' and l.state = 'accepted') as ties
    from identity_links as l
    left join (select distinct refers_to from identity_links where action = 'undo') as u on u.refers_to = l.decision_id
    where l.key_b is not null and (l.state = 'accepted' or (l.state = 'rejected' and l.evidence = 'person')) {which}
    group by l.key_a, l.key_b
"""
_PAIRS_OUTPUT: dict[str, Any] = {
    "key_a": "bigint",
    "key_b": "bigint",
    "known_at": "timestamp",
    "plain": "bool",
    "ties": "bool",
}

ALL_PAIRS = Query(name="unify.all_pairs", sql=_PAIRS.format(which=""), inputs=("identity_links",), output=_PAIRS_OUTPUT)
PAIRS_OF = Query(
    name="unify.pairs_of",
    sql=_PAIRS.format(which="and (l.key_a in (select unnest($keys)) or l.key_b in (select unnest($keys)))"),
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output=_PAIRS_OUTPUT,
)
SOME_PAIRS = PAIRS_OF.sql
SPECIAL_OF = Query(
    name="unify.special_pairs_of",
    sql=f"select p.key_a, p.key_b, p.known_at, p.plain, p.ties from ({SOME_PAIRS}) as p where not p.plain",
    inputs=("identity_links",),
    parameters={"keys": "bigints"},
    output=_PAIRS_OUTPUT,
)

NO_IDENTIFIER = placeholder_sql("k.value", number=False)
NO_NUMBER = placeholder_sql("k.value", number=True)
# Of a key the flag whether there is more about it than what interactions told.
_NATURES = f"""
    with more as (
        select l.key_a, l.key_b
        from identity_links as l
        left join (select distinct refers_to from identity_links where action = 'undo') as u
            on u.refers_to = l.decision_id
        where l.key_a is not null and (l.state = 'accepted' or (l.state = 'rejected' and l.evidence = 'person'))
            and (
                l.action <> 'link' or l.state <> 'accepted' or l.evidence not in ('identify', 'exact', 'profile')
                or u.refers_to is not null
            )
    )
    select
        k.key_id, k.namespace, k.type,
        {NO_IDENTIFIER} as no_identifier,
        {NO_NUMBER} as no_number,
        k.key_id in (select key_a from more union select key_b from more where key_b is not null) as said
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
    "said": "bool",
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
    inputs=("keys", "identity_links"),
    parameters={"keys": "bigints"},
    output=_NATURES_OUTPUT,
)

RELEASED = Query(
    name="unify.keys_released",
    sql="select distinct key_a as key_id from identity_links where action = 'release'",
    inputs=("identity_links",),
    output={"key_id": "bigint"},
)

ONCE_TOGETHER = Query(
    name="unify.keys_once_together",
    sql="""
        select distinct m.key_id from customer_keys as m
        where m.customer_id in (
            select n.customer_id from customer_keys as n where n.key_id in (select unnest($keys))
        )
        union
        select d.key_id from identity_doubts as d where d.other_key in (select unnest($keys))
        union
        select d.other_key as key_id from identity_doubts as d
        where d.key_id in (select unnest($keys)) and d.other_key is not null
    """,
    inputs=("customer_keys", "identity_doubts"),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint"},
)

_RULES = ("unique", "personal", "shared")
_OF_KEYS = ("keys", "kind", "rule", "placeholder", "verified", "hub", "said", "released", "off", "heavy")

NEVER = 2**63 - 1
"""A moment that does not come."""


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
        said: whether there is more about the key than what interactions told.
        released: whether a person ever said that it counts whatever speaks against it.
        off: since when it ties nobody for good, microseconds since 1970 UTC; NEVER for most keys.
        heavy: whether that is because of too many ties, and not because several people use it.
        a: of each pair the place of the smaller key.
        b: of the other.
        known_at: since when, microseconds since 1970 UTC.
        plain: whether only interactions told it.
        ties: whether there is a link at all, and not only a word that keeps the two apart.
        dropped: keys, of which there is more to say, of pairs that are not here because they never held.
        dropped_at: since when these pairs are known, microseconds since 1970 UTC.
    """

    keys: NDArray[np.int64]
    kind: NDArray[np.int64]
    kinds: Sequence[tuple[str, str]]
    rule: NDArray[np.int8]
    placeholder: NDArray[np.bool_]
    verified: NDArray[np.bool_]
    hub: NDArray[np.bool_]
    said: NDArray[np.bool_]
    released: NDArray[np.bool_]
    off: NDArray[np.int64]
    heavy: NDArray[np.bool_]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    known_at: NDArray[np.int64]
    plain: NDArray[np.bool_]
    ties: NDArray[np.bool_]
    dropped: NDArray[np.int64]
    dropped_at: NDArray[np.int64]

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
        kept = {name: getattr(self, name)[wanted] for name in ("a", "b", "known_at", "plain", "ties")}
        return Graph(**{**vars(self), **kept})

    def only(self, wanted: NDArray[np.bool_]) -> Graph:
        """Returns the graph with some of its keys, and the pairs of two of them."""
        import numpy as np

        place, inside = np.cumsum(wanted) - 1, self.pairs(wanted[self.a] & wanted[self.b])
        kept = {name: getattr(self, name)[wanted] for name in _OF_KEYS}
        return Graph(**{**vars(inside), **kept, "a": place[inside.a], "b": place[inside.b]})

    def at_rest(self) -> NDArray[np.bool_]:
        """Returns which keys tie nobody by their nature, and nobody has said otherwise."""
        shut: NDArray[np.bool_] = self.idle & ~self.said
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

    def end(self, place: int) -> tuple[int, str]:
        """Returns since when, and why, the key at a place ties nobody; of keys that do so for good."""
        return int(self.off[place]), "degree" if self.heavy[place] else "shared"

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
    """Returns of each key the component that it is in by its links: the smallest place in it.

    Not scipy's: to import it takes longer than this for a million pairs.
    """
    import numpy as np

    label = np.arange(len(graph.keys))
    a, b = graph.a[graph.ties], graph.b[graph.ties]
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
    released = engine.fetch(RELEASED)
    if keys is None:
        return _counted(_graph(rules, engine.fetch(ALL_NATURES), engine.fetch(ALL_PAIRS), released), rules)
    return _reached(engine, rules, keys, released)


def _reached(engine: Engine, rules: Rules, keys: Sequence[int], released: pa.Table) -> Graph:
    """Follows pairs from key to key until nothing new is met."""
    import numpy as np
    import pyarrow as pa

    natures, pairs = [engine.fetch(NATURES_OF, {"keys": list(keys)})], [engine.fetch(PAIRS_OF, {"keys": []})]
    opened: NDArray[np.int64] = np.empty(0, np.int64)
    looked_at: NDArray[np.int64] = np.empty(0, np.int64)
    while True:
        graph = _counted(_graph(rules, pa.concat_tables(natures), _once(pairs), released), rules)
        idle = np.setdiff1d(graph.keys[graph.idle], looked_at)
        if idle.size:  # a person may have tied even a key that ties nobody by its nature
            looked_at = np.union1d(looked_at, idle)
            special = engine.fetch(SPECIAL_OF, {"keys": idle.tolist()})
            if special.num_rows:
                _add(engine, graph, natures, pairs, special, idle)
                continue
        met = np.zeros(len(graph.keys), bool)
        if opened.size:
            met[graph.a[graph.ties]] = met[graph.b[graph.ties]] = True
        else:
            met[:] = True
        shut = graph.at_rest()
        front = graph.keys[met & ~shut & ~np.isin(graph.keys, opened)]
        if not front.size:
            found = graph.only(shut | np.isin(graph.keys, opened))
            # whom a pair held, or was held back from, that no longer counts (earlier ones came late) is not met over it
            once = np.asarray(engine.fetch(ONCE_TOGETHER, {"keys": found.keys.tolist()})["key_id"], dtype=np.int64)
            front = np.setdiff1d(once, found.keys)
            if not front.size:
                return found
        opened = np.union1d(opened, front)
        _add(engine, graph, natures, pairs, engine.fetch(PAIRS_OF, {"keys": front.tolist()}), front)


def _add(
    engine: Engine,
    graph: Graph,
    natures: list[pa.Table],
    pairs: list[pa.Table],
    met: pa.Table,
    keys: NDArray[np.int64],
) -> None:
    """Adds pairs that were met at some keys, and what these keys and those at the other ends are."""
    import numpy as np

    pairs.append(met)
    new = np.setdiff1d(np.concatenate([np.asarray(met["key_a"]), np.asarray(met["key_b"]), keys]), graph.keys)
    if new.size:
        natures.append(engine.fetch(NATURES_OF, {"keys": new.tolist()}))


def _once(pairs: Sequence[pa.Table]) -> pa.Table:
    """Returns the pairs, each once: a pair is met from both of its keys."""
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables(pairs)
    both = np.stack([np.asarray(table["key_a"]), np.asarray(table["key_b"])], axis=1)
    return table.take(np.unique(both, axis=0, return_index=True)[1]) if len(both) else table


def _graph(rules: Rules, natures: pa.Table, pairs: pa.Table, released: pa.Table) -> Graph:
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
        said=np.asarray(natures["said"]),
        released=np.isin(keys, np.asarray(released["key_id"])),
        off=np.full(keys.size, NEVER),
        heavy=np.zeros(keys.size, bool),
        a=np.searchsorted(keys, a[known]),
        b=np.searchsorted(keys, b[known]),
        known_at=np.asarray(pairs["known_at"]).astype("datetime64[us]").astype(np.int64)[known],
        plain=np.asarray(pairs["plain"], dtype=bool)[known],
        ties=np.asarray(pairs["ties"], dtype=bool)[known],
        dropped=np.empty(0, np.int64),
        dropped_at=np.empty(0, np.int64),
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
    """Returns the graph without pairs that never tie anybody, and since when keys tie nobody for good."""
    import numpy as np

    idle = graph.idle & ~graph.released
    graph = graph.pairs(_by_rule(graph, rules) & ~((idle[graph.a] | idle[graph.b]) & graph.plain))
    off, heavy = _ends(graph)
    graph = replace(graph, off=off, heavy=heavy)
    # What came when a key tied nobody any more never held. It still counts when the other end's ties are counted, and
    # where more is known of that end, that is done elsewhere.
    a, b, personal = graph.a, graph.b, graph.rule == _RULES.index("personal")
    late = (graph.known_at >= off[a]) & (personal[a] | ~graph.said[b])
    late = graph.plain & (late | ((graph.known_at >= off[b]) & (personal[b] | ~graph.said[a])))
    ends = np.concatenate([a[late], b[late]])
    more = graph.said[ends]
    graph = replace(graph, dropped=graph.keys[ends[more]], dropped_at=np.tile(graph.known_at[late], 2)[more])
    return graph.pairs(~late)


def _ends(graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns since when each key ties nobody for good, and whether because of too many ties.

    Only what nothing can change but a person who releases the key: too many pairs that interactions told, or two unique
    keys of one namespace and type of which nobody said that they are one.
    """
    import numpy as np

    told = graph.pairs(graph.plain)
    key, other = np.concatenate([told.a, told.b]), np.concatenate([told.b, told.a])
    known_at = np.tile(told.known_at, 2)
    counted = ~graph.idle[other]
    too_many = _nth(len(graph.keys), key[counted], known_at[counted], graph.most())
    direct = (graph.rule[key] == 1) & (graph.rule[other] == 0) & ~graph.said[other]
    unit = key[direct] * (len(graph.kinds) or 1) + graph.kind[other[direct]]
    units, place = np.unique(unit, return_inverse=True)
    second = _nth(units.size, place, known_at[direct], np.ones(units.size, np.int64))
    several = np.full(len(graph.keys), NEVER)
    np.minimum.at(several, units // (len(graph.kinds) or 1), second)
    off = np.where(graph.released, NEVER, np.minimum(too_many, several))
    return off, (too_many < several) & (off != NEVER)


def _nth(
    count: int, group: NDArray[np.int64], known_at: NDArray[np.int64], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Returns of each group when it had more than `most` members; NEVER where it has fewer."""
    import numpy as np

    order = np.lexsort((known_at, group))
    rank = np.arange(order.size) - np.searchsorted(group[order], group[order])
    crossing = order[rank == most[group[order]]]
    found = np.full(count, NEVER)
    found[group[crossing]] = known_at[crossing]
    return found


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
    for (member, hub), same in verified.items():
        table[member, hub] = table[hub, member] = same
    holds: NDArray[np.bool_] = table[graph.kind[graph.a], graph.kind[graph.b]]
    return holds
