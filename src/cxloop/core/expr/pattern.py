"""Patterns of `matches`: the part of regular expressions that means the same in Python, RE2 and Java.

A repeat of something that itself repeats is refused: on a backtracking engine it can take forever.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cxloop.core.expr.nodes import ExpressionError

__all__ = ["check_pattern", "live_pattern", "portable_pattern"]

MAX_PATTERN = 500
MAX_REPEATS = 5

_TOKEN = re.compile(
    r"""
      (?P<escape>\\[dDwWsSbBntr]|\\[^\w\s])
    | (?P<set>\[\^?\]?(?:\\[dDwWsSntr]|\\[^\w\s]|[^\]\\\[])*\])
    | (?P<open>\((?:\?:)?)(?!\?)
    | (?P<close>\))
    | (?P<repeat>(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??)(?![+*?])
    | (?P<or>\|)
    | (?P<end>\$)
    | (?P<plain>[^\\\[\](){}*+?|$])
    """,
    re.VERBOSE | re.DOTALL,
)


def check_pattern(pattern: str, at: int = 0) -> None:
    """Raises ExpressionError where `pattern` is not of the portable part of regular expressions."""
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError(f"The pattern has {len(pattern)} characters; {MAX_PATTERN} are allowed.", at)
    repeats = 0
    # Whether the group at each level, and the term just read, holds a repeat already.
    levels, term = [False], None
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None or _ambiguous(token):
            raise ExpressionError(
                f"{pattern[place:]!r} in the pattern is not known. Escape signs with a backslash.", at
            )
        if token["open"]:
            levels.append(False)
            term = None
        elif token["close"]:
            if len(levels) == 1:
                raise ExpressionError(f"The pattern {pattern!r} closes a group that it did not open.", at)
            term = levels.pop()
            levels[-1] = levels[-1] or term
        elif token["repeat"]:
            optional = token["repeat"][0] == "?"
            if term is None or (term and not optional):
                raise ExpressionError(f"{token['repeat']!r} in the pattern repeats nothing, or repeats a repeat.", at)
            levels[-1] = levels[-1] or not optional
            repeats += not optional
            term = None
        else:
            term = None if token["or"] else False
        place = token.end()
    if repeats > MAX_REPEATS:
        raise ExpressionError(f"The pattern repeats {repeats} times; {MAX_REPEATS} are allowed.", at)
    _compile(pattern, at)


def _ambiguous(token: re.Match[str]) -> bool:
    """Signs inside a set that the engines read differently."""
    inside = token["set"]
    return inside is not None and any(sign in inside for sign in ("&&", "--", "||", "~~", "[:"))


def _compile(pattern: str, at: int) -> re.Pattern[str]:
    try:
        return re.compile(_with_end(pattern, r"\Z"), re.ASCII)
    except (re.error, OverflowError) as failure:
        raise ExpressionError(f"The pattern {pattern!r} cannot be read: {failure}.", at) from None


def _with_end(pattern: str, end: str) -> str:
    return _TOKEN.sub(lambda token: end if token["end"] else token[0], pattern)


def portable_pattern(pattern: str) -> str:
    """Returns `pattern` for RE2 and Java; `$` is the end of the text, also before a last line break."""
    return _with_end(pattern, r"\z")


@lru_cache(maxsize=256)
def live_pattern(pattern: str) -> re.Pattern[str]:
    """Returns `pattern` for Python."""
    check_pattern(pattern)
    return _compile(pattern, 0)
