"""The spool's tables in an open SQLite file; a door to SQL of its own, since nothing else may wait behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cxloop.collect.spool.marks import Marks
from cxloop.collect.spool.records import Row, Spooled, from_row

__all__ = ["PAGE_BYTES", "Table", "is_damage", "is_full"]

PAGE_BYTES = 8192
"""Fewer links in the chain of a large body than with 4096, and still little to write for a single event."""
SCHEMA = """
create table if not exists requests (
    seq integer primary key autoincrement,
    source text not null,
    format text not null,
    received_at integer not null,
    events integer not null,
    about blob not null,
    size integer not null,
    body blob not null,
    checksum integer not null
);
create table if not exists totals (
    one integer primary key check (one = 1),
    appended integer not null,
    requests integer not null,
    events integer not null,
    bytes integer not null,
    forgotten integer not null
);
insert or ignore into totals values (1, 0, 0, 0, 0, 0);
insert into sqlite_sequence (name, seq) select 'requests', 0
    where not exists (select 1 from sqlite_sequence where name = 'requests');
"""
DURABLE, NOT_DURABLE = "pragma synchronous = full", "pragma synchronous = normal"
SWEEPS, NO_SWEEPS = "pragma wal_autocheckpoint = 2000", "pragma wal_autocheckpoint = 16000"
"""How many pages the log may have before they are moved into the file; so many that only who is alone does it."""
COLUMNS = "source, format, received_at, events, about, size, body, checksum"
ROW = "(?, ?, ?, ?, ?, ?, ?, ?)"
INSERTS = {size: f"insert into requests ({COLUMNS}) values {', '.join([ROW] * size)}" for size in (64, 16, 4, 1)}
"""Several rows at a time: each statement gives up the interpreter's lock, and a busy thread is slow to give it back."""
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})


def is_damage(failure: sqlite3.Error) -> bool:
    """Whether a failure says that the file is not what was written."""
    code = getattr(failure, "sqlite_errorcode", 0)
    return code & 0xFF in DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ


def is_full(failure: sqlite3.Error) -> bool:
    """Whether a failure says that the disk, or what this process may use of it, is full."""
    return getattr(failure, "sqlite_errorcode", 0) in FULL


class Table:
    """An open file. Whoever writes holds the spool's lock."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self._connection.execute(f"pragma page_size = {PAGE_BYTES}")
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute(DURABLE)
        # A log of 16 MB: its pages go to the file in one sweep, instead of in four with two fsyncs each.
        self._connection.execute(SWEEPS)
        self._connection.execute("pragma journal_size_limit = 64000000")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def append(self, rows: Sequence[Row], limit_bytes: int) -> bool:
        """Adds rows in one transaction, durable on return; False, and nothing added, where they pass the limit."""
        size = sum(row[5] for row in rows)
        self._connection.execute("begin immediate")
        try:
            taken = self._connection.execute("select bytes from totals").fetchone()[0]
            if taken + size > limit_bytes:
                self._connection.execute("rollback")
                return False
            self._insert(rows)
            self._count(len(rows), sum(row[3] for row in rows), size)
            self._connection.execute("commit")
        except BaseException:
            self._undo()
            raise
        return True

    def _insert(self, rows: Sequence[Row]) -> None:
        start = 0
        for size, statement in INSERTS.items():
            while len(rows) - start >= size:
                self._connection.execute(statement, [value for row in rows[start : start + size] for value in row])
                start += size

    def _count(self, requests: int, events: int, size: int) -> None:
        self._connection.execute(
            "update totals set"
            " appended = appended + ?, requests = requests + ?, events = events + ?, bytes = bytes + ?",
            (requests, requests, events, size),
        )

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def read(self, after: int, most_bytes: int) -> list[Spooled]:
        """Returns the first rows above `after`, in order: at least one where there is one, then up to `most_bytes`."""
        found: list[Spooled] = []
        taken = 0
        rows = self._connection.execute(f"select seq, {COLUMNS} from requests where seq > ? order by seq", (after,))
        for seq, *row in rows:
            envelope = from_row(tuple(row))
            taken += len(envelope.body)
            if found and taken > most_bytes:
                break
            found.append(Spooled(seq, envelope))
        rows.close()
        return found

    def forget(self, through: int, most_bytes: int) -> bool:
        """Deletes the first rows up to `through`, about `most_bytes` of them; returns whether more are left.

        Quick, since whoever appends waits for the lock that a process of low priority holds: it waits for no disk, and
        leaves the sweep of the log to who appends. A deletion that a loss of power takes back is done once more.
        """
        self._connection.execute(NOT_DURABLE)
        self._connection.execute(NO_SWEEPS)
        try:
            return self._forget(through, most_bytes)
        finally:
            self._connection.execute(DURABLE)
            self._connection.execute(SWEEPS)

    def _forget(self, through: int, most_bytes: int) -> bool:
        self._connection.execute("begin immediate")
        try:
            last, requests, events, size = self._first(through, most_bytes)
            self._connection.execute("delete from requests where seq <= ?", (last,))
            self._connection.execute(
                "update totals set requests = requests - ?, events = events - ?, bytes = bytes - ?,"
                " forgotten = max(forgotten, ?)",
                (requests, events, size, last),
            )
            self._connection.execute("commit")
        except BaseException:
            self._undo()
            raise
        return last < through

    def _first(self, through: int, most_bytes: int) -> tuple[int, int, int, int]:
        requests = events = size = 0
        found = self._connection.execute(
            "select seq, events, size from requests where seq <= ? order by seq", (through,)
        )
        for seq, some, more in found:
            requests, events, size = requests + 1, events + some, size + more
            if size >= most_bytes:
                found.close()
                return seq, requests, events, size
        return through, requests, events, size

    def scrub(self) -> None:
        """Writes the file anew from its rows, and empties its log: no byte of a deleted request stays."""
        self._connection.execute("pragma temp_store = memory")
        self._connection.execute("vacuum")
        self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()

    def totals(self) -> dict[str, int]:
        """Returns appended, requests, events, bytes, forgotten, last (the highest seq) and oldest (0 for none)."""
        row = self._connection.execute(
            "select appended, requests, events, bytes, forgotten,"
            " (select seq from sqlite_sequence where name = 'requests'),"
            " (select received_at from requests order by seq limit 1) from totals"
        ).fetchone()
        names = ("appended", "requests", "events", "bytes", "forgotten", "last", "oldest")
        return dict(zip(names, (value or 0 for value in row), strict=True))

    def lift(self, floor: int) -> None:
        """Lets the next seq be higher than `floor`."""
        self._connection.execute(
            "update sqlite_sequence set seq = ? where name = 'requests' and seq < ?", (floor, floor)
        )

    def believe(self, appended: int, forgotten: int) -> None:
        """Sets what a file that lost its end, or is new, no longer knows."""
        self._connection.execute(
            "update totals set appended = max(appended, ?), forgotten = max(forgotten, ?)", (appended, forgotten)
        )

    def restore(self, rows: Iterable[tuple[int, tuple[Any, ...]]], marks: Marks) -> tuple[int, int]:
        """Adds rows of another file that are not loaded yet under their own seq, in one transaction.

        Returns:
            How many were added, and how many of these the marks know of: a row that was written when the file failed is
            none of those that are looked for.
        """
        known = "select count(*) from requests where seq <= ?"
        self._connection.execute("begin immediate")
        try:
            before = self._connection.total_changes
            known_before = self._connection.execute(known, (marks.last,)).fetchone()[0]
            self._connection.executemany(
                f"insert or ignore into requests (seq, {COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((seq, *row) for seq, row in rows if seq > marks.forgotten),
            )
            added = self._connection.total_changes - before
            known_after = self._connection.execute(known, (marks.last,)).fetchone()[0]
            self._recount()
            self._connection.execute("commit")
        except BaseException:
            self._undo()
            raise
        return added, known_after - known_before

    def _recount(self) -> None:
        self._connection.execute(
            "update totals set requests = (select count(*) from requests),"
            " events = (select coalesce(sum(events), 0) from requests),"
            " bytes = (select coalesce(sum(size), 0) from requests)"
        )

    def vanished(self) -> int:
        """Returns how many requests are counted where there is none any more, and counts anew.

        A page that a damage took out of the tree leaves no failure behind, only numbers that do not agree.
        """
        counted, any_left = self._connection.execute(
            "select requests, exists (select 1 from requests) from totals"
        ).fetchone()
        if any_left == (counted > 0):
            return 0
        self._recount()
        return max(0, 0 if any_left else counted)
