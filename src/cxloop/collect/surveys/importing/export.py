"""An export as it was written: its cells, and what its columns are, whichever product wrote it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cxloop.core.errors import InputError

__all__ = ["FACTS", "Export", "Fact", "Group", "Part", "Product", "cells_of", "plain", "read_text"]

Product = Literal["qualtrics", "surveymonkey", "typeform", "google_forms"]
Fact = Literal[
    "response", "started_at", "finished_at", "finished", "state", "email", "customer", "phone", "language", "channel",
    "seconds", "skip",
]  # fmt: skip
FACTS: tuple[Fact, ...] = (
    "response", "started_at", "finished_at", "finished", "state", "email", "customer", "phone", "language", "channel",
    "seconds", "skip",
)  # fmt: skip
"""What a column may say of a response as a whole; `skip` is read by nobody."""
MOST_BYTES = 500_000_000
_LINE_ENDS = "\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a question: where it stands, and its choice, row or item."""

    place: int
    label: str


@dataclass(frozen=True)
class Group:
    """The columns of one question.

    Attributes:
        name: what the question is called in the log.
        title: its words.
        parts: its columns.
        other: place of the column with what somebody wrote beside a choice; None for none.
        joined: what stands between several choices in one cell; empty where no cell holds several.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    other: int | None = None
    joined: str = ""


@dataclass(frozen=True)
class Export:
    """A file of responses.

    Attributes:
        product: who wrote it.
        facts: what is said of a response as a whole, and in which column.
        groups: the questions, in their order.
        rows: the responses, a list of cells each; rows that are shorter or longer are as they came.
        width: how many cells a row has to have.
        first_line: number of the first row of data, as a spreadsheet shows it.
        zone: time zone that the file names; None where it names none.
        missing: texts that mean "no answer".
        notes: what a person should know.
    """

    product: Product
    facts: dict[Fact, int]
    groups: tuple[Group, ...]
    rows: Sequence[Sequence[str]]
    width: int
    first_line: int
    zone: str | None = None
    missing: frozenset[str] = frozenset({""})
    notes: tuple[str, ...] = field(default=())


def read_text(path: Path) -> tuple[str, str]:
    """Returns the text of an export and a note where its encoding had to be guessed.

    UTF-8 and UTF-16 with or without their mark are told apart by looking; anything else is taken for Windows-1252, as
    which spreadsheets of western Europe and America save. A .zip with one file is opened.

    Raises:
        InputError: it does not exist, is too large, or is no text.
    """
    content = _bytes(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), ""
    if b"\x00" in content[:1000]:
        raise InputError(f"{path.name} is no text. Export the responses as CSV.")
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), f"{path.name} is not UTF-8; it was read as Windows-1252."


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} has more than {MOST_BYTES:,} bytes. Export the responses in parts.")
        content = path.read_bytes()
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}.") from None
    return _unpacked(path, content) if content.startswith(b"PK\x03\x04") else content


def _unpacked(path: Path, content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [each for each in packed.infolist() if each.filename.lower().endswith((".csv", ".tsv", ".txt"))]
            if len(inside) != 1:
                raise InputError(
                    f"{path.name} holds {len(inside)} CSV files; one is needed. Unpack it, and name the file."
                )
            if inside[0].file_size > MOST_BYTES:
                raise InputError(f"{inside[0].filename} has more than {MOST_BYTES:,} bytes unpacked.")
            return packed.read(inside[0])
    except zipfile.BadZipFile:
        raise InputError(f"{path.name} is a broken ZIP file.") from None


def cells_of(text: str) -> list[list[str]]:
    """Returns the cells of a CSV text; the sign between them is found out from its first line that has one."""
    csv.field_size_limit(16_000_000)
    head = text[:20_000].lstrip(_LINE_ENDS)
    first = head.split("\n", 1)[0]
    sign = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign if sign in first else ",", strict=False))
    except csv.Error as failure:
        raise InputError(f"This is no CSV: {failure}.") from None
    return [row for row in rows if any(cell.strip() for cell in row)]


def plain(text: str) -> str:
    """Returns a title as one line: exports break lines and add blanks where a page did.

    Example:
        >>> plain("How likely\\n are you?\\u00a0")
        'How likely are you?'
    """
    return " ".join(text.replace("\u00a0", " ").split())
