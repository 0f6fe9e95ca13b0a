"""Whether a value can be the answer to a question at all, whatever the other answers are."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any

from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    Choice,
    Choosing,
    Comment,
    File,
    ImagePicker,
    Matrix,
    Ranking,
    Rating,
    Row,
    Slider,
    TextInput,
    YesNo,
    choices,
)

__all__ = ["LONGEST_COMMENT", "NONE", "OTHER", "Refused", "fitting", "is_empty", "same"]

OTHER, NONE = "other", "none"
"""What SurveyJS stores for the two choices that it adds."""
LONGEST_LINE = 2_000
LONGEST_COMMENT = 20_000
MOST_FILES = 100
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@.]+(\.[^\s@.]+)+")


class Refused(ValueError):  # noqa: N818 - nobody's program fails: it is what a person is told
    """A value that no question of this kind can have, with a code and a sentence."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code


def is_empty(value: Any) -> bool:
    """Whether nothing was said. False and 0 are something."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {}, ())


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, where 1 and True are not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def fitting(question: Asking, value: Any) -> Any:
    """Returns a value as it is stored for a question.

    Raises:
        Refused: the question cannot have that answer.
    """
    return next(fit for kind, fit in FITS if isinstance(question, kind))(question, value)


def text_of(value: Any, longest: int) -> str:
    """A text without control characters."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("type", "Give a text.")
    text = CONTROL.sub("", str(value))
    if len(text) > longest:
        raise Refused("length", f"{len(text):,} characters; at most {longest:,} are possible.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("type", "The text holds half a character. Type it anew.") from None
    return text


def number(value: Any) -> int | float:
    """A finite number, also where a form sends it as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 40:
        raise Refused("type", "Give a number.")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise Refused("type", "Give a number.") from None
    if not math.isfinite(found):
        raise Refused("type", "Give a number.")
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def among(allowed: Iterable[Any], value: Any) -> Any:
    """The allowed value that is meant: itself, or the one whose text a form sends."""
    allowed = list(allowed)
    for each in allowed:
        if same(each, value):
            return each
    if isinstance(value, str | int | float):
        sent = str(value).lower() if isinstance(value, bool) else str(value)
        for each in allowed:
            if sent == (str(each).lower() if isinstance(each, bool) else str(each)):
                return each
    raise Refused("choice", "This is none of the choices.")


def _values(parts: Iterable[Choice | Row | Any]) -> list[Any]:
    return [part.value if isinstance(part, Choice | Row) else part for part in parts]


def _offered(question: Choosing) -> list[Any]:
    return [
        *(c.value for c in choices(question)),
        *([NONE] if question.none else []),
        *([OTHER] if question.other else []),
    ]


def _one(question: Choosing, value: Any) -> Any:
    return among(_offered(question), value)


def _some(question: Choosing, value: Any) -> list[Any]:
    given = value if isinstance(value, list | tuple) else [value]
    if len(given) > len(question.choices) + 2:
        raise Refused("choice", "More answers than choices.")
    allowed = _offered(question)
    found = [among(allowed, each) for each in given]
    if any(same(one, two) for at, one in enumerate(found) for two in found[:at]):
        raise Refused("choice", "A choice counts once.")
    return [NONE] if question.none and NONE in found else found


def _picture(question: ImagePicker, value: Any) -> Any:
    return _some(question, value) if question.multi_select else _one(question, value)


def _ranked(question: Ranking, value: Any) -> list[Any]:
    return _some(question, value)


def _rated(question: Rating, value: Any) -> Any:
    return among(question.scale, value)


def _rows(question: Matrix, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > len(question.rows):
        raise Refused("type", "Give one column for each row.")
    rows, columns = _values(question.rows), _values(question.columns)
    found = {str(among(rows, row)): among(columns, column) for row, column in value.items() if not is_empty(column)}
    if question.each_row_unique and len({str(each) for each in found.values()}) < len(found):
        raise Refused("choice", "Each column can be chosen once.")
    return found


MOMENTS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "datetime-local": datetime.fromisoformat,
    "time": time.fromisoformat,
}


def _line(question: TextInput, value: Any) -> Any:
    if question.input_type == "number":
        return _between(number(value), question.min, question.max)
    longest = question.max_length if question.max_length > 0 else LONGEST_LINE
    text = text_of(value, min(longest, LONGEST_LINE)).replace("\r", " ").replace("\n", " ")
    if question.input_type in MOMENTS:
        try:
            MOMENTS[question.input_type](text)
        except ValueError:
            raise Refused("type", f"{question.input_type}: give it like {EXAMPLES[question.input_type]}.") from None
        _within(text, question.min, question.max)
    if question.input_type == "email" and not EMAIL.fullmatch(text.strip()):
        raise Refused("type", "This is no e-mail address.")
    return text


EXAMPLES = {"date": "2026-11-22", "datetime-local": "2026-11-22T18:30", "time": "18:30"}


def _between(value: float, low: Any, high: Any) -> float:
    too_low = isinstance(low, int | float) and value < low
    if too_low or (isinstance(high, int | float) and value > high):
        raise Refused("range", f"{value:g} is outside of {_shown(low)} to {_shown(high)}.")
    return value


def _within(text: str, low: Any, high: Any) -> None:
    # ISO dates and times of one shape compare as texts.
    if (isinstance(low, str) and text < low) or (isinstance(high, str) and text > high):
        raise Refused("range", f"{text} is outside of {_shown(low)} to {_shown(high)}.")


def _shown(bound: Any) -> str:
    return "any" if bound is None else str(bound)


def _words(question: Comment, value: Any) -> str:
    longest = question.max_length if question.max_length > 0 else LONGEST_COMMENT
    return text_of(value, min(longest, LONGEST_COMMENT))


def _yes_or_no(question: YesNo, value: Any) -> Any:
    return among((question.value_true, question.value_false), value)


def _slid(question: Slider, value: Any) -> Any:
    if question.slider_type == "single":
        return _between(number(value), question.min, question.max)
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Refused("type", "Give the lower and the upper end.")
    ends = [_between(number(each), question.min, question.max) for each in value]
    return sorted(ends)


def _files(question: File, value: Any) -> list[dict[str, Any]]:
    given = value if isinstance(value, list) else [value]
    most = (question.max_files or MOST_FILES) if question.allow_multiple else 1
    if len(given) > most:
        raise Refused("count", f"{len(given)} files; at most {most} can be given.")
    return [_file(question, each) for each in given]


def _file(question: File, value: Any) -> dict[str, Any]:
    """A file is kept elsewhere: its answer holds its name, its type, its size in bytes and where it is."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or "content" not in value:
        raise Refused("type", "Give a file.")
    kept = {key: text_of(value[key], LONGEST_LINE) for key in ("name", "type", "content") if key in value}
    size = number(value.get("size", 0))
    if question.max_size and size > question.max_size:
        raise Refused("length", f"{kept['name']!r} has {size:,} bytes; at most {question.max_size:,} are possible.")
    if question.accepted_types and not _is_accepted(kept, question.accepted_types):
        raise Refused("type", f"{kept['name']!r} is none of {question.accepted_types}.")
    return {**kept, "size": size}


def _is_accepted(kept: dict[str, str], accepted: str) -> bool:
    kind, name = kept.get("type", "").lower(), kept["name"].lower()
    for wanted in (each.strip().lower() for each in accepted.split(",")):
        family = wanted.endswith("/*") and kind.startswith(wanted[:-1])
        if family or kind == wanted or (wanted.startswith(".") and name.endswith(wanted)):
            return True
    return False


FITS: tuple[tuple[type[Asking], Callable[[Any, Any], Any]], ...] = (
    (Checkbox, _some),
    (Ranking, _ranked),
    (ImagePicker, _picture),
    (Choosing, _one),
    (Rating, _rated),
    (Matrix, _rows),
    (TextInput, _line),
    (Comment, _words),
    (YesNo, _yes_or_no),
    (Slider, _slid),
    (File, _files),
)
