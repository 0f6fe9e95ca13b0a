"""The loader: acknowledged requests of the spool become rows of the log, each event exactly once.

The invariant:

* **One transaction.** The rows of a batch, its rejects and the loader's place in the spool (table `intake`) are
  committed together, or nothing is. Only after that does the loader tell the spool to forget. `kill -9` before the
  commit: the same requests are read again. Between commit and forgetting: they are skipped, by their place. A place
  that was lost with the tables (a restored backup) costs work and nothing else, since `admit` knows every message id.
* **Each event ends in one place.** An event is one row of the log, or was there before, unchanged, or is one row of
  `rejected` with its code, its reason and all that a replay needs. There is no fourth way out; what fails while it is
  read is rejected, by itself.
* **Order.** Requests are loaded in the order of the spool. An event's own time decides where it lands in the log, so
  late and out-of-order events need no care here; derivations catch up by batch.
* **Nothing blocks the spool.** A batch that the engine refuses is halved until one request is left; that one is set
  aside into `rejected`, whole, and the rest is loaded. Where not even that can be written (a full disk), nothing
  moves, nothing is lost, and the next attempt comes a little later.
* **Memory is bounded** by the bytes of one batch (`BATCH_BYTES`), not by how much waits.
* **One loader.** Only the process that owns the engine loads, in one thread.
"""

from cxloop.collect.loader.loading import BATCH_BYTES, Loaded, Loader
from cxloop.collect.loader.place import PLACE, Totals, totals

__all__ = ["BATCH_BYTES", "PLACE", "Loaded", "Loader", "Totals", "totals"]
