"""Collectors on two hosts and one spool in PostgreSQL: whoever is killed, what was acknowledged is in the log once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.collect.connectors.postgres import Postgres, running
from tests.support.networks import Host, hosts
from tests.support.servers import SECONDS, answers, end, free_port, until

from cxloop.collect.loader import Loader
from cxloop.collect.spool.opening import open_spool
from cxloop.collect.spool.postgres import PostgresSpool
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace
from cxloop.store.base import open_store
from cxloop.store.changes import LOOK_SECONDS
from cxloop.store.database import Database
from cxloop.store.keys import NewKey, create

PORT = 8441
CLIENTS = 8
KILLED_AFTER, ENOUGH = 600, 2_000
"""Acknowledged events: with so many one collector is killed, and with so many it is over."""
PASSWORD = "SEVERAL_HOSTS_PASSWORD"
CXLOOP = str(Path(sys.executable).with_name("cxloop"))


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running() as found:
        yield found


@pytest.fixture
def database(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty database, whose password is in the environment of every process."""
    made = server.new_database()
    monkeypatch.setenv(PASSWORD, made.password)
    return made


def told(workspace: Path, address: str, more: str = "") -> Path:
    """Lets the settings of a workspace name the database at the address that its host knows."""
    (workspace / "cxloop.toml").write_text(
        f'[store]\ndatabase = "{address}"\npassword = "env:{PASSWORD}"\n{more}', encoding="utf-8"
    )
    return workspace


def copied(workspace: Path, name: str, address: str, more: str = "") -> Path:
    """The folder of another host: the same settings and key, and no tables."""
    folder = workspace.with_name(name)
    folder.mkdir(mode=0o700)
    for file in ("experience.toml", "secret.key"):
        shutil.copy(workspace / file, folder)
    return told(folder, address, more)


@contextmanager
def collector(workspace: Path, address: str, port: int, host: Host | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a collector process, on a host where one is given."""
    words = [sys.executable, "-m", "cxloop.entry.collector", str(workspace), address, str(port), "1"]
    process = subprocess.Popen(words if host is None else host.words(*words), stdin=subprocess.PIPE)
    try:
        until(lambda: answers(f"http://{address}:{port}/healthz"), "a collector", of=process)
        yield process
    finally:
        end(process, signal.SIGKILL)


def key_of(workspace: Path) -> str:
    """Returns a write key of a workspace."""
    folder = Folder(workspace)
    store = open_store(folder.store, folder.definitions()[0])
    try:
        _ = store.vault  # its key is made
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
    bare_workspace: Path, server: Postgres, database: Database
) -> None:
    secret = key_of(told(bare_workspace, database.address))
    with hosts(2) as (first, second):
        server.listen_to(first.machine, second.machine, trusted=(first.address, second.address))
        folders = [
            copied(bare_workspace, name, database.address.replace("127.0.0.1", host.machine))
            for name, host in (("first", first), ("second", second))
        ]
        workspace = open_workspace(Folder(bare_workspace))
        spool = open_spool(workspace.path, workspace.settings)
        loader = Loader(workspace, spool)
        with (
            collector(folders[0], first.address, PORT, first) as killed,
            collector(folders[1], second.address, PORT, second),
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
    bare_workspace: Path, server: Postgres, database: Database
) -> None:
    secret = key_of(told(bare_workspace, database.address))
    event = {"userId": "u1", "event": "Seen", "messageId": "m1"}
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1/track"
    with collector(bare_workspace, "127.0.0.1", port):

        def send() -> httpx.Response:
            return httpx.post(url, json=event, auth=(secret, ""), timeout=30)

        assert send().status_code == 200
        server.stop()
        away = [send()]
        until = time.monotonic() + 2 * LOOK_SECONDS  # what is known of keys is looked up again meanwhile
        while time.monotonic() < until:
            away.append(send())
        server.start()
        back = send()

    assert {(each.status_code, each.headers.get("Retry-After") is not None) for each in away} == {(503, True)}
    assert all("owner-password" not in each.text for each in away)
    assert back.status_code == 200
    spool = PostgresSpool(database.url)
    assert spool.state().requests == 2
    spool.close()


def test_the_app_on_one_host_and_collectors_alone_on_another(
    bare_workspace: Path, server: Postgres, database: Database
) -> None:
    secret = key_of(told(bare_workspace, database.address))
    app, collect = free_port(), free_port()
    beside = copied(bare_workspace, "beside", database.address, f"[collect]\nport = {collect}\nprocesses = 1\n")
    with (
        serving(app, "-w", str(bare_workspace), "--port", str(app), "--collect-port", "0"),
        serving(collect, "-w", str(beside), "--no-app"),
    ):
        event = {"userId": "u1", "event": "Seen", "messageId": "m1"}
        address = f"http://127.0.0.1:{collect}/v1/track"
        assert httpx.post(address, json=event, auth=(secret, ""), timeout=SECONDS).status_code == 200
        until(lambda: _loaded_events(bare_workspace) == 1, "the event in the app's answers")
        page = f"http://127.0.0.1:{app}/customers"
        signed_in = {"cxloop_session": "of-somebody"}
        server.stop()
        away = httpx.get(page, cookies=signed_in, timeout=SECONDS)
        server.start()
        until(lambda: httpx.get(page, cookies=signed_in, timeout=SECONDS).status_code < 500, "the app to come back")

    assert (away.status_code, "Retry-After" in away.headers) == (503, True)
    assert "The workspace cannot be reached." in away.text
    assert not (beside / "analytics").exists()
    assert [*beside.glob("*.sqlite"), *bare_workspace.glob("*.sqlite")] == []


@contextmanager
def serving(port: int, *words: str) -> Iterator[None]:
    """Runs a server until it is told to stop, and waits for its end."""
    process = subprocess.Popen([CXLOOP, "serve", *words])
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "a server", of=process)
        yield
        process.terminate()
        assert process.wait(SECONDS) == 0
    finally:
        end(process, signal.SIGKILL)


def _loaded_events(workspace: Path) -> int:
    """What the app says, asked as its user does."""
    words = [CXLOOP, "collect", "intake", "-w", str(workspace), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["loaded"])


def test_collectors_alone_need_a_database_and_the_key(bare_workspace: Path, database: Database) -> None:
    words = [CXLOOP, "serve", "-w", str(bare_workspace), "--no-app"]
    in_files = subprocess.run(words, capture_output=True, text=True, check=False)
    told(bare_workspace, database.address)
    without_key = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (in_files.returncode, without_key.returncode) == (1, 1)
    assert "cxloop move --database ADDRESS" in in_files.stderr
    assert "has no key of the workspace. Copy secret.key from the app's host" in without_key.stderr
