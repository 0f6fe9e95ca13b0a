"""The spool: requests that were answered and are not loaded yet. Several writers, one reader.

One SQLite file, of which all below speaks; or tables in PostgreSQL (`postgres.py` says what differs). The invariant,
which the loader and the collector's answers rest on:

* **Durable when.** `append` returns only after its transaction is on the disk (`synchronous=FULL`, one fsync of the
  write-ahead log). A request is answered 200 only after that. An `append` that raises promises nothing: the request is
  answered with an error, and its sender keeps it. (It may still have been kept. A repeat is found by its message id.)
* **Order.** `seq` grows in the order of commits, over all processes: it is given inside the transaction, and one lock
  (`spool.lock`) admits one writer at a time. Whoever has read up to seq n has seen everything that will ever be below.
* **A seq is used once.** It never restarts: `AUTOINCREMENT` remembers the last one, and each opening raises the floor
  to the microseconds since 1970, so that a file that lost its end, or was replaced, goes on above all it ever gave.
  Where even the clock was set back, the loader lifts the floor above its own position (`continue_after`).
* **Who deletes.** Only the loader, by `forget`, and only after its own transaction has admitted those requests together
  with its position. Nothing expires; nothing else deletes. A deletion waits for no disk: after a loss of power the
  loader may find requests that it has loaded, knows them by its position, and deletes them again.
* **kill -9, loss of power.** What was committed is found by the next process; what was not was never acknowledged.
* **Full.** `append` refuses beyond `limit_bytes` (SpoolFullError) and while less than `reserve_bytes` of the disk are
  free (DiskFullError): the reserve is what the loader needs to drain the spool. Nothing is written in part.
* **Damage.** Each row carries a checksum. A row that fails it is handed out as it is, with the format "damaged", so
  that it reaches the rejects. A file that SQLite cannot read is set aside, whole; what can be read of it is moved into
  a new one under its old seq. Where only the end is gone, what was written behind the gap is looked for. `damages` says
  what happened, when, and how many acknowledged requests were lost.
"""

from cxloop.collect.spool.base import AnySpool
from cxloop.collect.spool.damage import Damage
from cxloop.collect.spool.file import Spool
from cxloop.collect.spool.records import (
    DAMAGED,
    DiskFullError,
    Envelope,
    Spooled,
    SpoolError,
    SpoolFullError,
    SpoolState,
)

__all__ = [
    "DAMAGED",
    "AnySpool",
    "Damage",
    "DiskFullError",
    "Envelope",
    "Spool",
    "SpoolError",
    "SpoolFullError",
    "SpoolState",
    "Spooled",
]
