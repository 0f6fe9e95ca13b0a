"""The app process: owns the engine's file, answers the browser and the socket. `cxloop serve` starts and watches it."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cxloop._version import __version__
from cxloop.core.errors import CxloopError
from cxloop.core.host import LOCAL
from cxloop.entry.addresses import sign_in_link, url
from cxloop.entry.turns import give_way
from cxloop.runtime import logs
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.listener import Listener
from cxloop.runtime.workspace import Workspace, open_workspace

__all__ = ["REFUSED", "main"]

CRASHED = 1
REFUSED = 3
"""Exit code of a process that will not run however often it is started: the workspace is in use, settings are wrong."""
GIVES_WAY = 5
"""How nice it is: a long query takes every core, and a sender of events waits for its answer meanwhile."""


def main(arguments: list[str]) -> int:
    """Serves one workspace until it is told to stop.

    Args:
        arguments: folder, host, port and the number of this attempt.
    """
    path, host, port, attempt = arguments
    os.umask(0o077)
    give_way(GIVES_WAY)  # before the engine starts its threads
    try:
        workspace = _listening_at(open_workspace(Folder(Path(path))), host, int(port))
    except CxloopError as failure:
        sys.stderr.write(f"Error: {failure.message}\n")
        # After a crash a command may have slipped in and opened the workspace itself; it will be done soon.
        return REFUSED if attempt == "0" else CRASHED
    local = LocalHost(workspace)
    # Before the slow imports of the app: who finds the workspace in use waits a second for the socket.
    listener = Listener(local, workspace.folder.socket, url(host, int(port)))
    try:
        _serve(local, host, int(port), first=attempt == "0")
    except CxloopError as failure:
        sys.stderr.write(f"Error: {failure.message}\n")
        return REFUSED
    except Exception as failure:
        logs.failure(workspace.folder.log, failure, where="process")
        raise
    finally:
        listener.close()
        local.close()
    return 0


def _listening_at(workspace: Workspace, host: str, port: int) -> Workspace:
    """Returns the workspace with the address that the command line chose: links lead where the app is."""
    server = workspace.settings.server.model_copy(update={"host": host, "port": port})
    return replace(workspace, settings=workspace.settings.model_copy(update={"server": server}))


def _serve(host: LocalHost, address: str, port: int, *, first: bool) -> None:
    from cxloop.entry.app import create_app
    from cxloop.entry.beside import Beside
    from cxloop.entry.collecting import collector
    from cxloop.entry.listening import run
    from cxloop.entry.preferences import preference_pages
    from cxloop.entry.watched import Watched
    from cxloop.runtime.erasing import Erasing
    from cxloop.runtime.intake import Intake
    from cxloop.runtime.schedule import Schedule
    from cxloop.store.database import database_of

    folder = host.workspace.folder
    log = logs.logger(folder.log)
    settings, _ = folder.definitions()
    intake = collector(folder, host.workspace.store, settings, "app")
    preferences = preference_pages(folder, host.workspace.store)
    app = Watched(Beside(intake, create_app(host), preferences), folder.log)
    # Pages are there at once; tables that are behind catch up meanwhile.
    host.lanes.later("derive", host.derive_now)
    host.lanes.later("warm", lambda: warm(host))
    log.info("start", version=__version__, pid=os.getpid())
    database = database_of(settings)
    schedule = Schedule(host, database=database.url if database else "")
    threading.Thread(target=_announce, args=(host, address, port, first, schedule.start), daemon=True).start()
    loading, erasing = Intake(host), Erasing(host)
    loading.start()
    erasing.start()
    try:
        asyncio.run(run(app, address, port))
    finally:
        intake.writer.close()
        erasing.stop()
        loading.stop()
        schedule.stop()
        log.info("stop", pid=os.getpid())


def warm(host: LocalHost) -> None:
    """Computes what the first page would wait for: the numbers it opens with, and those one click further."""
    import pyarrow as pa

    host.snapshot("measure.pulse", {}, actor=LOCAL)
    host.snapshot("measure.nps", {"every": "week", "since": "180d"}, actor=LOCAL)
    # pyarrow loads pandas, a second's work, when it first makes an array of a list: no page has to wait for that
    pa.array([0])
    # What is loaded by now stays: looking through all of it for garbage would stop a page for 100 ms now and then.
    gc.collect()
    gc.freeze()


def _announce(host: LocalHost, address: str, port: int, first: bool, then: Callable[[], None]) -> None:
    """Says where the app is once it answers, and how to sign in where nobody owns the workspace yet.

    Args:
        host: of the workspace.
        address: where it listens.
        port: where it listens.
        first: whether it is the first attempt.
        then: what can wait until then.
    """
    while not _answers(address, port):
        time.sleep(0.05)
    then()
    if not first:
        return
    sys.stdout.write(f"cxloop serves {host.workspace.path} at {url(address, port)}/  (Ctrl-C stops it)\n")
    store = host.workspace.store
    # once somebody has signed in, a link is shown to a terminal only, not to a service's journal
    if sys.stdout.isatty() or not store.accounts.anybody_signed_in():
        sys.stdout.write(f"Sign in (works once, for a day): {sign_in_link(store, url(address, port))}\n")
    sys.stdout.flush()


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed. Threads that still wait for the network hold cursors, over whose end DuckDB would complain.
    os._exit(code)
