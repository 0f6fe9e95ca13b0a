"""The collector against the least that a durable one can do, with the load generator on the same cores.

The ceiling is the same server whose handler parses the body with msgspec and appends it to a file with one fdatasync.
The collector checks the key and each event, keeps an order, and writes to the spool that the loader drains. Both are
measured in turns, so that what else the machine does hits both. Then the app process is started as `cxloop serve`
does, its loader drains the spool, and a query in it computes the directly-follows graph of 20 million rows (query c1)
in a loop on all cores. Meanwhile requests are due at a fixed rate, and the time of one counts from when it was due, so
that a stall delays all that are due meanwhile. What 32 connections get that send as fast as they are answered is
printed too; of it no time is promised, since so many requests always wait. Each server has a session of its own.

Run: python benchmarks/collector.py [--quick]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._ports import free_port, wait_until_it_listens

from cxloop.runtime.folder import Folder, create
from cxloop.store import keys
from cxloop.store.base import open_store

HERE = Path(__file__).resolve().parent
CONNECTIONS = 32
ROUNDS, ROUND_SECONDS = 3, 4.0
BUSY_ROUNDS, BUSY_SECONDS, BUSY_RATE = 3, 10.0, 200
"""Batches a second while c1 runs: 20,000 events a second, more than a billion in 14 hours."""
SATURATED_SECONDS = 8.0
BATCH = 100
DIFFERENT = 200
LEAST_BATCHES, LEAST_SINGLES, LEAST_EVENTS, MOST_P99_MS = 0.6, 0.5, 50_000, 150.0


class Load(NamedTuple):
    """What a load generator saw: requests a second, the 99th percentile of their time in ms, and other answers."""

    rate: float
    p99_ms: float
    odd: dict[str, int]


def event(number: int) -> dict[str, object]:
    """Returns an event as a shop's server sends it: 420 bytes."""
    return {
        "type": "track",
        "messageId": f"api-1iMrDqSeVT{number:022d}",
        "userId": f"user-{number % 5_000}",
        "event": "Product Viewed",
        "timestamp": "2026-11-22T10:15:30.123Z",
        "properties": {"product_id": f"p-{number % 900}", "name": "Walking shoe", "price": 79.95, "currency": "EUR"},
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "locale": "en-GB"},
        "integrations": {},
    }


def request(path: str, content: object, key: str) -> bytes:
    """Returns a whole request."""
    body = json.dumps(content).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Basic {b64encode(f'{key}:'.encode()).decode()}",
        "Content-Type: application/json",
        "User-Agent: analytics-python/2.4.0",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


def write_requests(path: Path, found: list[bytes]) -> Path:
    """Writes requests into a file for the load generator."""
    path.write_bytes(b"".join(len(each).to_bytes(4, "big") + each for each in found))
    return path


@contextmanager
def served(words: list[str], port: int, stdout: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server in a session of its own, as `cxloop serve` does, and waits until it answers at its port."""
    process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=stdout, start_new_session=True)
    try:
        wait_until_it_listens(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def load(port: int, seconds: float, path: Path, *, connections: int = CONNECTIONS, rate: float = 0) -> Load:
    """Runs the load generator in a process of its own."""
    words = [
        str(HERE / "_collector_load.py"),
        "127.0.0.1",
        str(port),
        str(seconds),
        str(connections),
        str(path),
        str(rate),
    ]
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    took = sorted(found["took"])
    odd = {status: number for status, number in found["statuses"].items() if status != "200"}
    return Load(len(took) / found["seconds"], 1000 * took[int(len(took) * 0.99)], odd)


@contextmanager
def busy(folder: Path) -> Iterator[list[float]]:
    """Runs the app process with query c1 over and over in it; gives the seconds of each, at the end."""
    seconds: list[float] = []
    port = free_port()
    words = [str(HERE / "_collector_app.py"), str(folder), str(port)]
    with served(words, port, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.readline() not in (b"ready\n", b""):
            pass
        try:
            yield seconds
        finally:
            if process.poll() is not None:
                raise SystemExit("the app process ended: nothing was measured")
            process.kill()
            seconds += [float(line) for line in process.stdout if line.strip()]


def while_busy(folder: Path, port: int, path: Path, rounds: int) -> tuple[float, bool]:
    """Measures the collector while c1 runs; prints each round, and returns the worst p99 and whether all were kept."""
    found = []
    with busy(folder) as queries:
        for _ in range(rounds):
            found.append(load(port, BUSY_SECONDS, path, rate=BUSY_RATE))
            print(
                f"  while c1 runs, {BUSY_RATE * BATCH:,} events/s due: {found[-1].rate * BATCH:,.0f} events/s, "
                f"p99 {found[-1].p99_ms:.0f} ms",
                flush=True,
            )
        most = load(port, SATURATED_SECONDS, path)
    print(
        f"  while c1 runs, as fast as {CONNECTIONS} connections can: {most.rate * BATCH:,.0f} events/s, "
        f"p99 {most.p99_ms:.0f} ms; c1 finished {len(queries)} times"
        + (f" in {statistics.median(queries):.1f} s each" if queries else "")
    )
    return max(each.p99_ms for each in found), not any(each.odd for each in [*found, most])


def compared(name: str, ports: tuple[int, int], path: Path, rounds: int) -> tuple[float, float]:
    """Measures ceiling and collector in turns; prints both, and returns the collector's rate and the ratio."""
    pairs = []
    for _ in range(rounds):
        ceiling, ours = load(ports[0], ROUND_SECONDS, path), load(ports[1], ROUND_SECONDS, path)
        if ours.odd or ceiling.odd:
            print(f"  other answers than 200: {ours.odd or ceiling.odd}")
        pairs.append((ceiling, ours))
        print(
            f"  {name}: ceiling {ceiling.rate:,.0f}/s (p99 {ceiling.p99_ms:.0f} ms), "
            f"collector {ours.rate:,.0f}/s (p99 {ours.p99_ms:.0f} ms), ratio {ours.rate / ceiling.rate:.2f}",
            flush=True,
        )
    rate = statistics.median(ours.rate for _, ours in pairs)
    return rate, statistics.median(ours.rate / ceiling.rate for ceiling, ours in pairs)


def told(held: bool, sentence: str) -> bool:
    """Prints a verdict."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}")
    return held


def measure(scratch: Path, rounds: int, busy_rounds: int) -> bool:
    """Runs everything; returns whether all promises hold."""
    folder, ports = create(scratch / "acme"), (free_port(), free_port())
    key = write_key(folder)
    batches = [
        request(
            "/v1/batch", {"batch": [event(n * BATCH + i) for i in range(BATCH)], "sentAt": "2026-11-22T10:15:31Z"}, key
        )
        for n in range(DIFFERENT)
    ]
    many = write_requests(scratch / "batches", batches)
    single = write_requests(scratch / "singles", [request("/v1/track", event(n), key) for n in range(DIFFERENT)])
    print(f"  a batch of {BATCH} has {len(batches[0]):,} bytes; {CONNECTIONS} connections")
    bare = [str(HERE / "_collector_ceiling.py"), str(scratch / "bodies"), str(ports[0])]
    real = ["-m", "cxloop.entry.collector", str(folder.path), "127.0.0.1", str(ports[1]), "1"]
    with served(bare, ports[0]), served(real, ports[1]):
        rate, ratio = compared("batches", ports, many, rounds)
        singles, single_ratio = compared("singles", ports, single, rounds)
        p99_ms, kept = while_busy(folder.path, ports[1], many, busy_rounds)
    events = rate * BATCH
    reachable = events / ratio >= LEAST_EVENTS
    return all(
        [
            told(ratio >= LEAST_BATCHES, f"batches of {BATCH}: {ratio:.2f} of the ceiling (limit {LEAST_BATCHES})"),
            told(
                events >= LEAST_EVENTS or not reachable,
                f"batches of {BATCH}: {events:,.0f} events/s (limit {LEAST_EVENTS:,} where the ceiling allows it)",
            ),
            told(
                single_ratio >= LEAST_SINGLES,
                f"single events: {singles:,.0f}/s, {single_ratio:.2f} of the ceiling (limit {LEAST_SINGLES})",
            ),
            told(
                p99_ms < MOST_P99_MS and kept,
                f"p99 {p99_ms:.0f} ms at {BUSY_RATE * BATCH:,} events/s ({BUSY_RATE * BATCH / events:.0%} of what it "
                f"can) while the app runs c1 over 20 million rows, worst of {busy_rounds} (limit {MOST_P99_MS:.0f})",
            ),
        ]
    )


def write_key(folder: Folder) -> str:
    """Returns a new write key of a workspace."""
    store = open_store(folder.store)
    try:
        return keys.create(store, keys.NewKey(kind="write", name="benchmark", source="shop")).secret
    finally:
        store.close()


def main(quick: bool) -> int:
    """Measures, and returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as scratch:
        return 0 if measure(Path(scratch), 1 if quick else ROUNDS, 1 if quick else BUSY_ROUNDS) else 1


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
