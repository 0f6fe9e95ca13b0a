"""From a path to a host: directly where no server runs, otherwise through its socket."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cxloop.core.errors import WorkspaceError
from cxloop.runtime.erasing import finish_left_over
from cxloop.runtime.folder import Folder, find
from cxloop.runtime.host import LocalHost
from cxloop.runtime.remote import RemoteHost, server_of
from cxloop.runtime.workspace import open_workspace

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session

__all__ = ["Connection", "connect"]

AnyHost: TypeAlias = LocalHost | RemoteHost
STARTING_SECONDS = 1.0
"""Who holds the lock may be a server that starts: it opens the workspace first and its socket right after."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A host, and how it was reached; `note` is the one line that says so, empty where there is nothing to say."""

    host: AnyHost
    folder: Folder
    note: str = ""

    def close(self) -> None:
        """Gives the workspace up, once everybody in this process has who opened it."""
        _Shared.give_back(self)


class _Shared:
    """Workspaces that this process has open: a notebook runs its first cell again and again."""

    guard = threading.Lock()
    hosts: dict[Path, LocalHost] = {}  # noqa: RUF012 - shared on purpose
    users: dict[Path, int] = {}  # noqa: RUF012

    @classmethod
    def take(cls, folder: Folder) -> LocalHost | None:
        with cls.guard:
            host = cls.hosts.get(folder.path)
            if host is not None:
                cls.users[folder.path] += 1
            return host

    @classmethod
    def add(cls, folder: Folder, host: LocalHost) -> None:
        with cls.guard:
            cls.hosts[folder.path] = host
            cls.users[folder.path] = 1

    @classmethod
    def give_back(cls, connection: Connection) -> None:
        host, path = connection.host, connection.folder.path
        if not isinstance(host, LocalHost):
            return
        with cls.guard:
            if cls.hosts.get(path) is not host:
                return
            cls.users[path] -= 1
            if cls.users[path]:
                return
            del cls.hosts[path], cls.users[path]
        host.close()


def connect(path: str | Path | None = None, spark: Session | None = None) -> Connection:
    """Returns a connection to the workspace at `path`, or to the nearest one.

    Args:
        path: the folder; by default $CXLOOP_WORKSPACE or the nearest parent folder that is a workspace.
        spark: a session of Spark to work on, in place of what the settings say. Where a server runs on the workspace,
            that answers, on its own engine.

    Raises:
        WorkspaceError: there is none, or another process holds it and does not share it.
        MistakesError: its settings have mistakes.
    """
    folder = find(path)
    shared = _Shared.take(folder)
    if shared is not None:
        return Connection(shared, folder)
    remote = _remote(folder)
    if remote is not None:
        return remote
    try:
        host = LocalHost(open_workspace(folder, spark))
    except WorkspaceError:
        remote = _remote_soon(folder)
        if remote is None:
            raise
        return remote
    _Shared.add(folder, host)
    note = "An erasure that was interrupted has been finished first." if finish_left_over(host) else ""
    return Connection(host, folder, note)


def _remote(folder: Folder) -> Connection | None:
    found = server_of(folder)
    if found is None:
        return None
    host = RemoteHost(folder, found["pid"], found["version"])
    return Connection(host, folder, f"Through the server that runs on {folder.path} (process {host.pid}).")


def _remote_soon(folder: Folder) -> Connection | None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        remote = _remote(folder)
        if remote is not None:
            return remote
        time.sleep(0.1)
    return None
