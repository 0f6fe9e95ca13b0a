"""Kills collectors, the app or all of it, 100 times under load: is every acknowledged event in the log, once?

Four clients send batches without a pause and note each batch that was answered with 200; what was not is sent again,
as client libraries do, and one client sends everything three times over. Meanwhile, at random moments, `kill -9` hits
one collector, the app process, or the supervisor with all its children (then the script starts the server again, as
systemd would). At the end the log is asked for every message id.

Run: python benchmarks/faults.py [KILLS]
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._ports import free_port
from benchmarks._served import Log, Server, ask, drain, event, post, workspace_with_key

KILLS = 100
CLIENTS = 4
BATCH = 20
SEED = 20261122
SECONDS_BETWEEN = (0.1, 2.0)
PATIENT = 0.8
"""Share of the kills that wait until the server answers again; the others may meet one that only begins to start."""
MOST_SECONDS = 420.0
"""After this there are no further kills: a slow machine gets through fewer, and that is said."""
PROGRESS_EVERY = 10
WEIGHTS = {"a collector": 4, "the app": 3, "all of it": 3}


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
            answer, _ = post(self.port, self.key, body)
            self.answers[answer] += 1
            if answer == "200":
                return True
            time.sleep(0.05)
        return False

    def body(self, batch: int) -> bytes:
        """Returns a batch; the same bytes each time it is asked for."""
        events = [event(name, userId=f"u{self.number}-{batch % 97}") for name in self.names(batch)]
        return json.dumps({"batch": events}).encode()

    def names(self, batch: int) -> Iterator[str]:
        """Yields the message ids of a batch."""
        return (f"{self.number}-{batch}-{place}" for place in range(BATCH))


def kill_at_random(server: Server, kills: int) -> Counter[str]:
    """Kills until `kills` processes or groups were hit, or time is up; returns how often each kind."""
    done: Counter[str] = Counter()
    began = time.monotonic()
    while done.total() < kills and time.monotonic() - began < MOST_SECONDS:
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
        if done.total() % PROGRESS_EVERY == 0 and victims:
            said = f"  {done.total()} kills, {server.starts} starts of the server"
            print(f"{said}, {time.monotonic() - began:.0f} s", flush=True)
    return done


def verdict(clients: list[Client], log: Log) -> bool:
    """Prints the counts, and returns whether every acknowledged event is there once and nothing is there twice."""
    acknowledged = {name for client in clients for batch in client.acknowledged for name in client.names(batch)}
    attempted = {name for client in clients for batch in range(client.tried) for name in client.names(batch)}
    lost, unknown, refused = log.lost(acknowledged), len(log.ids.keys() - attempted), log.rejected.total()
    unanswered = len(log.ids.keys() - acknowledged)
    print(f"  sent and acknowledged: {len(acknowledged):,}; in the log: {len(log.ids):,}; ", end="")
    print(f"in the log without an answer that arrived: {unanswered:,}; rejected: {refused:,}")
    print(f"  lost: {lost:,}; there twice: {log.doubled:,}; never sent: {unknown:,}")
    return not (lost or log.doubled or unknown or refused) and bool(acknowledged)


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
        log = ask(folder)
    held = verdict(clients, log) and done.total() == kills
    acknowledged = sum(len(client.acknowledged) for client in clients) * BATCH
    words = f"{acknowledged:,} acknowledged events are each in the log once after {done.total()} of {kills} kills"
    print(f"{'PASS' if held else 'FAIL'}  {words} (limit: none lost, none twice)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS))
