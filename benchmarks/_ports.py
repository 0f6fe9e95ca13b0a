"""Ports of servers that the scripts here start. Light: whoever measures a start must not load the product first."""

from __future__ import annotations

import socket
import subprocess
import time

__all__ = ["free_port", "wait_until_it_listens"]


def free_port() -> int:
    """Returns a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes], *, seconds: float = 60) -> None:
    """Returns once a server takes connections; raises SystemExit where it ends before, or takes too long."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server did not start: {process.args!r}") from None
            time.sleep(0.05)
