"""How a text file separates its columns, found out by looking at its first lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cxloop.core.errors import InputError
from cxloop.engine.loading import FileFormat

__all__ = ["TextDialect", "look", "unique_names"]

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 262_144
_RECORDS = 100


@dataclass(frozen=True, slots=True)
class TextDialect:
    """Delimiter and quote of a file, and its column names."""

    delimiter: str
    quote: str
    header: bool
    skip: int
    columns: tuple[str, ...]


def look(path: Path, how: FileFormat, name: str) -> TextDialect:
    """Returns how the text file at `path` (in UTF-8) is to be read.

    Raises:
        InputError: the file holds no header.
    """
    start = _start(path, how)
    if not start.strip():
        raise InputError(f"{name} holds no text after its first {how.skip} lines. Was the export finished?")
    delimiter = how.delimiter or _delimiter(start, how.quote)
    records = _records(start, delimiter, how.quote, 1)
    if not records:
        raise InputError(f"{name} has no header that can be read. Check `delimiter` and `quote` in the mapping.")
    first = records[0]
    columns = unique_names(first) if how.header else tuple(f"column_{place + 1}" for place in range(len(first)))
    return TextDialect(delimiter, how.quote, how.header, how.skip, columns)


def _start(path: Path, how: FileFormat) -> str:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for _ in range(how.skip):
            stream.readline(_LOOKED_AT)
        return stream.read(_LOOKED_AT)


def _delimiter(start: str, quote: str) -> str:
    """The sign that cuts the most lines into the same number of columns; a comma where none does."""
    scores = {sign: _agreement(_records(start, sign, quote, _RECORDS)) for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: scores[sign])
    return best if scores[best] > (0, 0) else ","


def _agreement(records: list[list[str]]) -> tuple[float, int]:
    widths = Counter(len(record) for record in records)
    if not widths:
        return (0, 0)
    width, lines = widths.most_common(1)[0]
    return (lines / len(records), width) if width > 1 else (0, 0)


def _records(start: str, delimiter: str, quote: str, most: int) -> list[list[str]]:
    # the last line may be cut by the end of the sample
    whole = start if len(start) < _LOOKED_AT else start[: start.rfind("\n") + 1] or start
    lines = io.StringIO(whole, newline="")
    if quote:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    records: list[list[str]] = []
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) == most:
                break
    except csv.Error:
        pass  # a field over the module's own limit: what was read so far is enough to judge
    return records


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Returns column names without blanks around them, empty ones numbered and repeated ones told apart.

    Example:
        >>> unique_names(["a", "", "a", " b "])
        ('a', 'column_2', 'a_2', 'b')
    """
    seen: set[str] = set()
    result = []
    for place, name in enumerate(names, 1):
        base = name.strip().replace("\0", "") or f"column_{place}"
        unique, number = base, 1
        while unique in seen:
            number += 1
            unique = f"{base}_{number}"
        seen.add(unique)
        result.append(unique)
    return tuple(result)
