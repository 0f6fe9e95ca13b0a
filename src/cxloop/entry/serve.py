"""`cxloop serve`: starts the app process, starts it again where it crashes, and stops it with care."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple, TypeAlias

from cxloop.core.config import Settings
from cxloop.core.errors import WorkspaceError
from cxloop.entry.addresses import url
from cxloop.runtime.folder import Folder
from cxloop.runtime.remote import server_of
from cxloop.store.base import open_store
from cxloop.store.secrets import KEY_FILE, VARIABLE, Vault

__all__ = ["supervise", "supervise_collectors"]

REFUSED = 3
PATIENCE_SECONDS = 15.0
"""How long the app process may take to finish what it does when asked to stop."""
STEADY_SECONDS = 60.0
"""A process that ran this long had a good start; its crash counts as the first one again."""
MOST_ATTEMPTS = 5
LOCK = "serve.lock"
"""In the workspace's folder; it stays there, since removing it would race with who starts next."""
LONGEST_DELAY_SECONDS = 30.0

Start: TypeAlias = Callable[[int], "subprocess.Popen[bytes]"]


class _Place(NamedTuple):
    """Where processes listen."""

    host: str
    port: int


def supervise_collectors(folder: Folder, *, collect_port: int | None = None) -> int:
    """Runs the collectors of a workspace whose app is on another host, until SIGTERM or SIGINT; returns the exit code.

    Args:
        folder: the workspace as this host has it: the same settings and the same key.
        collect_port: by default the one of cxloop.toml.

    Raises:
        MistakesError: the settings have mistakes.
        WorkspaceError: the port is taken, something runs on the folder already, records and spool are in files, or
            this host has no key.
    """
    settings, _ = folder.definitions()
    place = _Place(settings.collect.host, settings.collect.port if collect_port is None else collect_port)
    if not settings.store.database:
        raise WorkspaceError(
            "Collectors without the app hand events over in PostgreSQL, and the records of this workspace are in its "
            "files. Take them there first, on the app's host: cxloop move --database ADDRESS"
        )
    if not Vault.has_key(folder.path):  # a key of its own would make links that the app does not know
        raise WorkspaceError(
            f"{folder.path} has no key of the workspace. Copy {KEY_FILE} from the app's host, or set ${VARIABLE}."
        )
    if not place.port:
        raise WorkspaceError("Collectors need a port, and port of [collect] is 0. Give one with --collect-port.")
    with _only_one(folder):
        _require_free(place, "--collect-port")
        folder.inbox.mkdir(exist_ok=True)
        open_store(folder.store, settings).close()
        with _stop_signals() as stop, _collectors(folder, place, settings.collect.processes, stop):
            stop.wait()
    return 0


def supervise(
    folder: Folder, *, host: str | None = None, port: int | None = None, collect_port: int | None = None
) -> int:
    """Serves a workspace until SIGTERM, SIGINT or its app process cannot run; returns the exit code.

    Args:
        folder: the workspace.
        host: address to listen at; by default the one of cxloop.toml.
        port: by default the one of cxloop.toml.
        collect_port: of the collectors, by default the one of cxloop.toml; 0 for none beside the app.

    Raises:
        MistakesError: the settings have mistakes.
        WorkspaceError: the port is taken, or a server runs on the workspace already.
    """
    settings, _ = folder.definitions()
    with _only_one(folder):
        return _supervised(folder, settings, host, port, collect_port)


def _supervised(
    folder: Folder, settings: Settings, host: str | None, port: int | None, collect_port: int | None
) -> int:
    app = _Place(host or settings.server.host, port or settings.server.port)
    _require_free(app, "--port")
    collect = _Place(settings.collect.host, settings.collect.port if collect_port is None else collect_port)
    if collect.port:
        _require_free(collect, "--collect-port")
    folder.inbox.mkdir(exist_ok=True)
    # Brought up to date once, before several processes open it.
    open_store(folder.store, settings).close()
    with _stop_signals() as stop, _collectors(folder, collect, settings.collect.processes if collect.port else 0, stop):
        start = _started(folder, "cxloop.entry.process", app)
        return keep_running(start, stop, say=lambda text: _say(f"{text} Its log: {folder.log}"))


@contextmanager
def _only_one(folder: Folder) -> Iterator[None]:
    """Keeps others from serving the workspace, also while its app process has crashed and answers nobody.

    The system releases the lock when the supervisor ends, however it ends; none of its children inherits it.
    """
    try:
        lock = os.open(folder.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failure:
        raise WorkspaceError(
            f"{folder.path} cannot be written by this user ({failure.strerror}). Change its permissions or owner."
        ) from None
    try:
        running = server_of(folder)  # also one whose supervisor has just gone
        if running is not None or not _taken(lock):
            where = f", at {running['address']} (process {running['pid']})" if running else ""
            raise WorkspaceError(f"A server runs on {folder.path} already{where}. Stop it first.")
        yield
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _started(folder: Folder, module: str, place: _Place, *more: str) -> Start:
    """Returns what starts a process of a workspace; without `more` words it is told how many crashes came before."""

    def start(attempt: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", module, str(folder.path), place.host, str(place.port)]
        # A session of its own: Ctrl-C reaches the supervisor alone, which then asks the process to stop.
        # In the inbox: whatever name an account gives for a file, it is one in there.
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*words, *(more or [str(attempt)])], stdin=subprocess.PIPE, start_new_session=True, cwd=folder.inbox
        )

    return start


@contextmanager
def _collectors(folder: Folder, place: _Place, number: int, stop: threading.Event) -> Iterator[None]:
    """Runs collectors beside the app, each watched by a thread of its own: none ends because another does."""
    watchers = [
        threading.Thread(
            target=keep_running,
            args=(_started(folder, "cxloop.entry.collector", place, str(each)), stop),
            kwargs={"say": _say, "what": "A collector", "most_attempts": None},
        )
        for each in range(1, number + 1)
    ]
    for watcher in watchers:
        watcher.start()
    if watchers:
        sys.stdout.write(f"Events are taken at {url(*place)}/v1/, and at the app's own address.\n")
        sys.stdout.flush()
    try:
        yield
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()


def keep_running(
    start: Start,
    stop: threading.Event,
    *,
    say: Callable[[str], object],
    pause: float = 1.0,
    what: str = "The app process",
    most_attempts: int | None = MOST_ATTEMPTS,
) -> int:
    """Runs a process, again after each crash, with growing pauses; returns the exit code of the whole.

    Args:
        start: starts it; told how many crashes came before.
        stop: set when it shall end.
        say: told of each crash.
        pause: seconds before the first new start; doubled each time.
        what: what it is, for a person.
        most_attempts: after so many crashes in a row it is given up; None for never.
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
        if most_attempts is not None and crashes > most_attempts:
            say(f"{what} crashed {crashes} times in a row (exit code {code}). Giving up.")
            return 1
        delay = min(LONGEST_DELAY_SECONDS, pause * 2 ** min(crashes - 1, 10))
        say(f"{what} crashed (exit code {code}); it starts again in {delay:g} s.")
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


def _require_free(place: _Place, option: str) -> None:
    """Raises WorkspaceError where something listens at the address already, or it is not this machine's."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as failure:
        raise WorkspaceError(
            f"cxloop cannot listen at {place.host}:{place.port}: {failure.strerror}. "
            f"Choose another port with {option}, or stop what uses this one."
        ) from None
