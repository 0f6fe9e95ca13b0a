"""A collector process: takes events and puts them into the spool. `cxloop serve` starts and watches it.

It holds neither the engine nor the workspace: it goes on taking events while the app process is away.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path

from cxloop._version import __version__
from cxloop.core.errors import CxloopError
from cxloop.entry.beside import Beside
from cxloop.entry.collecting import collector
from cxloop.entry.listening import run
from cxloop.entry.preferences import preference_pages
from cxloop.entry.turns import take_short_turns
from cxloop.entry.watched import Watched
from cxloop.runtime import logs
from cxloop.runtime.folder import Folder
from cxloop.store.base import open_store

__all__ = ["main"]

CRASHED = 1


def main(arguments: list[str]) -> int:
    """Takes events until told to stop.

    Args:
        arguments: folder, host, port and the number of this collector.
    """
    path, host, port, number = arguments
    take_short_turns()  # before any thread starts
    folder = Folder(Path(path))
    log = logs.logger(folder.log)
    try:
        settings, _ = folder.definitions()
        store = open_store(folder.store, settings)
        app = collector(folder, store, settings, f"collector-{number}")
        served = Beside(app, app, preference_pages(folder, store))
    except CxloopError as failure:
        sys.stderr.write(f"Error: {failure.message}\n")
        return CRASHED
    # What is loaded by now stays: looking through all of it for garbage would hold up requests now and then.
    gc.collect()
    gc.freeze()
    # The thread that writes takes turns with the one that reads: with the usual 5 ms each turn of a busy process, a
    # commit of several statements would wait most of its time.
    sys.setswitchinterval(0.001)
    log.info("collector start", version=__version__, pid=os.getpid())
    try:
        asyncio.run(run(Watched(served, folder.log), host, int(port)))
    finally:
        app.writer.close()
        log.info("collector stop", pid=os.getpid())
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything that was answered is on the disk. Threads that wait for the network end with the process.
    os._exit(code)
