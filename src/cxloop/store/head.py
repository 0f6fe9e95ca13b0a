"""The head of the audit log, in a file of its own: which entry was the last, signed with the key of the workspace.

The log is committed first. A crash in between leaves the head behind, never ahead, and the next entry catches up.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeAlias

from cxloop.store.secrets import Vault

__all__ = ["HEAD_FILE", "Advance", "Head", "Kept"]

HEAD_FILE = "audit.head"

DigestAt: TypeAlias = Callable[[int], str | None]
"""Gives the digest of the entry with a number, as the log has it now."""
Advance: TypeAlias = Callable[[Mapping[str, Any], DigestAt], bool]
"""Keeps the entry that was committed as the last one, unless a later one is kept; returns whether nothing was before.

A head that does not fit the log stays as it is: it is the evidence that somebody cut the log.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file says: number and digest of the last entry, and whether the signature is this workspace's."""

    number: int
    digest: str
    valid: bool


class Head:
    """The file of one workspace; several processes may advance it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / HEAD_FILE

    @cached_property
    def _vault(self) -> Vault:
        return Vault.of(self._folder)

    def read(self) -> Kept | None:
        """Returns what is kept; None where there is no file."""
        try:
            return self._parse(self._path.read_text(encoding="ascii", errors="replace"))
        except FileNotFoundError:
            return None

    @contextmanager
    def turn(self) -> Iterator[Advance]:
        """Lets one writer at a time commit its entry and advance the head.

        Otherwise the second entry of a new log could reach the head before the first, and look like a log whose head
        was taken away.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield partial(self._advance, handle)
        finally:
            os.close(handle)

    def _advance(self, handle: int, entry: Mapping[str, Any], digest_at: DigestAt) -> bool:
        text = os.pread(handle, 1000, 0).decode("ascii", errors="replace")
        if text and not self._fits(self._parse(text), entry, digest_at):
            return False
        line = self._line(entry["id"], entry["digest"])
        os.pwrite(handle, line, 0)
        os.ftruncate(handle, len(line))
        return not text

    def _fits(self, kept: Kept, entry: Mapping[str, Any], digest_at: DigestAt) -> bool:
        if not kept.valid or kept.number >= entry["id"]:
            return False
        if kept.number == entry["id"] - 1:
            return bool(kept.digest == entry["previous"])
        return kept.digest == digest_at(kept.number)

    def _line(self, number: int, digest: str) -> bytes:
        content = f"{number} {digest}"
        return f"{content} {self._vault.sign(content)}\n".encode()

    def _parse(self, text: str) -> Kept:
        number, digest, signature = ([*text.split(), "", "", ""])[:3]
        valid = self._vault.signed(f"{number} {digest}", signature)
        return Kept(int(number) if number.isdigit() else 0, digest, valid)
