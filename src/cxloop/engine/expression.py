"""Expressions to SQL: the tree of `core.expr` as a sqlglot node in DuckDB's dialect that also translates to Spark.

Constants become literal nodes and names become what the resolver gives; no text is ever joined into SQL. The meaning
is that of `core.expr.evaluate`, which a property test holds against DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from sqlglot import exp

from cxloop.core.expr import (
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    Expr,
    Function,
    Membership,
    Unary,
    ValueType,
    infer,
)
from cxloop.core.expr.functions import BLANKS, DATE_PATTERN, DAY_MICROSECONDS, FUNCTIONS, MOMENT_PATTERN, NUMBER_PATTERN
from cxloop.core.expr.pattern import portable_pattern
from cxloop.core.expr.values import WHOLE_BELOW, common_type

__all__ = ["Resolve", "compile"]

Resolve = Callable[[str], exp.Expr]
"""Gives the node of a name; raises UnknownNameError for one it does not know."""

_SQL_TYPES: Mapping[ValueType, str] = {
    "boolean": "boolean",
    "number": "double",
    "text": "varchar",
    "date": "date",
    "moment": "timestamp",
}
_TAKEN_AS: Mapping[str, ValueType] = {
    "text": "text",
    "readable": "text",
    "any": "text",
    "number": "number",
    "time": "moment",
    "moment": "moment",
}
"""What a null is cast to where a function takes it."""
_CONNECTORS: Mapping[str, type[exp.Expr]] = {"and": exp.And, "or": exp.Or}
_COMPARISONS: Mapping[str, type[exp.Expr]] = {
    "==": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_ARITHMETIC: Mapping[str, type[exp.Expr]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
}
_ALONE = (exp.Column, exp.Literal, exp.Func, exp.Cast, exp.Paren, exp.Boolean, exp.Null)
"""Nodes that need no parentheses as operands."""


def compile(  # noqa: A001 - it is what it is, as in `re`
    expr: Expr, resolve: Resolve, types: Mapping[str, ValueType] | None = None
) -> exp.Expr:
    """Returns `expr` as a node for a slot of a query.

    Args:
        expr: the tree that `core.expr.parse` gave.
        resolve: gives the node of each name.
        types: type of each name, as far as known; lets mistakes show before the query runs.

    Raises:
        ExpressionError: types do not go together.
        UnknownNameError: from `resolve`.
    """
    infer(expr, types)
    return _Compiler(resolve, types or {}).node(expr)


class _Compiler:
    """Walks a tree that `infer` has checked."""

    def __init__(self, resolve: Resolve, types: Mapping[str, ValueType]) -> None:
        self.resolve = resolve
        self.types = types

    def node(self, expr: Expr) -> exp.Expr:
        match expr:
            case Constant():
                return _constant(expr.value)
            case Column():
                return self.resolve(expr.name).copy()
            case Unary(operator="not"):
                return exp.Not(this=self._operand(expr.operand))
            case Unary():
                return exp.Neg(this=self._operand(expr.operand))
            case Binary():
                return self._binary(expr)
            case Membership():
                among = [_constant(each.value) for each in expr.among]
                return exp.In(this=self._operand(expr.item), expressions=among)
            case Choice():
                branch = exp.If(this=self.node(expr.condition), true=self.node(expr.then))
                return exp.Case(ifs=[branch], default=self.node(expr.otherwise))
            case Call():
                return self._call(expr)

    def _operand(self, expr: Expr) -> exp.Expr:
        return _wrapped(self.node(expr))

    def _binary(self, expr: Binary) -> exp.Expr:
        kind = _CONNECTORS.get(expr.operator) or _COMPARISONS.get(expr.operator)
        if kind is not None:
            return kind(this=self._operand(expr.left), expression=self._operand(expr.right))
        left, right = self._double(expr.left), self._double(expr.right)
        if expr.operator in ("/", "%"):
            right = exp.Nullif(this=right, expression=_constant(0.0))
        return _ARITHMETIC[expr.operator](this=left, expression=right)

    def _double(self, expr: Expr) -> exp.Expr:
        """A number as 64-bit floating point: whole columns would overflow, and 0.1 would be a decimal."""
        if isinstance(expr, Constant) and expr.value is not None:
            return _constant(float(expr.value))
        node = self.node(expr)
        return exp.paren(node, copy=False) if isinstance(expr, Binary) else exp.cast(node, "double", copy=False)

    def _call(self, expr: Call) -> exp.Expr:
        function = FUNCTIONS[expr.function]
        types = [infer(argument, self.types) for argument in expr.arguments]
        nodes = [self.node(argument) for argument in expr.arguments]
        for place, each in enumerate(types):
            if each == "null":
                nodes[place] = _typed_null(nodes[place], _null_type(function, types, place))
        return BUILDERS[expr.function](nodes, types)


def _null_type(function: Function, types: list[ValueType], place: int) -> ValueType:
    """The type that a null stands for among the arguments of `function`."""
    if function.gives == "same":
        return common_type(types, function.name, 0)
    return _TAKEN_AS[function.taken_by(place)]


def _typed_null(node: exp.Expr, kind: ValueType) -> exp.Expr:
    """A bare NULL fits several functions of that name, or takes the type of a neighbour that has none."""
    sql_type = _SQL_TYPES.get(kind)
    return node if sql_type is None else exp.cast(node, sql_type, copy=False)


def _constant(value: str | int | float | bool | None) -> exp.Expr:
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case str():
            return exp.Literal.string(value)
        case int() | float() if value < 0:
            return exp.paren(exp.Neg(this=_constant(-value)), copy=False)
        case int():
            return exp.Literal.number(value)
        case float():
            # With an exponent both engines read a double; 0.1 alone is a decimal.
            return exp.Literal.number(f"{Decimal(repr(abs(value))):e}")


def _wrapped(node: exp.Expr) -> exp.Expr:
    # sqlglot counts And and Or among the functions too.
    alone = isinstance(node, _ALONE) and not isinstance(node, exp.Binary)
    return node if alone else exp.paren(node, copy=False)


Build = Callable[[list[exp.Expr], list[ValueType]], exp.Expr]


def _simple(kind: type[exp.Expr], *arguments: str) -> Build:
    """A function whose node takes the arguments under these names."""
    return lambda nodes, _types: kind(**dict(zip(arguments, nodes, strict=False)))


def _readable(node: exp.Expr, kind: ValueType) -> exp.Expr:
    """The value as a text; whole numbers without a point, which engines write differently."""
    if kind == "text":
        return node
    as_text = exp.cast(node, "varchar")
    if kind != "number":
        return as_text
    is_whole = exp.EQ(this=exp.func("trunc", node.copy(), dialect="duckdb"), expression=_wrapped(node.copy()))
    is_small = exp.LT(this=exp.Abs(this=node.copy()), expression=_constant(WHOLE_BELOW))
    whole = exp.cast(exp.cast(node, "bigint"), "varchar")
    return exp.Case(ifs=[exp.If(this=exp.And(this=is_whole, expression=is_small), true=whole)], default=as_text)


def _text(nodes: list[exp.Expr], types: list[ValueType]) -> exp.Expr:
    return _readable(nodes[0], types[0])


def _concat(nodes: list[exp.Expr], types: list[ValueType]) -> exp.Expr:
    parts = [_wrapped(_readable(node, kind)) for node, kind in zip(nodes, types, strict=True)]
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part, safe=True)
    return exp.paren(joined, copy=False)


def _trim(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    return exp.Trim(this=nodes[0], expression=exp.Literal.string(BLANKS))


def _split(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    text, separator, number = nodes
    if number == exp.Literal.number(0):
        return exp.cast(exp.Null(), "varchar", copy=False)
    part = exp.SplitPart(this=text, delimiter=separator, part_index=number)
    return exp.Nullif(this=part, expression=exp.Literal.string(""))


def _matches(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    pattern = exp.Literal.string(portable_pattern(nodes[1].name))
    return exp.RegexpLike(this=nodes[0], expression=pattern)


def _reader(pattern: str, sql_type: str, *direct: ValueType) -> Build:
    """Reads a text by pattern; values of the types in `direct` are only cast."""

    def build(nodes: list[exp.Expr], types: list[ValueType]) -> exp.Expr:
        if types[0] in direct:
            return exp.cast(nodes[0], sql_type)
        node = nodes[0] if types[0] == "text" else exp.cast(nodes[0], "varchar")
        # What does not fit the pattern is extracted as an empty text, and that casts to null.
        found = exp.RegexpExtract(this=node, expression=exp.Literal.string(pattern), group=exp.Literal.number(1))
        return exp.TryCast(this=found, to=exp.DataType.build(sql_type), safe=True)

    return build


def _round(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    return exp.Round(this=exp.cast(nodes[0], "double"), decimals=nodes[1] if len(nodes) > 1 else None)


def _extreme(kind: type[exp.Expr]) -> Build:
    return lambda nodes, _types: kind(this=nodes[0], expressions=nodes[1:], ignore_nulls=True)


def _days_between(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    start, end = (exp.cast(node, "timestamp") for node in nodes)
    # In microseconds: a difference in days or seconds counts boundaries in one engine and whole units in the other.
    passed = exp.DateDiff(this=end, expression=start, unit=exp.var("MICROSECOND"))
    return exp.paren(exp.Div(this=passed, expression=_constant(float(DAY_MICROSECONDS))), copy=False)


def _weekday(nodes: list[exp.Expr], _types: list[ValueType]) -> exp.Expr:
    # 1 January of year 1 was a Monday. Engines number the days of the week differently, and so do their translations.
    monday = exp.cast(exp.Literal.string("0001-01-01"), "date")
    days = exp.DateDiff(this=exp.cast(nodes[0], "date"), expression=monday, unit=exp.var("DAY"))
    place = exp.Mod(this=days, expression=exp.Literal.number(7))
    return exp.paren(exp.Add(this=exp.paren(place, copy=False), expression=exp.Literal.number(1)), copy=False)


BUILDERS: Mapping[str, Build] = {
    "lower": _simple(exp.Lower, "this"),
    "upper": _simple(exp.Upper, "this"),
    "trim": _trim,
    "length": _simple(exp.Length, "this"),
    "contains": _simple(exp.Contains, "this", "expression"),
    "starts_with": _simple(exp.StartsWith, "this", "expression"),
    "ends_with": _simple(exp.EndsWith, "this", "expression"),
    "replace": _simple(exp.Replace, "this", "expression", "replacement"),
    "concat": _concat,
    "split": _split,
    "matches": _matches,
    "number": _reader(NUMBER_PATTERN, "double", "number", "boolean"),
    "text": _text,
    "abs": _simple(exp.Abs, "this"),
    "round": _round,
    "min": _extreme(exp.Least),
    "max": _extreme(exp.Greatest),
    "coalesce": lambda nodes, _types: exp.Coalesce(this=nodes[0], expressions=nodes[1:]),
    "is_null": lambda nodes, _types: exp.paren(exp.Is(this=_wrapped(nodes[0]), expression=exp.Null()), copy=False),
    "date": _reader(DATE_PATTERN, "date", "date", "moment"),
    "moment": _reader(MOMENT_PATTERN, "timestamp", "date", "moment"),
    "days_between": _days_between,
    "hour": _simple(exp.Hour, "this"),
    "weekday": _weekday,
}
"""How each function of the language is written in SQL."""
