"""Types of expressions, and their value on one row, with SQL's three-valued logic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from cxloop.core.errors import did_you_mean
from cxloop.core.expr.functions import FUNCTIONS, as_moment
from cxloop.core.expr.nodes import (
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    Expr,
    ExpressionError,
    Membership,
    Unary,
)
from cxloop.core.expr.values import Value, ValueType, common_type, compatible, normal, operator_type, type_of

__all__ = ["evaluate", "infer"]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPUTE: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    # The sign of the dividend, as in SQL; Python's % has that of the divisor.
    "%": math.fmod,
}


def infer(expr: Expr, types: Mapping[str, ValueType] | None = None) -> ValueType:
    """Returns the type of `expr`; raises ExpressionError where types do not go together.

    Args:
        expr: the tree.
        types: the type of each name; names that are not in it are of unknown type, and then the engine decides.
    """
    known = types or {}
    match expr:
        case Constant():
            return type_of(expr.value)
        case Column():
            return known.get(expr.name, "unknown")
        case Unary():
            return _unary_type(expr, infer(expr.operand, known))
        case Binary():
            return operator_type(expr.operator, infer(expr.left, known), infer(expr.right, known), expr.at)
        case Membership():
            return _membership_type(expr, infer(expr.item, known))
        case Choice():
            return _choice_type(expr, known)
        case Call():
            return FUNCTIONS[expr.function].result_type([infer(each, known) for each in expr.arguments], expr.at)


def _unary_type(expr: Unary, operand: ValueType) -> ValueType:
    needed: ValueType = "boolean" if expr.operator == "not" else "number"
    if operand not in (needed, "null", "unknown"):
        raise ExpressionError(f"{expr.operator} needs {needed}, not {operand}.", expr.at)
    return needed


def _membership_type(expr: Membership, item: ValueType) -> ValueType:
    listed = common_type([type_of(each.value) for each in expr.among], "The list after `in`", expr.at)
    if listed == "boolean" or not compatible(item, listed):
        raise ExpressionError(f"`in` looks for {item} among {listed}. Both must be texts, or both numbers.", expr.at)
    return "boolean"


def _choice_type(expr: Choice, known: Mapping[str, ValueType]) -> ValueType:
    condition = infer(expr.condition, known)
    if condition not in ("boolean", "null", "unknown"):
        raise ExpressionError(f"After `if` stands a condition, not {condition}.", expr.condition.at)
    return common_type([infer(expr.then, known), infer(expr.otherwise, known)], "if ... else", expr.at)


def evaluate(expr: Expr, row: Mapping[str, object]) -> Value:
    """Returns the value of `expr` on one row, the same that the compiled SQL gives.

    Args:
        expr: the tree that `parse` gave.
        row: a value for every name of the expression; None is null.

    Raises:
        ExpressionError: a name is not in the row, or types do not go together.

    Example:
        >>> from cxloop.core.expr import parse
        >>> evaluate(parse('score >= 9 and channel == "web"'), {"score": 10, "channel": "web"})
        True
    """
    match expr:
        case Constant():
            return expr.value
        case Column():
            return _lookup(expr, row)
        case Unary():
            return _unary(expr, evaluate(expr.operand, row))
        case Binary():
            return _binary(expr, evaluate(expr.left, row), evaluate(expr.right, row))
        case Membership():
            return _membership(expr, evaluate(expr.item, row))
        case Choice():
            return _choice(expr, row)
        case Call():
            return _call(expr, [evaluate(argument, row) for argument in expr.arguments])


def _lookup(expr: Column, row: Mapping[str, object]) -> Value:
    if expr.name not in row:
        raise ExpressionError(f"Unknown name {expr.name!r}. {did_you_mean(expr.name, list(row))}", expr.at)
    return normal(row[expr.name], expr.name)


def _unary(expr: Unary, operand: Any) -> Value:
    _unary_type(expr, type_of(operand))
    if operand is None:
        return None
    return not operand if expr.operator == "not" else -operand


def _binary(expr: Binary, left: Any, right: Any) -> Value:
    operator_type(expr.operator, type_of(left), type_of(right), expr.at)
    match expr.operator:
        case "and":
            return _and(left, right)
        case "or":
            return _not(_and(_not(left), _not(right)))
    if left is None or right is None:
        return None
    if expr.operator in _COMPARE:
        return _COMPARE[expr.operator](*_comparable(left, right))
    return _compute(expr.operator, float(left), float(right))


def _and(left: bool | None, right: bool | None) -> bool | None:
    """Kleene's conjunction: false decides, then null."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    if {type_of(left), type_of(right)} == {"date", "moment"}:
        return as_moment(left), as_moment(right)
    return left, right


def _compute(sign: str, left: float, right: float) -> float | None:
    if sign in "/%" and right == 0:
        return None
    return _COMPUTE[sign](left, right)


def _membership(expr: Membership, item: Value) -> bool | None:
    _membership_type(expr, type_of(item))
    return None if item is None else any(item == each.value for each in expr.among)


def _choice(expr: Choice, row: Mapping[str, object]) -> Value:
    condition = evaluate(expr.condition, row)
    if type_of(condition) not in ("boolean", "null"):
        raise ExpressionError(f"After `if` stands a condition, not {type_of(condition)}.", expr.condition.at)
    return evaluate(expr.then if condition else expr.otherwise, row)


def _call(expr: Call, arguments: list[Value]) -> Value:
    function = FUNCTIONS[expr.function]
    function.result_type([type_of(argument) for argument in arguments], expr.at)
    if not function.sees_null and None in arguments:
        return None
    result: Value = function.live(*arguments)
    return result
