"""The functions of the language: SurveyJS's, and `mentions`, which is ours."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.expressions.dates import Clock, add, milliseconds, months_between
from cxloop.collect.surveys.expressions.operators import exact, less, power
from cxloop.collect.surveys.expressions.values import (
    answered,
    is_empty,
    is_number,
    number,
    number_in,
    number_text,
    numeric,
    text,
)

__all__ = ["FUNCTIONS", "Function", "mentions"]

Work = Callable[[Sequence[Any], Clock], Any]
_MANY = 100
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Function:
    """One function: what it does with its values, how many it takes, and how it is written."""

    work: Work
    least: int
    most: int
    usage: str


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    """Yields values, and those in lists, without null; texts that say a number as numbers."""
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif value is not None:
            found = number_in(value) if isinstance(value, str) else None
            yield value if found is None else found


def _numbers(values: Sequence[Any]) -> list[Any]:
    return [value for value in _flat(values) if isinstance(value, int | float)]


def _iif(values: Sequence[Any], _: Clock) -> Any:
    return values[1] if answered(values[0]) else values[2] if len(values) > 2 else None


def _sum(values: Sequence[Any], _: Clock) -> Any:
    total: float = 0
    for value in _numbers(values):
        total = exact(total, value, total + value)
    return total


def _avg(values: Sequence[Any], clock: Clock) -> Any:
    count = len(_numbers(values))
    return numeric(_sum(values, clock) / count) if count else 0


def _extreme(values: Sequence[Any], better: Callable[[Any, Any], bool]) -> Any:
    found = None
    for value in _flat(values):
        if found is None or better(value, found):
            found = value
    return found


def _rounding(values: Sequence[Any]) -> tuple[Any, Any] | None:
    """Returns a number and its digits, or None where one of them is no number."""
    found, digits, *_ = (*_flat(values), None, None)
    digits = digits if answered(digits) else 0
    return (found, digits) if _is_finite(found) and _is_finite(digits) else None


def _is_finite(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _round(values: Sequence[Any], _: Clock) -> Any:
    found = _rounding(values)
    if found is None:
        return None
    scale = power(10, found[1])
    scaled = (float(found[0]) * scale) * (1 + 2**-52)
    if not math.isfinite(scaled) or not scale:
        return None
    whole = math.floor(scaled)
    # halves go up, below zero too: round(-2.5) is -2
    return numeric((whole + (scaled - whole >= 0.5)) / scale)


def _trunc(values: Sequence[Any], _: Clock) -> Any:
    found = _rounding(values)
    if found is None:
        return None
    digits = max(0, int(found[1]))
    cut = re.match(rf"-?\d+(?:\.\d{{0,{min(digits, 99)}}})?" if digits else r"-?\d+", number_text(found[0]))
    return numeric(float(cut[0])) if cut else None


def _today(values: Sequence[Any], clock: Clock) -> datetime | None:
    midnight = clock.wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return _shifted(midnight, values[0], "days") if values else midnight


def _shifted(wall: datetime, count: Any, unit: str) -> datetime | None:
    steps = number(count)
    return add(wall, steps, unit) if math.isfinite(steps) else None


def _date(value: Any, clock: Clock) -> datetime | None:
    return clock.date(value) if answered(value) else None


def _part(read: Callable[[datetime], int]) -> Work:
    """Returns the function that reads a part of a date, or of today where it gets none."""

    def part(values: Sequence[Any], clock: Clock) -> int | None:
        wall = _date(values[0], clock) if values and answered(values[0]) else clock.wall
        return None if wall is None else read(wall)

    return part


def _year_of(values: Sequence[Any], clock: Clock) -> int | None:
    wall = _date(values[0], clock)
    return None if wall is None else wall.year


def _age(values: Sequence[Any], clock: Clock) -> Any:
    born = _date(values[0], clock)
    unit = text(values[1]) if len(values) > 1 and answered(values[1]) else "years"
    return None if born is None else _between(born, clock.wall, unit)


def _date_diff(values: Sequence[Any], clock: Clock) -> Any:
    first, second = _date(values[0], clock), _date(values[1], clock)
    unit = text(values[2]) if len(values) > 2 and answered(values[2]) else "days"
    return None if first is None or second is None else _between(first, second, unit)


def _between(first: datetime, second: datetime, unit: str) -> int | None:
    if unit == "days":
        return abs(first.date() - second.date()).days
    if unit in ("months", "years"):
        months = months_between(first, second)
        return months if unit == "months" else int(months / 12)
    seconds = {"hours": 3600, "minutes": 60, "seconds": 1}.get(unit)
    return None if seconds is None else math.ceil(abs(milliseconds(second) - milliseconds(first)) / 1000 / seconds)


def _diff_days(values: Sequence[Any], clock: Clock) -> Any:
    first, second = _date(values[0], clock), _date(values[1], clock)
    return 0 if first is None or second is None else abs(first.date() - second.date()).days


def _date_add(values: Sequence[Any], clock: Clock) -> datetime | None:
    wall = _date(values[0], clock)
    unit = text(values[2]) if len(values) > 2 and answered(values[2]) else "days"
    return _shifted(wall, values[1], unit) if wall and answered(values[1]) else None


def _words(value: Any) -> str:
    """Returns a text's words without case and accents, with a space around each."""
    bare = unicodedata.normalize("NFD", text(value).lower())
    kept = "".join(sign for sign in bare if not unicodedata.category(sign).startswith("M"))
    return f" {' '.join(_WORD.findall(kept))} "


def mentions(answer: Any, words: Sequence[Any]) -> bool:
    """Whether an answer has one of some words or phrases, as whole words, whatever the case and the accents.

    Example:
        >>> mentions("It came LATE, and the café was closed", ["cafe"])
        True
        >>> mentions("Later is fine", ["late"])
        False
    """
    said = _words(answer) if not is_empty(answer) else ""
    sought = [_words(word) for word in words if not is_empty(word)]
    return any(word in said for word in sought if word.strip())


def _mentions(values: Sequence[Any], _: Clock) -> bool:
    words: list[Any] = []
    for value in values[1:]:
        words += value if isinstance(value, list) else [value]
    return mentions(values[0], words)


FUNCTIONS: dict[str, Function] = {
    "age": Function(_age, 1, 2, "age(date, unit): one or two values"),
    "avg": Function(_avg, 0, _MANY, "avg(value, ...): up to 100 values"),
    "count": Function(lambda values, _: len([*_flat(values)]), 0, _MANY, "count(value, ...): up to 100 values"),
    "currentDate": Function(lambda _, clock: clock.wall, 0, 0, "currentDate(): no values"),
    "currentYear": Function(lambda _, clock: clock.wall.year, 0, 0, "currentYear(): no values"),
    "dateAdd": Function(_date_add, 2, 3, "dateAdd(date, count, unit): two or three values"),
    "dateDiff": Function(_date_diff, 2, 3, "dateDiff(date, date, unit): two or three values"),
    "day": Function(_part(lambda wall: wall.day), 0, 1, "day(date): at most one value"),
    "diffDays": Function(_diff_days, 2, 2, "diffDays(date, date): two values"),
    "getDate": Function(lambda values, clock: _date(values[0], clock), 1, 1, "getDate(text): one value"),
    "getYear": Function(_year_of, 1, 1, "getYear(date): one value"),
    "iif": Function(_iif, 2, 3, "iif(condition, then, otherwise): two or three values"),
    "max": Function(
        lambda values, _: _extreme(values, lambda one, best: less(best, one)),
        0,
        _MANY,
        "max(value, ...): up to 100 values",
    ),
    "mentions": Function(_mentions, 2, _MANY, "mentions(answer, word, ...): two to 100 values"),
    "min": Function(lambda values, _: _extreme(values, less), 0, _MANY, "min(value, ...): up to 100 values"),
    "month": Function(_part(lambda wall: wall.month), 0, 1, "month(date): at most one value"),
    "round": Function(_round, 1, 2, "round(number, digits): one or two values"),
    "sum": Function(_sum, 0, _MANY, "sum(value, ...): up to 100 values"),
    "today": Function(_today, 0, 1, "today(days): at most one value"),
    "trunc": Function(_trunc, 1, 2, "trunc(number, digits): one or two values"),
    "weekday": Function(_part(lambda wall: wall.isoweekday() % 7), 0, 1, "weekday(date): at most one value"),
    "year": Function(_part(lambda wall: wall.year), 0, 1, "year(date): at most one value"),
}
"""Every function by its name."""
