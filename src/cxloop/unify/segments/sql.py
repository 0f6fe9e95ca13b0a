"""From a definition to syntax-tree nodes: what its conditions count of the log, and what aggregates say of facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from cxloop.core.expr import Aggregate, Fact, ValueType
from cxloop.core.expr.aggregates import day_limits
from cxloop.engine.dimensions import LOG_FACTS, log_source
from cxloop.engine.expression import compile as compile_expression
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node
from cxloop.engine.revisions import current_node

if TYPE_CHECKING:
    from cxloop.unify.segments.definition import Read

__all__ = [
    "DAY_US",
    "ENDS",
    "EVERYBODY",
    "REFUSED",
    "Leaves",
    "changes",
    "changes_table",
    "fact_slots",
    "limit_us",
    "moment",
    "new_slots",
    "state_slots",
]

DAY_US = 86_400_000_000
REFUSED = 0.0
"""What the fact of a consent says of a no; of a yes it says until when, in microseconds."""
ENDS = 1000
"""Added to the leaf of a consent: facts that only say that a yes ends then, so that somebody looks."""
EVERYBODY = -1
"""The leaf that says only that there is the key."""
_DECIMALS = 6
"""Sums and means are rounded to this: in which order numbers are added must not decide who is in a segment."""


class Leaves:
    """Numbers the conditions of a definition: the facts of the log first, then traits and consents."""

    def __init__(self, read: Read) -> None:
        self.facts = read.condition.facts
        told = [each for each in read.condition.aggregates if each.fact is None]
        self.told: Mapping[Aggregate, int] = {each: len(self.facts) + place for place, each in enumerate(told)}

    def of(self, aggregate: Aggregate) -> int:
        """Returns the leaf that an aggregate looks at."""
        return self.told[aggregate] if aggregate.fact is None else self.facts.index(aggregate.fact)


def fact_slots(read: Read, fact: Fact, *, revised: bool) -> Slots:
    """Returns the slots of the query of one condition's facts; `revised` says whether the log holds any revision."""
    counts, value = _taken(read, fact)
    return {"value": value, "log": _log(read), "counts": _current(counts) if revised else counts}


def new_slots(read: Read, *, revised: bool) -> Slots:
    """Returns the slots of the query of all conditions' facts: `counts_<leaf>` and `value_<leaf>` of each leaf."""
    taken: list[exp.Expr] = []
    some: list[exp.Expr] = []
    for leaf, fact in enumerate(read.condition.facts):
        counts, value = _taken(read, fact)
        taken += [exp.alias_(counts.copy(), f"counts_{leaf}"), exp.alias_(value, f"value_{leaf}")]
        some.append(counts)
    counts = exp.paren(exp.or_(*some, copy=False), copy=False)
    return {"taken": taken, "log": _log(read), "counts": _current(counts) if revised else counts}


def _current(counts: exp.Expr) -> exp.Expr:
    return exp.and_(counts, current_node(), copy=False)


def _taken(read: Read, fact: Fact) -> tuple[exp.Expr, exp.Expr]:
    """Returns whether a row of the log is counted by a condition, and the value that it takes of it."""
    row: dict[str, ValueType] = {name: LOG_FACTS.get(name, "text") for name in read.names}

    def resolve(name: str) -> exp.Expr:
        dimension = read.names[name]
        if dimension is not None:
            return dimension.node
        return column_node(name, "i" if name in LOG_FACTS else "e")

    counts: list[exp.Expr] = []
    if fact.when is not None:
        counts.append(exp.paren(compile_expression(fact.when, resolve, row), copy=False))
    value: exp.Expr = exp.cast(exp.null(), "double")
    if fact.value is not None:
        value = compile_expression(fact.value, resolve, row)
        counts.append(exp.Not(this=exp.Is(this=exp.paren(value.copy()), expression=exp.Null())))
        value = exp.cast(exp.paren(value), "text" if read.values[fact] == "text" else "double")
    return (exp.and_(*counts, copy=False) if counts else exp.true()), value


def _log(read: Read) -> exp.Expr:
    source = log_source([dimension for dimension in read.names.values() if dimension is not None])
    if any(dimension is None and name not in LOG_FACTS for name, dimension in read.names.items()):
        events = exp.Table(this=exp.to_identifier("event_codes"), alias=exp.TableAlias(this=exp.to_identifier("e")))
        on = exp.EQ(this=column_node("event_code", "e"), expression=column_node("event_code", "i"))
        source.append("joins", exp.Join(this=events, side="LEFT", on=on))
    return source


def state_slots(read: Read, at: exp.Expr) -> Slots:
    """Returns the slots of the queries of who is in a segment; `at` is the moment, in microseconds."""
    condition, leaves = read.condition, Leaves(read)
    nodes = {
        condition.column(place): _aggregate(each, leaves.of(each), read.values, at)
        for place, each in enumerate(condition.aggregates)
    }
    holds = compile_expression(condition.tree, lambda name: column_node(name, "s"), read.types)
    return {
        "aggregates": [exp.alias_(node, name, quoted=True) for name, node in nodes.items()],
        "holds": exp.paren(holds, copy=False),
    }


def moment(at_us: int) -> exp.Expr:
    """Returns a moment in microseconds as a node."""
    return exp.Literal.number(at_us) if at_us >= 0 else exp.paren(exp.Neg(this=exp.Literal.number(-at_us)))


def changes(read: Read) -> Mapping[int, tuple[int, ...]]:
    """Returns after how many microseconds a fact changes what its condition says, by leaf.

    0 stands for facts that are still to come.
    """
    leaves, limits = Leaves(read), day_limits(read.condition)
    consents = [leaf for each, leaf in leaves.told.items() if each.function == "consent"]
    found = {leaf: {0} for leaf in (*range(len(leaves.facts)), *consents, *(leaf + ENDS for leaf in consents))}
    for place, each in enumerate(read.condition.aggregates):
        if each.within is not None:
            found[leaves.of(each)].add(each.within // timedelta(microseconds=1))
        for days, at_once in limits.get(place, ()):
            found[leaves.of(each)].add(limit_us(days, at_once))
    return {leaf: tuple(sorted(later)) for leaf, later in found.items()}


def changes_table(read: Read) -> exp.Expr:
    """Returns `changes` as a table `b (leaf, later)`; one row of no leaf where there is none."""
    rows = [(leaf, later) for leaf, each in changes(read).items() for later in each] or [(EVERYBODY - 1, 0)]
    tuples = [exp.Tuple(expressions=[moment(leaf), moment(later)]) for leaf, later in rows]
    names = [exp.to_identifier(name) for name in ("leaf", "later")]
    return exp.Values(expressions=tuples, alias=exp.TableAlias(this=exp.to_identifier("b"), columns=names))


def limit_us(days: float, at_once: bool) -> int:
    """Returns the first microsecond at which a comparison with so many days changes.

    Example:
        >>> limit_us(90, True), limit_us(90, False)
        (7776000000000, 7776000000001)
    """
    around = math.floor(days * DAY_US)
    steps = range(around - 2, around + 4)
    return next(each for each in steps if (each / DAY_US >= days if at_once else each / DAY_US > days) and each >= 0)


def _aggregate(each: Aggregate, leaf: int, values: Mapping[Fact, ValueType], at: exp.Expr) -> exp.Expr:
    is_text = each.function == "trait" or (each.fact is not None and values.get(each.fact) == "text")
    counted = _Counted(leaf, each.within, at, column_node("said" if is_text else "value", "f"))
    return _AGGREGATES[each.function](counted)


class _Counted:
    """The facts that an aggregate counts: of its leaf, not in the future, in its window."""

    def __init__(self, leaf: int, within: timedelta | None, at: exp.Expr, value: exp.Expr) -> None:
        self.at = at
        self.value = value
        self._leaf = leaf
        self._within = within

    def where(self, *, timeless: bool = False) -> exp.Where:
        when = column_node("at_us", "f")
        each: list[exp.Expr] = [exp.EQ(this=column_node("leaf", "f"), expression=moment(self._leaf))]
        if not timeless:
            each.append(exp.LTE(this=when, expression=self.at.copy()))
        if self._within is not None:
            length = moment(self._within // timedelta(microseconds=1))
            each.append(exp.GT(this=when.copy(), expression=exp.Sub(this=self.at.copy(), expression=length)))
        return exp.Where(this=exp.and_(*each, copy=False))

    def over(self, aggregate: exp.Expr, *, timeless: bool = False) -> exp.Filter:
        return exp.Filter(this=aggregate, expression=self.where(timeless=timeless))


def _order() -> exp.Expr:
    parts = [
        exp.PropertyEQ(this=exp.to_identifier(name), expression=column_node(column, "f"))
        for name, column in (("at", "at_us"), ("fact", "fact_id"))
    ]
    return exp.Struct(expressions=parts)


def _count(counted: _Counted) -> exp.Expr:
    return counted.over(exp.Count(this=exp.Star()))


def _compared(comparison: type[exp.Binary]) -> Callable[[_Counted], exp.Expr]:
    return lambda counted: comparison(this=_count(counted), expression=exp.Literal.number(0))


def _rounded(node: exp.Expr) -> exp.Expr:
    return exp.Round(this=node, decimals=exp.Literal.number(_DECIMALS))


def _sum(counted: _Counted) -> exp.Expr:
    total = exp.Coalesce(this=counted.over(exp.Sum(this=counted.value)), expressions=[exp.Literal.number("0e0")])
    return _rounded(total)


def _since(kind: type[exp.Expr]) -> Callable[[_Counted], exp.Expr]:
    def build(counted: _Counted) -> exp.Expr:
        passed = exp.Sub(this=counted.at.copy(), expression=counted.over(kind(this=column_node("at_us", "f"))))
        return exp.Div(this=exp.cast(exp.paren(passed), "double"), expression=exp.Literal.number("8.64e10"))

    return build


def _consent(counted: _Counted) -> exp.Expr:
    """What was said last, by any key: a no, or a yes that is in force."""
    last = counted.over(exp.ArgMax(this=counted.value, expression=_order()))
    refused = exp.EQ(this=last, expression=exp.Literal.number(f"{REFUSED:.0f}e0"))
    in_force = exp.GT(this=last.copy(), expression=counted.at.copy())
    return exp.Case().when(refused, exp.false(), copy=False).when(in_force, exp.true(), copy=False)


_AGGREGATES: Mapping[str, Callable[[_Counted], exp.Expr]] = {
    "count": _count,
    "sum": _sum,
    "average": lambda counted: _rounded(counted.over(exp.Avg(this=counted.value))),
    "lowest": lambda counted: counted.over(exp.Min(this=counted.value)),
    "highest": lambda counted: counted.over(exp.Max(this=counted.value)),
    "latest": lambda counted: counted.over(exp.ArgMax(this=counted.value, expression=_order())),
    "earliest": lambda counted: counted.over(exp.ArgMin(this=counted.value, expression=_order())),
    "ever": _compared(exp.GT),
    "never": _compared(exp.EQ),
    "days_since": _since(exp.Max),
    "days_since_first": _since(exp.Min),
    "trait": lambda counted: counted.over(exp.ArgMax(this=counted.value, expression=_order()), timeless=True),
    "consent": _consent,
}
"""How each aggregate is written over facts on the alias `f`."""
