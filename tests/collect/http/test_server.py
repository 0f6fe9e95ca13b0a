"""A collector process under clients that mean no good, and without room on its disk."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.servers import answers, end, free_port, until

from cxloop.collect.http import request
from cxloop.collect.http.answers import RefusalError
from cxloop.collect.spool import Spool
from cxloop.runtime.folder import Folder
from cxloop.store.base import open_store
from cxloop.store.keys import NewKey, create, revoke

IDLE = 1_500
"""Above the 1,024 that a process may usually hold."""


class Server:
    """A running collector process."""

    def __init__(self, workspace: Path) -> None:
        self.folder = Folder(workspace)
        store = open_store(self.folder.store)
        self.issued = create(store, NewKey(kind="write", name="shop", source="shop"))
        store.close()
        self.port = free_port()
        words = ["-m", "cxloop.entry.collector", str(workspace), "127.0.0.1", str(self.port), "1"]
        self.process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE)

    def wait(self) -> None:
        until(lambda: answers(f"http://127.0.0.1:{self.port}/healthz"), "the collector", of=self.process)

    def send(self, number: int = 0) -> int:
        event = {"userId": "u1", "event": "Seen", "messageId": f"m{number}"}
        auth = (self.issued.secret, "")
        return httpx.post(f"http://127.0.0.1:{self.port}/v1/track", json=event, auth=auth, timeout=30).status_code

    def connect(self, said: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.sendall(said)
        return connection

    def stop(self) -> int:
        return end(self.process)


@pytest.fixture
def server(bare_workspace: Path) -> Iterator[Server]:
    running = Server(bare_workspace)
    try:
        running.wait()
        yield running
    finally:
        end(running.process, signal.SIGKILL)


def test_a_collector_from_its_start_to_its_end(server: Server) -> None:
    assert [server.send(number) for number in range(3)] == [200] * 3

    store = open_store(server.folder.store)
    revoke(store, server.issued.key.key_id)
    store.close()
    until(lambda: server.send() == 401, "the end of the revoked key")

    assert server.stop() == 0
    spool = Spool(server.folder.spool, reserve_bytes=0)
    assert spool.state().requests >= 3
    spool.close()


def test_idle_and_dawdling_connections_do_not_stop_others(server: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * IDLE), hard))
    head = b"POST /v1/track HTTP/1.1\r\nHost: x\r\n"
    try:
        with ExitStack() as held:
            for number in range(IDLE):
                said = (b"", head, head + b"Content-Length: 500\r\n\r\n{")[number % 3]
                held.enter_context(server.connect(said))

            assert [server.send(number) for number in range(5)] == [200] * 5
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert server.send() == 200


def test_garbage_instead_of_http_is_answered_and_survived(server: Server) -> None:
    for said in (b"\x00\xff\x16\x03\x01garbage\r\n\r\n", b"GET " + b"a" * 600_000 + b" HTTP/1.1\r\n\r\n"):
        with server.connect() as connection:
            try:
                connection.sendall(said)
                connection.recv(100)
            except ConnectionError:
                pass

    assert server.send() == 200


def test_a_collector_that_is_killed_has_kept_what_it_acknowledged(server: Server) -> None:
    assert [server.send(number) for number in range(20)] == [200] * 20
    server.process.kill()
    server.process.wait()

    spool = Spool(server.folder.spool, reserve_bytes=0)

    assert spool.state().events == 20
    assert spool.damages() == []
    spool.close()


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "BODY_SECONDS", 0.02)
    parts = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Any:
        if parts:
            return parts.pop()
        return await asyncio.sleep(3600)

    with pytest.raises(RefusalError) as caught:
        asyncio.run(request.body_of({}, receive))

    assert caught.value.answer.status == 408


def test_a_client_that_goes_away_in_the_middle_leaves_nothing() -> None:
    parts = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Any:
        return parts.pop()

    with pytest.raises(RefusalError):
        asyncio.run(request.body_of({}, receive))


FILLED = """
import resource, sys
from pathlib import Path
from cxloop.collect.spool import DiskFullError, Envelope, Spool
spool = Spool(Path(sys.argv[1]), reserve_bytes=0)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
kept = 0
try:
    for number in range(1000):
        spool.append([Envelope("shop", "segment", 1, b"%d" % number + b"x" * 5000)])
        kept += 1
except DiskFullError:
    print(kept)
assert len(spool.read(0, 1 << 40)) == kept
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
spool.append([Envelope("shop", "segment", 1, b"after")])
print(spool.read(0, 1 << 40)[-1].envelope.body.decode(), spool.state().requests)
"""


def test_a_full_disk_keeps_what_was_acknowledged_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FILLED, str(tmp_path / "spool")], capture_output=True, text=True, check=False
    )

    assert ran.stderr == ""
    kept, after, requests = ran.stdout.split()
    assert 10 < int(kept) < 200
    assert (after, int(requests)) == ("after", int(kept) + 1)
