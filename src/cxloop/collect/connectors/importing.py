"""The second half of a pull: files that wait go through the mapping into the log, each exactly once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cxloop.collect.connectors.landing import Place
from cxloop.collect.files.importer import import_found
from cxloop.collect.files.sources import Found
from cxloop.collect.results import FileImport, Skipped
from cxloop.core.errors import InputError
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["Taken", "mapping_for", "take"]

IMPORTED = Query(
    name="collect.imported_files",
    sql="select files from imports where source = $source order by started_at desc limit 1000",
    inputs=("imports",),
    parameters={"source": "text"},
    output={"files": "json"},
)
"""The latest files of a connection. A crash leaves the very last ones behind, so more need not be looked at."""
MOST_BYTES = 256 * 2**20
"""Rows of several files go in together, up to this much."""
_SOURCE = re.compile(r"^source\s*=.*$", re.MULTILINE)
_FIRST_TABLE = re.compile(r"^\s*\[", re.MULTILINE)


@dataclass
class Taken:
    """What became of the files that waited; `unread` says of each that cannot be read why, and it goes on waiting."""

    rows: int = 0
    admitted: int = 0
    already_there: int = 0
    rejected: int = 0
    left_out: int = 0
    imports: list[str] = field(default_factory=list)
    reasons: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    def add(self, done: FileImport) -> None:
        """Adds one import."""
        self.rows += done.rows_read
        self.admitted += done.admitted
        self.already_there += done.already_there
        self.rejected += done.rejected
        self.left_out += done.left_out
        self.imports += [done.import_id] if done.import_id is not None else []
        self.reasons += [reason for reason in done.reasons if reason not in self.reasons]
        self.notes += [note for note in done.notes if note not in self.notes and not note.startswith("Not read")]

    def merge(self, other: Taken) -> None:
        """Adds what became of further files; which cannot be read is what the later look says."""
        self.rows += other.rows
        self.admitted += other.admitted
        self.already_there += other.already_there
        self.rejected += other.rejected
        self.left_out += other.left_out
        self.imports += other.imports
        self.reasons += [reason for reason in other.reasons if reason not in self.reasons]
        self.notes += [note for note in other.notes if note not in self.notes]
        self.unread = other.unread


def mapping_for(text: str, name: str) -> str:
    """Returns a mapping whose source is the connection's name, so that rejects replay under it as well.

    Example:
        >>> mapping_for('source = "shop"\\n\\n[[table]]\\n', "north")
        'source = "north"\\n\\n[[table]]\\n'
    """
    line = f"source = {json.dumps(name, ensure_ascii=False)}"
    first = _FIRST_TABLE.search(text)
    head = text if first is None else text[: first.start()]
    if _SOURCE.search(head):
        return _SOURCE.sub(lambda _: line, head, count=1) + text[len(head) :]
    return f"{line}\n{text}"


def take(
    ws: Operations,
    place: Place,
    name: str,
    mapping: str,
    *,
    leave_out: bool = False,
) -> Taken:
    """Imports the files that wait in a connection's folder, and removes them.

    Args:
        ws: the workspace.
        place: the connection's folder.
        name: the connection; the source of its interactions.
        mapping: its mapping.
        leave_out: whether whole files that cannot be read are removed, too.

    Raises:
        MistakesError: the mapping does not fit the rows, all told together; they go on waiting.
    """
    text = mapping_for(mapping, name)
    taken = Taken()
    for group in _groups(place):
        with ws.heavy:
            _take(ws, place, name, text, group, taken)
    if leave_out:
        taken.notes += [f"Left out: {reason}" for reason in taken.unread.values()]
        taken.unread.clear()
        for file in place.waiting():
            place.done(file)
    return taken


def _groups(place: Place) -> Iterator[list[Path]]:
    """Yields rows of several files together, and files that were fetched whole one by one."""
    group: list[Path] = []
    size = 0
    for file in place.waiting():
        if file.parent != place.landed:
            yield [file]
            continue
        if group and size + file.stat().st_size > MOST_BYTES:
            yield group
            group, size = [], 0
        group.append(file)
        size += file.stat().st_size
    if group:
        yield group


def _take(ws: Operations, place: Place, name: str, text: str, group: Sequence[Path], taken: Taken) -> None:
    known = _imported(ws, name)
    new = [file for file in group if (file.name, _digest(file)) not in known]
    whole = group[0].parent != place.landed
    if new:
        found = Found(tuple(new), new[0].parent, named=whole)
        try:
            taken.add(import_found(ws, lambda: found, text, f"The mapping of {name}"))
        except InputError as failure:
            if not whole:
                raise
            # a broken file must not stop the others; it waits for a better mapping, or for a better file of its name
            taken.unread[new[0].name] = _why(new[0].name, failure)
            return
    for file in group:
        place.done(file)
        if whole and taken.unread.pop(file.name, None) is not None:
            _replaced(place, file)


def _why(name: str, failure: InputError) -> str:
    reason = " ".join(failure.message.split())
    return reason if reason.startswith(name) else f"{name}: {reason}"


def _replaced(place: Place, by: Path) -> None:
    """Removes earlier files of a name that could not be read, now that a later one was."""
    for file in place.waiting():
        if file.name == by.name and file.parent.name < by.parent.name:
            place.done(file)


def _imported(ws: Operations, name: str) -> set[tuple[str, str]]:
    found = ws.engine.fetch(IMPORTED, {"source": name}).column("files").to_pylist()
    return {(file["name"], file["sha256"]) for files in found for file in json.loads(str(files))}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
