"""What adding up over hierarchies returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cxloop.core.results import Estimate, How, InsufficientData, Result, Unit, Value
from cxloop.core.wording import count, interval, many, number

__all__ = ["RolledNode", "RolledTree", "Rollup"]


@dataclass(frozen=True, slots=True)
class RolledNode:
    """One place of a hierarchy, with everything at it and below it.

    Attributes:
        path: labels from the widest place down to this one.
        group_id: what `unify.group` takes for it; empty where it is no group of accounts.
        where: the condition that selects its answers; empty for accounts, which no condition names.
        accounts: how many accounts are at it and below; None where it is not made of accounts.
        result: the number of its distinct answers.
    """

    path: tuple[str, ...]
    group_id: str
    where: str
    accounts: int | None
    result: Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class RolledTree:
    """One hierarchy.

    Attributes:
        name: as it was asked for.
        title: what people call it.
        nodes: depth first: each place stands before those below it.
        outside: distinct answers that stand nowhere in it.
        warnings: what is wrong with it, such as accounts that stand above each other in a circle.
    """

    name: str
    title: str
    nodes: tuple[RolledNode, ...]
    outside: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollup(Result):
    """A metric over hierarchies: each answer counts once at every place that it stands at or below.

    Attributes:
        metric: name of the metric.
        title: what people call it.
        unit: how its number reads.
        total: the number of all distinct answers.
        trees: the hierarchies.
        since: start of the window, UTC.
        until: its end, exclusive.
        how: the calls that return it.
        noun: what n counts.
        currency: of amounts of money; empty for other units.
    """

    metric: str
    title: str
    unit: Unit
    total: Estimate | InsufficientData
    trees: tuple[RolledTree, ...]
    since: datetime | None
    until: datetime | None
    how: How = field(default_factory=How)
    noun: str = "answer"
    currency: str = ""

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per place, the total first."""
        total = RolledNode((), "", "", None, self.total)
        return [_record("", total), *(_record(tree.name, node) for tree in self.trees for node in tree.nodes)]

    def __str__(self) -> str:
        places = sum(len(tree.nodes) for tree in self.trees)
        names = " and ".join(tree.title for tree in self.trees) or "no hierarchy"
        if isinstance(self.total, InsufficientData):
            return (
                f"{self.title} cannot be said: {many(self.total.n, self.noun)}, {count(self.total.needed)} are needed."
            )
        return (
            f"{self.title} is {number(self.total.value, self.unit)} {interval(self.total, self.unit)} "
            f"({many(self.total.n, self.noun)}), over {count(places)} places of {names}; each {self.noun} counts once "
            "at each place."
        )


def _record(tree: str, node: RolledNode) -> dict[str, Value]:
    known = node.result if isinstance(node.result, Estimate) else None
    return {
        "hierarchy": tree,
        "place": " > ".join(node.path) or "all",
        "level": len(node.path),
        "value": None if known is None else known.value,
        "low": None if known is None else known.low,
        "high": None if known is None else known.high,
        "n": node.result.n,
        "customers": None if known is None else known.customers,
        "accounts": node.accounts,
    }
