"""What the operators mean. Each rule that surprises is SurveyJS's own, and held against it by the tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.expressions.dates import Clock
from cxloop.collect.surveys.expressions.nodes import Operator
from cxloop.collect.surveys.expressions.values import (
    SPACE,
    answered,
    decimals,
    fixed,
    is_empty,
    is_number,
    number,
    numeric,
    text,
)

__all__ = ["OPERATORS", "equal", "is_true", "less", "plus", "power"]


def units(written: str) -> bytes:
    """Returns a key that sorts texts as JavaScript does: by their UTF-16 units."""
    return written.encode("utf-16-be", "surrogatepass")


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same answer: '5' and 5, 'Red ' and 'red', lists in any order."""
    if left is None or right is None:
        return left in (None, "") and right in (None, "")
    if isinstance(left, list) and isinstance(right, list):
        return _same_items(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, datetime) or isinstance(right, datetime):
        return isinstance(left, datetime) and isinstance(right, datetime) and left == right
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    return _same_scalars(left, right)


def _same_items(left: list[Any], right: list[Any]) -> bool:
    def order(item: Any) -> bytes:
        return units(text(item))

    pairs = zip(sorted(left, key=order), sorted(right, key=order), strict=False)
    return len(left) == len(right) and all(equal(one, other) for one, other in pairs)


def _same_scalars(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.strip(SPACE).lower() == right.strip(SPACE).lower()
    if is_empty(left) or is_empty(right):
        return False
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool) and isinstance(other, str):
            return text(one) == other.lower()
    return number(left) == number(right)


def is_true(value: Any) -> bool:
    """Whether a condition with this value holds: true, and what JavaScript finds loosely equal to it: 1, '1', [1]."""
    return not isinstance(value, dict | datetime) and value is not None and number(value) == 1


def less(left: Any, right: Any) -> bool:
    """Whether one value comes before another: two texts by their letters, else as numbers; never beside null."""
    if left is None or right is None:
        return False
    one, other = _primitive(left), _primitive(right)
    if isinstance(one, str) and isinstance(other, str):
        return units(one) < units(other)
    return number(one) < number(other)


def _primitive(value: Any) -> Any:
    return text(value) if isinstance(value, list | dict) else value


def _dated(left: Any, right: Any, clock: Clock) -> tuple[Any, Any]:
    """Returns a date and a text both as dates, as exact as the coarser one of them."""
    if isinstance(left, str) and isinstance(right, datetime):
        return _read(left, right, clock), right.replace(microsecond=0)
    if isinstance(left, datetime) and isinstance(right, str):
        left = _coarse(left, len(right))
        return left.replace(microsecond=0), _read(right, left, clock)
    return left, right


def _coarse(wall: datetime, length: int) -> datetime:
    if length < 17:
        wall = wall.replace(second=0, microsecond=0)
    if length < 14:
        wall = wall.replace(minute=0)
    return wall.replace(hour=0) if length < 11 else wall


def _read(written: str, beside: datetime, clock: Clock) -> datetime | None:
    found = clock.date(written)
    midnight = beside.hour == beside.minute == beside.second == 0
    return found.replace(hour=0, minute=0, second=0) if found and midnight else found


def contains(left: Any, right: Any) -> bool:
    """Whether a list has all of some values, or a text has a part, whatever the case."""
    return _contains(left, right, True)


def _contains(left: Any, right: Any, wanted: bool) -> bool:
    if left == [] and isinstance(left, list):
        return not wanted
    if is_empty(left) and not isinstance(left, dict):
        return False
    if not isinstance(left, list):
        found = text(right).lower() in text(left).lower()
        return answered(right) and found == wanted
    parts = right if isinstance(right, list) else [right]
    return all(any(equal(item, part) for item in left) for part in parts) == wanted


def _not_contains(left: Any, right: Any) -> bool:
    return (not answered(left) and not is_empty(right)) or _contains(left, right, False)


def _any_of(left: Any, right: Any) -> bool:
    if is_empty(left) or is_empty(right):
        return is_empty(right)
    if not isinstance(left, list):
        return contains(right, left)
    parts = right if isinstance(right, list) else [right]
    return any(contains(left, part) for part in parts)


def _all_of(left: Any, right: Any) -> bool:
    if not answered(left) and not is_empty(right):
        return False
    return all(contains(left, part) for part in right) if isinstance(right, list) else contains(left, right)


def _filled(value: Any, beside: Any) -> Any:
    """Returns what stands for no answer in arithmetic: 0, or an empty value of the kind beside it."""
    if not is_empty(value):
        return value
    if is_number(beside):
        return 0
    if isinstance(value, str) or isinstance(beside, str):
        return ""
    return [] if isinstance(beside, list) else 0


def plus(left: Any, right: Any) -> Any:
    """Returns a sum, two texts joined, two lists joined, or a list's numbers and a number added up."""
    if isinstance(left, list) or isinstance(right, list):
        return _plus_list(left, right)
    if isinstance(left, str | dict | datetime) or isinstance(right, str | dict | datetime):
        return text(left) + text(right)
    return exact(left, right, number(left) + number(right))


def _plus_list(left: Any, right: Any) -> Any:
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    items, other = (left, right) if isinstance(left, list) else (right, left)
    if isinstance(other, str):
        joined = ", ".join("" if item is None else text(item) for item in items)
        return joined + other if items is left else other + joined
    if not is_number(other):
        return text(left) + text(right)
    total: Any = 0
    for item in [*(item for item in items if is_number(item)), other]:
        total = exact(total, item, total + item)
    return total


def exact(left: Any, right: Any, result: float) -> float:
    """Returns a sum or difference without the noise of binary fractions: 0.1 + 0.2 is 0.3."""
    return fixed(result, max(decimals(left), decimals(right)))


def _minus(left: Any, right: Any) -> float:
    return exact(left, right, number(left) - number(right))


def _times(left: Any, right: Any) -> float:
    return fixed(_product(number(left), number(right)), decimals(left) + decimals(right))


def _product(left: float, right: float) -> float:
    return float(left) * float(right)


def _divided(left: Any, right: Any) -> float | None:
    divisor = number(right)
    if not answered(right):
        return None
    return numeric(number(left) / divisor) if divisor else math.nan


def _remainder(left: Any, right: Any) -> float | None:
    if not answered(right):
        return None
    dividend, divisor = number(left), number(right)
    return numeric(math.fmod(dividend, divisor)) if divisor and math.isfinite(dividend) else math.nan


def power(left: Any, right: Any) -> float:
    """Returns a number to the power of another, infinity and not-a-number where JavaScript has them."""
    base, exponent = number(left), number(right)
    if math.isnan(exponent) or (abs(base) == 1 and math.isinf(exponent)):
        return math.nan
    try:
        return numeric(math.pow(base, exponent))
    except ValueError:
        return math.inf if base == 0 else math.nan
    except OverflowError:
        return -math.inf if base < 0 and math.fmod(exponent, 2) else math.inf


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Clock], bool]:
    return lambda left, right, clock: compare(*_dated(left, right, clock))


def _filling(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Clock], Any]:
    def filled(left: Any, right: Any, _: Clock) -> Any:
        left = _filled(left, right)
        return work(left, _filled(right, left))

    return filled


def _simple(work: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Clock], bool]:
    return lambda left, right, _: work(left, right)


OPERATORS: dict[Operator, Callable[[Any, Any, Clock], Any]] = {
    "or": _filling(lambda left, right: left if answered(left) else right),
    "and": _filling(lambda left, right: right if answered(left) else left),
    "==": _compared(equal),
    "!=": _compared(lambda left, right: not equal(left, right)),
    "<": _compared(less),
    "<=": _compared(lambda left, right: equal(left, right) or less(left, right)),
    ">": _compared(lambda left, right: less(right, left)),
    ">=": _compared(lambda left, right: equal(left, right) or less(right, left)),
    "+": _filling(plus),
    "-": _filling(_minus),
    "*": _filling(_times),
    "/": _filling(_divided),
    "%": _filling(_remainder),
    "^": _filling(power),
    "contains": _simple(contains),
    "notcontains": _simple(_not_contains),
    "anyof": _simple(_any_of),
    "allof": _simple(_all_of),
    "noneof": _simple(lambda left, right: not _any_of(left, right)),
}
"""Each operator as a function of its two values."""
