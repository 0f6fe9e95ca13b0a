"""The functions of the language: one table from which the parser, live evaluation and the reference are made.

The engines' side of the same table is `cxloop.engine.expression`; a test holds the two against each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from cxloop.core.expr.nodes import Constant, Expr, ExpressionError
from cxloop.core.expr.pattern import check_pattern, live_pattern
from cxloop.core.expr.values import Value, ValueType, as_text, common_type

__all__ = ["BLANKS", "DATE_PATTERN", "FUNCTIONS", "MOMENT_PATTERN", "NUMBER_PATTERN", "Function", "Takes"]

Takes = Literal["text", "number", "time", "moment", "readable", "orderable", "any", "pattern", "separator", "whole"]
"""What an argument may be. pattern, separator and whole are constants, checked when the expression is read."""

_ACCEPTED: Mapping[Takes, frozenset[ValueType]] = {
    "text": frozenset({"text"}),
    "pattern": frozenset({"text"}),
    "separator": frozenset({"text"}),
    "number": frozenset({"number"}),
    "whole": frozenset({"number"}),
    "moment": frozenset({"moment"}),
    "time": frozenset({"date", "moment"}),
    "readable": frozenset({"text", "number", "boolean"}),
    "orderable": frozenset({"text", "number", "date", "moment"}),
    "any": frozenset({"text", "number", "boolean", "date", "moment"}),
}
_OPEN = frozenset({"null", "unknown"})

BLANKS = " \t\r\n\u00a0"
"""What `trim` takes away; the last is the no-break space that spreadsheets leave."""
NUMBER_PATTERN = r"^[ \t]*([+-]?(?:[0-9]{1,200}(?:\.[0-9]{0,200})?|\.[0-9]{1,200})(?:[eE][+-]?[0-9]{1,2})?)[ \t]*$"
"""A decimal number with a point. The bounds keep it under the largest 64-bit number, in every engine."""
_DAY = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
DATE_PATTERN = rf"^[ \t]*({_DAY})(?:[ T][0-9:.]*)?[ \t]*$"
"""An ISO date; a time of day may follow and is dropped."""
MOMENT_PATTERN = rf"^[ \t]*({_DAY}[ T]{_CLOCK})[ \t]*$"
"""An ISO date with a time of day, without an offset."""
DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it takes and gives, what it does in words, and how it does it on one row.

    Attributes:
        takes: one entry for each argument.
        optional: how many of the last arguments may be left out.
        repeats: whether the last argument may come again and again.
        gives: type of the result, or "same" for the common type of the arguments.
        about: a sentence for the reference.
        example: an expression over constants, and `result` is what it gives; run by a test on every engine.
        live: computes the result from Python values, none of them null unless `sees_null`.
        sees_null: whether null arguments reach `live`; otherwise a null argument makes the result null.
    """

    name: str
    takes: tuple[Takes, ...]
    gives: ValueType | Literal["same"]
    about: str
    example: str
    result: Value
    live: Callable[..., Any]
    optional: int = 0
    repeats: bool = False
    sees_null: bool = False

    def taken_by(self, place: int) -> Takes:
        """Returns what the argument at `place`, from 0, may be."""
        return self.takes[min(place, len(self.takes) - 1)]

    @property
    def signature(self) -> str:
        """How a call is written, such as `round(number, [whole])`."""
        first = len(self.takes) - self.optional
        shown = [kind if place < first else f"[{kind}]" for place, kind in enumerate(self.takes)]
        return f"{self.name}({', '.join([*shown, *(['...'] if self.repeats else [])])})"

    def check_arguments(self, arguments: tuple[Expr, ...], at: int) -> None:
        """Raises ExpressionError where the number of arguments is wrong or a constant is missing or wrong."""
        least, most = len(self.takes) - self.optional, len(self.takes)
        if len(arguments) < least or (len(arguments) > most and not self.repeats):
            raise ExpressionError(f"{self.signature} was given {len(arguments)} arguments.", at)
        for place, argument in enumerate(arguments):
            check = _CONSTANTS.get(self.taken_by(place))
            if check is not None:
                check(self.name, argument)

    def result_type(self, types: list[ValueType], at: int) -> ValueType:
        """Returns the type of the result; raises ExpressionError where an argument has a wrong type."""
        for place, each in enumerate(types):
            accepted = _ACCEPTED[self.taken_by(place)]
            if each not in accepted and each not in _OPEN:
                raise ExpressionError(f"{self.signature} cannot take {each} as argument {place + 1}.", at)
        return common_type(types, self.name, at) if self.gives == "same" else self.gives


def _constant_text(function: str, argument: Expr, what: str) -> str:
    if isinstance(argument, Constant) and isinstance(argument.value, str) and argument.value:
        return argument.value
    raise ExpressionError(f"{function} needs its {what} as a text in quotes that is not empty.", argument.at)


def _check_whole(function: str, argument: Expr) -> None:
    known = isinstance(argument, Constant) and type(argument.value) is int and 0 <= argument.value <= 1000
    if not known:
        raise ExpressionError(f"{function} needs a whole number from 0 to 1000 there, not a calculation.", argument.at)


_CONSTANTS: Mapping[Takes, Callable[[str, Expr], object]] = {
    "separator": lambda function, argument: _constant_text(function, argument, "separator"),
    "pattern": lambda function, argument: check_pattern(_constant_text(function, argument, "pattern"), argument.at),
    "whole": _check_whole,
}


_SINGLE = {"ß": "ẞ", "İ": "i"}
"""Letters whose single-letter counterpart Python does not know."""


def _one_to_one(sign: str, *changed: str) -> str:
    """Changes a letter into one letter, as databases do: the length of a text never changes."""
    return next((each for each in changed if len(each) == 1), _SINGLE.get(sign, sign))


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(_one_to_one(sign, sign.lower()) for sign in text)


def _upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(_one_to_one(sign, sign.upper(), sign.title()) for sign in text)


def _part(text: str, separator: str, number: int) -> str | None:
    parts = text.split(separator)
    return (parts[number - 1] or None) if 1 <= number <= len(parts) else None


def _number(value: str | int | float) -> float | None:
    if not isinstance(value, str):
        return float(value)
    found = re.fullmatch(NUMBER_PATTERN, value)
    return float(found[1]) if found else None


def _date(value: str | date) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = re.fullmatch(DATE_PATTERN, value)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _moment(value: str | date) -> datetime | None:
    if not isinstance(value, str):
        return as_moment(value)
    found = re.fullmatch(MOMENT_PATTERN, value)
    if found is None:
        return None
    whole, _, fraction = found[1].partition(".")
    try:
        return datetime.fromisoformat(whole) + timedelta(microseconds=int(fraction.ljust(6, "0")))
    except ValueError:
        return None


def as_moment(value: date) -> datetime:
    """Returns a moment as it is, and a date as its midnight."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _days_between(start: date, end: date) -> float:
    return (as_moment(end) - as_moment(start)) // timedelta(microseconds=1) / DAY_MICROSECONDS


def _round(value: float, digits: int = 0) -> float:
    """Half away from zero, as SQL does; Python's own goes to the even neighbour."""
    factor = 10.0**digits
    scaled = value * factor
    if not math.isfinite(scaled):
        return value
    whole = math.trunc(scaled)
    return (whole + int(math.copysign(abs(scaled - whole) >= 0.5, scaled))) / factor


def _concat(*values: Value) -> str:
    return "".join(str(as_text(value)) for value in values)


def _first(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


_TABLE = (
    Function("lower", ("text",), "text", "The text in small letters.", 'lower("WEB")', "web", _lower),
    Function("upper", ("text",), "text", "The text in capital letters.", 'upper("web")', "WEB", _upper),
    Function(
        "trim",
        ("text",),
        "text",
        "The text without spaces, tabs, line breaks and no-break spaces at its ends.",
        'trim("  web ")',
        "web",
        lambda text: text.strip(BLANKS),
    ),
    Function("length", ("text",), "number", "How many characters the text has.", 'length("café")', 4, len),
    Function(
        "contains",
        ("text", "text"),
        "boolean",
        "Whether the first text holds the second; capitals matter.",
        'contains("parcel late", "late")',
        True,
        lambda text, part: part in text,
    ),
    Function(
        "starts_with",
        ("text", "text"),
        "boolean",
        "Whether the first text begins with the second.",
        'starts_with("app:login", "app:")',
        True,
        str.startswith,
    ),
    Function(
        "ends_with",
        ("text", "text"),
        "boolean",
        "Whether the first text ends with the second.",
        'ends_with("photo.png", ".jpg")',
        False,
        str.endswith,
    ),
    Function(
        "replace",
        ("text", "text", "text"),
        "text",
        "The first text with each occurrence of the second replaced by the third.",
        'replace("1.234", ".", "")',
        "1234",
        lambda text, old, new: text.replace(old, new) if old else text,
    ),
    Function(
        "concat",
        ("readable",),
        "text",
        "The texts joined; numbers are written as text(...) writes them. Null where one of them is null.",
        'concat("order-", 7)',
        "order-7",
        _concat,
        repeats=True,
    ),
    Function(
        "split",
        ("text", "separator", "whole"),
        "text",
        "The part of that number, from 1, between separators; null where that part is missing or empty.",
        'split("DE/Berlin", "/", 2)',
        "Berlin",
        _part,
    ),
    Function(
        "matches",
        ("text", "pattern"),
        "boolean",
        "Whether the pattern, a portable regular expression, is found anywhere in the text.",
        r'matches("SKU-0042", "^SKU-\d+$")',
        True,
        lambda text, pattern: live_pattern(pattern).search(text) is not None,
    ),
    Function(
        "number",
        ("readable",),
        "number",
        "The number that a text says, with a decimal point; null where it says none. True is 1, false 0.",
        'number(" 4.50 ")',
        4.5,
        _number,
    ),
    Function(
        "text",
        ("any",),
        "text",
        "The value as a text: 5 for 5.0, 2026-05-01 for a date, 2026-05-01 12:30:00 for a moment.",
        "text(5.0)",
        "5",
        as_text,
    ),
    Function("abs", ("number",), "number", "The number without its sign.", "abs(-3)", 3, abs),
    Function(
        "round",
        ("number", "whole"),
        "number",
        "The number rounded to so many decimals (0 where left out), half away from zero.",
        "round(2.5)",
        3,
        _round,
        optional=1,
    ),
    Function(
        "min",
        ("orderable", "orderable"),
        "same",
        "The smallest of the values; nulls are skipped.",
        "min(3, 1, 2)",
        1,
        _least,
        repeats=True,
        sees_null=True,
    ),
    Function(
        "max",
        ("orderable", "orderable"),
        "same",
        "The largest of the values; nulls are skipped.",
        "max(3, null)",
        3,
        _greatest,
        repeats=True,
        sees_null=True,
    ),
    Function(
        "coalesce",
        ("any", "any"),
        "same",
        "The first of the values that is not null.",
        'coalesce(null, "unknown")',
        "unknown",
        _first,
        repeats=True,
        sees_null=True,
    ),
    Function(
        "is_null",
        ("any",),
        "boolean",
        "Whether the value is missing; never null itself. `x is null` is the same.",
        "is_null(null)",
        True,
        lambda value: value is None,
        sees_null=True,
    ),
    Function(
        "date",
        ("any",),
        "date",
        "The date of a text (2026-05-01, a time of day may follow) or moment (in UTC); null for impossible ones.",
        'date("2026-05-01 12:30:00")',
        date(2026, 5, 1),
        _date,
    ),
    Function(
        "moment",
        ("any",),
        "moment",
        "The moment that a text says (2026-05-01 12:30 or with seconds, no offset); midnight for a date.",
        'moment("2026-05-01 12:30")',
        datetime(2026, 5, 1, 12, 30),
        _moment,
    ),
    Function(
        "days_between",
        ("time", "time"),
        "number",
        "Days from the first to the second; whole for dates, with a fraction for moments, negative backwards.",
        'days_between(date("2026-05-01"), date("2026-05-31"))',
        30,
        _days_between,
    ),
    Function(
        "hour",
        ("moment",),
        "number",
        "The hour of a moment, 0 to 23.",
        'hour(moment("2026-05-01 12:30"))',
        12,
        lambda moment: moment.hour,
    ),
    Function(
        "weekday",
        ("time",),
        "number",
        "The day of the week, 1 for Monday to 7 for Sunday.",
        'weekday(date("2026-05-03"))',
        7,
        lambda day: day.isoweekday(),
    ),
)

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _TABLE}
"""Every function by name. `col("odd name")`, which names a column, is read by the parser itself."""
