"""The spool as its users see it: append, read, forget, and what to do where the file fails."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from cxloop.collect.spool import damage, salvage
from cxloop.collect.spool.damage import Damage
from cxloop.collect.spool.marks import Marks, MarksFile
from cxloop.collect.spool.records import (
    DiskFullError,
    Envelope,
    Spooled,
    SpoolError,
    SpoolFullError,
    SpoolState,
    to_row,
)
from cxloop.collect.spool.table import Table, is_damage, is_full

__all__ = ["LIMIT_BYTES", "RESERVE_BYTES", "Spool"]

LIMIT_BYTES = 2_000_000_000
RESERVE_BYTES = 100_000_000
"""Left free on the disk: with less, the loader could not drain the spool, and nothing would ever get better."""
FORGET_BYTES = 1_000_000
"""Deleted in one transaction, with the lock held: those who append wait, and the loader runs with a lower priority."""
PAUSE_SECONDS = 0.005
FILE = "spool.sqlite"
PARTS = ("", "-wal", "-shm")
T = TypeVar("T")


class Spool:
    """A spool in a folder. Any number of processes and threads may hold one; the package says what it guarantees.

    Args:
        folder: made where it is missing.
        limit_bytes: how much may wait in the spool.
        reserve_bytes: how much of the disk is left free.

    Raises:
        SpoolError: the folder or the file cannot be used.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._path, self._log_path = folder / FILE, folder / f"{FILE}-wal"
        self._limit_bytes = limit_bytes
        self._reserve_bytes = reserve_bytes
        self._guard = threading.Lock()
        self._table: Table | None = None
        self._inode = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / "spool.lock", os.O_RDWR | os.O_CREAT, 0o600)
            self._marks = MarksFile(folder / "spool.marks")
        except OSError as failure:
            raise SpoolError(f"The spool in {folder} cannot be opened: {failure.strerror}.") from None
        self._alone(lambda _table: None)

    def close(self) -> None:
        """Closes the files."""
        with self._guard:
            if self._table is not None:
                self._table.close()
                self._table = None
            self._marks.close()
            os.close(self._lock)

    def append(self, envelopes: Sequence[Envelope]) -> None:
        """Keeps requests, all or none of them; they are on the disk when this returns.

        Raises:
            SpoolFullError: the spool's limit would be passed.
            DiskFullError: the disk is full.
            SpoolError: the file cannot be written.
        """
        rows = [to_row(envelope) for envelope in envelopes]
        self._require_space()
        if not self._alone(lambda table: table.append(rows, self._limit_bytes)):
            raise SpoolFullError(f"The spool holds {self._limit_bytes:,} bytes, as much as it may. Try again later.")

    def read(self, after: int, most_bytes: int) -> list[Spooled]:
        """Returns requests above a seq, in order: at least one where there is one, and up to `most_bytes` of bodies.

        Raises:
            SpoolError: the file cannot be read.
        """
        return self._do(lambda table: table.read(after, most_bytes))

    def forget(self, through: int) -> None:
        """Deletes the requests up to a seq; only for the loader, after it has committed them.

        Raises:
            SpoolError: the file cannot be written.
        """
        while self._alone(lambda table: table.forget(through, FORGET_BYTES)):
            # a lock goes to whoever asks first: without a pause it would be this one again, and not who has waited
            time.sleep(PAUSE_SECONDS)
        self._alone(self._tell_what_vanished)

    def _tell_what_vanished(self, table: Table) -> None:
        if gone := table.vanished():
            what = f"{gone:,} acknowledged requests were counted in {FILE} and are not in it: they are lost."
            damage.write(self._folder, Damage(_now(), what, 0, gone, ""))

    def scrub(self) -> None:
        """Leaves no byte of deleted requests in the file.

        Whoever appends waits meanwhile: some milliseconds, and with a full spool as long as it takes to write it once.

        Raises:
            SpoolError: the file cannot be written.
        """
        self._alone(lambda table: table.scrub())

    def continue_after(self, seq: int) -> None:
        """Lets every further request have a higher number than `seq`; the loader calls it with its position."""
        self._alone(lambda table: table.lift(seq))

    def state(self) -> SpoolState:
        """Returns how much waits, and since when."""
        found = self._do(lambda table: table.totals())
        return SpoolState(
            requests=found["requests"],
            events=found["events"],
            bytes=found["bytes"],
            limit_bytes=self._limit_bytes,
            oldest_received_at=found["oldest"] or None,
            last_seq=found["last"],
        )

    def damages(self) -> list[Damage]:
        """Returns every damage there has been, the oldest first."""
        return damage.read(self._folder)

    def _require_space(self) -> None:
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < self._reserve_bytes:
            raise DiskFullError(f"Less than {self._reserve_bytes:,} bytes of the disk are free. Make room.")

    def _alone(self, action: Callable[[Table], T]) -> T:
        """Does something while no other process writes, and notes what the file should know afterwards."""

        def noted(table: Table) -> T:
            result = action(table)
            self._note(table)
            return result

        with self._guard, self._locked():
            return self._tried(noted)

    def _note(self, table: Table) -> None:
        totals = table.totals()
        self._marks.write(Marks(totals["appended"], totals["requests"], totals["forgotten"], totals["last"]))

    def _do(self, action: Callable[[Table], T]) -> T:
        """Reads something; without the lock, which readers of a write-ahead log do not need."""
        with self._guard:
            try:
                if self._table is not None and self._is_mine():
                    return action(self._table)
            except sqlite3.Error as failure:
                if not is_damage(failure):
                    raise _told(failure) from None
            with self._locked():
                return self._tried(action)

    def _tried(self, action: Callable[[Table], T]) -> T:
        """Does something with the lock held; once more where the file was damaged and is mended."""
        try:
            try:
                return action(self._current())
            except sqlite3.Error as failure:
                if not is_damage(failure):
                    raise
                self._mend(str(failure))
            return action(self._current())
        except sqlite3.Error as failure:
            raise _told(failure) from None
        except OSError as failure:
            raise SpoolError(f"The spool in {self._folder} cannot be used: {failure.strerror}.") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _is_mine(self) -> bool:
        """Whether the file at the path is still the one that is open: another process may have set it aside."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _current(self) -> Table:
        if self._table is not None and self._is_mine():
            return self._table
        if self._table is not None:
            self._table.close()  # SQLite leaves the log alone where the file has moved
            self._table = None
        table = Table(self._path)
        try:
            self._settle(table)
        except BaseException:
            table.close()
            raise
        self._table, self._inode = table, self._path.stat().st_ino
        return table

    def _settle(self, table: Table) -> None:
        """Compares a file just opened with what it should know, and lifts the floor of its numbers."""
        marks, totals = self._marks.read(), table.totals()
        lost = min(marks.appended - totals["appended"], marks.requests)
        if marks.appended > totals["appended"]:
            table.believe(marks.appended, marks.forgotten)
        if lost > 0:
            self._restore_the_end(table, lost, marks)
        table.lift(_now())

    def _restore_the_end(self, table: Table, gone: int, marks: Marks) -> None:
        """Looks for requests that SQLite no longer sees: behind a gap in its log it reads nothing more."""
        found, known = table.restore(salvage.rows(self._path, self._log_path), marks)
        lost = max(0, gone - known)
        what = f"The end of {FILE} was gone: {lost:,} acknowledged requests in it are lost."
        if found:
            what = f"{what} {found:,} more were found behind the gap."
        damage.write(self._folder, Damage(_now(), what, found, lost, ""))

    def _mend(self, reason: str) -> None:
        """Sets the file aside and goes on with a new one that holds what could be read; the lock is held."""
        if self._table is not None and not self._is_mine():
            return  # another process has done it
        marks, now = self._marks.read(), _now()
        aside = self._folder / f"damaged-{now}"
        aside.mkdir(mode=0o700)
        for part in PARTS:
            path = self._path.with_name(FILE + part)
            if path.exists():
                path.rename(aside / path.name)
        if self._table is not None:
            self._table.close()
            self._table = None
        table = Table(self._path)
        try:
            table.believe(marks.appended, marks.forgotten)
            found, known = table.restore(salvage.rows(aside / FILE, aside / (FILE + "-wal")), marks)
        finally:
            table.close()
        lost = max(0, marks.requests - known)
        what = f"{FILE} could not be read ({reason}). {found:,} requests were moved into a new file, {lost:,} are lost."
        damage.write(self._folder, Damage(now, what, found, lost, aside.name))


def _told(failure: sqlite3.Error) -> SpoolError:
    if is_full(failure):
        return DiskFullError("The disk is full, so the spool takes nothing. Make room.")
    return SpoolError(f"The spool cannot be used at the moment: {failure}.")


def _now() -> int:
    return time.time_ns() // 1000
