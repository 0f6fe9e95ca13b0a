"""Files made for access requests: in the folder `exports`, until they expire or the person is erased.

A file's name holds the customer's number and no other digits: erasure finds it by that.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cxloop.core.errors import WorkspaceError
from cxloop.core.time import moved, utc_naive
from cxloop.unify.privacy.results import ExportFile

__all__ = ["FOLDER", "Exports"]

FOLDER = "exports"
_NAME = re.compile(r"customer-(\d+)-[a-p]+\.(?:html|json)")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@dataclass(frozen=True)
class Exports:
    """The exports of a workspace; `keep` is how long one lies there."""

    workspace: Path
    keep: str

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.workspace / FOLDER

    def write(self, customer_id: int, form: str, document: str, now: datetime) -> ExportFile:
        """Writes a file that only this user can read; raises WorkspaceError where the disk refuses it."""
        name = f"customer-{customer_id}-{secrets.token_hex(8).translate(_LETTERS)}.{form}"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(document)
            moment = now.replace(tzinfo=UTC).timestamp()
            os.utime(self.folder / name, (moment, moment))
        except OSError as failure:
            raise WorkspaceError(f"{self.folder} cannot be written: {failure.strerror}. Free some space.") from failure
        return ExportFile(name, customer_id, now, moved(now, self.keep))

    def __iter__(self) -> Iterator[ExportFile]:
        for path in sorted(self.folder.glob("customer-*")) if self.folder.is_dir() else ():
            named = _NAME.fullmatch(path.name)
            if named is not None:
                made = utc_naive(datetime.fromtimestamp(path.stat().st_mtime, UTC))
                yield ExportFile(path.name, int(named[1]), made, moved(made, self.keep))

    def remove_expired(self, now: datetime) -> int:
        """Deletes the files whose time is over; returns how many."""
        expired = [each for each in self if each.expires_at <= now]
        for each in expired:
            (self.folder / each.file).unlink(missing_ok=True)
        return len(expired)
