"""`cxloop serve`: starts the app process, starts it again where it crashes, and stops it with care."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

from cxloop.core.errors import WorkspaceError
from cxloop.runtime.folder import Folder
from cxloop.runtime.remote import server_of

__all__ = ["supervise"]

REFUSED = 3
PATIENCE_SECONDS = 15.0
"""How long the app process may take to finish what it does when asked to stop."""
STEADY_SECONDS = 60.0
"""A process that ran this long had a good start; its crash counts as the first one again."""
MOST_ATTEMPTS = 5
LONGEST_DELAY_SECONDS = 30.0

Start: TypeAlias = Callable[[int], "subprocess.Popen[bytes]"]


def supervise(folder: Folder, *, host: str | None = None, port: int | None = None) -> int:
    """Serves a workspace until SIGTERM, SIGINT or its app process cannot run; returns the exit code.

    Args:
        folder: the workspace.
        host: address to listen at; by default the one of cxloop.toml.
        port: by default the one of cxloop.toml.

    Raises:
        MistakesError: the settings have mistakes.
        WorkspaceError: the port is taken, or a server runs on the workspace already.
    """
    settings, _ = folder.definitions()
    running = server_of(folder)
    if running is not None:
        where, pid = running["address"], running["pid"]
        raise WorkspaceError(f"A server runs on {folder.path} already, at {where} (process {pid}). Stop it first.")
    address = (host or settings.server.host, port or settings.server.port)
    _require_free(*address)
    folder.inbox.mkdir(exist_ok=True)

    def start(attempt: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "cxloop.entry.process", str(folder.path), address[0], str(address[1])]
        # A session of its own: Ctrl-C reaches the supervisor alone, which then asks the process to stop.
        # In the inbox: whatever name an account gives for a file, it is one in there.
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*words, str(attempt)], stdin=subprocess.PIPE, start_new_session=True, cwd=folder.inbox
        )

    with _stop_signals() as stop:
        return keep_running(start, stop, say=lambda text: sys.stderr.write(text + f" Its log: {folder.log}\n"))


def keep_running(start: Start, stop: threading.Event, *, say: Callable[[str], object], pause: float = 1.0) -> int:
    """Runs a process, again after each crash, with growing pauses; returns the exit code of the whole.

    Args:
        start: starts it; told how many crashes came before.
        stop: set when it shall end.
        say: told of each crash.
        pause: seconds before the first new start; doubled each time.
    """
    crashes = 0
    while True:
        began = time.monotonic()
        code = _wait(start(crashes), stop)
        if stop.is_set() or code == 0:
            return 0
        if code == REFUSED:
            return 1
        crashes = 1 if time.monotonic() - began > STEADY_SECONDS else crashes + 1
        if crashes > MOST_ATTEMPTS:
            say(f"The app process crashed {crashes} times in a row (exit code {code}). Giving up.")
            return 1
        delay = min(LONGEST_DELAY_SECONDS, pause * 2 ** (crashes - 1))
        say(f"The app process crashed (exit code {code}); it starts again in {delay:g} s.")
        stop.wait(delay)
        if stop.is_set():
            return 0


def _wait(process: subprocess.Popen[bytes], stop: threading.Event) -> int:
    """Returns the exit code, once the process ends by itself or because `stop` is set."""
    while not stop.wait(0.1):
        code = process.poll()
        if code is not None:
            return code
    process.terminate()
    try:
        return process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Gives an event that SIGTERM and SIGINT set; puts the former handlers back afterwards."""
    stop = threading.Event()

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, before in former.items():
            signal.signal(number, before)


def _require_free(host: str, port: int) -> None:
    """Raises WorkspaceError where something listens at the address already, or it is not this machine's."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as failure:
        raise WorkspaceError(
            f"cxloop cannot listen at {host}:{port}: {failure.strerror}. "
            "Choose another port with --port, or stop what uses this one."
        ) from None
