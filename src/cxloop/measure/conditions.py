"""Conditions: which interactions count, as nodes on the alias `i`."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from cxloop.core.errors import UnknownNameError
from cxloop.core.expr import Expr, ValueType, evaluate, names, parse
from cxloop.core.time import Window
from cxloop.engine.base import Analysis
from cxloop.engine.catalogue import EVENTS, event_condition
from cxloop.engine.dimensions import LOG_FACTS, Dimension, Dimensions, dimensions_of
from cxloop.engine.expression import compile as compile_expression
from cxloop.engine.quoting import column_node, moment_node
from cxloop.engine.revisions import ANY_REVISION, current_node

__all__ = ["REFERRED", "compiled", "conditions", "happens", "kept", "names_traffic", "wanted", "within"]

REFERRED = 'name == "friend_invited" or claimed_touchpoint == "referral"'
"""Events by which customers bring others, unless somebody says otherwise."""
_TRAFFIC = "traffic"


def conditions(
    ws: Analysis, *, window: Window, where: str | None, by: tuple[str, ...] = ()
) -> tuple[list[exp.Expr], list[Dimension]]:
    """Returns the nodes that choose interactions by time and condition, and the dimensions that they need.

    What a newer row revises is left out, and so is what bots and tests did, unless the condition or split names
    traffic. Raises InputError where a name or the condition cannot be used.
    """
    condition, needed = wanted(ws, where)
    return [*within(window), *condition, *kept(ws, ordinary=not names_traffic(by, needed))], needed


def wanted(ws: Analysis, where: str | None) -> tuple[list[exp.Expr], list[Dimension]]:
    """Returns a condition that people wrote as a node, none where it is empty, and the dimensions that it needs."""
    if where is None or not where.strip():
        return [], []
    known = dimensions_of(ws)
    node, needed = compiled(known, parse(where))
    return [exp.paren(node, copy=False)], needed


def kept(ws: Analysis, *, ordinary: bool) -> list[exp.Expr]:
    """Returns what every interaction has to meet: nothing newer revises it and, if `ordinary`, a customer did it."""
    current = [current_node()] if _revised(ws) else []
    nobody = exp.Is(this=column_node(_TRAFFIC, "i"), expression=exp.Null())
    return [*current, *([nobody] if ordinary else [])]


def names_traffic(by: tuple[str, ...], needed: list[Dimension]) -> bool:
    """Whether a split or condition asks who sent something, so that bots and tests are taken in."""
    return _TRAFFIC in by or any(dimension.name == _TRAFFIC for dimension in needed)


def within(window: Window) -> list[exp.Expr]:
    """Returns the conditions of a window."""
    moment = column_node("occurred_at", "i")
    ends = ((exp.GTE, window.since), (exp.LT, window.until))
    return [comparison(this=moment.copy(), expression=moment_node(end)) for comparison, end in ends if end is not None]


def compiled(known: Dimensions, tree: Expr) -> tuple[exp.Expr, list[Dimension]]:
    """Returns an expression over the log as a node, and the dimensions that it needs.

    Raises:
        ExpressionError: types do not go together.
        UnknownNameError: it names something that is neither a dimension nor a fact of the log.
    """
    needed, types = typed(known, tree)

    def resolve(name: str) -> Any:
        return column_node(name, "i") if name in LOG_FACTS else known.resolve(name).node

    return compile_expression(tree, resolve, types), needed


def happens(ws: Analysis, written: str) -> exp.Expr:
    """Returns the condition that an interaction is one of the events that a condition on the catalogue means.

    Raises:
        InputError: it cannot be read, or looks at something else than an event.
    """
    condition = event_condition(written)
    events = ws.engine.fetch(EVENTS, {"after": -1}).to_pylist()
    codes = [int(event["event_code"]) for event in events if evaluate(condition, event) is True]
    if not codes:
        return exp.false()
    return exp.In(this=column_node("event_code", "i"), expressions=[exp.Literal.number(code) for code in codes])


def typed(known: Dimensions, tree: Expr) -> tuple[list[Dimension], dict[str, ValueType]]:
    """Returns the dimensions that an expression over the log needs, and the type of each name that it may use."""
    needed = [_known(known, name) for name in sorted(names(tree)) if name not in LOG_FACTS]
    return needed, {**dict.fromkeys((item.name for item in needed), "text"), **LOG_FACTS}


def _known(known: Dimensions, name: str) -> Dimension:
    try:
        return known.resolve(name)
    except UnknownNameError:
        raise UnknownNameError("name in where", name, [*known.names(), *LOG_FACTS, "properties.<name>"]) from None


def _revised(ws: Analysis) -> bool:
    return bool(ws.engine.fetch(ANY_REVISION).column("revisions")[0].as_py())
