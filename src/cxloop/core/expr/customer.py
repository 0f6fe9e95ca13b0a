"""Reading definitions over a customer: the language of `parser`, in which aggregates stand for their values."""

from __future__ import annotations

import ast
from datetime import timedelta

from cxloop.core.errors import InputError, did_you_mean
from cxloop.core.expr.aggregates import AGGREGATES, Aggregate, AggregateFunction, CustomerCondition, Fact, day_limits
from cxloop.core.expr.functions import FUNCTIONS
from cxloop.core.expr.growth import check_growth
from cxloop.core.expr.nodes import Column, Constant, Expr, ExpressionError
from cxloop.core.expr.parser import Reader, check_length
from cxloop.core.time import parse_duration

__all__ = ["MOST_AGGREGATES", "parse_customer"]

MOST_AGGREGATES = 20
"""Different aggregates of one definition."""
_LONGEST = timedelta(days=36_525)


def parse_customer(text: str) -> CustomerCondition:
    """Returns the definition over a customer that `text` says.

    Args:
        text: such as `count(kind == "delivery" and outcome == "late", within="60d") >= 2`.

    Raises:
        ExpressionError: it cannot be read; says where.

    Example:
        >>> parse_customer('count(kind == "order", within="30d") >= 2').aggregates[0].within
        datetime.timedelta(days=30)
    """
    check_length(text)
    reader = _CustomerReader(text)
    condition = CustomerCondition(reader.read(), tuple(reader.aggregates))
    if not condition.aggregates:
        raise ExpressionError(
            "This says nothing of what happened to a customer. Use count(...), latest(...), trait(...), for example "
            'count(kind == "order", within="30d") >= 2.'
        )
    day_limits(condition)
    return condition


class _CustomerReader(Reader):
    """Reads one definition; inside of an aggregate, names are those of an interaction."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.aggregates: list[Aggregate] = []
        self.inside: str | None = None

    def column(self, name: str, at: int) -> Column:
        if self.inside is None:
            raise ExpressionError(
                f"{name!r} is something of one interaction, and a customer has many. Say which: latest({name}, ...), "
                f"lowest({name}, ...), count({name} == ...).",
                at,
            )
        return super().column(name, at)

    def call(self, name: str, node: ast.Call, depth: int) -> Expr:
        function = AGGREGATES.get(name)
        if function is None:
            if name not in FUNCTIONS and name != "col":
                known = [*AGGREGATES, *FUNCTIONS]
                raise ExpressionError(f"Unknown function {name!r}. {did_you_mean(name, known, most=40)}", self.at(node))
            return super().call(name, node, depth)
        if self.inside is not None:
            raise ExpressionError(f"{name}(...) cannot stand inside of {self.inside}(...).", self.at(node))
        self.inside = name
        try:
            return self._known(self._aggregate(function, node, depth))
        finally:
            self.inside = None

    def _known(self, aggregate: Aggregate) -> Column:
        """Returns the column of an aggregate; the same one where it stood before."""
        if aggregate not in self.aggregates:
            self.aggregates.append(aggregate)
        if len(self.aggregates) > MOST_AGGREGATES:
            raise ExpressionError(f"A definition has at most {MOST_AGGREGATES} different aggregates.", aggregate.at)
        return Column(CustomerCondition.column(self.aggregates.index(aggregate)), aggregate.at)

    def _aggregate(self, function: AggregateFunction, node: ast.Call, depth: int) -> Aggregate:
        at = self.at(node)
        within = self._within(function, node, depth)
        arguments = [self.node(argument, depth) for argument in node.args]
        if not function.least <= len(arguments) <= len(function.takes):
            raise ExpressionError(f"{function.signature} was given {len(arguments)} arguments.", at)
        given = dict(zip([part.removesuffix("?") for part in function.takes], arguments, strict=False))
        if "trait" in given:
            return Aggregate(function.name, name=_name(function, given["trait"]), at=at)
        if "purpose" in given:
            channel = _name(function, given["channel"]) if "channel" in given else None
            return Aggregate(function.name, name=_name(function, given["purpose"]), channel=channel, at=at)
        for part in given.values():
            check_growth(part)
        return Aggregate(function.name, Fact(given.get("value"), given.get("condition")), within, at=at)

    def _within(self, function: AggregateFunction, node: ast.Call, depth: int) -> timedelta | None:
        found = None
        for keyword in node.keywords:
            if keyword.arg != "within" or not function.windowed:
                known = ["within"] if function.windowed else []
                advice = did_you_mean(str(keyword.arg), known) if known else "It takes its arguments by place."
                advice += f" To compare, write {keyword.arg} == ..."
                raise ExpressionError(f"{function.name}(...) knows no {keyword.arg}=. {advice}", self.at(node))
            found = _duration(self.node(keyword.value, depth))
        return found


def _name(function: AggregateFunction, argument: Expr) -> str:
    if isinstance(argument, Constant) and isinstance(argument.value, str) and argument.value.strip():
        return argument.value.strip()
    raise ExpressionError(f"{function.name} takes a name in quotes: {function.example.split(')')[0]}).", argument.at)


def _duration(argument: Expr) -> timedelta:
    if not (isinstance(argument, Constant) and isinstance(argument.value, str)):
        said = f"{argument.value!r} has no unit" if isinstance(argument, Constant) else "A window is no calculation"
        raise ExpressionError(f'{said}. Write a duration in quotes: within="60d".', argument.at)
    try:
        length = parse_duration(argument.value)
    except InputError as failure:
        raise ExpressionError(failure.message, argument.at) from None
    if not timedelta(0) < length <= _LONGEST:
        raise ExpressionError("A window is longer than nothing and at most 36525d.", argument.at)
    return length
