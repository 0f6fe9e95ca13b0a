"""The loader under load: it keeps up with 50,000 events a second, in flat memory, and knows every id of the log.

Three promises: the lag stays under 5 s while a second process fills the spool at 50,000 events a second (requests of
100 events of some 360 bytes); memory after many events is that after few; and a batch is admitted exactly once among
all ids of a long log. Usually this takes some two minutes, with 3 million events and 30 million ids; `--full` takes 10
million events and 100 million ids. The loader's CPU time for an event is printed with them: unlike the rest, it hardly
depends on what else the machine does.

Run: python benchmarks/loader.py [--quick | --full] [lag | memory | ids ...]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cxloop.collect.intake import open_spool
from cxloop.collect.loader import Loader
from cxloop.collect.loader.batch import Batch
from cxloop.collect.loader.segment import Segment
from cxloop.collect.spool import AnySpool, Envelope, Spool
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import Workspace, open_workspace

EVENTS_A_SECOND = 50_000
IN_A_REQUEST = 100
MOST_LAG_SECONDS = 5.0
WARM_SECONDS = 4.0
MOST_GROWTH = 1.25
BATCH_EVENTS = 50_000
MOST_ADMIT_SECONDS = 2.5
MARK = b"@@@@@@@@@@@@"
BROWSERS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{each}.0) Gecko/20100101 Firefox/{each}.0" for each in range(80, 133)]


MANY_IDS = """
    insert into interactions (
        interaction_id, message_id, content_hash, batch, occurred_at, received_at, known_at, ordinal, source, kind,
        event_code
    )
    select hash(range)::ubigint::bit::bigint, 'm', 0, 1, timestamp '2026-01-01', timestamp '2026-01-01',
        timestamp '2026-01-01', 0, 'old', 'touch', 1
    from range($ids)
"""


class Size(NamedTuple):
    """How much is measured: seconds under load, events before and after which memory is looked at, ids in the log."""

    seconds: float
    few: int
    many: int
    ids: int


SIZES = {
    "quick": Size(8, 200_000, 600_000, 5_000_000),
    "usual": Size(20, 1_000_000, 3_000_000, 30_000_000),
    "full": Size(30, 2_000_000, 10_000_000, 100_000_000),
}


def templates(chance: random.Random, number: int = 50) -> list[bytes]:
    """Returns bodies of realistic events; in each, MARK stands where every request differs."""
    return [
        json.dumps({"batch": [event(chance, place) for place in range(IN_A_REQUEST)]}).encode() for _ in range(number)
    ]


def event(chance: random.Random, place: int) -> dict[str, object]:
    """Returns one track call of some 360 bytes."""
    return {
        "type": "track",
        "event": f"Event {chance.randrange(40)}",
        "messageId": f"{MARK.decode()}-{place}",
        "userId": f"user-{chance.randrange(500_000)}",
        "timestamp": "2026-11-22T10:00:00.000Z",
        "properties": {"plan": chance.choice(["free", "pro"]), "price": round(chance.random() * 100, 2)},
        "context": {
            "userAgent": chance.choice(BROWSERS),
            "page": {"path": f"/shop/{chance.randrange(300)}"},
            "locale": "de-DE",
        },
    }


def fill(spool: AnySpool, bodies: list[bytes], first: int, requests: int) -> None:
    """Appends requests with ids of their own, in one transaction, as a collector's group commit does."""
    now = time.time_ns() // 1000
    spool.append(
        [
            Envelope(
                "web",
                "segment",
                now,
                bodies[number % len(bodies)].replace(MARK, f"{number:012d}".encode()),
                IN_A_REQUEST,
                {"endpoint": "batch", "ip": "203.0.113.0"},
            )
            for number in range(first, first + requests)
        ]
    )


def pump(folder: Path, seconds: float) -> None:
    """Fills the spool at EVENTS_A_SECOND; the work of the second process."""
    spool, bodies = Spool(folder), templates(random.Random(1))
    a_tick, tick = EVENTS_A_SECOND // IN_A_REQUEST // 20, 1 / 20
    began, sent, late = time.monotonic(), 0, 0.0
    while time.monotonic() - began < seconds:
        fill(spool, bodies, sent, a_tick)
        sent += a_tick
        wait = began + (sent / a_tick) * tick - time.monotonic()
        late = max(late, -wait)
        time.sleep(max(0.0, wait))
    print(json.dumps({"events": sent * IN_A_REQUEST, "seconds": time.monotonic() - began}))
    spool.close()


@contextmanager
def workspace(folder: Path) -> Iterator[tuple[Workspace, AnySpool, Loader]]:
    """A new workspace with its spool and a loader."""
    folder.mkdir(parents=True, mode=0o700)
    for name in ("cxloop.toml", "experience.toml"):
        (folder / name).touch()
    opened = open_workspace(Folder(folder))
    spool = open_spool(opened.path, opened.settings)
    loader = Loader(opened, spool)
    try:
        yield opened, spool, loader
    finally:
        loader.close()
        spool.close()
        opened.close()


def lag(spool: AnySpool) -> float:
    """Returns for how many seconds the first request of the spool waits."""
    oldest = spool.state().oldest_received_at
    return 0.0 if oldest is None else time.time() - oldest / 1e6


def measure_lag(folder: Path, seconds: float) -> bool:
    """Loads while another process fills the spool; prints the greatest lag."""
    with workspace(folder) as (opened, spool, loader):
        fill(spool, templates(random.Random(2)), 10_000_000, 20)
        while loader.step() is not None:  # imports and caches are not what is measured
            pass
        words = [sys.executable, __file__, "--pump", str(opened.path / "spool"), str(seconds)]
        lags: list[tuple[float, float]] = []
        done = threading.Event()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            watcher = threading.Thread(target=_watch, args=(spool, lags, done))
            watcher.start()
            spent = time.process_time()
            while process.poll() is None or spool.state().requests:
                if loader.step() is None:
                    time.sleep(0.05)
            spent = time.process_time() - spent
            done.set()
            watcher.join()
            assert process.stdout is not None
            sent = json.loads(process.stdout.read())
        loaded = loader.totals.admitted - 20 * IN_A_REQUEST
    rate = sent["events"] / sent["seconds"]
    late = [each for moment, each in lags if moment > WARM_SECONDS]
    worst = max(late, default=0.0)
    print(
        f"{sent['events']:,} events at {rate:,.0f} a second; {loaded:,} loaded; lag at most {worst:.2f} s; "
        f"{spent / loaded * 1e6:.1f} microseconds of CPU an event, load of the machine {os.getloadavg()[0]:.1f}"
    )
    return verdict(
        worst < MOST_LAG_SECONDS and rate > 0.95 * EVENTS_A_SECOND and loaded == sent["events"],
        f"at {rate:,.0f} events a second the loader lags {worst:.1f} s at most (limit {MOST_LAG_SECONDS:g} s)",
    )


def _watch(spool: AnySpool, lags: list[tuple[float, float]], done: threading.Event) -> None:
    began = time.monotonic()
    while not done.wait(0.1):
        lags.append((time.monotonic() - began, lag(spool)))


def resident_bytes() -> int:
    """Returns the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure_memory(folder: Path, few: int, many: int) -> bool:
    """Loads many events; compares the highest memory after them with that after few."""
    bodies, highest, at_few = templates(random.Random(3)), 0, 0
    with workspace(folder) as (opened, spool, loader):
        # what the engine may keep of the tables is a setting; what is measured is what the loader keeps
        opened.engine.cursor().execute("set global memory_limit = '300MB'")  # type: ignore[attr-defined]
        for first in range(0, many // IN_A_REQUEST, 1_000):
            fill(spool, bodies, first, 1_000)
            while loader.step() is not None:
                highest = max(highest, resident_bytes())
            if (first + 1_000) * IN_A_REQUEST <= few:
                at_few = highest
    growth = highest / at_few
    return verdict(
        growth < MOST_GROWTH,
        f"memory after {many:,} events is {growth:.2f} of that after {few:,} "
        f"({highest / 1e6:,.0f} and {at_few / 1e6:,.0f} MB; limit {MOST_GROWTH:g})",
    )


def measure_ids(folder: Path, ids: int) -> bool:
    """Admits batches to an empty log and to one with many ids; prints what the ids cost."""
    engine = DuckDBEngine(folder)
    empty = _admit_seconds(engine, 0)
    engine.cursor().execute(MANY_IDS, {"ids": ids}).fetchall()
    full = _admit_seconds(engine, 10)
    engine.close()
    print(f"{BATCH_EVENTS:,} events: {empty:.2f} s into an empty log, {full:.2f} s into one of {ids:,}")
    return verdict(
        full < MOST_ADMIT_SECONDS,
        f"{BATCH_EVENTS:,} events are admitted exactly once among {ids:,} in {full:.2f} s, {full / empty:.1f} times as "
        f"long as into an empty log (limit {MOST_ADMIT_SECONDS:g} s)",
    )


def _admit_seconds(engine: DuckDBEngine, first: int) -> float:
    """The best of three batches."""
    bodies, found = templates(random.Random(4)), []
    for run in range(first, first + 3):
        batch, decoder = Batch(), Segment()
        for number in range(BATCH_EVENTS // IN_A_REQUEST):
            place = run * 10_000 + number
            body = bodies[number % len(bodies)].replace(MARK, f"{place:012d}".encode())
            decoder.add(batch, place, Envelope("web", "segment", 1_763_800_000_000_000, body, IN_A_REQUEST))
        rows, began = batch.rows.table(), time.perf_counter()
        engine.admit(rows, now=datetime(2026, 11, 22))
        found.append(time.perf_counter() - began)
    return min(found)


def verdict(held: bool, sentence: str) -> bool:
    """Prints a promise and whether it holds."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}", flush=True)
    return held


def main() -> int:
    """Measures; returns 1 where a promise is broken."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pump", nargs=2, metavar=("FOLDER", "SECONDS"), help=argparse.SUPPRESS)
    reader.add_argument("--quick", dest="size", action="store_const", const="quick", default="usual")
    reader.add_argument("--full", dest="size", action="store_const", const="full")
    reader.add_argument("parts", nargs="*", metavar="PART", help="lag, memory or ids; without any, all of them")
    given = reader.parse_args()
    if given.pump:
        pump(Path(given.pump[0]), float(given.pump[1]))
        return 0
    size = SIZES[given.size]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        measures = {
            "lag": lambda: measure_lag(here / "lag", size.seconds),
            "memory": lambda: measure_memory(here / "memory", size.few, size.many),
            "ids": lambda: measure_ids(here / "ids", size.ids),
        }
        held = [measures[part]() for part in given.parts or measures]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
