"""What was pulled lies in files until it is in the log: how they are written, named and found.

DIR/sources/NAME/landed holds JSON lines called RESOURCE.PACKAGE.jsonl, and files that were fetched whole, each in a
folder of its own. A file is there whole or not at all, and its name tells it apart from any other pull's: importing it
again after a crash is noticed by name and digest.
"""

from __future__ import annotations

import json
import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import UUID

from cxloop.collect.connectors.base import FILE

__all__ = ["Package", "Place", "hand_over", "plain", "take_packages", "write_lines", "write_rows"]

_FILE_ITEM = json.dumps({FILE: ""})[:-3]
"""How the JSON of an item begins that is a whole file."""
_EXACT = 2**53
"""Whole numbers beyond it are rounded by readers that know only doubles."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one connection."""

    path: Path

    @classmethod
    def of(cls, workspace: Path, name: str) -> Place:
        """Returns the folder of the connection `name`."""
        return cls(workspace / "sources" / name)

    @property
    def landed(self) -> Path:
        """Files that wait for their import."""
        return self.path / "landed"

    @property
    def downloads(self) -> Path:
        """Files on their way in."""
        return self.path / "downloads"

    @property
    def pipelines(self) -> Path:
        """What dlt keeps: packages and state."""
        return self.path / "pipelines"

    @property
    def lock(self) -> Path:
        """Held by the process that pulls."""
        return self.path / "lock"

    def make(self) -> None:
        """Makes the folder; nobody else on the machine may look into it."""
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.landed.mkdir(exist_ok=True)

    def waiting(self) -> list[Path]:
        """Returns the files that wait for their import, in the order in which they came."""
        if not self.landed.is_dir():
            return []
        found: list[tuple[str, Path]] = []
        for entry in self.landed.iterdir():
            if entry.is_dir():
                found += [(entry.name, file) for file in entry.iterdir()]
            elif entry.suffix == ".jsonl":
                found.append((".".join(entry.name.split(".")[1:]), entry))
        return [file for _, file in sorted(found)]

    def done(self, file: Path) -> None:
        """Removes a file that is in the log."""
        file.unlink(missing_ok=True)
        if file.parent != self.landed:
            file.parent.rmdir()

    def forget(self) -> None:
        """Removes everything of a connection."""
        shutil.rmtree(self.path, ignore_errors=True)


def plain(value: Any) -> Any:
    """Returns a value as JSON carries it, with nothing lost: numbers that a double would round become texts."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    for kind, write in _WRITTEN:
        if isinstance(value, kind):
            return write(value)
    return [plain(inner) for inner in value] if isinstance(value, Iterable) else str(value)


def _float(value: float) -> float | None:
    return value if isfinite(value) else None


def _decimal(value: Decimal) -> str | None:
    # 1E+3 is a number here, but not everywhere: written out it always is
    return format(value, "f") if value.is_finite() else None


_WRITTEN: tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any], Any]], ...] = (
    (int, lambda value: value if -_EXACT <= value <= _EXACT else str(value)),
    (float, _float),
    (Decimal, _decimal),
    (datetime, lambda value: value.isoformat(sep=" ")),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (UUID, str),
    ((bytes, bytearray, memoryview), lambda value: b64encode(bytes(value)).decode()),
)
"""How values are written; a moment is a date as well, so it comes first."""


def write_rows(place: Place, table: str, package: str, rows: Iterable[Mapping[str, Any]]) -> Path | None:
    """Writes rows as a file that waits for its import; returns it, or None where there is no row.

    Args:
        place: the connection's folder.
        table: the resource they belong to.
        package: what tells them apart from all others of this connection; the same package is the same rows.
        rows: the rows.
    """
    return write_lines(place, table, package, (json.dumps(plain(row), ensure_ascii=False) for row in rows))


def write_lines(place: Place, table: str, package: str, lines: Iterable[str]) -> Path | None:
    """The same for rows that are JSON already."""
    place.make()
    file = place.landed / f"{table}.{package}.jsonl"
    partial = file.with_suffix(".partial")
    written = 0
    with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        for line in lines:
            stream.write(line + "\n")
            written += 1
        stream.flush()
        os.fsync(stream.fileno())
    if not written:
        partial.unlink()
        return None
    partial.replace(file)
    _synced(place.landed)
    return file


def _synced(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Package:
    """One of dlt's packages: its id, its folder, and its files with their resource."""

    name: str
    folder: Path
    files: Sequence[tuple[str, Path]]


def take_packages(place: Place, packages: Sequence[Package]) -> int:
    """Turns dlt's packages into files that wait for their import; returns how many rows they held.

    Done again after a crash it writes the same files under the same names.
    """
    rows = 0
    for package in packages:
        for number, (table, file) in enumerate(sorted(package.files)):
            key = f"{package.name}.{number}"
            items = list(_sealed_files(file))
            for place_in_file, item in items:
                hand_over(place, item, f"{key}.{place_in_file}")
            written = write_lines(place, table, key, _sealed_rows(file))
            rows += len(items) + (0 if written is None else _lines(written))
        shutil.rmtree(package.folder)
    return rows


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _sealed_rows(file: Path) -> Iterator[str]:
    return (text for text in _sealed(file) if not text.startswith(_FILE_ITEM))


def _sealed_files(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    return ((place, json.loads(text)) for place, text in enumerate(_sealed(file)) if text.startswith(_FILE_ITEM))


def _sealed(file: Path) -> Iterator[str]:
    """Yields the rows of one of dlt's files: each line is a list of items, each item holds one row as JSON."""
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            yield from (item["row"] for item in json.loads(line))


def hand_over(place: Place, row: Mapping[str, str], package: str) -> None:
    """Moves a file that was fetched whole; done already where a pull was killed in between."""
    target = place.landed / package / row["name"]
    source = place.downloads / row[FILE]
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)  # the first look comes before any pull
        source.replace(target)
        _synced(target.parent)
