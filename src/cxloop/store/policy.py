"""Which passwords are taken: long ones that nobody would guess among the first.

Long beats complicated (NIST SP 800-63B, 3.1.1.2): no rule asks for a digit or a sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from cxloop.core.errors import InputError

__all__ = ["MINIMUM_LENGTH", "require_good"]

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 1000
FEWEST_DIFFERENT = 5

_WORDS = """
    password passwort passwords qwerty qwertz azerty qwertyuiop qwertzuiop asdfghjkl zxcvbnm letmein welcome willkommen
    admin administrator root user login secret changeme default master monkey dragon football baseball sunshine
    princess iloveyou trustno superman batman starwars whatever freedom shadow michael jennifer summer winter spring
    autumn sommer company customer customers service support cxloop customerexperience test testing demo temp
    correcthorsebatterystaple
"""
_COMMON = frozenset(_WORDS.split())
"""What remains of the usual passwords when digits and signs around them are taken off."""
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_LEET = str.maketrans("013457@$!", "oieastasi")


def require_good(password: str, about: Iterable[str] = ()) -> None:
    """Raises InputError that says what is wrong with a password; never what it is.

    Args:
        password: what somebody wants to use.
        about: what others know of them: their name and e-mail address.
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise InputError(f"A password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters; this has {len(password)}.")
    lowered = password.casefold()
    if len(set(lowered)) < FEWEST_DIFFERENT or _is_repeated(lowered):
        raise InputError("This password repeats the same few characters. Several words in a row are easy to remember.")
    if _is_common(lowered) or _is_run(lowered):
        raise InputError("This password is among the first that anybody would try. Take several words in a row.")
    for known in _words(about):
        if known in lowered and len(lowered) - len(known) < FEWEST_DIFFERENT:
            raise InputError("This password is your name or e-mail address. Take several words in a row.")


def _is_repeated(text: str) -> bool:
    """Whether a text is a shorter one, twice or more."""
    return text in (text + text)[1:-1]


def _is_common(text: str) -> bool:
    letters = "".join(sign for sign in text if sign.isalpha())
    core = _core(text)
    return not _COMMON.isdisjoint({letters, core, core.translate(_LEET)})


def _core(text: str) -> str:
    """Returns a text without the digits and signs around it."""
    start, end = 0, len(text)
    while start < end and not text[start].isalpha():
        start += 1
    while end > start and not text[end - 1].isalpha():
        end -= 1
    return text[start:end]


def _is_run(text: str) -> bool:
    """Whether most of a text goes along the keyboard or the alphabet, forwards or backwards."""
    pairs = [first + second for first, second in pairwise(text)]
    near = sum(any(pair in row or pair[::-1] in row for row in _ROWS) for pair in pairs)
    return near >= 0.8 * len(pairs)


def _words(about: Iterable[str]) -> list[str]:
    """Returns what others know of somebody, in the forms that end up in passwords."""
    known = [text.casefold() for text in about if text]
    return [word for text in known for word in (text, text.partition("@")[0], text.replace(" ", "")) if len(word) > 3]
