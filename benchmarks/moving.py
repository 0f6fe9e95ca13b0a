"""Moves a simulated company to Spark and PostgreSQL and back, and lets the stories of the app be told there.

Promised is that every table has the same rows afterwards, by count and digest, on the way there and on the way back,
and that the stories of the app in a real browser pass unchanged in between. A cluster of a master and workers and a
PostgreSQL are started for it, at 127.0.0.1.

Run: python benchmarks/moving.py [--customers 2000] [--engine cluster|local] [--folder DIR] [--memory 1g]
     --customers 450000 makes 20 million interactions; --folder keeps the company, or takes one that is there
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.collect.connectors.postgres import running as postgres_running
from tests.spark.cluster import running as cluster_running
from tests.spark.test_stories import STORIES

ROOT = Path(__file__).resolve().parents[1]
LOCAL = "local[2]"
PATIENCE = "40"
"""So many times as long as in tests the browser waits: with 20 million interactions two cores are slow."""
SETTINGS = """
[engine.spark]
"spark.driver.memory" = "{memory}"
"spark.executor.memory" = "{memory}"
"spark.executor.cores" = "1"
"spark.driver.host" = "127.0.0.1"
"spark.driver.bindAddress" = "127.0.0.1"
"spark.ui.enabled" = "false"
"spark.sql.shuffle.partitions" = "4"
"""
MOVED = re.compile(r"([\d,]+) (?:rows|records) in (\d+) tables are in (.*) now, each table with the same digest")


def cxloop(*words: str, environment: Mapping[str, str]) -> str:
    """Runs a command as a user does, prints how long it took, and returns what it printed."""
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise SystemExit(f"cxloop {' '.join(words)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    print(f"{perf_counter() - started:8.1f} s  cxloop {' '.join(words[:3])}", flush=True)
    return done.stdout


def moved(folder: Path, option: str, address: str, environment: Mapping[str, str]) -> bool:
    """Moves tables or records; prints the verdict."""
    told = cxloop("move", option, address, "--workspace", str(folder), environment=environment)
    found = MOVED.search(told)
    print(f"{'PASS' if found else 'FAIL'}  {found[0] if found else told[-500:]}", flush=True)
    return found is not None


def digests(folder: Path) -> dict[str, tuple[int, ...]]:
    """Rows and digest of each table of a workspace on DuckDB."""
    from cxloop.core.schema import TABLES
    from cxloop.engine.duckdb.engine import DuckDBEngine
    from cxloop.engine.duckdb.passing import digest

    engine = DuckDBEngine(folder / "analytics")
    try:
        return {table.name: digest(table.name, engine.blocks(table.name)) for table in TABLES}
    finally:
        engine.close()


def stories(folder: Path, environment: Mapping[str, str]) -> bool:
    """Lets the stories be told in the workspace as it is; prints the verdict."""
    started = perf_counter()
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--timeout",
        "0",
        *STORIES,
    ]
    told = {**environment, "CXLOOP_STORIES_COMPANY": str(folder), "CXLOOP_STORIES_PATIENCE": PATIENCE}
    done = subprocess.run(words, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    held = done.returncode == 0
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-500:]
    print(f"{'PASS' if held else 'FAIL'}  stories of the app: {last} ({perf_counter() - started:.0f} s)", flush=True)
    if not held:
        print(done.stdout[-6000:])
    return held


@contextmanager
def servers(engine: str, memory: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Starts what the company moves to; gives address of Spark, address of the database, and the environment."""
    cluster = nullcontext() if engine == "local" else cluster_running(2, f"{2 * int(memory[:-1])}{memory[-1]}")
    with cluster as started, postgres_running() as server:
        where = server.new_database()
        environment = {**os.environ, "PGPASSWORD": where.password}
        yield LOCAL if started is None else started.address, where.address, environment


def company(folder: Path, customers: int) -> None:
    """Makes the company."""
    size = ("--customers", str(customers), "--no-serve")
    cxloop("demo", str(folder), *size, environment=os.environ)


def prepare(folder: Path, memory: str) -> None:
    """Lets the company's settings say how large its sessions of Spark are."""
    file = folder / "cxloop.toml"
    told = file.read_text()
    if "[engine.spark]" not in told:
        file.write_text(told + SETTINGS.format(memory=memory))


def main(words: Sequence[str]) -> int:
    """Moves there, tells the stories, and moves back; returns 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description="To Spark and PostgreSQL and back.")
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--engine", choices=("cluster", "local"), default="cluster")
    parser.add_argument("--folder", type=Path, help="of the company; made where there is none, and kept")
    parser.add_argument("--memory", default="1g", help="of the driver and of each executor")
    given = parser.parse_args(words)
    with (
        tempfile.TemporaryDirectory(prefix="cxloop-moving-") as temporary,
        servers(given.engine, given.memory) as where,
    ):
        spark, database, environment = where
        folder = given.folder or Path(temporary) / "company"
        if not (folder / "cxloop.toml").exists():
            company(folder, given.customers)
        prepare(folder, given.memory)
        before = digests(folder)
        print(f"          {before['interactions'][0]:,} interactions of {given.customers:,} customers", flush=True)
        held = [moved(folder, "--engine", spark, environment), moved(folder, "--database", database, environment)]
        held.append(stories(folder, environment))
        held += [moved(folder, "--engine", "duckdb", environment), moved(folder, "--database", "files", environment)]
        after = digests(folder)
        same = after == before  # stories are told in a copy of the tables
        print(f"{'PASS' if same else 'FAIL'}  after the way there and back {len(before)} tables are what they were")
        held.append(same)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
