"""The proof: after an erasure, what told its person apart is looked for in every table and every byte of every file.

What somebody else has as well (a shared address, a phrase that many write, or the same person who has come back) is
found in a row that belongs to a living customer; it is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cxloop.collect.intake import open_spool
from cxloop.collect.protocol import UnreadableError, unpacked
from cxloop.core.schema import TABLES
from cxloop.store import erasures
from cxloop.store.sqlite_files import WORK, texts
from cxloop.unify.erasure.files import every_file
from cxloop.unify.erasure.receipts import receipt_document
from cxloop.unify.erasure.results import Looked
from cxloop.unify.erasure.searching import Finder

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure

__all__ = ["Proof", "prove", "settle"]

Look: TypeAlias = "Callable[[Callable[[bytes], bool]], Iterator[str]]"
_SUBJECTS = {"key_id", "interaction_id", "customer_id"}
_LIVING = {table.name for table in TABLES if not _SUBJECTS.isdisjoint(table.names)}
"""Tables whose rows are somebody's. After an erasure none of them is of who was erased: the numbers are looked for."""
_SQLITE = (WORK, "spool/spool.sqlite")
"""Files with values beside the records; where those are in a database, it has these as well."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked through, and where something was found."""

    looked: tuple[Looked, ...]
    places: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.places


def prove(ws: Operations, secret: dict[str, Any]) -> Proof:
    """Looks for everything that told the erased apart."""
    ws.progress("Looking through every file", 0.7)
    finder = Finder(secret["words"])
    waiting = set(_new_in_spool(ws, finder, int(secret.get("spool", 0))))
    files = [path for path in every_file(ws.path) if path.name != "secret.key"]
    in_files = {path: found for path in files if (found := finder.in_file(path))}
    in_values = {name: set(_values(look, finder)) for name, look in _looks(ws).items()}
    tables_are_in = ws.engine.files()
    older = [f"{_shown(path, ws.path)} (an older file)" for path in tables_are_in.older]
    rest = finder.closed.difference(*tables_are_in)
    closed = sorted(f"{path.relative_to(ws.path)} (packed, and cannot be opened)" for path in rest if path.exists())
    ws.progress("Looking through every table", 0.85)
    # last: whoever has come back while the files were looked through is a customer by now
    numbers = ws.engine.numbers_left(secret["keys"])
    held = ws.engine.holding(secret["words"])
    shared = {each.text.lower() for each in held if each.table in _LIVING} | {word.lower() for word in waiting}
    tables = sorted({f"table {each.table}" for each in held if each.text.lower() not in shared})
    named = sorted(str(path.relative_to(ws.path)) for path, found in in_files.items() if _any_of(found, shared))
    records = sorted(
        {f"{name} ({place})" for name, found in in_values.items() for place, word in found if word not in shared}
    )
    looked = (
        Looked("words", "identifiers, profile and words of texts that were looked for", len(finder.words), 0),
        Looked("words", "of these, also somebody else's and therefore left out", len(shared), 0),
        Looked("analytics", "numbers of keys in every column that holds one", len(TABLES), len(numbers)),
        Looked("analytics", "every text of every table", len(TABLES), len(tables)),
        Looked("analytics", "files of tables beside the live one, which pack what was erased", 1, len(older)),
        Looked("records", "every value of the records, the spool and what is under way", len(in_values), len(records)),
        Looked(
            "files", "every byte, also as UTF-16 and inside of base64, gzip, zip and Parquet", len(files), len(named)
        ),
        Looked("files", "packed files that cannot be looked into", len(files), len(closed)),
    )
    places = (*(f"numbers in {name}" for name in sorted(numbers)), *tables, *older, *records, *named, *closed)
    return Proof(looked, places)


def _shown(path: Path, workspace: Path) -> str:
    """A warehouse may be on a disk that is shared with others."""
    return str(path.relative_to(workspace) if path.is_relative_to(workspace) else path)


def _any_of(found: set[str], shared: set[str]) -> bool:
    return any(word.lower() not in shared for word in found)


def _looks(ws: Operations) -> dict[str, Look]:
    """What looks through values, by the name of where they are."""
    files = {name: partial(texts, ws.path / name) for name in _SQLITE if (ws.path / name).exists()}
    records = "PostgreSQL" if ws.store.is_shared else "app.sqlite"
    return {records: ws.store.texts, **files}


def _values(look: Look, finder: Finder) -> Iterator[tuple[str, str]]:
    """Yields column and word for each value that holds one; a body may be packed."""
    words: list[str] = []

    def holds(value: bytes) -> bool:
        words.clear()
        words.extend(word for data in (value, _unpacked(value)) if finder.holds(data) for word in finder.which(data))
        return bool(words)

    for place in look(holds):
        yield from ((place, word.lower()) for word in words)


def _unpacked(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return b""
    try:
        return unpacked(body, "gzip")
    except UnreadableError:
        return b""


def _new_in_spool(ws: Operations, finder: Finder, after: int) -> Iterator[str]:
    """Yields the words that stand in requests which came after the erasure: whoever sent them is there again."""
    spool = open_spool(ws.path, ws.settings)
    try:
        place = after
        while waiting := spool.read(place, 20_000_000):
            for each in waiting:
                body = each.envelope.body
                for data in (body, _unpacked(body)):
                    if finder.holds(data):
                        yield from finder.which(data)
            place = waiting[-1].seq
    finally:
        spool.close()


def settle(ws: Operations, kept: KeptErasure, proof: Proof) -> KeptErasure:
    """Writes down what was found; signs the receipt where nothing was, and forgets what was looked for."""
    looked = [[row.place, row.how, row.amount, row.found] for row in proof.looked]
    if not proof.clean:
        return erasures.change(ws.store, kept.erasure_id, state="found", looked=looked, failure=_said(proof.places))
    secret = erasures.open_secret(ws.store, kept.erasure_id)
    proved_at = ws.now()
    document = receipt_document(ws, kept, secret, proof.looked, proved_at)
    return erasures.change(
        ws.store,
        kept.erasure_id,
        state="proved",
        looked=looked,
        failure="",
        proved_at=proved_at,
        document=document,
        signature=ws.store.vault.sign_openly(document),
        sealed=None,
    )


def _said(places: Sequence[str]) -> str:
    more = f" and {len(places) - _MOST_NAMED} more places" if len(places) > _MOST_NAMED else ""
    return (
        f"Still found in {', '.join(places[:_MOST_NAMED])}{more}. Take it out there, then look again: "
        "cxloop unify check-erasure."
    )
