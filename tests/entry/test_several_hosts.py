"""Collectors on two hosts and one spool in PostgreSQL: whoever is killed, what was acknowledged is in the log once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.collect.connectors.postgres import Postgres, running
from tests.support.networks import Host, hosts
from tests.support.servers import answers, end, free_port, until

from cxloop.collect.loader import Loader
from cxloop.collect.spool.postgres import PostgresSpool
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace
from cxloop.store.base import open_store
from cxloop.store.keys import NewKey, create

PORT = 8441
CLIENTS = 8
KILLED_AFTER, ENOUGH = 600, 2_000
"""Acknowledged events: with so many one collector is killed, and with so many it is over."""
COLLECTOR = """
import sys
from cxloop.collect.spool.postgres import PostgresSpool
from cxloop.entry import collecting
from cxloop.entry.collector import main

collecting.open_spool = lambda _workspace, _settings: PostgresSpool(sys.argv[1])
main(sys.argv[2:])
"""


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running() as found:
        yield found


@contextmanager
def collector(
    url: str, workspace: Path, address: str, port: int, host: Host | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a collector process, on a host where one is given."""
    words = [sys.executable, "-c", COLLECTOR, url, str(workspace), address, str(port), "1"]
    process = subprocess.Popen(words if host is None else host.words(*words), stdin=subprocess.PIPE)
    try:
        until(lambda: answers(f"http://{address}:{port}/healthz"), "a collector", of=process)
        yield process
    finally:
        end(process, signal.SIGKILL)


def key_of(workspace: Path) -> str:
    """Returns a write key of a workspace."""
    store = open_store(Folder(workspace).store)
    try:
        return create(store, NewKey(kind="write", name="shop", source="shop")).secret
    finally:
        store.close()


class Clients:
    """Many that send events, each to any collector that takes it, until told to stop; they note what was taken."""

    def __init__(self, addresses: list[str], secret: str) -> None:
        self.addresses, self.secret = addresses, secret
        self.acknowledged: list[str] = []
        self.by = Counter[str]()
        self.failures = 0
        self.stop = threading.Event()

    def run(self, number: int) -> None:
        """Sends one event after the other; one that was not taken goes to the next collector, as it is."""
        with httpx.Client(auth=(self.secret, ""), timeout=10) as client:
            sent = 0
            while not self.stop.is_set():
                name = f"{number}-{sent}"
                sent += 1
                event = {"userId": "u1", "event": "Seen", "messageId": name, "properties": {"name": name}}
                place = number + sent
                while not self._taken(client, self.addresses[place % len(self.addresses)], event):
                    if self.stop.is_set():
                        return
                    place += 1
                self.acknowledged.append(name)

    def _taken(self, client: httpx.Client, address: str, event: Mapping[str, object]) -> bool:
        try:
            taken = client.post(f"{address}/v1/track", json=event).status_code == 200
        except httpx.TransportError:
            taken = False
        if taken:
            self.by[address] += 1
        else:
            self.failures += 1
        return taken


def test_what_two_hosts_acknowledged_is_there_once_when_one_is_killed_under_load(
    bare_workspace: Path, server: Postgres
) -> None:
    secret = key_of(bare_workspace)
    with hosts(2) as (first, second):
        server.listen_to(first.machine, second.machine, trusted=(first.address, second.address))
        urls = [server.url().replace("127.0.0.1", host.machine) for host in (first, second)]
        workspace = open_workspace(Folder(bare_workspace))
        spool = PostgresSpool(server.url())
        loader = Loader(workspace, spool)
        with (
            collector(urls[0], bare_workspace, first.address, PORT, first) as killed,
            collector(urls[1], bare_workspace, second.address, PORT, second),
        ):
            clients = Clients([f"http://{host.address}:{PORT}" for host in (first, second)], secret)
            with ThreadPoolExecutor(CLIENTS) as many:
                work = [many.submit(clients.run, number) for number in range(CLIENTS)]
                try:
                    until(lambda: _loaded(loader, clients, KILLED_AFTER), "the load", of=killed)
                    killed.kill()
                    until(lambda: _loaded(loader, clients, ENOUGH), "the load on one collector")
                finally:
                    clients.stop.set()
                for each in work:
                    each.result()
        while loader.step() is not None:
            pass
        loader.close()

    found = Counter(
        json.loads(row[0])["name"]
        for row in workspace.engine.cursor()  # type: ignore[attr-defined]
        .execute("select properties from interactions")
        .fetchall()
    )
    workspace.close()
    assert killed.returncode == -signal.SIGKILL
    assert min(clients.by.values()) > 0
    assert len(clients.by) == 2
    assert clients.failures > 0
    assert set(clients.acknowledged) <= set(found)
    assert set(found.values()) == {1}
    assert spool.state().requests == 0
    spool.close()


def _loaded(loader: Loader, clients: Clients, number: int) -> bool:
    loader.step(20_000)
    return len(clients.acknowledged) >= number


def test_a_collector_whose_database_is_away_asks_senders_to_come_back_and_goes_on_by_itself(
    bare_workspace: Path, server: Postgres
) -> None:
    secret = key_of(bare_workspace)
    event = {"userId": "u1", "event": "Seen", "messageId": "m1"}
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1/track"
    with collector(server.url(), bare_workspace, "127.0.0.1", port):

        def send() -> httpx.Response:
            return httpx.post(url, json=event, auth=(secret, ""), timeout=30)

        assert send().status_code == 200
        server.stop()
        away = [send() for _ in range(3)]
        server.start()
        back = send()

    assert [(each.status_code, "Retry-After" in each.headers) for each in away] == [(503, True)] * 3
    assert all("owner-password" not in each.text for each in away)
    assert back.status_code == 200
    spool = PostgresSpool(server.url())
    assert spool.state().requests == 2
    spool.close()
