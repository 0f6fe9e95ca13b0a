"""The thread of the app process that loads live events and what surveys bring, and has tables and pages catch up.

It takes no lane: pages do not wait for it, and an import only as long as either of them writes.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from cxloop.collect.intake import open_spool
from cxloop.collect.loader import Loader
from cxloop.collect.loader.progress import Progress, running
from cxloop.collect.tracking.checker import Plans
from cxloop.core.errors import CxloopError
from cxloop.runtime import derivations, logs

if TYPE_CHECKING:
    from cxloop.collect.loader import Loaded
    from cxloop.runtime.host import LocalHost

__all__ = ["Intake"]

LOOK_SECONDS = 0.2
"""How often an empty spool is looked at."""
RETRY_SECONDS = 2.0
REST_SHARE = 2.0
"""A small batch is followed by a rest of this many times its length, so that a trickle costs a third of a core."""
LONGEST_REST_SECONDS = 0.8
SURVEYS_SECONDS = 1.0
"""How often somebody looks whether surveys have brought anything that the log lacks."""
DERIVE_CALM_SECONDS = 1.0
DERIVE_BUSY_SECONDS = 5.0
TIME_SECONDS = 2.0
"""How often somebody looks whether a moment has come at which a table changes by itself."""
DERIVE_SHARE = 4.0
"""Derived tables are brought up to date with pauses of at least this many times as long as it takes."""


class Intake:
    """Loads the spool of one workspace until it is stopped."""

    def __init__(self, host: LocalHost) -> None:
        self._host = host
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cxloop-loader", daemon=True)
        self._behind = False
        self._derived_at = 0.0
        self._derive_seconds = 0.0
        self._looked_at = 0.0
        self._asked_surveys_at = 0.0
        self._surveys_failed = False
        self.progress = Progress()
        self.progress.is_alive = self._thread.is_alive

    def start(self) -> None:
        """Begins to load."""
        running(self._host.workspace.path, self.progress)
        self._thread.start()

    def stop(self) -> None:
        """Finishes the batch that is being loaded, and ends."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        running(self._host.workspace.path, None)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._load_all()
            except Exception as failure:  # noqa: BLE001 - the spool keeps everything; the next attempt may succeed
                self._failed(failure)
                self._stop.wait(RETRY_SECONDS)

    def _load_all(self) -> None:
        """Opens what loading needs, and loads until it is stopped or something fails."""
        workspace = self._host.workspace
        spool, plans = open_spool(workspace.path, workspace.settings), Plans(workspace.store)
        loader = Loader(workspace, spool, plans)
        try:
            while not self._stop.is_set():
                loaded = loader.step()
                if loaded is not None:
                    self.progress.note(loaded)
                    self._behind = True
                self._tell_surveys()
                self._catch_up(busy=loaded is not None and loaded.more)
                self._stop.wait(_rest(loaded))
        finally:
            loader.close()
            plans.close()
            spool.close()

    def _tell_surveys(self) -> None:
        """Tells the log what surveys have brought; live events go on where that fails."""
        if time.monotonic() - self._asked_surveys_at < SURVEYS_SECONDS:
            return
        from cxloop.collect.surveys import logged

        try:
            done = logged.step(self._host.workspace)
            self._behind = self._behind or (done is not None and done.rows > 0)
            self._surveys_failed = False
            more = done is not None and done.more
        except Exception as failure:  # noqa: BLE001 - the records keep everything; the next attempt may succeed
            more = False
            if not self._surveys_failed:  # once, not every second
                logs.failure(self._host.workspace.folder.log, failure, where="surveys")
            self._surveys_failed = True
        self._asked_surveys_at = 0.0 if more else time.monotonic()

    def _catch_up(self, *, busy: bool) -> None:
        """Has derived tables brought up to date, where there is something new and the last time is long enough ago."""
        self._behind = self._behind or self._time_has_passed()
        least = max(DERIVE_BUSY_SECONDS if busy else DERIVE_CALM_SECONDS, DERIVE_SHARE * self._derive_seconds)
        if self._behind and time.monotonic() - self._derived_at >= least:
            self._behind = False
            self._derived_at = time.monotonic()
            self._host.lanes.later("derive after intake", self._derive)

    def _time_has_passed(self) -> bool:
        """Whether a moment has come at which a table changes by itself, such as the end of a segment's window."""
        if time.monotonic() - self._looked_at < TIME_SECONDS:
            return False
        self._looked_at = time.monotonic()
        return derivations.is_late(self._host.workspace.view())

    def _derive(self) -> None:
        started = time.monotonic()
        try:
            self._host.derive_now()
        finally:
            self._derived_at = time.monotonic()
            self._derive_seconds = self._derived_at - started

    def _failed(self, failure: Exception) -> None:
        if self.progress.failure is None:  # once, not every two seconds
            logs.failure(self._host.workspace.folder.log, failure, where="loader")
        said = failure.message if isinstance(failure, CxloopError) else type(failure).__name__
        self.progress.failed(said)


def _rest(loaded: Loaded | None) -> float:
    """Seconds until the next look: none under load, so that batches grow; short after a small batch."""
    if loaded is None:
        return LOOK_SECONDS
    return 0.0 if loaded.more else min(LONGEST_REST_SECONDS, max(LOOK_SECONDS / 2, REST_SHARE * loaded.seconds))
