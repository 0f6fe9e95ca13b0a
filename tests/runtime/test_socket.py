"""The server's socket: same verbs, same results, same errors as in the process that owns the workspace."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cxloop.core.errors import (
    AccessDeniedError,
    CxloopError,
    InternalError,
    MistakesError,
    NotFoundError,
    WorkspaceError,
)
from cxloop.core.host import LOCAL, Actor
from cxloop.core.verbs import Registry
from cxloop.runtime import wire
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.listener import Listener
from cxloop.runtime.remote import RemoteHost, server_of


@pytest.fixture
def served(host: LocalHost) -> Iterator[LocalHost]:
    """The host with its socket open."""
    listener = Listener(host, host.workspace.folder.socket)
    yield host
    listener.close()


@pytest.fixture
def remote(served: LocalHost, verbs: Registry) -> RemoteHost:
    """A client of that socket."""
    found = server_of(served.workspace.folder)
    assert found is not None
    return RemoteHost(served.workspace.folder, found["pid"], found["version"], find=verbs.get)


def raw(host: LocalHost, line: bytes) -> dict[str, object]:
    """Sends one line as it is, and returns the answer."""
    with wire.connect(host.workspace.folder.socket, 5) as connection, connection.makefile("rwb") as stream:
        stream.write(line)
        stream.flush()
        answer = wire.read(stream)
        assert answer is not None
        return answer


def test_a_verb_gives_the_same_result_through_the_socket(served: LocalHost, remote: RemoteHost) -> None:
    assert remote.run("measure.size", {"factor": 2}, actor=LOCAL) == served.run(
        "measure.size", {"factor": 2}, actor=LOCAL
    )


def test_a_snapshot_is_the_same_through_the_socket(served: LocalHost, remote: RemoteHost) -> None:
    here = served.snapshot("measure.size", {}, actor=LOCAL)

    assert remote.snapshot("measure.size", {}, actor=LOCAL) == here


def test_progress_comes_through_the_socket(remote: RemoteHost) -> None:
    seen: list[tuple[str, float | None]] = []

    remote.run("measure.size", {}, actor=LOCAL, progress=lambda doing, share: seen.append((doing, share)))

    assert seen == [("Counting", 0.5)]


@pytest.mark.parametrize(
    ("path", "arguments", "kind"),
    [
        ("unify.whereabouts", {"person": "x"}, NotFoundError),
        ("measure.size", {"factor": "much"}, MistakesError),
        ("act.break_down", {}, InternalError),
    ],
)
def test_errors_are_the_same_through_the_socket(
    remote: RemoteHost, path: str, arguments: dict[str, object], kind: type[CxloopError]
) -> None:
    with pytest.raises(kind):
        remote.run(path, arguments, actor=LOCAL)


def test_rights_are_checked_before_anything_is_sent(remote: RemoteHost, calls: list[str]) -> None:
    with pytest.raises(AccessDeniedError):
        remote.run("collect.take", {"file": "a.csv"}, actor=Actor(None, "viewer", "viewer"))

    assert calls == []


def test_a_relative_path_means_the_client_s_folder(
    remote: RemoteHost, calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    remote.run("collect.take", {"file": "orders.csv"}, actor=LOCAL)

    assert calls == [f"take {tmp_path / 'orders.csv'}"]


def test_only_the_owner_of_the_files_can_connect(served: LocalHost) -> None:
    assert served.workspace.folder.socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello\n", "input"),
        (b"[" * 200_000 + b"\n", "input"),
        (b"[1, 2]\n", "input"),
        (b"{}\n", "input"),
        (b'{"ask": "dance", "arguments": {}}\n', "input"),
        (b'{"ask": "run", "verb": "measure.size", "arguments": [1]}\n', "input"),
        (b'{"ask": "run", "verb": "no.such", "arguments": {}}\n', "unknown_name"),
        (b'{"ask": "run", "verb": "measure.size", "arguments": {"factr": 1}}\n', "unknown_name"),
        (b"\xff\xfe\n", "input"),
    ],
)
def test_a_bad_request_is_answered_with_the_error_body(served: LocalHost, line: bytes, code: str) -> None:
    error = raw(served, line)["error"]

    assert isinstance(error, dict)
    assert error["code"] == code
    assert error["message"]


def test_a_client_that_goes_away_does_not_stop_the_server(served: LocalHost, remote: RemoteHost) -> None:
    with wire.connect(served.workspace.folder.socket, 5) as connection:
        connection.sendall(json.dumps({"ask": "run", "verb": "measure.size", "arguments": {}}).encode() + b"\n")

    remote.run("measure.size", {}, actor=LOCAL)


def test_several_clients_are_served_at_once(served: LocalHost, remote: RemoteHost) -> None:
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(remote.run("measure.size", {}, actor=LOCAL))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [served.run("measure.size", {}, actor=LOCAL)] * 8


def test_clients_that_say_nothing_keep_nobody_out(served: LocalHost) -> None:
    path = served.workspace.folder.socket
    with ExitStack() as silent:
        for _ in range(60):
            silent.enter_context(wire.connect(path, 5))

        assert raw(served, b'{"ask": "hello"}\n')["result"]


def test_a_server_that_stopped_is_named(host: LocalHost, verbs: Registry) -> None:
    listener = Listener(host, host.workspace.folder.socket)
    remote = RemoteHost(host.workspace.folder, os.getpid(), server_of(host.workspace.folder)["version"], verbs.get)  # type: ignore[index]
    listener.close()

    assert server_of(host.workspace.folder) is None
    with pytest.raises(WorkspaceError, match="went away"):
        remote.run("measure.size", {}, actor=LOCAL)


def test_the_socket_of_a_killed_server_is_replaced(host: LocalHost) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(host.workspace.folder.socket))
    left.close()
    assert server_of(host.workspace.folder) is None

    listener = Listener(host, host.workspace.folder.socket)
    found = server_of(host.workspace.folder)
    listener.close()

    assert found is not None
    assert found["pid"] == os.getpid()


def test_a_server_of_another_version_is_refused(bare_workspace: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"runs cxloop 99\.0"):
        RemoteHost(Folder(bare_workspace), 1, "99.0")


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path, host: LocalHost) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    folder = Folder(deep)
    assert len(str(folder.socket)) > 107

    listener = Listener(host, folder.socket)
    found = server_of(folder)
    listener.close()

    assert found is not None
    assert not folder.socket.exists()
