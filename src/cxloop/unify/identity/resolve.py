"""Who is who: from the entries of the ledger to customers, links that are held back, and keys that tie nobody.

A pure function of the entries' set: the order in which they came plays no part. docs/decisions/0022 says why it is so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cxloop.unify.identity.rules import MOST_LINKS, Rule

__all__ = ["CERTAIN", "Entry", "Link", "Nature", "Pair", "Settled", "settle", "undone_decisions"]

Pair = tuple[int, int]
Unit = tuple[str, str]

CERTAIN = 1.0
"""Probability of what was not estimated."""
_PERSON, _ALIAS, _TOLD, _ESTIMATED = range(4)
"""Ranks of links, in the order in which they are accepted."""


class Entry(NamedTuple):
    """An entry of the ledger, as far as it decides. Times are microseconds since 1970 UTC.

    `previous` is of an alias call the key that was there before: "a" or "b".
    """

    entry_id: int
    decision_id: int
    action: str
    key_a: int
    key_b: int
    evidence: str
    state: str
    known_at: int
    probability: float | None = None
    refers_to: int | None = None
    previous: str | None = None


class Nature(NamedTuple):
    """What a key is: its rule, its (namespace, type), whether it is no identifier at all, verified, or a hub."""

    rule: Rule
    unit: Unit
    placeholder: bool = False
    verified: bool = False
    hub: bool = False

    @property
    def strong(self) -> bool:
        """Whether it names a person: a number that a system gave, or a verified value. A device or a phone does not."""
        return self.rule == "unique" or self.verified

    @property
    def idle(self) -> bool:
        """Whether it ties nobody by its nature."""
        return self.placeholder or self.rule == "shared"


class Link(NamedTuple):
    """A link that holds unless a guard stands against it, in the order of acceptance."""

    rank: int
    order: float
    key_a: int
    key_b: int
    entry_id: int
    known_at: int
    probability: float
    direct: bool


@dataclass
class Settled:
    """Who is who at a moment.

    Attributes:
        customer: key to customer, for keys that share one with another key; of hubs, whose they are.
        guards: key to the doubt because of which it ties nobody.
        held: pair to the doubt because of which the link is held back.
        against: of a pair that is held back, two keys that it would wrongly bring together.
        links: the links that hold or would hold, in the order of acceptance.
        stages: least probability to the customers when only links of at least that count; falling.
    """

    customer: dict[int, int] = field(default_factory=dict)
    guards: dict[int, str] = field(default_factory=dict)
    held: dict[Pair, str] = field(default_factory=dict)
    against: dict[Pair, Pair] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    stages: list[tuple[float, dict[int, int]]] = field(default_factory=list)


def settle(
    entries: Sequence[Entry],
    natures: Mapping[int, Nature],
    *,
    known: Mapping[int, str] | None = None,
    ties: Mapping[int, int] | None = None,
    most: Mapping[str, int] = MOST_LINKS,
    stages: bool = False,
) -> Settled:
    """Returns who is who by some entries.

    Args:
        entries: in the order of (known_at, entry_id).
        natures: of every key that they name.
        known: key to doubt, for keys of which it is known without looking that they tie nobody.
        ties: key to the number of keys that are tied to it and not among the entries, since that never held.
        most: by rule, how many keys may be tied to one.
        stages: whether the customers by least probability are wanted, too.
    """
    told = _read(entries)
    links = sorted(_links(told))
    settled = Settled(links=links)
    told.ties.update(ties or {})
    settled.guards = _guards(told, links, natures, known or {}, most)
    _accept(settled, told.nevers, natures, stages)
    return settled


@dataclass
class _Told:
    """What the entries that count say."""

    decided: dict[Pair, Entry] = field(default_factory=dict)
    automatic: dict[Pair, Entry] = field(default_factory=dict)
    estimated: dict[Pair, Entry] = field(default_factory=dict)
    renamed: dict[Pair, Entry] = field(default_factory=dict)
    banned: set[Pair] = field(default_factory=set)
    nevers: list[Pair] = field(default_factory=list)
    aside: dict[int, str] = field(default_factory=dict)
    tied: set[Pair] = field(default_factory=set)
    ties: dict[int, int] = field(default_factory=dict)


def _read(entries: Sequence[Entry]) -> _Told:
    undone = undone_decisions(entries)
    told = _Told()
    for entry in entries:
        if entry.action == "undo":
            continue
        by = undone.get(entry.decision_id)
        pair = (entry.key_a, entry.key_b)
        if entry.action in ("quarantine", "release"):
            if by is None:
                told.aside[entry.key_a] = entry.action
        elif entry.action == "never":
            if by is None:
                told.nevers.append(pair)
        elif entry.evidence == "person":
            if by is None and entry.state != "proposed":
                told.decided[pair] = entry
        elif entry.action == "link" and entry.state == "accepted":
            _read_automatic(told, entry, pair, by)
    return told


def _read_automatic(told: _Told, entry: Entry, pair: Pair, undone_by: str | None) -> None:
    if entry.evidence != "probabilistic":
        told.tied.add(pair)
    if undone_by is not None:
        if undone_by == "person":
            told.banned.add(pair)
    elif entry.evidence == "probabilistic":
        known = told.estimated.get(pair)  # a later run of matching knows better
        if known is None or (known.known_at, known.probability or 0) <= (entry.known_at, entry.probability or 0):
            told.estimated[pair] = entry
    else:
        told.automatic.setdefault(pair, entry)
        if entry.evidence == "alias":
            told.renamed.setdefault(pair, entry)


def undone_decisions(entries: Sequence[Entry]) -> dict[int, str]:
    """Returns the decisions that do not count, each with the evidence of its undo ("person" where a person's is among).

    Args:
        entries: in the order of (known_at, entry_id). They are read newest first, so that an undo can be undone.
    """
    undone: dict[int, str] = {}
    for entry in reversed(entries):
        if entry.action == "undo" and entry.refers_to is not None and entry.decision_id not in undone:
            undone.setdefault(entry.refers_to, entry.evidence)
            if entry.evidence == "person":
                undone[entry.refers_to] = "person"
    return undone


def _links(told: _Told) -> Iterator[Link]:
    for entry in told.decided.values():
        if entry.action == "link" and entry.state == "accepted":
            yield _link(_PERSON, entry.known_at, entry)
    settled = {*told.decided, *told.banned}
    for pair, entry in told.automatic.items():
        if pair not in settled:
            yield _link(_TOLD, entry.known_at, entry, direct=True)
    for pair, entry in told.renamed.items():
        if pair not in settled:
            yield _link(_ALIAS, entry.known_at, entry)
    for pair, entry in told.estimated.items():
        if pair not in settled and pair not in told.automatic:
            yield _link(_ESTIMATED, -(entry.probability or 0.0), entry)


def _link(rank: int, order: float, entry: Entry, *, direct: bool = False) -> Link:
    probability = CERTAIN if rank != _ESTIMATED or entry.probability is None else entry.probability
    known_at, pair = entry.known_at, (entry.key_a, entry.key_b)
    return Link(rank, order, *pair, entry.entry_id, known_at, probability, direct)


class _Union:
    """Disjoint sets of keys, each with what matters of its members."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def find(self, key: int) -> int:
        parent = self.parent
        root = parent.setdefault(key, key)
        while parent[root] != root:
            parent[root] = parent[parent[root]]
            root = parent[root]
        return root

    def join(self, a: int, b: int) -> None:
        self.parent[max(a, b)] = min(a, b)


def _guards(
    told: _Told,
    links: Sequence[Link],
    natures: Mapping[int, Nature],
    known: Mapping[int, str],
    most: Mapping[str, int],
) -> dict[int, str]:
    guards = {**known, **{key: "quarantined" for key, action in told.aside.items() if action == "quarantine"}}
    released = {key for key, action in told.aside.items() if action == "release"}
    for key, nature in natures.items():
        if nature.idle and key not in guards and key not in released:
            guards[key] = "placeholder" if nature.placeholder else "shared"
    tied: dict[int, int] = defaultdict(int, told.ties)
    for a, b in told.tied:
        tied[a] += not natures[b].idle
        tied[b] += not natures[a].idle
    for key, number in tied.items():
        rule = "unique" if natures[key].rule == "unique" else "personal"
        if number > most[rule] and key not in released:
            guards.setdefault(key, "degree")
    one, torn = _same_by_word(told, links, natures, guards)
    for key in (*torn, *_used_by_several(links, natures, guards, one)):
        if key not in released:
            guards.setdefault(key, "shared")
    return guards


def _same_by_word(
    told: _Told, links: Sequence[Link], natures: Mapping[int, Nature], guards: Mapping[int, str]
) -> tuple[_Union, list[int]]:
    """Returns which keys are one by a person's word or a renaming, and keys that were renamed to different ones."""
    one = _Union()
    renamed: dict[int, list[int]] = defaultdict(list)
    for link in links:
        a, b = link.key_a, link.key_b
        if link.rank == _PERSON and "quarantined" not in (guards.get(a), guards.get(b)):
            _join(one, a, b)
        elif link.rank == _ALIAS and a not in guards and b not in guards and _one_unit(natures, a, b):
            before, after = (b, a) if told.renamed[a, b].previous == "b" else (a, b)
            renamed[before].append(after)
    several = {before: names for before, names in renamed.items() if len(names) > 1}
    for before, names in renamed.items():
        if before not in several:
            _join(one, before, names[0])
    torn = []
    for before in sorted(several):
        if len({one.find(key) for key in several[before]}) > 1 and not _come_round(one, before, several[before]):
            torn.append(before)
        else:
            _join(one, before, several[before][0])
    return one, torn


def _come_round(one: _Union, before: int, after: Iterable[int]) -> bool:
    """Whether all of them but those that are the key itself already are one."""
    return len({one.find(key) for key in after} - {one.find(before)}) <= 1


def _join(one: _Union, a: int, b: int) -> None:
    x, y = one.find(a), one.find(b)
    if x != y:
        one.join(x, y)


def _one_unit(natures: Mapping[int, Nature], a: int, b: int) -> bool:
    return natures[a].rule == natures[b].rule == "unique" and natures[a].unit == natures[b].unit


def _used_by_several(
    links: Sequence[Link], natures: Mapping[int, Nature], guards: Mapping[int, str], one: _Union
) -> Iterator[int]:
    """Yields personal keys that are tied directly to two unique keys of one namespace and type."""
    people: dict[int, dict[Unit, int]] = defaultdict(dict)
    for link in links:
        if not link.direct:
            continue
        for key, other in ((link.key_a, link.key_b), (link.key_b, link.key_a)):
            if natures[key].rule != "personal" or natures[other].rule != "unique":
                continue
            if guards.get(other, "degree") not in ("degree", "shared") or key in guards:
                continue
            whose = one.find(other)
            if people[key].setdefault(natures[other].unit, whose) != whose:
                yield key


class _Customers(_Union):
    """Sets of keys with the unique keys that each holds, so that contradictions are seen before they are made."""

    def __init__(self, natures: Mapping[int, Nature], nevers: Sequence[Pair]) -> None:
        super().__init__()
        self._natures = natures
        self._apart: dict[int, dict[int, int]] = {}
        for place, (a, b) in enumerate(nevers):
            self._keep_apart(a, b, place)
        self._nevers = nevers
        self._units: dict[int, dict[Unit, int]] = {}
        self._strong: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}

    def units(self, root: int) -> dict[Unit, int]:
        if root not in self._units:
            nature = self._natures[root]
            self._units[root] = {nature.unit: root} if nature.rule == "unique" else {}
        return self._units[root]

    def forbidden(self, x: int, y: int) -> Pair | None:
        """Returns a pair of keys that a person said are never one, if joining would make them one."""
        place = self._apart.get(x, {}).get(y)
        return None if place is None else self._nevers[place]

    def _keep_apart(self, x: int, y: int, place: int) -> None:
        """Notes by which pair two sets are apart: by the first of several."""
        for mine, theirs in ((x, y), (y, x)):
            known = self._apart.setdefault(mine, {})
            known[theirs] = min(known.get(theirs, place), place)

    def strong(self, root: int) -> int | None:
        """Returns a key that names a person, where there is one."""
        return self._strong.get(root, root if self._natures[root].strong else None)

    def overreach(self, link: Link, x: int, y: int) -> Pair | None:
        """Returns two keys that each name a person, if only a key that names nobody would bring them together."""
        if self._natures[link.key_a].strong and self._natures[link.key_b].strong:
            return None
        mine, theirs = self.strong(x), self.strong(y)
        return None if mine is None or theirs is None else (mine, theirs)

    def contradiction(self, x: int, y: int) -> Pair | None:
        """Returns two unique keys of one namespace and type that joining would bring together."""
        mine, theirs = self.units(x), self.units(y)
        for unit in mine if len(mine) <= len(theirs) else theirs:
            if unit in mine and unit in theirs:
                return mine[unit], theirs[unit]
        return None

    def join(self, a: int, b: int) -> None:
        kept, gone = (a, b) if len(self.members.get(a, ())) >= len(self.members.get(b, ())) else (b, a)
        units = self.units(gone)
        self.units(kept).update(units)
        strong = self.strong(kept)
        if strong is None:
            strong = self.strong(gone)
        if strong is not None:
            self._strong[kept] = strong
        self.members.setdefault(kept, [kept]).extend(self.members.pop(gone, [gone]))
        for other, place in self._apart.pop(gone, {}).items():
            del self._apart[other][gone]
            self._keep_apart(kept, other, place)
        self.parent[gone] = kept

    def customers(self) -> dict[int, int]:
        """Returns key to customer for the keys that share one; of a hub, whose it is."""
        found: dict[int, int] = {}
        for members in self.members.values():
            real = [key for key in members if not self._natures[key].hub]
            if not real:
                continue
            customer = min(real)
            shown = members if len(real) > 1 else [key for key in members if self._natures[key].hub]
            found |= dict.fromkeys(shown, customer)
        return found


def _accept(settled: Settled, nevers: Sequence[Pair], natures: Mapping[int, Nature], stages: bool) -> None:
    """Accepts the links in their order; what would contradict those before it is held back."""
    customers = _Customers(natures, nevers)
    probability = CERTAIN
    for link in settled.links:
        if not _counts(link, settled.guards, natures):
            continue
        x, y = customers.find(link.key_a), customers.find(link.key_b)
        if x == y:
            continue
        if stages and link.probability < probability:
            settled.stages.append((probability, customers.customers()))
            probability = link.probability
        objection = _objection(customers, link, x, y)
        if objection is None:
            customers.join(x, y)
        else:
            pair = (link.key_a, link.key_b)
            settled.held[pair], settled.against[pair] = objection
    settled.customer = customers.customers()
    if stages and probability < CERTAIN:
        settled.stages.append((probability, settled.customer))


def _counts(link: Link, guards: Mapping[int, str], natures: Mapping[int, Nature]) -> bool:
    """Whether no guard stands against a link. Only setting a key aside is stronger than a person's word."""
    a, b = link.key_a, link.key_b
    if link.rank == _PERSON:
        return "quarantined" not in (guards.get(a), guards.get(b))
    if a in guards or b in guards:
        return False
    return link.rank != _ALIAS or _one_unit(natures, a, b)


def _objection(customers: _Customers, link: Link, x: int, y: int) -> tuple[str, Pair] | None:
    """Returns why a link may not join two customers, and two keys that show it."""
    against = customers.forbidden(x, y)
    if against is not None:
        return "never", against
    if link.rank <= _ALIAS:
        return None
    against = customers.contradiction(x, y)
    if against is None and link.rank == _TOLD:
        against = customers.overreach(link, x, y)
    return None if against is None else ("conflict", against)
