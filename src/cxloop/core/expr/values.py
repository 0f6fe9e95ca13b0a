"""Types of values, and the rules of operators: shared by the check before a query runs and by live evaluation.

Three-valued as in SQL: what is null makes the result null, save where a rule says otherwise.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

from cxloop.core.expr.nodes import ExpressionError, Operator
from cxloop.core.time import utc_naive

__all__ = [
    "VALUE_TYPES",
    "Value",
    "ValueType",
    "as_text",
    "common_type",
    "compatible",
    "normal",
    "operator_type",
    "type_of",
]

ValueType: TypeAlias = Literal["boolean", "number", "text", "date", "moment", "null", "unknown"]
"""What a value is. `null` is a value that is always null, `unknown` one that only the engine can tell."""
VALUE_TYPES: tuple[ValueType, ...] = get_args(ValueType)

Value: TypeAlias = bool | int | float | str | date | datetime | None

_OPEN = frozenset({"null", "unknown"})
_TIMES = frozenset({"date", "moment"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
WHOLE_BELOW = 1e15
"""Whole numbers below this are written without a point; the same in every engine."""


def normal(value: object, name: str) -> Value:
    """Returns a value of a row in the form of the language; raises ExpressionError where it has none.

    NaN is null (it is no number), decimals are numbers, and a moment with an offset becomes UTC.
    """
    match value:
        case datetime():
            return utc_naive(value)
        case None | bool() | int() | str() | date():
            return value
        case float() | Decimal():
            return None if math.isnan(value) else float(value)
    raise ExpressionError(
        f"{name!r} holds {type(value).__name__}. Values are texts, numbers, true, false, dates, moments and null."
    )


def type_of(value: Value) -> ValueType:
    """Returns the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case datetime():
            return "moment"
        case date():
            return "date"


def compatible(first: ValueType, second: ValueType) -> bool:
    """Whether two values may stand beside each other in a comparison."""
    return first == second or first in _OPEN or second in _OPEN or {first, second} == _TIMES


def common_type(types: list[ValueType], where: str, at: int) -> ValueType:
    """Returns the one type of alternatives; raises ExpressionError where they differ."""
    known = list(dict.fromkeys(each for each in types if each not in _OPEN))
    if len(known) > 1:
        raise ExpressionError(f"{where} mixes {known[0]} and {known[1]}. {_conversion(known[0], known[1])}", at)
    if known:
        return known[0]
    return "unknown" if "unknown" in types else "null"


def operator_type(operator: Operator, left: ValueType, right: ValueType, at: int) -> ValueType:
    """Returns the type of `left operator right`; raises ExpressionError where they do not go together."""
    if operator in ("and", "or"):
        _demand(operator, "boolean", (left, right), at)
        return "boolean"
    if operator not in _COMPARISONS:
        _demand(operator, "number", (left, right), at)
        return "number"
    if not compatible(left, right):
        raise ExpressionError(f"{operator} compares {left} with {right}. {_conversion(left, right)}", at)
    if operator not in ("==", "!=") and "boolean" in (left, right):
        raise ExpressionError(f"{operator} does not order true and false. Compare with == or !=.", at)
    return "boolean"


def _demand(operator: str, needed: ValueType, sides: tuple[ValueType, ...], at: int) -> None:
    for side in sides:
        if side != needed and side not in _OPEN:
            advice = "Join texts with concat(...)." if (operator, side) == ("+", "text") else _conversion(side, needed)
            raise ExpressionError(f"{operator} needs {needed}, not {side}. {advice}", at)


def _conversion(first: str, second: str) -> str:
    """What to write so that the two meet."""
    pair = {first, second}
    for kind in ("moment", "date", "number"):
        if pair == {"text", kind}:
            return f"Convert the text with {kind}(...)."
    return "Both must be of one type."


def as_text(value: Value) -> str | None:
    """Returns how a value is written: 5 for 5.0, 2026-05-01 for a date, 2026-05-01 12:30:00 for a moment."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() if value == int_part(value) and abs(value) < WHOLE_BELOW:
            return str(int(value))
        case datetime():
            whole, _, fraction = value.isoformat(sep=" ").partition(".")
            return f"{whole}.{fraction.rstrip('0')}" if fraction else whole
        case _:
            return str(value)


def int_part(value: float) -> float:
    """The whole part of `value`; itself where it is infinite."""
    return float(math.trunc(value)) if math.isfinite(value) else math.nan
