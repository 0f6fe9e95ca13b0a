"""What an expression comes to, given some answers. Pure: no clock but the caller's, and nothing is ever compiled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.expressions.dates import Clock
from cxloop.collect.surveys.expressions.functions import FUNCTIONS
from cxloop.collect.surveys.expressions.nodes import Array, Binary, Call, Const, Expression, Name, Node, Unary
from cxloop.collect.surveys.expressions.operators import OPERATORS, is_true
from cxloop.collect.surveys.expressions.values import answered, correct, is_empty, plain

__all__ = ["evaluate", "holds", "look_up"]

_MISSING = object()


def evaluate(expression: Expression, values: Mapping[str, Any], *, now: datetime) -> Any:
    """Returns what an expression comes to.

    Args:
        expression: what `parse` gave.
        values: answers by question, and variables; lists and mappings inside stand for rows and panels.
        now: the moment, in the zone of whoever answers: today() is the date there.

    Returns:
        None, bool, int or float (never infinite or not-a-number: those are None), str, list, dict, or a datetime
        without a zone, on the clock of `now`.
    """
    return _finite(_Run(values, Clock.of(now)).value(expression.tree))


def holds(expression: Expression, values: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether an expression is true as a condition: true, or what is loosely equal to it, as 1. A text is not.

    Args:
        expression: what `parse` gave.
        values: answers by question, and variables.
        now: the moment, in the zone of whoever answers.
    """
    return is_true(_Run(values, Clock.of(now)).value(expression.tree))


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Run:
    """One evaluation over one set of answers."""

    def __init__(self, values: Mapping[str, Any], clock: Clock) -> None:
        self.values = values
        self.clock = clock

    def value(self, node: Node) -> Any:
        """Returns a node's value. The chain of left sides is walked, so that a long `or` is not a deep one."""
        chain = []
        while isinstance(node, Binary):
            chain.append(node)
            node = node.left
        result = self.operand(node)
        for binary in reversed(chain):
            result = OPERATORS[binary.operator](result, self.value(binary.right), self.clock)
        return result

    def operand(self, node: Const | Name | Array | Call | Unary) -> Any:
        if isinstance(node, Const):
            return node.value
        if isinstance(node, Name):
            found = plain(look_up(self.values, node.path))
            return found if node.raw else correct(found)
        if isinstance(node, Array):
            return [self.value(item) for item in node.items]
        if isinstance(node, Call):
            return FUNCTIONS[node.function].work([self.value(each) for each in node.arguments], self.clock)
        return _say(node.operator, self.value(node.operand))


def _say(operator: str, value: Any) -> bool:
    if operator == "not":
        return not answered(value)
    return is_empty(value) == (operator == "empty")


def look_up(values: Mapping[str, Any], path: str) -> Any:
    """Returns what stands at a path, or None; the length of what is not there is 0.

    The longest name wins, as a name may hold dots; the case of names plays no part; [-1] is the last of a list.

    Example:
        >>> look_up({"panel": [{"Why": "late"}]}, "panel[0].why")
        'late'
    """
    steps = [_step(part) for part in path.split(".")]
    value: Any = values
    at = 0
    while at < len(steps):
        last = next((place for place in range(at, len(steps)) if steps[place][1] is not None), len(steps) - 1)
        for end in range(last, at - 1, -1):
            found = _member(value, ".".join(name for name, _ in steps[at : end + 1]))
            if found is not _MISSING:
                break
        else:
            return 0 if path.endswith(".length") else None
        value = found
        index = steps[end][1]
        if index is not None:
            if not isinstance(value, list | tuple) or not -len(value) <= index < len(value):
                return 0 if path.endswith(".length") else None
            value = value[index]
        at = end + 1
    return value


def _step(part: str) -> tuple[str, int | None]:
    """Returns a name and the index behind it."""
    name, bracket, index = part.removesuffix("]").rpartition("[")
    digits = index.removeprefix("-")
    good = part.endswith("]") and bracket and digits.isascii() and digits.isdigit() and len(digits) < 10
    return (name, int(index)) if good else (part, None)


def _member(value: Any, name: str) -> Any:
    if not name:
        return _MISSING
    if name == "length" and isinstance(value, list | tuple | str):
        return len(value.encode("utf-16-le", "surrogatepass")) // 2 if isinstance(value, str) else len(value)
    if not isinstance(value, Mapping):
        return _MISSING
    if name in value:
        return value[name]
    small = name.lower()
    return next((item for key, item in value.items() if str(key).lower() == small), _MISSING)
