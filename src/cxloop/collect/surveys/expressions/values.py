"""Values as SurveyJS sees them: how JavaScript turns one kind into another, and SurveyJS's own rules on top.

The kinds are None, bool, int and float, str, list, dict, and datetime without a zone (the wall clock of
whoever answers).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from cxloop.collect.surveys.expressions.dates import date_text, milliseconds

__all__ = ["answered", "correct", "decimals", "fixed", "is_empty", "number", "number_text", "numeric", "plain", "text"]

SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What JavaScript's `trim` takes away."""
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WIDE = Context(prec=400)
_EXACT = 2**53
"""Whole numbers up to here are exact in JavaScript."""


def plain(value: Any) -> Any:
    """Returns a value of Python's as one of the kinds known here."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT):
        return _float(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return {str(key): plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def numeric(value: Any) -> float:
    """Returns a whole number as int where it is exact, so that it is written without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT else value


def is_number(value: Any) -> bool:
    """Whether a value is a number, and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_empty(value: Any) -> bool:
    """Whether a value counts as no answer: null, '', [], not-a-number, or an object with only such values."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return value is None or value == "" or value == [] or (isinstance(value, float) and math.isnan(value))


def answered(value: Any) -> bool:
    """Whether JavaScript takes a value for true: not for null, false, 0, '' and not-a-number; but for an empty list."""
    return isinstance(value, list | dict) or (bool(value) and not is_empty(value))


def number(value: Any) -> float:
    """Returns a value as JavaScript's arithmetic takes it; not-a-number where it has none."""
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return milliseconds(value)
    return _read_number(text(value)) if isinstance(value, str | list) else math.nan


def _read_number(written: str) -> float:
    """Returns what a whole text says as a number: '' is 0."""
    written = written.strip(SPACE)
    if not written:
        return 0
    if _DECIMAL.fullmatch(written):
        return numeric(float(written))
    if based := re.fullmatch(r"0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))", written):
        return numeric(_float(int(written.replace("O", "o").lower(), 0))) if based else math.nan
    return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(written, math.nan)


def number_in(written: str) -> float | None:
    """Returns the number that SurveyJS finds in an answer's text, or None: with one comma for a point, of at most 15
    digits, and not one that an operator joins."""
    written = written.strip(SPACE)
    if written.startswith("0x"):
        digits = re.match(r"0x([0-9a-fA-F]+)", written)
        return numeric(_float(int(digits[1], 16))) if digits and len(written) <= 32 else None
    if len(written) > 15 and written.isascii() and written.isdigit():
        return None
    if written.count(",") == 1:
        written = written.replace(",", ".")
    found = _read_number(written) if _DECIMAL.fullmatch(written) else math.nan
    return found if math.isfinite(found) else None


def correct(value: Any) -> Any:
    """Returns an answer with texts turned into what they say: 'true' into true, '5' into 5; '007' stays a text."""
    if not isinstance(value, str) or not value:
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if len(value) > 1 and value[0] in "'\"" and value[-1] in "'\"":
        return value[1:-1]
    if value[0] == "0" and len(value) > 1 and not value.startswith("0x") and value[1] not in ".,":
        return value
    found = number_in(value)
    return value if found is None else found


def number_text(value: float) -> str:
    """Returns a number as JavaScript writes it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return str(numeric(value)) if numeric(value) is not value or isinstance(value, int) else _digits(value)
    mantissa, _, power = f"{Decimal(repr(float(value))).normalize():e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power):+d}"


def _digits(value: float) -> str:
    written = f"{Decimal(repr(value)):f}"
    return written.removesuffix(".0")


def text(value: Any) -> str:
    """Returns a value as a text: true, 5, a list with commas, a date as 2026-05-01 or 2026-05-01T10:30:00."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    return date_text(value) if isinstance(value, datetime) else value if isinstance(value, str) else "[object Object]"


def decimals(value: Any) -> int:
    """Returns how many digits a number, or a text that says one, has after its point."""
    if isinstance(value, str) and number_in(value) is None:
        return 0
    if not isinstance(value, str) and not (is_number(value) and math.isfinite(value) and value != math.floor(value)):
        return 0
    return len(text(value).partition(".")[2])


def fixed(value: float, digits: int) -> float:
    """Returns a number rounded as JavaScript's `toFixed` does, halves away from zero; digits 0 means: as it is."""
    if not digits or not math.isfinite(value) or abs(value) >= 1e21:
        return numeric(value)
    step = Decimal(1).scaleb(-min(digits, 100))
    return numeric(float(Decimal(value).quantize(step, rounding=ROUND_HALF_UP, context=_WIDE)))
