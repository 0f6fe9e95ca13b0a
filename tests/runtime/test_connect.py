"""From a path to a host, whoever has the workspace open."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cxloop.core.errors import WorkspaceError
from cxloop.core.host import LOCAL
from cxloop.runtime.connect import connect
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.listener import Listener
from cxloop.runtime.remote import RemoteHost
from cxloop.runtime.workspace import Workspace, open_workspace

HOLD = """
import sys, pathlib
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace
workspace = open_workspace(Folder(pathlib.Path(sys.argv[1])))
print("open", flush=True)
sys.stdin.read()
"""


def test_without_a_server_the_workspace_is_opened_directly(bare_workspace: Path) -> None:
    connection = connect(bare_workspace)
    connection.close()

    assert isinstance(connection.host, LocalHost)
    assert connection.note == ""


def test_opening_twice_in_one_process_shares_the_workspace(bare_workspace: Path) -> None:
    first, second = connect(bare_workspace), connect(bare_workspace)
    first.close()
    first_again = connect(bare_workspace)

    assert second.host is first.host is first_again.host
    second.close()
    first_again.close()
    # Given up for good only now: somebody else can have it.
    open_workspace(Folder(bare_workspace)).close()


def test_with_a_server_the_socket_is_used_and_said_so(workspace: Workspace) -> None:
    host = LocalHost(workspace)
    listener = Listener(host, workspace.folder.socket)

    connection = connect(workspace.path)
    result = connection.host.run("measure.nps", {}, actor=LOCAL)
    listener.close()

    assert isinstance(connection.host, RemoteHost)
    assert connection.note.startswith(f"Through the server that runs on {workspace.path}")
    assert result == host.run("measure.nps", {}, actor=LOCAL)


def test_a_server_that_is_starting_is_waited_for(workspace: Workspace) -> None:
    listeners: list[Listener] = []

    def start() -> None:
        time.sleep(0.3)
        listeners.append(Listener(LocalHost(workspace), workspace.folder.socket))

    thread = threading.Thread(target=start)
    thread.start()
    connection = connect(workspace.path)
    thread.join()
    listeners[0].close()

    assert isinstance(connection.host, RemoteHost)


def test_another_process_is_named_and_its_end_however_sudden_frees_the_workspace(bare_workspace: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(bare_workspace)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(WorkspaceError, match=f"{other.pid}.*cxloop serve"):
            connect(bare_workspace)
        other.kill()

    connect(bare_workspace).close()
