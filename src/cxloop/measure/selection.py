"""Selections: which answers are meant, and by what they are split, as nodes for the slots of a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.expr import ValueType, names, parse
from cxloop.core.time import Period, Window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import NOW, Identity, present_identity
from cxloop.engine.dimensions import (
    LOG_FACTS,
    LOG_SPAN,
    Dimension,
    Dimensions,
    customer_node,
    dimensions_of,
    log_source,
    period_node,
)
from cxloop.engine.expression import compile as compile_expression
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node, moment_node, text_node
from cxloop.engine.revisions import ANY_REVISION, current_node
from cxloop.measure.metrics import Metric
from cxloop.measure.tallies import Tally

__all__ = ["ORDINARY", "PERIOD", "Selection", "conditions", "key", "select"]

PERIOD = "period"
ORDINARY = "Bots and tests are left out; a condition or split that names traffic takes them in."
_TRAFFIC = "traffic"


@dataclass(frozen=True)
class Selection:
    """Answers of one metric: where they stand and by what they are split."""

    by: tuple[Dimension, ...]
    log: exp.Expr
    where: exp.Expr
    period: exp.Expr | None = None
    ordinary: bool = True
    """Whether what bots and tests did is left out."""
    extra: Mapping[str, exp.Expr] = field(default_factory=dict)
    needed: tuple[Dimension, ...] = ()
    """The dimensions that split and condition name."""
    identity: Identity = NOW
    """As whom customers are known."""

    @property
    def customers(self) -> Slots:
        """The slots of a query that selects and names the customer."""
        customer = customer_node(self.identity)
        return {**self.slots, "log": log_source(self.needed, self.identity), "customer": customer}

    @property
    def slots(self) -> Slots:
        """The slots of a query that only selects, and does not name the customer."""
        return {"log": self.log, "where": self.where}

    @property
    def variety(self) -> Slots:
        """The slots of `measure.variety`."""
        counts = [exp.Count(this=exp.Distinct(expressions=[dimension.node.copy()])) for dimension in self.by]
        named = [exp.alias_(node, key(place), quoted=True) for place, node in enumerate(counts)]
        return {**self.slots, "distinct": named}

    def scores(self, tally: Tally) -> Slots:
        """The slots of `measure.scores`."""
        keys: dict[str, exp.Expr] = {key(place): dimension.node for place, dimension in enumerate(self.by)}
        keys |= {} if self.period is None else {PERIOD: self.period}
        keys |= self.extra
        parts = tally.parts
        return {
            **self.customers,
            "keys": [column_node(name) for name in keys],
            "columns": [exp.alias_(node, name, quoted=True) for name, node in keys.items()],
            "groups": [node.copy() for node in keys.values()],
            "customer": _customer(self.identity),
            "total": tally.total,
            "parts": [exp.alias_(node, name, quoted=True) for name, node in parts.items()],
            "sums": [exp.alias_(exp.Sum(this=column_node(name)), name, quoted=True) for name in parts],
        }


def key(place: int) -> str:
    """Returns the column of the dimension at `place` of `by`: names of dimensions may meet names of columns."""
    return f"by_{place}"


def select(
    ws: Analysis,
    metric: Metric,
    *,
    by: tuple[str, ...],
    every: Period | None,
    window: Window,
    where: str | None,
    identity: Identity | None = None,
) -> Selection:
    """Returns the selection, of customers as they are known now unless `identity` says otherwise.

    Raises:
        InputError: a name or the condition cannot be used.
    """
    twice = [name for name in by if by.count(name) > 1]
    if twice:
        raise InputError(f"by names {twice[0]!r} twice. Name each dimension once.")
    known = dimensions_of(ws)
    split = tuple(known.resolve(name) for name in by)
    holds, needed = conditions(ws, window=window, where=where, by=by)
    of_metric = exp.EQ(this=column_node("metric", "i"), expression=text_node(metric.name))
    period = None if every is None else _period(ws, every, window)
    chosen = exp.and_(of_metric, _on_scale(metric), *holds, copy=False)
    ordinary = not _names_traffic(by, needed)
    named = (*split, *needed)
    who = identity or present_identity(ws.engine)
    return Selection(split, log_source(named), chosen, period, ordinary=ordinary, needed=named, identity=who)


def conditions(
    ws: Analysis, *, window: Window, where: str | None, by: tuple[str, ...] = ()
) -> tuple[list[exp.Expr], list[Dimension]]:
    """Returns the nodes that choose interactions by time and condition, and the dimensions that they need.

    What a newer row revises is left out, and so is what bots and tests did, unless the condition or split names
    traffic. Raises InputError where a name or the condition cannot be used.
    """
    condition, needed = _condition(dimensions_of(ws), where)
    current = [current_node()] if _revised(ws) else []
    ordinary = [] if _names_traffic(by, needed) else [exp.Is(this=column_node(_TRAFFIC, "i"), expression=exp.Null())]
    return [*_within(window), *condition, *current, *ordinary], needed


def _names_traffic(by: tuple[str, ...], needed: list[Dimension]) -> bool:
    return _TRAFFIC in by or any(dimension.name == _TRAFFIC for dimension in needed)


def _condition(known: Dimensions, where: str | None) -> tuple[list[exp.Expr], list[Dimension]]:
    """Returns the condition as a node, and the dimensions that it needs."""
    if where is None or not where.strip():
        return [], []
    tree = parse(where)
    needed = [known.resolve(name) for name in sorted(names(tree)) if name not in LOG_FACTS and _known(known, name)]
    types: dict[str, ValueType] = {**dict.fromkeys((item.name for item in needed), "text"), **LOG_FACTS}

    def resolve(name: str) -> Any:
        return column_node(name, "i") if name in LOG_FACTS else known.resolve(name).node

    return [exp.paren(compile_expression(tree, resolve, types), copy=False)], needed


def _known(known: Dimensions, name: str) -> bool:
    try:
        known.resolve(name)
    except UnknownNameError:
        raise UnknownNameError("name in where", name, [*known.names(), *LOG_FACTS, "properties.<name>"]) from None
    return True


def _on_scale(metric: Metric) -> exp.Expr:
    """Returns the condition that there is a score and that it stands on its scale; nan and inf do on none."""
    ends: list[exp.Expr] = [
        exp.Coalesce(this=column_node(name, "i"), expressions=[exp.Literal.number(far)])
        for name, far in (("scale_min", "-1e300"), ("scale_max", "1e300"))
    ]
    if metric.scale is not None:
        ends = [exp.Literal.number(f"{end:g}") for end in metric.scale]
    return exp.Between(this=column_node("score", "i"), low=ends[0], high=ends[1])


def _within(window: Window) -> list[exp.Expr]:
    """Returns the conditions of a window."""
    moment = column_node("occurred_at", "i")
    ends = ((exp.GTE, window.since), (exp.LT, window.until))
    return [comparison(this=moment.copy(), expression=moment_node(end)) for comparison, end in ends if end is not None]


def _period(ws: Analysis, every: Period, window: Window) -> exp.Expr:
    """Returns the node of the period; the zone's clock changes are only those between the first and last moment."""
    span = ws.engine.fetch(LOG_SPAN).to_pylist()[0]
    start = window.since or span["first_at"] or ws.as_of
    end = window.until or span["last_at"] or ws.as_of
    return period_node(every, ZoneInfo(ws.settings.company.time_zone), start, max(start, end))


def _customer(identity: Identity) -> exp.Expr:
    """Returns who answered: an answer without a key is a customer's only one.

    Keys are small numbers and interaction ids 64-bit hashes, so they do not meet.
    """
    return exp.Coalesce(this=customer_node(identity), expressions=[column_node("interaction_id", "i")])


def _revised(ws: Analysis) -> bool:
    return bool(ws.engine.fetch(ANY_REVISION).column("revisions")[0].as_py())
