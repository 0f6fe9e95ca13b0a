"""Kills collectors, the app or all of it, 100 times under load: is every acknowledged event in the log, once?

Four clients send batches without a pause and note each batch that was answered with 200; what was not is sent again,
as client libraries do, and one client sends everything three times over. Meanwhile, at random moments, `kill -9` hits
one collector, the app process, or the supervisor with all its children (then the script starts the server again, as
systemd would). At the end the log is asked for every message id.

Run: python benchmarks/faults.py [KILLS]
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import cxloop
from cxloop.engine.query import Query

KILLS = 100
CLIENTS = 4
BATCH = 20
SEED = 20261122
SECONDS_BETWEEN = (0.1, 2.0)
PATIENT = 0.8
"""Share of the kills that wait until the server answers again; the others may meet one that only begins to start."""
DRAIN_SECONDS = 120
WEIGHTS = {"a collector": 4, "the app": 3, "all of it": 3}

IDS = Query(
    name="benchmark.message_ids",
    sql="select message_id, count(*) as times from interactions where source = 'faults' group by message_id",
    inputs=("interactions",),
    output={"message_id": "text", "times": "bigint"},
)
REFUSED = Query(
    name="benchmark.refused",
    sql="select count(*) as rows from rejected",
    inputs=("rejected",),
    output={"rows": "bigint"},
)


def free_port() -> int:
    """Returns a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`cxloop serve` on a workspace, started again whenever it is gone."""

    folder: Path
    ports: tuple[int, int]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def ensure(self) -> None:
        """Starts it where it does not run."""
        if self.process is not None and self.process.poll() is None:
            return
        words = ["serve", "--workspace", str(self.folder), "--port", str(self.ports[0])]
        log = (self.folder.parent / "serve.txt").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cxloop", *words, "--collect-port", str(self.ports[1])], stdout=log, stderr=log
        )
        self.starts += 1

    def victims(self, what: str) -> list[psutil.Process]:
        """Returns the processes that a kill of `what` hits; none where such a one is not running just now."""
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            if what == "all of it":
                return [psutil.Process(self.process.pid), *children]
            module = {"a collector": "cxloop.entry.collector", "the app": "cxloop.entry.process"}[what]
            found = [child for child in children if module in " ".join(_words(child))]
            return random.sample(found, 1) if found else []
        return []

    def wait_until_it_answers(self, seconds: float = 30) -> None:
        """Returns once a collector takes connections."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.ensure()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports[1]), timeout=1):
                return
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@dataclass
class Client:
    """Sends batches of its own, one after the other, until told to stop."""

    number: int
    port: int
    key: str
    times: int
    stop: threading.Event
    acknowledged: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    tried: int = 0

    def run(self) -> None:
        """Sends until told to stop; the batch under way is finished, if the server lives."""
        while not self.stop.is_set():
            batch, self.tried = self.tried, self.tried + 1
            body = self.body(batch)
            for _ in range(self.times):
                if not self.insist(body):
                    return
            self.acknowledged.append(batch)

    def insist(self, body: bytes) -> bool:
        """Sends one body until it is acknowledged; False where told to stop before."""
        while not self.stop.is_set():
            answer = self.send(body)
            self.answers[answer] += 1
            if answer == "200":
                return True
            time.sleep(0.05)
        return False

    def send(self, body: bytes) -> str:
        """Returns the status of one attempt, or how it failed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        authorization = "Basic " + b64encode(f"{self.key}:".encode()).decode()
        try:
            connection.request("POST", "/v1/batch", body, {"authorization": authorization})
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as failure:
            return type(failure).__name__
        finally:
            connection.close()

    def body(self, batch: int) -> bytes:
        """Returns a batch; the same bytes each time it is asked for."""
        events = [
            {
                "type": "track",
                "event": "Step",
                "userId": f"u{self.number}-{batch % 97}",
                "messageId": name,
                "timestamp": "2026-11-01T10:00:00Z",
                "properties": {"batch": batch},
            }
            for name in self.names(batch)
        ]
        return json.dumps({"batch": events}).encode()

    def names(self, batch: int) -> Iterator[str]:
        """Yields the message ids of a batch."""
        return (f"{self.number}-{batch}-{place}" for place in range(BATCH))


def kill_at_random(server: Server, kills: int) -> Counter[str]:
    """Kills until `kills` processes or groups were hit; returns how often each kind."""
    done: Counter[str] = Counter()
    while done.total() < kills:
        server.ensure()
        if random.random() < PATIENT:
            server.wait_until_it_answers()
        time.sleep(random.uniform(*SECONDS_BETWEEN))
        what = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        victims = server.victims(what)
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        done[what] += bool(victims)
        if what == "all of it" and server.process is not None:
            server.process.wait()
        if done.total() % 10 == 0 and victims:
            print(f"  {done.total()} kills, {server.starts} starts of the server", flush=True)
    return done


def drain(folder: Path, server: Server) -> float:
    """Waits until nothing is left in the spool; returns for how many seconds."""
    from cxloop.collect.spool import Spool

    server.ensure()
    began = time.monotonic()
    spool = Spool(folder / "spool")
    while spool.state().requests and time.monotonic() - began < DRAIN_SECONDS:
        server.ensure()
        time.sleep(0.2)
    return time.monotonic() - began


def verdict(clients: list[Client], found: Counter[str], refused: int) -> bool:
    """Prints the counts, and returns whether every acknowledged event is there once and nothing is there twice."""
    acknowledged = {name for client in clients for batch in client.acknowledged for name in client.names(batch)}
    attempted = {name for client in clients for batch in range(client.tried) for name in client.names(batch)}
    lost = len(acknowledged - found.keys())
    doubled = sum(times > 1 for times in found.values())
    unknown = len(found.keys() - attempted)
    print(f"  sent and acknowledged: {len(acknowledged):,}; in the log: {len(found):,}; ", end="")
    print(f"in the log without an answer that arrived: {len(found.keys() - acknowledged):,}; rejected: {refused:,}")
    return not (lost or doubled or unknown or refused) and bool(acknowledged)


def main(kills: int) -> int:
    """Runs the faults and prints the verdict."""
    random.seed(SEED)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "acme"
        key = workspace_with_key(folder)
        server, stop = Server(folder, (free_port(), free_port())), threading.Event()
        server.ensure()
        clients = [Client(number, server.ports[1], key, 3 if number == 0 else 1, stop) for number in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            done = kill_at_random(server, kills)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        seconds = drain(folder, server)
        server.stop()
        print(f"  {dict(done)}; answers: {dict(sum((client.answers for client in clients), Counter()))}")
        print(f"  the spool was empty {seconds:.1f} s after the last kill")
        found, refused = ask(folder)
    held = verdict(clients, found, refused)
    acknowledged = sum(len(client.acknowledged) for client in clients) * BATCH
    words = f"{acknowledged:,} acknowledged events are each in the log once after {done.total()} kills"
    print(f"{'PASS' if held else 'FAIL'}  {words} (limit: none lost, none twice)")
    return 0 if held else 1


def workspace_with_key(folder: Path) -> str:
    """Makes a workspace with two collectors, and returns a write key."""
    with cxloop.create(folder) as workspace:
        made: Any = workspace.admin.create_key(name="faults", kind="write", source="faults")
    with (folder / "cxloop.toml").open("a") as settings:
        settings.write("\n[collect]\nprocesses = 2\n")
    return str(made.secret)


def ask(folder: Path) -> tuple[Counter[str], int]:
    """Returns how often each message id is in the log, and how many rows were rejected."""
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.workspace import open_workspace

    workspace = open_workspace(Folder(folder))
    try:
        rows = workspace.engine.fetch(IDS).to_pylist()
        refused = workspace.engine.fetch(REFUSED).column("rows")[0].as_py()
    finally:
        workspace.close()
    return Counter({row["message_id"]: row["times"] for row in rows}), int(refused)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS))
