"""How both kinds of processes listen: the same server, the same limits against those who only hold connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import threading
from collections.abc import Callable

__all__ = ["run"]

MOST_CONNECTIONS = 20_000
"""At a time: open tabs, phones that keep a connection, and somebody who opens thousands and says nothing."""
BACKLOG = 4_096
MOST_FILES = 65_536
HEADER_MILLISECONDS = 30_000
"""How long the head of a request may take, and how long a connection may be idle: after that it makes room."""


async def run(app: object, address: str, port: int) -> None:
    """Serves an ASGI app until SIGTERM, SIGINT, or the end of the supervisor.

    Args:
        app: what to serve.
        address: where to listen.
        port: likewise; several processes may share one.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server

    raise_file_limit()
    server = Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        log_enabled=False,
        backlog=BACKLOG,
        backpressure=MOST_CONNECTIONS,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    # Where the supervisor is killed, its end of the pipe closes: no orphan goes on holding the workspace or the port.
    threading.Thread(target=_wait_for_end, args=(loop, server.stop), daemon=True).start()
    await server.serve()


def raise_file_limit() -> None:
    """Lets this process hold as many connections as it may: the usual 1,024 are a busy morning."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    # Not sys.stdin: the interpreter would wait for its lock when it ends.
    while os.read(0, 1024):
        pass
    loop.call_soon_threadsafe(stop)
