"""Whose each key was and is: the customers of the ledger at every moment, as rows with since and until.

Where nothing contradicts, the pairs of all customers are followed at once, as arrays; only what is odd (a person's
word, a renaming, a shared key, an estimate) is settled customer by customer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cxloop.unify.identity.graph import NEVER, Graph, components
from cxloop.unify.identity.resolve import Entry, Nature, Settled, settle
from cxloop.unify.identity.rules import MOST_LINKS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


__all__ = ["Doubt", "History", "Plain", "follow", "is_odd", "trace"]


_MOST_WORK = 500_000
"""Entries times moments of one component. Only keys that a person released in spite of all doubt come near it; the
past of such a customer is kept in coarser steps."""


class Doubt(NamedTuple):
    """A key that ties nobody (then `other` is None), or a link that is held back, since a moment."""

    key: int
    other: int | None
    doubt: str
    links: int
    since: int


@dataclass
class History:
    """What the entries of some keys come to. Times are microseconds since 1970 UTC.

    Attributes:
        rows: (key, customer, since, until or None).
        doubts: what is in doubt now.
        strength: (key, customer, above, up to).
    """

    rows: list[tuple[int, int, int, int | None]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    strength: list[tuple[int, int, float, float]] = field(default_factory=list)


class Plain(NamedTuple):
    """The same rows as arrays; `until` is -1 for a row that holds now."""

    key: NDArray[np.int64]
    customer: NDArray[np.int64]
    since: NDArray[np.int64]
    until: NDArray[np.int64]


def trace(
    entries: Sequence[Entry],
    natures: Mapping[int, Nature],
    ends: Mapping[int, tuple[int, str]] | None = None,
    *,
    ties: Mapping[int, Sequence[int]] | None = None,
    most: Mapping[str, int] = MOST_LINKS,
) -> History:
    """Returns the history of keys that hang together.

    Args:
        entries: all entries about them, in any order.
        natures: of every key that they name.
        ends: key to since when, and why, it is known to tie nobody.
        ties: key to since when further keys are tied to it, rising; these are not among the entries.
        most: by rule, how many keys may be tied to one.
    """
    entries = sorted(entries, key=lambda entry: (entry.known_at, entry.entry_id))
    history, last, ends, ties = History(), Settled(), ends or {}, ties or {}
    since: dict[int, int] = {}
    doubted: dict[tuple[int, int | None, str], int] = {}
    for moment in (moments := _moments(entries, ends, ties)):
        told = entries[: bisect_right(entries, moment, key=lambda entry: entry.known_at)]
        known = {key: doubt for key, (end, doubt) in ends.items() if end <= moment}
        more = {key: bisect_right(times, moment) for key, times in ties.items()}
        now = settle(told, natures, known=known, ties=more, most=most, stages=moment == moments[-1])
        _note(history, since, last.customer, now.customer, moment)
        doubted = {doubt: doubted.get(doubt, moment) for doubt in _doubts(now)}
        last = now
    history.rows += [(key, customer, since[key], None) for key, customer in last.customer.items()]
    history.doubts = [Doubt(*doubt, 1, moment) for doubt, moment in doubted.items()]
    history.strength = _strength(last)
    return history


def _moments(
    entries: Sequence[Entry], ends: Mapping[int, tuple[int, str]], ties: Mapping[int, Sequence[int]]
) -> list[int]:
    """Returns the moments at which something may change; of very many only some, the last always among them."""
    later = {end for end, _ in ends.values()}.union(*ties.values())
    moments = sorted({entry.known_at for entry in entries} | later)
    step = 1 + len(moments) * len(entries) // _MOST_WORK
    return moments[::-step][::-1]


def _note(
    history: History, since: dict[int, int], before: Mapping[int, int], after: Mapping[int, int], moment: int
) -> None:
    for key, customer in before.items():
        if after.get(key) != customer:
            history.rows.append((key, customer, since[key], moment))
    for key, customer in after.items():
        if before.get(key) != customer:
            since[key] = moment


def _doubts(settled: Settled) -> list[tuple[int, int | None, str]]:
    keys: list[tuple[int, int | None, str]] = [(key, None, doubt) for key, doubt in settled.guards.items()]
    return [*keys, *((a, b, doubt) for (a, b), doubt in settled.held.items())]


def _strength(settled: Settled) -> list[tuple[int, int, float, float]]:
    """Returns whose each key is by least probability, of keys that rest on estimated links."""
    rows = []
    for place, (up_to, customers) in enumerate(settled.stages):
        above = settled.stages[place + 1][0] if place + 1 < len(settled.stages) else 0.0
        rows += [(key, customers.get(key, key), above, up_to) for key in settled.customer]
    return rows


def is_odd(graph: Graph, label: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns which components need to be settled one by one.

    Args:
        graph: the keys and pairs.
        label: of each key the component.
    """
    import numpy as np

    odd = np.zeros(int(label.max(initial=-1)) + 1, bool)
    odd[label[graph.a[~graph.plain]]] = True
    odd[label[graph.said | (graph.off != NEVER)]] = True
    unique = np.flatnonzero(graph.rule == 0)
    unit = label[unique] * (len(graph.kinds) or 1) + graph.kind[unique]
    values, counts = np.unique(unit, return_counts=True)
    odd[values[counts > 1] // (len(graph.kinds) or 1)] = True
    odd[label[_overreached(graph, label)]] = True
    return odd


def _overreached(graph: Graph, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns keys that name nobody and may have tied two that each name a person, before these were one anyway."""
    import numpy as np

    strong = graph.strong
    both = strong[graph.a] & strong[graph.b]
    core = components(graph.pairs(both))
    blob = components(graph.pairs(~strong[graph.a] & ~strong[graph.b]))
    crossing = strong[graph.a] != strong[graph.b]
    a, b, known_at = graph.a[crossing], graph.b[crossing], graph.known_at[crossing]
    named, nobody = np.where(strong[a], a, b), np.where(strong[a], b, a)
    order = np.lexsort((known_at, blob[nobody]))
    named, nobody, known_at = named[order], nobody[order], known_at[order]
    again = np.append(False, blob[nobody][1:] == blob[nobody][:-1])[: nobody.size]
    whole = np.zeros(len(graph.keys), np.int64) + np.iinfo(np.int64).min
    np.maximum.at(whole, label[graph.a[both]], graph.known_at[both])
    several = again & (np.append(-1, core[named][:-1])[: named.size] != core[named])
    early = again & (known_at < whole[label[nobody]])
    found: NDArray[np.int64] = nobody[several | early]
    return found


def follow(graph: Graph, label: NDArray[np.int64]) -> Plain:
    """Returns the history of the keys of components in which nothing contradicts.

    Args:
        graph: keys, and only the pairs of such components.
        label: of each key the component.
    """
    import numpy as np

    state = _State(graph)
    component = label[graph.a]
    order = np.lexsort((graph.b, graph.a, graph.known_at, component))
    rank = np.arange(order.size) - np.searchsorted(component[order], component[order])
    members = np.argsort(label, kind="stable")
    first = np.searchsorted(label[members], np.arange(int(label.max(initial=-1)) + 2))
    turns = np.argsort(rank, kind="stable")
    for pairs in np.split(order[turns], np.searchsorted(rank[turns], np.arange(1, int(rank.max(initial=-1)) + 1))):
        state.join(pairs, component[pairs], members, first)
    return state.rows()


class _State:
    """Whose each key is while pairs are followed in the order of time, one of each component in a turn."""

    def __init__(self, graph: Graph) -> None:
        import numpy as np

        self._graph = graph
        count = len(graph.keys)
        # hubs come after every real key, so that a customer is called after a real one
        self._label = np.where(graph.hub, np.iinfo(np.int64).max // 2 + graph.keys, graph.keys)
        self._real = np.where(graph.hub, 0, 1)
        self._shown = np.full(count, -1, np.int64)
        self._noted: list[tuple[Any, Any, Any]] = []

    def join(
        self, pairs: NDArray[np.int64], component: NDArray[np.int64], members: NDArray[np.int64], first: Any
    ) -> None:
        import numpy as np

        graph, label, real = self._graph, self._label, self._real
        a, b = graph.a[pairs], graph.b[pairs]
        new = label[a] != label[b]
        if not new.any():
            return
        a, b, component, moment = a[new], b[new], component[new], graph.known_at[pairs[new]]
        kept, gone = np.minimum(label[a], label[b]), np.maximum(label[a], label[b])
        together = real[a] + real[b]
        sizes = first[component + 1] - first[component]
        turn = np.repeat(np.arange(component.size), sizes)
        offset = np.repeat(first[component] - (np.cumsum(sizes) - sizes), sizes)
        places = members[np.arange(int(sizes.sum())) + offset]
        touched = (label[places] == kept[turn]) | (label[places] == gone[turn])
        places, turn = places[touched], turn[touched]
        label[places], real[places] = kept[turn], together[turn]
        # a key alone with its hub has no row; the hub shows whose it is
        shows = np.where((together[turn] > 1) | (graph.hub[places] & (together[turn] > 0)), label[places], -1)
        changed = shows != self._shown[places]
        places, turn, shows = places[changed], turn[changed], shows[changed]
        self._shown[places] = shows
        self._noted.append((places, shows, moment[turn]))

    def rows(self) -> Plain:
        import numpy as np

        empty = np.empty(0, np.int64)
        place, customer, since = (
            np.concatenate([empty, *(noted[column] for noted in self._noted)]) for column in range(3)
        )
        order = np.argsort(place, kind="stable")  # turns are in the order of time
        place, customer, since = place[order], customer[order], since[order]
        last = np.append(place[1:] != place[:-1], True)[: place.size]
        until = np.where(last, -1, np.append(since[1:], -1)[: place.size])
        real = until != since
        return Plain(self._graph.keys[place[real]], customer[real], since[real], until[real])
