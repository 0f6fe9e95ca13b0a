"""Values that are plain already, told for a whole column at once: nothing is left to do but to write them small.

Most values of a column look alike, and calling a function for each takes longer than comparing records does. What a
column's shapes do not cover goes to `normalise`, one value after the other; both give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cxloop.unify.matching.normalise import LONGEST, NOBODY, STREET_WORDS, TITLES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["plain_already"]


class _Shape(NamedTuple):
    """How plain values of a field look in small letters, and which of these are not."""

    plain: str
    but: str | None = None


def _any(words: frozenset[str]) -> str:
    return "|".join(sorted(words))


_WORDS = "^[a-z0-9]+( [a-z0-9]+)*$"
_ONE_LETTER = "|".join(f"{letter}{letter}{letter}+" for letter in "abcdefghijklmnopqrstuvwxyz")
_ONE_DIGIT = "|".join(f"{digit}+" for digit in range(10))
_NAMES = _Shape("^[a-z]+$", f"^({_any(NOBODY | TITLES)}|{_ONE_LETTER})$")
_LINES = _Shape(_WORDS, f"(^| )({_any(STREET_WORDS)})( |$)|(strasse|str)$")
_PLACES = _Shape(_WORDS, f"^({_any(NOBODY)})$")
_SHAPES = {
    "given": _NAMES,
    "family": _NAMES,
    "whole": _Shape("^[a-z]+ [a-z]+$", f"(^| )({_any(NOBODY | TITLES)}|{_ONE_LETTER})( |$)"),
    "birth": _Shape("^(18[5-9]|19[0-9]|[2-9][0-9][0-9])[0-9]-[0-9]{2}-[0-9]{2}$", "^(1900|1970)-01-01$"),
    "email": _Shape(r"^[a-z0-9._-]+@[a-z0-9_.-]+\.[a-z0-9_-]+$", "^(unknown|noreply|no-reply|none|test)@"),
    "phone": _Shape(r"^\+[1-9]{3}[0-9]{5,12}$", rf"^\+({_ONE_DIGIT})$"),
    "street": _LINES,
    "extra": _LINES,
    "number": _Shape("^[1-9][0-9]*[a-z]?$"),
    "city": _PLACES,
    "state": _PLACES,
    "country": _PLACES,
    "postcode": _Shape("^[0-9]+$"),
    "identifier": _Shape("^[a-z0-9]+$", f"^({_any(NOBODY)}|[0-9]|{_ONE_LETTER}|{_ONE_DIGIT}|[a-z]|.{{2}})$"),
}


def plain_already(field: str, values: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Returns values in small letters, and of each whether that is its plain form; false where there is no value.

    Args:
        field: name of the field.
        values: texts.
    """
    import pyarrow.compute

    # the library's stubs know some of these functions, and not for arrays of unknown kind
    pc: Any = pyarrow.compute
    shape = _SHAPES[field]
    # only these letters: what else has small letters may fold to something else again
    lowered = pc.ascii_lower(values)
    plain = pc.and_(pc.match_substring_regex(lowered, shape.plain), pc.less_equal(pc.binary_length(values), LONGEST))
    if shape.but is not None:
        plain = pc.and_(plain, pc.invert(pc.match_substring_regex(lowered, shape.but)))
    return lowered, pc.coalesce(plain, False)
