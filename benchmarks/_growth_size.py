"""Measures one engine over a log of one size, for `growth.py`, which starts it: prints one JSON object a line.

Run: python benchmarks/_growth_size.py ENGINE MILLIONS
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import measure_speed
from cxloop.core.engine import DUCKDB
from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.schema import TABLES
from cxloop.engine.base import Engine
from cxloop.engine.query import Query
from cxloop.measure import verbs
from cxloop.runtime.engines import engine_at
from cxloop.runtime.folder import Folder

ROUNDS = 3
BATCH = 100_000
HOT_SHARE, MOST_HOT = 100, 1_000_000
"""One interaction in so many is of the one customer who does everything, up to a million."""
HOT = 1
SETTINGS = {
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
}
LATEST = Query(
    "growth.latest",
    "select occurred_at, kind, event_code from interactions where key_id = $key order by occurred_at desc limit 50",
    ("interactions",),
    {"occurred_at": "timestamp", "kind": "text", "event_code": "int"},
    {"key": "bigint"},
)


def main(address: str, millions: float) -> None:
    """Fills an engine and measures it."""
    size = int(millions * 1e6)
    with tempfile.TemporaryDirectory(prefix="cxloop-growth-") as name:
        engine = filled(Path(name), address, size)
        for operation, seconds in measured(engine, size):
            say(operation, seconds)
        engine.close()
        say("disk bytes per interaction", disk(Path(name), address) / size)
    say("memory GB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def say(operation: str, value: float) -> None:
    """Prints one number."""
    print(json.dumps({"operation": operation, "value": value}), flush=True)


def filled(folder: Path, address: str, size: int) -> Engine:
    """Returns an engine with a log in it; for Spark it is made on DuckDB and taken there, as a workspace would be."""
    place = Folder(folder)
    place.log.parent.mkdir(exist_ok=True)
    made = engine_at(place, EngineSettings())
    measure_speed.fill(made, size)
    _skew(made, size)
    if address == DUCKDB:
        return made
    target = engine_at(place, EngineSettings(address=address, spark=SETTINGS))
    for table in TABLES:
        target.take(table.name, made.blocks(table.name))
    made.close()
    return target


def _skew(engine: Engine, size: int) -> None:
    """Adds what the one customer does who does more than all others."""
    hot = min(size // HOT_SHARE, MOST_HOT)
    values = {"first": size, "last": size + hot, "interactions": size + hot, "keys": 1}
    with duckdb.connect() as source:
        engine.append("interactions", source.sql(measure_speed.GENERATE, params=values).to_arrow_table())


def measured(engine: Engine, size: int) -> Iterator[tuple[str, float]]:
    """Yields what was done and its seconds: the middle of three, after one that is not counted."""
    ws = measure_speed.Workspace(engine)
    asked: dict[str, Callable[[], Any]] = {
        "NPS by channel and week": lambda: verbs.nps(ws, by=("channel",), every="week"),
        "retention by month": lambda: verbs.retention(ws),
        "response funnel": lambda: verbs.survey_funnel(ws, measure_speed.SURVEY),
        "latest of a customer": lambda: engine.fetch(LATEST, {"key": 2 + size // 100}),
        "latest of the busiest customer": lambda: engine.fetch(LATEST, {"key": HOT}),
    }
    for operation, question in asked.items():
        question()
        yield operation, median(measure_speed.timed(question) for _ in range(ROUNDS))
    batches, keys = count(), count(3, 1000)
    admit = f"{BATCH:,} events admitted"
    yield admit, median(measure_speed.timed(lambda: _admit(engine, next(batches))) for _ in range(ROUNDS))
    erased = median(measure_speed.timed(lambda: engine.erase([next(keys)])) for _ in range(ROUNDS))
    yield "a customer erased from all answers", erased


def _admit(engine: Engine, number: int) -> None:
    """Admits events of customers some of whom are known."""
    start = datetime(2026, 1, 1)
    first = number * BATCH
    places = range(first, first + BATCH)
    rows = pa.table(
        {
            "message_id": [f"growth-{place}" for place in places],
            "source": ["shop"] * BATCH,
            "kind": ["touch"] * BATCH,
            "name": [f"event-{26 + place % 14}" for place in places],
            "key_namespace": ["shop"] * BATCH,
            "key_type": ["user_id"] * BATCH,
            "key_value": [f"user-{place * 7 % 1_000_000}" for place in places],
            "occurred_at": [start + timedelta(seconds=place) for place in places],
        }
    )
    found = engine.admit(rows, now=start + timedelta(days=30))
    assert found.admitted == BATCH, found


def disk(folder: Path, address: str) -> int:
    """Bytes of the engine's files."""
    place = folder / ("analytics" if address == DUCKDB else "warehouse")
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
