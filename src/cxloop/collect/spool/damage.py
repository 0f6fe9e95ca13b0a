"""The record of what happened to the spool's file: a damage is told, never mended in silence."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

__all__ = ["Damage", "read", "remove_copies", "write"]

FILE = "damages.jsonl"


@dataclass(frozen=True, slots=True)
class Damage:
    """One damage of the spool.

    Attributes:
        at: when it was found, microseconds since 1970 UTC.
        what: a sentence for a person.
        salvaged: how many requests were moved into the new file.
        lost: how many acknowledged requests are gone, as far as can be known.
        kept_in: folder beside the spool with the damaged files; empty where there was nothing to keep.
    """

    at: int
    what: str
    salvaged: int
    lost: int
    kept_in: str


def write(folder: Path, damage: Damage) -> None:
    """Adds a line to the record; on the disk when this returns."""
    with (folder / FILE).open("ab") as record:
        record.write(msgspec.json.encode(damage) + b"\n")
        record.flush()
        os.fsync(record.fileno())


def read(folder: Path) -> list[Damage]:
    """Returns every damage there has been, the oldest first."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Damage))
        except msgspec.DecodeError:  # the line that a loss of power cut off
            continue
    return found


def remove_copies(folder: Path) -> int:
    """Removes the damaged files that were set aside, and returns how many; what could be read of them was moved."""
    copies = list(folder.glob("damaged-*"))
    for copy in copies:
        shutil.rmtree(copy)
    return len(copies)
