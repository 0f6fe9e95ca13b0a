"""Looking for words in bytes: as they are, as other files write them, and inside of base64; also in packed files."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

from cxloop.unify.erasure.unpacking import ClosedError, pieces, unpacked

__all__ = ["Finder"]

AT_ONCE = 300
"""Forms in one pattern: with some more, RE2 has no room for its automaton and takes a hundred times as long."""
MOST_FORMS = 150
"""Words that are also looked for as other files write them: the first ones, which are the most telling."""
SHORTEST_IN_BASE64 = 9
"""With fewer bytes too little is left that does not depend on what stands before and behind."""


class Finder:
    """Finds words in bytes, capitals aside."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(dict.fromkeys(word for word in words if word))
        self.closed: set[Path] = set()
        """Files that are packed and could not be looked into, of those that were asked for."""

    @cached_property
    def _groups(self) -> list[tuple[str, bool]]:
        """Patterns over the bytes, and whether capitals count."""
        plain = [form for word in self.words for form in _plain(word)]
        written = [form for word in self.words[:MOST_FORMS] for form in _written(word)]
        coded = [form for word in self.words[:MOST_FORMS] for form in _in_base64(word.encode())]
        groups = [(part, True) for part in _parts([*plain, *written])] + [(part, False) for part in _parts(coded)]
        return [("|".join(map(_escaped, part)), folds) for part, folds in groups]

    def holds(self, data: bytes) -> bool:
        """Whether any word stands in some bytes."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not data or not self.words:
            return False
        # RE2 by way of Arrow: Python's own engine tries one word after the other at each byte
        block = pa.array([data], pa.large_binary())
        return any(
            bool(pc.match_substring_regex(block, pattern=pattern, ignore_case=folds)[0].as_py())
            for pattern, folds in self._groups
        )

    def which(self, data: bytes) -> list[str]:
        """Returns the words that stand in some bytes, in whatever form."""
        low = data.lower()
        return [
            word
            for word in self.words
            if any(form.lower() in low for form in (*_plain(word), *_written(word)))
            or any(form in data for form in _in_base64(word.encode()))
        ]

    def in_file(self, path: Path) -> set[str]:
        """Returns the words that stand in the bytes of a file, and in what is packed in it."""
        found: set[str] = set()
        try:
            with path.open("rb") as stream, ThreadPoolExecutor(2) as pool:
                for words in pool.map(self._in_chunk, pieces(stream)):
                    found.update(words)
            for data in unpacked(path):
                found.update(self._in_chunk(data))
        except ClosedError:
            self.closed.add(path)
        except FileNotFoundError:  # gone meanwhile
            return set()
        return found

    def _in_chunk(self, data: bytes) -> list[str]:
        return self.which(data) if self.holds(data) else []


def _plain(word: str) -> list[bytes]:
    """Returns a word in UTF-8; where bytes do not tell that a letter is a capital, in small letters and capitals."""
    spelled = (word,) if word.isascii() else (word, word.lower(), word.upper())
    return list(dict.fromkeys(each.encode() for each in spelled))


def _written(word: str) -> list[bytes]:
    r"""Returns how else a word stands in files: in UTF-16, Windows-1252, JSON, HTML and addresses of pages.

    Example:
        >>> _written("M\xfc & Co")
        [b'M\x00\xfc\x00 \x00&\x00 \x00C\x00o', b'M\xfc & Co', b'M\\u00fc & Co', ...]
    """
    forms = [word.encode("utf-16-le").removesuffix(b"\0")]  # without its last byte it is also found where that is first
    with suppress(UnicodeEncodeError):
        forms.append(word.encode("cp1252"))
    texts = (json.dumps(word)[1:-1], escape(word), quote(word, safe=""), quote_plus(word))
    forms += [text.encode() for text in texts]
    return [form for form in dict.fromkeys(forms) if form != word.encode()]


def _in_base64(data: bytes) -> list[bytes]:
    """Returns what a text looks like inside of base64, for each of its three places among the groups of three.

    Example:
        >>> [form in base64.b64encode(b"x" * n + b"marta@example.org, she said") for n, form in
        ...  zip((0, 1, 2), _in_base64(b"marta@example.org"), strict=True)]
        [True, True, True]
    """
    if len(data) < SHORTEST_IN_BASE64:
        return []
    forms = []
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data)
        first = (before * 8 + 5) // 6  # characters that hold a bit of what stands before
        last = (before + len(data)) * 8 // 6  # and those that need a bit of what stands behind
        forms.append(coded[first:last])
    return forms


def _parts(forms: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(forms), AT_ONCE):
        yield forms[start : start + AT_ONCE]


def _escaped(form: bytes) -> str:
    """Returns a pattern for exactly these bytes."""
    return re.sub(r"[^A-Za-z0-9]", lambda sign: f"\\x{ord(sign[0]):02x}", form.decode("latin-1"))
