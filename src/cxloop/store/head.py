"""The head of the audit log, in a file of its own: which entry was the last, signed with the key of the workspace.

The log is committed first. A crash in between leaves the head behind, never ahead, and the next entry catches up.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cxloop.store.secrets import Vault

__all__ = ["HEAD_FILE", "Head", "Kept"]

HEAD_FILE = "audit.head"


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

    def advance(self, entry: Mapping[str, Any], digest_at: Callable[[int], str | None]) -> bool:
        """Keeps an entry as the last one, unless a later one is kept; returns whether there was no file before.

        A head that does not fit the log stays as it is: it is the evidence that somebody cut the log.

        Args:
            entry: what was committed.
            digest_at: gives the digest of the entry with a number, as the log has it now.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            text = os.pread(handle, 1000, 0).decode("ascii", errors="replace")
            if text and not self._fits(self._parse(text), entry, digest_at):
                return False
            line = self._line(entry["id"], entry["digest"])
            os.pwrite(handle, line, 0)
            os.ftruncate(handle, len(line))
            return not text
        finally:
            os.close(handle)

    def _fits(self, kept: Kept, entry: Mapping[str, Any], digest_at: Callable[[int], str | None]) -> bool:
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
