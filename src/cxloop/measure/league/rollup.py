"""A metric over several hierarchies, without counting anything twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlglot import exp

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.expr import both, equals
from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import Window, window
from cxloop.core.wording import group_label
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import customer_node, log_source
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node
from cxloop.measure.currencies import common_currency
from cxloop.measure.estimate import found_of, numbers
from cxloop.measure.identities import wanted_identity
from cxloop.measure.league.queries import PLACE, ROLLED
from cxloop.measure.league.results import RolledNode, RolledTree, Rollup
from cxloop.measure.metrics import Metric
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.queries import SCORES
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import ORDINARY, Selection, key, select
from cxloop.measure.tallies import Scale, Tally, tally_of
from cxloop.unify.people.accounts import Directory, Tree, directory

if TYPE_CHECKING:
    from cxloop.stats.sums import Array

__all__ = ["Request", "rollup"]

BELOW = ">"
"""What stands between the dimensions of a hierarchy that the log itself names: region>location."""
MOST_NODES = 20_000
_METHOD = (
    "Each place has a number of its own distinct answers, not one added up from those below: an answer counts once at "
    "every place that it stands at or below, and once in the total, in however many hierarchies. In hierarchies of "
    "accounts it stands where its account stands; one that names no account stands with every account of its customer."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as the verb takes it."""

    of: str
    along: tuple[str, ...] = ()
    version: int | None = None
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


@dataclass(frozen=True)
class _Asked:
    """A metric over a window, ready to be split."""

    ws: Analysis
    item: Metric
    request: Request
    within: Window
    plain: Selection
    tally: Tally

    def split(self, by: tuple[str, ...]) -> Selection:
        """Returns the selection by some dimensions."""
        return select(
            self.ws, self.item, by=by, every=None, window=self.within, where=self.request.where,
            identity=self.plain.identity,
        )  # fmt: skip

    def numbers(self, sums: Mapping[str, Array]) -> list[Estimate | InsufficientData]:
        """Returns the numbers of groups from their sums."""
        return numbers(self.tally.intervals(sums, self.ws.settings.measure.level), self.minimum)

    @property
    def minimum(self) -> int:
        """Fewest answers for a number."""
        return self.item.minimum_n or self.ws.settings.measure.minimum_n


def rollup(ws: Analysis, request: Request) -> Rollup:
    """Returns a metric over hierarchies.

    Raises:
        UnknownNameError: there is no such metric, hierarchy or dimension.
        InputError: a date or the condition cannot be used, answers are on different scales, or there is no hierarchy.
    """
    names = _names(ws, request.along)
    asked = _asked(ws, request)
    total, found_total = _groups(asked, ())
    nothing = InsufficientData(0, asked.minimum)
    accounts = directory(ws) if any(BELOW not in name for name in names) else None
    return Rollup(
        metric=asked.item.name,
        title=asked.item.label,
        unit=asked.item.unit,
        total=found_total[0] if found_total else nothing,
        trees=tuple(_tree(asked, name, accounts, found_total[0].n if found_total else 0) for name in names),
        since=asked.within.since,
        until=asked.within.until,
        how=How(definition=asked.item.definition, method=_method(asked), sql=total),
        noun=asked.item.noun,
        currency=common_currency(ws, asked.plain) if asked.item.unit == "money" else "",
    )


def _names(ws: Analysis, along: Sequence[str]) -> tuple[str, ...]:
    known = [item.name for item in ws.experience.hierarchy]
    names = tuple(dict.fromkeys(along)) or tuple(known)
    if not names:
        raise InputError(
            "There is no [[hierarchy]] in experience.toml. Declare one, or name dimensions from the widest to the "
            f"narrowest, such as region{BELOW}location."
        )
    for name in names:
        if BELOW not in name and name not in known:
            raise UnknownNameError("hierarchy", name, [*known, f"region{BELOW}location"])
    return names


def _asked(ws: Analysis, request: Request) -> _Asked:
    item = resolve(ws, request.of, version=request.version)
    if item.statistic == "median":
        raise InputError(
            f"{item.label} is a median, which cannot be put together from sums. Roll up a mean or a share."
        )
    within = window(request.since, request.until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    plain = select(
        ws, item, by=(), every=None, window=within, where=request.where,
        identity=wanted_identity(ws, request.identity, request.certainty),
    )  # fmt: skip
    scale = common_scale(ws, item, plain)
    return _Asked(ws, item, request, within, plain, tally_of(item.statistic, scale or Scale(0, 10)))


def _method(asked: _Asked) -> str:
    level = f"Level {asked.ws.settings.measure.level:.0%}, minimum n {asked.minimum}."
    return " ".join([asked.item.method, _METHOD, level, ORDINARY if asked.plain.ordinary else ""]).strip()


def _groups(asked: _Asked, by: tuple[str, ...]) -> tuple[str, list[Estimate | InsufficientData]]:
    """Returns the SQL and the numbers of all groups by some dimensions."""
    selection = asked.split(by)
    table, found = found_of(asked.ws, asked.item, selection, asked.tally)
    sql = asked.ws.engine.sql(SCORES, selection.scores(asked.tally))
    return sql, numbers(found, asked.minimum) if table.num_rows else []


def _tree(asked: _Asked, name: str, accounts: Directory | None, total: int) -> RolledTree:
    if BELOW in name:
        return _by_dimensions(asked, name, total)
    assert accounts is not None  # one hierarchy at least is made of accounts
    return _by_accounts(asked, accounts.trees[name])


def _by_dimensions(asked: _Asked, name: str, total: int) -> RolledTree:
    """A hierarchy that the log names by itself: each depth is a split of its own."""
    levels = tuple(part.strip() for part in name.split(BELOW))
    if not all(levels):
        raise InputError(f"{name!r} names no dimension on one side of {BELOW}. Write it as region{BELOW}location.")
    found: dict[tuple[str, ...], RolledNode] = {}
    inside = 0
    for depth in range(1, len(levels) + 1):
        selection = asked.split(levels[:depth])
        table, sums = found_of(asked.ws, asked.item, selection, asked.tally)
        groups = list(zip(*(table.column(key(place)).to_pylist() for place in range(depth)), strict=True))
        for group, result in zip(groups, numbers(sums, asked.minimum) if groups else [], strict=True):
            if None in group:
                continue
            values = tuple(str(value) for value in group)
            inside += result.n if depth == 1 else 0
            labels = tuple(
                group_label(dimension.label(value)) for dimension, value in zip(selection.by, values, strict=True)
            )
            found[values] = RolledNode(labels, "", _where(levels, values), None, result)
    _few_enough(len(found))
    titles = " > ".join(dimension.title for dimension in asked.split(levels).by)
    return RolledTree(name, titles, tuple(found[values] for values in sorted(found)), total - inside)


def _where(levels: Sequence[str], values: Sequence[str]) -> str:
    where = ""
    for name, value in zip(levels, values, strict=False):
        where = both(where, equals(name, value))
    return where


def _few_enough(nodes: int) -> None:
    if nodes > MOST_NODES:
        raise InputError(
            f"This makes {nodes:,} places; at most {MOST_NODES:,} can be shown. Roll up fewer levels, or narrow it by "
            "a condition."
        )


def _by_accounts(asked: _Asked, tree: Tree) -> RolledTree:
    """A hierarchy of accounts: every node counts the distinct answers of the accounts at it and below."""
    order = _depth_first(tree)
    _few_enough(len(order))
    # One more node than there are: the one above all, which tells how many answers stand anywhere at all.
    inside = {node: [account.key_id for account in tree.within(node)] for node in order}
    everything = [account.key_id for node in order if node not in tree.above for account in tree.within(node)]
    places = [PLACE * at + account for at, node in enumerate(order) for account in inside[node]]
    found = _rolled(asked, [*places, *(PLACE * len(order) + account for account in everything)])
    nothing = InsufficientData(0, asked.minimum)
    nodes = tuple(
        RolledNode(tuple(step.label for step in tree.path(node)), node, "", len(inside[node]), found.get(at, nothing))
        for at, node in enumerate(order)
    )
    title = tree.hierarchy.label or tree.hierarchy.name
    total = _groups(asked, ())[1]
    outside = (total[0].n if total else 0) - found.get(len(order), nothing).n
    return RolledTree(tree.hierarchy.name, title, nodes, outside, tuple(dict.fromkeys(tree.circles.values())))


def _depth_first(tree: Tree) -> list[str]:
    """Returns the nodes, each before those below it; the topmost by label, those that lead somewhere before others."""
    top = sorted(
        (node for node in tree.nodes if node not in tree.above), key=lambda node: (tree.nodes[node].label, node)
    )
    order: list[str] = []
    waiting = list(reversed(top))
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += reversed(tree.below.get(node, ()))
    return order


def _rolled(asked: _Asked, places: Sequence[int]) -> dict[int, Estimate | InsufficientData]:
    table = asked.ws.engine.fetch(ROLLED, {"places": list(places)}, _slots(asked))
    if not table.num_rows:
        return {}
    sums = {name: np.array(table.column(name).to_pylist(), float) for name in table.column_names if name != "node"}
    nodes = [int(str(node)) for node in table.column("node").to_pylist()]
    return dict(zip(nodes, asked.numbers(sums), strict=True))


def _slots(asked: _Asked) -> Slots:
    plain, parts = asked.plain, asked.tally.parts
    customer = customer_node(plain.identity)
    account, whose = column_node("account_key", "i"), column_node("key_id", "i")
    of_customer = exp.Sub(this=exp.Literal.number(-1), expression=exp.paren(customer.copy()))
    place = (
        exp.Case()
        .when(exp.Not(this=exp.Is(this=account, expression=exp.Null())), account.copy())
        .when(exp.Not(this=exp.Is(this=whose, expression=exp.Null())), of_customer)
    )
    added: dict[str, Any] = {
        "total": asked.tally.total,
        "sums": [exp.alias_(exp.Sum(this=column_node(name)), name, quoted=True) for name in parts],
        "parts": [exp.alias_(node, name, quoted=True) for name, node in parts.items()],
    }
    return {
        **plain.customers, **added, "whose": plain.whose, "place": place, "customer": customer,
        "everything": log_source((), plain.identity),
    }  # fmt: skip
