"""Who is who as events arrive: 20,000 events a second through resolution on one core, in flat memory.

Batches of events as a shop's websites send them: browsers that look around, customers who sign in and tell an address,
new customers all the time, tablets that many use, families with one browser, bots, tests, default values of a CRM, and
now and then an alias. Each batch is admitted (that is the loader's promise, and not timed here), and then resolved: new
links found and written, customers, their history and doubts brought up to date. The engine has one thread. What counts
is the time of the whole process, so that nothing can hide on another core.

Memory is that of the process beside the engine's buffers. These are a cache of pages, which fills up to `memory_limit`
of the settings before it gives anything back, and grows with whatever is written: it is shown, and held to its limit.

The reference in the same run is a union-find in plain Python over the same pairs of keys, in memory, without guards,
history, ledger or restarts: what resolution costs at the very least.

Run: python benchmarks/identity_live.py [--quick]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.engine import Engine
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.unify.identity.step import IDENTITIES

EVENTS_A_SECOND = 20_000
MOST_GROWTH = 1.25
BATCH = 20_000
FIRST = datetime(2026, 1, 5)
USUAL, QUICK = (20, 60), (6, 18)
"""Batches after which memory is looked at."""
NEW_A_BATCH = 400
"""New customers in a batch; with as many there are some 1,700,000 a day at 20,000 events a second every second."""
TABLETS = 12
BUFFERS = 150
"""Megabytes that the engine may keep."""


@dataclass
class Workspace(NothingDefined):
    """What the step sees of a workspace."""

    engine: Any
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = FIRST

    def progress(self, _what: str, _share: float | None) -> None:
        """Nobody watches."""


def batch(number: int, rng: np.random.Generator) -> pa.Table:
    """Returns the events of one batch as a source sends them."""
    known = NEW_A_BATCH * (number + 2)
    who = np.where(
        rng.random(BATCH) < 0.1, rng.integers(known - NEW_A_BATCH, known, BATCH), rng.integers(0, known, BATCH)
    )
    form = rng.choice(7, BATCH, p=(0.715, 0.15, 0.12, 0.005, 0.005, 0.004, 0.001))
    columns: dict[str, list[Any]] = {name: [] for name in ("key_type", "key_value", "other_keys", "name", "kind")}
    columns |= {"traffic": [], "traits": []}
    for each, kind, dice in zip(who.tolist(), form.tolist(), rng.random(BATCH).tolist(), strict=True):
        row = event(each, kind, dice)
        for name, values in columns.items():
            values.append(row.get(name))
    at = [FIRST + timedelta(seconds=number, microseconds=50 * place) for place in range(BATCH)]
    return pa.table(
        {
            **{name: pa.array(values, pa.string()) for name, values in columns.items()},
            "message_id": [f"{number}-{place}" for place in range(BATCH)],
            "source": pa.repeat("web", BATCH),
            "key_namespace": pa.repeat("web", BATCH),
            "occurred_at": pa.array(at, pa.timestamp("us")),
            "known_at": pa.array(at, pa.timestamp("us")),
        }
    )


def event(who: int, form: int, dice: float) -> dict[str, Any]:
    """Returns what differs: a visit, a visit of somebody signed in, a sign-in, and what goes wrong."""
    family = who // 2 if who % 25 == 0 else who  # in some homes two people share a browser
    browser = f"b{family}-{int(dice * 2)}"
    visit = {"kind": "touch", "name": "page", "key_type": "anonymous_id", "key_value": browser}
    named = {**visit, "key_type": "user_id", "key_value": f"u{who}"}
    beside = f'["web","anonymous_id","{browser}"]'
    match form:
        case 0:
            return visit
        case 1:
            return named
        case 2:
            mail = f"c{who}@mail.example"
            others = f'[{beside},["web","email","{mail}"]]'
            return {
                **named,
                "kind": "profile",
                "name": "identify",
                "other_keys": others,
                "traits": f'{{"email":"{mail}"}}',
            }
        case 3:
            return {**named, "other_keys": f'[["web","anonymous_id","tablet-{int(dice * TABLETS)}"]]'}
        case 4:
            return {**named, "other_keys": f"[{beside}]", "traffic": "bot"}
        case 5:
            return {**named, "other_keys": '[["web","email","unknown@example.com"]]'}
        case _:
            old = f'["web","user_id","old{who}"],["web","anonymous_id","old{who}"]'
            return {**named, "kind": "profile", "name": "alias", "other_keys": f"[{old}]"}


def union_find(tables: list[pa.Table]) -> float:
    """Returns how many seconds the reference takes for the same pairs."""
    pairs = list(_pairs(tables))
    parent: dict[str, str] = {}

    def find(key: str) -> str:
        root = parent.setdefault(key, key)
        while parent[root] != root:
            parent[root] = parent[parent[root]]
            root = parent[root]
        return root

    began = time.process_time()
    for a, b in pairs:
        x, y = find(a), find(b)
        if x != y:
            parent[max(x, y)] = min(x, y)
    return time.process_time() - began


def _pairs(tables: list[pa.Table]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for row in table.select(["key_value", "other_keys"]).to_pylist():
            for _, kind, value in json.loads(row["other_keys"] or "[]"):
                yield row["key_value"], f"{kind}:{value}"


def resident_bytes() -> int:
    """Returns the memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def buffer_bytes(engine: DuckDBEngine) -> int:
    """Returns how much of that memory the engine's buffers are."""
    rows = engine.cursor().execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchall()
    return int(rows[0][0])


def told(held: bool, sentence: str) -> bool:
    """Prints a promise and whether it holds."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}", flush=True)
    return held


def main(few: int, many: int) -> int:
    """Measures; returns 1 where a promise is broken."""
    rng = np.random.default_rng(1)
    seconds: list[float] = []
    cores: list[float] = []
    tables: list[pa.Table] = []
    highest = at_few = cache = 0
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder) / "analytics", Engine(threads=1, memory_limit=f"{BUFFERS}MB"))
        workspace = Workspace(engine)
        for number in range(many):
            table = batch(number, rng)
            engine.admit(table, now=FIRST)
            derive(workspace, EVENT_CATALOGUE, now=FIRST)
            began, spent = time.perf_counter(), time.process_time()
            derive(workspace, IDENTITIES, now=FIRST + timedelta(seconds=number))
            seconds.append(time.perf_counter() - began)
            cores.append(time.process_time() - spent)
            cache = max(cache, kept := buffer_bytes(engine))
            highest = max(highest, resident_bytes() - kept)
            if number + 1 == few:
                at_few = highest
            if len(tables) < few:
                tables.append(table)
        counts = {name: engine.count(name) for name in ("keys", "identity_links", "customer_keys", "identity_doubts")}
        engine.close()
    rate = (many - 1) * BATCH / sum(cores[1:])  # the first batch imports what is needed
    last = BATCH / median(cores[-few // 2 :])
    plain = union_find(tables) / (len(tables) * BATCH)
    print("  " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    print(
        f"  {many * BATCH:,} events: {1e6 / rate:.1f} microseconds of CPU an event, a batch "
        f"of {BATCH:,} in {median(seconds[1:]):.2f} s; the reference takes {1e6 * plain:.2f}, which is "
        f"{plain * rate:.3f} of that; load of the machine {os.getloadavg()[0]:.1f}"
    )
    growth = highest / at_few
    held = [
        told(
            rate >= EVENTS_A_SECOND,
            f"{rate:,.0f} events a second are resolved on one core, {last:,.0f} in the last batches "
            f"(limit {EVENTS_A_SECOND:,})",
        ),
        told(
            growth < MOST_GROWTH and cache <= BUFFERS * 1e6,
            f"memory beside the engine's buffers is after {many * BATCH:,} events {growth:.2f} of that after "
            f"{few * BATCH:,} ({highest / 1e6:,.0f} and {at_few / 1e6:,.0f} MB; limit {MOST_GROWTH:g}); the buffers "
            f"came to {cache / 1e6:,.0f} MB (limit {BUFFERS})",
        ),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(*(QUICK if "--quick" in sys.argv[1:] else USUAL)))
