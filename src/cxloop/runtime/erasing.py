"""The thread of the app process that finishes erasures, and what an opening does with those a crash left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cxloop.runtime import logs
from cxloop.unify.erasure import background

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Erasing", "finish_left_over"]

RETRY_SECONDS = 10.0


class Erasing:
    """Finishes the erasures of one workspace, also those that a process before this one began."""

    def __init__(self, host: LocalHost) -> None:
        self._host = host
        self._stop = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cxloop-erasing", daemon=True)

    def start(self) -> None:
        """Begins; from now on the verb leaves the files to this thread."""
        background.running(self._host.workspace.path, self._wake)
        if background.is_marked(self._host.workspace.path):
            self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is being done; what is left waits for the next start."""
        background.running(self._host.workspace.path, None)
        self._stop = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            if self._stop:
                return
            self._wake.clear()
            try:
                done = self._finish()
            except Exception as failure:  # noqa: BLE001 - the record keeps how far it is; the next attempt may succeed
                logs.failure(self._host.workspace.folder.log, failure, where="erasing")
                done = False
            if not done and not self._wake.wait(RETRY_SECONDS):
                self._wake.set()

    def _finish(self) -> bool:
        from cxloop.unify.erasure.finishing import finish_all

        return finish_all(self._host.workspace.view())


def finish_left_over(host: LocalHost) -> bool:
    """Finishes, before anything else, what a process that was killed left behind; returns whether there was any."""
    if not background.is_marked(host.workspace.path):
        return False
    from cxloop.unify.erasure.finishing import finish_all

    with host.lanes.heavy:
        finish_all(host.workspace.view())
    host.derive()
    return True
