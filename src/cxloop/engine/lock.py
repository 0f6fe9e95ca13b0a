"""One owner of the analytics tables at a time: a lock on a file, with the owner's process id in it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cxloop.core.errors import WorkspaceError

__all__ = ["OwnerLock"]


class OwnerLock:
    """Held from opening to closing. The system releases it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock of `folder`.

        Raises:
            WorkspaceError: another process holds it; says which and what to do.
        """
        file = os.open(folder / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(file, 20, 0).decode().strip()
            os.close(file)
            raise WorkspaceError(_held(folder, owner)) from None
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file: int | None = file

    def release(self) -> None:
        """Lets others open the workspace; the file stays, since removing it would race with them."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def _held(folder: Path, owner: str) -> str:
    if owner == str(os.getpid()):
        return f"{folder} is already open in this process. Use the workspace that is open, or close it first."
    who = f"by process {owner}" if owner else "by another process"
    return (
        f"{folder} is in use {who}. Close the notebook or command that has it open, "
        "or start `cxloop serve`: commands and notebooks then share the workspace through it."
    )
