"""Measures one engine at one size, in a process of its own: seconds, peak memory and bytes of each operation.

The last line that it prints is JSON. Run by benchmarks/growth.py.

Run: python benchmarks/_growth_measured.py ENGINE INTERACTIONS MEMORY      (ENGINE is duckdb or a Spark's address)
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import _growth_company as company

from cxloop.core.host import LOCAL
from cxloop.runtime.folder import create
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.unify.erasure import background

ROUNDS = 3
ROUNDS_OF_CHANGES_ON_SPARK = 1
"""There each of them takes the better part of a minute."""
BATCH = 100_000
NOW = datetime(2026, 1, 1)
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "nps": ("measure.nps", {"by": ["channel"], "every": "week"}),
    "retention": ("measure.retention", {}),
    "journeys": ("measure.metric", {"name": "cart_to_order_7", "every": "month"}),
}


class Watch:
    """Times operations and notes the most memory that this process and its children held meanwhile."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}
        self.peak: dict[str, int] = {}

    def run(self, name: str, work: Callable[[], object]) -> None:
        """Runs once."""
        for process in _processes():
            # 5 sets the high-water mark back to what is held now
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        began, worked = perf_counter(), _worked()
        work()
        took, worked = perf_counter() - began, _worked() - worked
        self.seconds.setdefault(name, []).append(took)
        self.cpu.setdefault(name, []).append(worked)
        peak = sum(_peak(process.pid) for process in _processes())
        self.peak[name] = max(self.peak.get(name, 0), peak)
        print(f"    {name:<10} {took:8.2f} s {worked:8.2f} CPU s {peak / 1e6:8,.0f} MB", flush=True)


def _processes() -> list[psutil.Process]:
    own = psutil.Process()
    return [own, *own.children(recursive=True)]


def _worked() -> float:
    """Seconds of processors, of this process and its children so far: a busy machine does not change them much."""
    times = [process.cpu_times() for process in _processes()]
    return float(sum(each.user + each.system for each in times))


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def settings(engine: str, memory: str) -> str:
    """Returns cxloop.toml."""
    if engine == "duckdb":
        return f'[engine]\nmemory_limit = "{memory}"\n'
    mine = {"spark.driver.memory": memory.lower().removesuffix("b"), "spark.sql.shuffle.partitions": "4"}
    lines = "".join(f'"{name}" = "{value}"\n' for name, value in mine.items())
    return f'[engine]\naddress = "{engine}"\nmemory_limit = "2GB"\n\n[engine.spark]\n{lines}'


def measure(engine: str, interactions: int, memory: str, parent: Path) -> dict[str, Any]:
    """Fills a workspace, measures, and returns what was found."""
    folder = create(parent / "workspace")
    folder.settings.write_text(settings(engine, memory))
    host = LocalHost(open_workspace(folder))
    watch = Watch()
    try:
        watch.run("fill", lambda: company.fill(host.workspace.engine, interactions))
        watch.run("derive_all", host.derive)
        _ask(host, watch)
        _change(host, watch, interactions)
    finally:
        host.close()
    return {
        "engine": engine,
        "interactions": interactions,
        "seconds": watch.seconds,
        "cpu_seconds": watch.cpu,
        "peak_bytes": watch.peak,
        "disk_bytes": sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file()),
    }


def _ask(host: LocalHost, watch: Watch) -> None:
    for name, (verb, arguments) in QUESTIONS.items():
        host.run(verb, arguments, actor=LOCAL)  # the first one looks at the scales and fills caches
        for _ in range(ROUNDS):
            watch.run(name, lambda: host.run(verb, arguments, actor=LOCAL))  # noqa: B023 - runs at once


def _change(host: LocalHost, watch: Watch, interactions: int) -> None:
    engine = host.workspace.engine
    rounds = ROUNDS_OF_CHANGES_ON_SPARK if engine.dialect == "spark" else ROUNDS
    for number in range(rounds):
        rows = company.batch(interactions, number, BATCH)
        watch.run("append", lambda: engine.admit(rows, now=NOW))  # noqa: B023 - runs at once
        watch.run("derive", host.derive)
    # the proof that no file holds the bytes has a benchmark of its own: benchmarks/erasure.py
    background.running(host.workspace.path, threading.Event())
    for number in range(rounds):
        who = {"customers": [f"user-{30 + number}"]}
        watch.run("erase", lambda: host.run("unify.erase", who, actor=LOCAL))  # noqa: B023 - runs at once
    background.running(host.workspace.path, None)


def main(engine: str, interactions: int, memory: str) -> int:
    """Measures in a temporary folder and prints JSON."""
    with tempfile.TemporaryDirectory(prefix="cxloop-growth-", ignore_cleanup_errors=True) as parent:
        found = measure(engine, interactions, memory, Path(parent))
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
