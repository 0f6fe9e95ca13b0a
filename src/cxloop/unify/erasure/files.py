"""The files of a workspace beside its tables: what of them goes with a person, and what is only looked through.

Exports and models are about persons or made of them, and go whole. Of files that hold rows (landed, to be imported,
logs) the lines go that hold an identifier. Settings are the operator's, and packed files cannot be cut: what is found
in them is said, and the receipt is not signed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from cxloop.unify.erasure.searching import Finder
from cxloop.unify.erasure.unpacking import is_packed

__all__ = ["clean", "every_file"]

_WHOLE = ("exports", "models")
_LINES = ("inbox", "sources", "logs")
_NO_LINES = (".xls", ".duckdb", ".sqlite", ".sqlite-wal")
"""Kinds of files that are neither packed nor lines of text."""


def every_file(workspace: Path) -> Iterator[Path]:
    """Yields every file of a workspace; not sockets, and not what a link leads to."""
    for folder, _, names in os.walk(workspace):
        for name in names:
            path = Path(folder, name)
            try:
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path
            except FileNotFoundError:
                continue


def clean(workspace: Path, customers: Sequence[int], values: Sequence[str]) -> dict[str, int]:
    """Removes what files hold of somebody; returns the folder to the number of files or lines that went.

    Args:
        workspace: its folder.
        customers: numbers by which exports are called.
        values: their identifiers, those that tell.
    """
    finder = Finder(values)
    numbers = re.compile(rf"(?<!\d)(?:{'|'.join(map(str, customers))})(?!\d)") if customers else None
    removed: dict[str, int] = {}
    for folder in _WHOLE:
        for path in list(every_file(workspace / folder)):
            named = folder == "exports" and numbers is not None and numbers.search(path.name)
            if named or finder.in_file(path):
                path.unlink(missing_ok=True)
                removed[folder] = removed.get(folder, 0) + 1
    for folder in _LINES:
        for path in list(every_file(workspace / folder)):
            if path.suffix.lower() not in _NO_LINES and (lines := _cut(path, finder)):
                removed[folder] = removed.get(folder, 0) + lines
    return removed


def _cut(path: Path, finder: Finder) -> int:
    """Leaves out the lines of a text file that hold a word; returns how many. The other lines stay as they are."""
    try:
        if is_packed(path) or not finder.in_file(path):
            return 0
    except FileNotFoundError:  # gone meanwhile
        return 0
    partial = path.with_name(f".{path.name}.partial")
    cut = 0
    with path.open("rb") as old, partial.open("wb") as new:
        for line in old:
            if finder.holds(line):
                cut += 1
            else:
                new.write(line)
        new.flush()
        os.fsync(new.fileno())
    partial.chmod(stat.S_IMODE(path.stat().st_mode))
    partial.replace(path)
    return cut
