"""The spool in PostgreSQL: collectors on any number of hosts append, and the loader reads.

What differs from the file (decision 0050):

* **Order.** Each append is one statement that first takes the one row of `totals`, and numbers its requests from there.
  The next one waits for that row until the first has committed, so numbers grow in the order of commits, with no gap
  that is filled later. The reader may go by the highest number it has seen.
* **No transaction is left open.** A statement is sent whole and commits by itself: a host that vanishes in the middle
  holds nothing that others wait for.
* **Durable when.** The statement asks for a synchronous commit, also where the server's default is none.
* **After a failure** nothing is sent again by itself: whether a commit whose answer was lost has happened, nobody can
  say. The request is answered with an error, and its repeat is known by its message id.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cxloop.collect.spool import tables
from cxloop.collect.spool.damage import Damage
from cxloop.collect.spool.file import LIMIT_BYTES
from cxloop.collect.spool.records import (
    DiskFullError,
    Envelope,
    Spooled,
    SpoolError,
    SpoolFullError,
    SpoolState,
    from_row,
    to_row,
)

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

__all__ = ["PostgresSpool"]

FORGET_BYTES = 10_000_000
"""Deleted in one statement: those who append wait for it only while it commits, and that waits for no disk."""
SIZES = 20_000
"""How many requests are looked at together when a batch is measured."""
CONNECTION: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Seconds, attempts and, the last, milliseconds: a server that vanished is noticed within half a minute."""
REFUSED = {"28P01": "the user or the password is refused", "28000": "the user is refused", "3D000": "no such database"}
GONE = frozenset({"42P01", "3F000", "25006"})
"""No such table or schema, a server that only reads: another connection may find (or make) what this one lacks."""
T = TypeVar("T")


class PostgresSpool:
    """A spool in a database. Any number of processes, on any hosts, and threads may hold one.

    Args:
        url: address of the database, with the password where one is needed: `postgresql://user@host:5432/name`.
        limit_bytes: how much may wait in the spool.
        named: the address as messages may show it: without a password.

    Raises:
        SpoolError: the database cannot be reached, or its tables cannot be made.
    """

    def __init__(self, url: str, *, limit_bytes: int = LIMIT_BYTES, named: str = "PostgreSQL") -> None:
        self._url, self._named = url, named
        self._limit_bytes = limit_bytes
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False
        self._do(lambda _connection: None)

    def close(self) -> None:
        """Closes the connection."""
        with self._guard:
            self._closed = True
            self._drop()

    def append(self, envelopes: Sequence[Envelope]) -> None:
        """Keeps requests, all or none of them; committed when this returns.

        Raises:
            SpoolFullError: the spool's limit would be passed.
            DiskFullError: the server's disk is full.
            SpoolError: the server cannot be reached, or refuses; they may still have been kept.
        """
        if not envelopes:
            return
        given = tables.arguments([to_row(envelope) for envelope in envelopes], self._limit_bytes)
        if not self._do(lambda connection: _one(connection, tables.APPEND, given)):
            raise SpoolFullError(f"The spool holds {self._limit_bytes:,} bytes, as much as it may. Try again later.")

    def read(self, after: int, most_bytes: int) -> list[Spooled]:
        """Returns requests above a seq, in order: at least one where there is one, and up to `most_bytes` of bodies.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        return self._do(lambda connection: _read(connection, after, most_bytes))

    def forget(self, through: int) -> None:
        """Deletes the requests up to a seq; only for the loader, after it has committed them.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        while self._do(lambda connection: _forget(connection, through)):
            pass
        self._do(lambda connection: _run(connection, tables.TELL_WHAT_VANISHED))

    def scrub(self) -> None:
        """Writes the table anew from its rows, so that no byte of deleted requests stays in its files.

        Whoever appends waits meanwhile. What the server keeps beside its tables (its log, its backups) is the server's.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        self._do(lambda connection: connection.execute(tables.SCRUB))

    def continue_after(self, seq: int) -> None:
        """Lets every further request have a higher number than `seq`; the loader calls it with its position.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        self._do(lambda connection: _run(connection, tables.LIFT, {"floor": seq}))

    def state(self) -> SpoolState:
        """Returns how much waits, and since when.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        requests, events, size, last, oldest = self._do(lambda connection: _one(connection, tables.STATE))
        return SpoolState(requests, events, size, self._limit_bytes, oldest, last)

    def damages(self) -> list[Damage]:
        """Returns every damage there has been, the oldest first.

        Raises:
            SpoolError: the server cannot be reached, or refuses.
        """
        rows = self._do(lambda connection: connection.execute(tables.DAMAGES).fetchall())
        return [Damage(at, what, 0, lost, "") for at, what, lost in rows]

    def _do(self, action: Callable[[Connection], T]) -> T:
        """Does something with a connection that is alive; one that fails is not used again."""
        import psycopg

        with self._guard:
            try:
                return action(self._current())
            except psycopg.Error as failure:
                # without a state it is the connection that failed
                if failure.sqlstate in GONE | {None} or self._connection is None or self._connection.closed:
                    self._drop()
                raise self._told(failure) from None
            except BaseException:
                self._drop()  # an answer may be on its way that nobody has read
                raise

    def _current(self) -> Connection:
        """Returns the connection; another one where the server has ended it meanwhile (a restart)."""
        import psycopg

        if self._closed:
            raise SpoolError("The spool is closed.")
        if self._connection is not None and not _is_alive(self._connection):
            self._drop()
        if self._connection is None:
            connection: Connection = psycopg.connect(
                self._url,
                autocommit=True,
                prepare_threshold=None,  # prepared statements do not pass every pooler
                application_name="cxloop spool",
                **CONNECTION,
            )
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _told(self, failure: psycopg.Error) -> SpoolError:
        """Returns the error in words of ours: those of the server may quote an address, or what was written."""
        state = failure.sqlstate or ""
        if state == "53100":
            return DiskFullError(f"The disk of {self._named} is full. Make room.")
        why = REFUSED.get(state) or (f"it answers {state}" if state else "it does not answer")
        return SpoolError(
            f"The spool in {self._named} cannot be used: {why}. Look at the server and at [store] database."
        )


def _is_alive(connection: Connection) -> bool:
    """Whether the server has not ended an idle connection: whatever comes unasked is its farewell."""
    import psycopg

    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        connection.pgconn.consume_input()
        return not poll.poll(0)
    except psycopg.Error:
        return False


def _prepare(connection: Connection) -> None:
    """Makes the tables where they are missing, and lifts the floor of the numbers to the server's clock."""
    connection.execute(tables.PATIENCE)
    if _one(connection, tables.EXISTS)[0] is None:
        connection.execute(tables.SCHEMA)
    _run(connection, tables.LIFT_TO_CLOCK)


def _read(connection: Connection, after: int, most_bytes: int) -> list[Spooled]:
    last = _last_of(connection, after, most_bytes)
    if last is None:
        return []
    rows = connection.execute(tables.READ, {"after": after, "last": last}, binary=True).fetchall()
    return [Spooled(seq, from_row(tables.texts(row))) for seq, *row in rows]


def _last_of(connection: Connection, after: int, most_bytes: int) -> int | None:
    """Returns the last request of a batch, measured before any body is fetched; None where nothing waits."""
    last: int | None = None
    taken = 0
    while True:
        sizes = connection.execute(tables.SIZES, {"after": after if last is None else last, "most": SIZES}).fetchall()
        for seq, size in sizes:
            taken += size
            if last is not None and taken > most_bytes:
                return last
            last = seq
        if len(sizes) < SIZES:
            return last


def _forget(connection: Connection, through: int) -> bool:
    """Deletes the first requests up to a number; returns whether there were any."""
    last = _one(connection, tables.FIRST, {"through": through, "most": FORGET_BYTES})[0]
    if last is None:
        return False
    _run(connection, tables.FORGET, {"through": last})
    return True


def _one(connection: Connection, statement: Any, given: dict[str, Any] | None = None) -> tuple[Any, ...]:
    return connection.execute(statement, given).fetchone() or ()


def _run(connection: Connection, statement: Any, given: dict[str, Any] | None = None) -> None:
    connection.execute(statement, given)
