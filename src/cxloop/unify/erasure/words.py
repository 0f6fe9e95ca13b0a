"""What to look for afterwards: texts of a person that tell them apart, taken before they are erased.

An identifier such as "42" says nothing by itself and stands in every file; what is looked for has to be long enough
that finding it means something. What others have as well (a city, "Thank you very much!") is told apart afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cxloop.unify.erasure.queries import PROFILE_OF, TEXTS_OF

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["MOST_WORDS", "is_telling", "telling_words"]

SHORTEST = 6
SHORTEST_NUMBER = 7
SHORTEST_SNIPPET = 20
LONGEST = 60
MOST_WORDS = 600
"""Looked for after one erasure, whatever it is about: identifiers first, then profiles, then words of texts."""
MOST_TEXTS = 5_000
_WORD = re.compile(r"[^\W_][\w.@+-]{4,}[^\W_]")
_PLAIN = re.compile(r"[^\\\"\n\r\t]+")


def is_telling(value: str) -> bool:
    """Whether finding a value means something: six signs, or seven digits.

    Example:
        >>> [is_telling(value) for value in ("marta@example.org", "C-10042", "42", "100042", "0170 1234567")]
        [True, True, False, False, True]
    """
    text = value.strip()
    digits = sum(sign.isdigit() for sign in text)
    letters = sum(sign.isalpha() for sign in text)
    return len(text) >= SHORTEST and (letters > 0 or digits >= SHORTEST_NUMBER)


def telling_words(ws: Analysis, keys: Sequence[int], identifiers: Iterable[str], *, texts: bool) -> list[str]:
    """Returns what to look for after some keys are gone, the most telling first.

    Args:
        ws: the workspace, with everything still in it.
        keys: the keys that go.
        identifiers: their values.
        texts: whether the texts go as well.
    """
    found = dict.fromkeys(value.strip() for value in identifiers if is_telling(value))
    profile = ws.engine.fetch(PROFILE_OF, {"keys": list(keys)}).column("value").to_pylist()
    found |= dict.fromkeys(value.strip() for value in profile if value and is_telling(value))
    if texts:
        rows = ws.engine.fetch(TEXTS_OF, {"keys": list(keys), "most": MOST_TEXTS}).to_pylist()
        for name in ("text", "answer_value", "properties", "message_id"):
            for row in rows:
                found |= dict.fromkeys(_of_text(row[name] or ""))
    return [word[:LONGEST] for word in found][:MOST_WORDS]


def _of_text(text: str) -> Iterator[str]:
    """Yields words with a digit in them, and how the text begins: rarely does anybody else write the same."""
    yield from (word for word in _WORD.findall(text) if any(map(str.isdigit, word)) and is_telling(word))
    first = _PLAIN.search(text)
    if first is not None and len(first[0].strip()) >= SHORTEST_SNIPPET and not text.startswith("{"):
        yield first[0].strip()
