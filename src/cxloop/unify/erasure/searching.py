"""Looking for words in bytes: as they are, in UTF-16, and inside of base64; also inside of packed files."""

from __future__ import annotations

import base64
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import IO

__all__ = ["Finder", "packed"]

AT_ONCE = 300
"""Forms in one pattern: with some more, RE2 has no room for its automaton and takes a hundred times as long."""
CHUNK = 8_000_000
OVERLAP = 512
MOST_FORMS = 150
"""Words that are also looked for in UTF-16 and base64: the first ones, which are the most telling."""
SHORTEST_IN_BASE64 = 9
"""With fewer bytes too little is left that does not depend on what stands before and behind."""
PACKED = (".gz", ".zip", ".xlsx")


class Finder:
    """Finds words in bytes, capitals aside."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(dict.fromkeys(word for word in words if word))

    @cached_property
    def _groups(self) -> list[tuple[str, bool]]:
        """Patterns over the bytes, and whether capitals count."""
        plain = [word.encode() for word in self.words]
        wide = [word.encode("utf-16-le") for word in self.words[:MOST_FORMS]]
        coded = [form for word in self.words[:MOST_FORMS] for form in _in_base64(word.encode())]
        groups = [(part, True) for part in _parts([*plain, *wide])] + [(part, False) for part in _parts(coded)]
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
            if word.lower().encode() in low
            or word.lower().encode("utf-16-le") in low
            or any(form in data for form in _in_base64(word.encode()))
        ]

    def in_file(self, path: Path) -> set[str]:
        """Returns the words that stand in the bytes of a file, and in what is packed in it."""
        found: set[str] = set()
        try:
            with path.open("rb") as stream, ThreadPoolExecutor(2) as pool:
                for words in pool.map(self._in_chunk, _chunks(stream)):
                    found.update(words)
            for data in packed(path):
                found.update(self._in_chunk(data))
        except FileNotFoundError:  # gone meanwhile
            return set()
        return found

    def _in_chunk(self, data: bytes) -> list[str]:
        return self.which(data) if self.holds(data) else []


def packed(path: Path) -> Iterator[bytes]:
    """Yields what is packed in a file, as far as its kind is known."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                yield from _chunks(stream)
        elif path.suffix in PACKED:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    with archive.open(name) as stream:
                        yield from _chunks(stream)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError):
        return  # no such file in truth: its bytes were looked through as they are


def _chunks(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """Yields the bytes in pieces that overlap, so that no word is cut in two."""
    tail = b""
    while piece := stream.read(CHUNK):
        yield tail + piece
        tail = piece[-OVERLAP:]


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
