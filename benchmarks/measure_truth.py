"""What measure says of simulated companies, against what was planted in them: 200 seeds, nothing tuned on them.

Each company is one that nobody has seen. Its log is admitted into a workspace of its own, identities are resolved by
the product, and each of the modules below asks the product's verbs and judges the answers by the truth:

* `_truth_change`: is "changed" said where nothing did, and is it said where something did?
* `_truth_league`: are the planted worst agents found, and how many others are accused?
* `_truth_base`: does the whole-base score's interval hold the planted truth, and is the broken world refused?

A module has `judge(company, workspace) -> dict` (plain values, for one company; `company.truth["assumptions"]` says in
which world), `verdicts(list of these) -> iterator of (held, sentence)`, and may have `WORLDS`, the worlds that it
wants to see ("kept" alone unless it says otherwise), and `SIZE`, the customers and months that it needs. Rates are
held against nominal ones by an exact binomial test at 1 %. The broken world, which is to be noticed and not to be
estimated, is drawn for the first `BROKEN` seeds.

Thresholds and estimators were chosen on seeds 1 to 80; none of these is asked here. How many companies are judged is a
setting, CXLOOP_TRUTH_SEEDS or --seeds; which they were stands in every sentence.

Run: python benchmarks/measure_truth.py [--seeds N] [--first SEED] [--only change,league,base] [--write FILE]
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

__all__ = ["MODULES", "Judged", "judged", "one"]

CUSTOMERS, MONTHS, SEEDS, BROKEN = 3_000, 12, 200, 40
FIRST = 10_001
"""The seeds before it have been looked at by who built what is judged here."""
MEMORY = Path("/dev/shm")
"""Where the system keeps files in memory: a company lives for a few seconds and is read by nobody else."""
MODULES = ("change", "league", "base")
EMPTY = "empty"


@dataclass(frozen=True)
class Task:
    """One company, and who judges it."""

    seed: int
    assumptions: str
    modules: tuple[str, ...]
    scratch: Path
    size: tuple[int, int]

    @property
    def folder(self) -> Path:
        """Where its workspace is made."""
        return self.scratch / f"{self.assumptions}-{self.size[1]}-{self.seed}"


@dataclass(frozen=True)
class Judged:
    """What each module found in one company, and how long that took."""

    seed: int
    assumptions: str
    found: Mapping[str, dict[str, Any]]
    seconds: Mapping[str, float] = field(default_factory=dict)


def module(name: str) -> Any:
    """Returns the module that judges."""
    return importlib.import_module(f"benchmarks._truth_{name}")


def chosen(text: str) -> list[str]:
    """Returns the names of modules in a text with commas; argparse prints what is wrong with it."""
    names = text.split(",")
    if unknown := [name for name in names if name not in MODULES]:
        raise argparse.ArgumentTypeError(f"nobody judges {', '.join(unknown)!r}; choose from {', '.join(MODULES)}")
    return names


def one(task: Task) -> Judged:
    """Simulates one company, loads it and has it judged; its workspace is removed afterwards."""
    from cxloop import simulate

    started = time.perf_counter()
    company = simulate.company(*task.size, task.seed, assumptions=task.assumptions)  # type: ignore[arg-type]
    seconds = {"simulate": time.perf_counter() - started}
    found: dict[str, dict[str, Any]] = {}
    try:
        started = time.perf_counter()
        with loaded(task, company) as workspace:
            seconds["load"] = time.perf_counter() - started
            for name in task.modules:
                started = time.perf_counter()
                found[name] = {"seed": task.seed, **module(name).judge(company, workspace)}
                seconds[name] = time.perf_counter() - started
    finally:
        shutil.rmtree(task.folder, ignore_errors=True)
    return Judged(task.seed, task.assumptions, found, seconds)


def template(scratch: Path) -> None:
    """Makes the empty workspace that each company gets a copy of; one thread each, as there is a process per core."""
    import cxloop

    cxloop.create(scratch / EMPTY, template="shop").close()
    settings = scratch / EMPTY / "cxloop.toml"
    settings.write_text(f"{settings.read_text()}\n[engine]\nthreads = 1\n")


@contextmanager
def loaded(task: Task, company: Any) -> Iterator[Any]:
    """Admits the log of a company and resolves who is who, as every import does."""
    from cxloop.runtime import derivations
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.workspace import open_workspace

    shutil.copytree(task.scratch / EMPTY, task.folder)
    workspace = open_workspace(Folder(task.folder))
    try:
        for batch in company.batches():
            workspace.engine.admit(batch, now=workspace.now())
        derivations.run(workspace)
        yield workspace
    finally:
        workspace.close()


def tasks(seeds: range, broken: int, names: Sequence[str], scratch: Path) -> Iterator[Task]:
    """Yields the companies that the modules want to see."""
    sizes = {name: getattr(module(name), "SIZE", (CUSTOMERS, MONTHS)) for name in names}
    worlds = (("kept", seeds), ("broken", seeds[:broken]))
    for (assumptions, wished), size in product(worlds, sorted({*sizes.values()})):
        alike = (name for name in names if sizes[name] == size)
        wanted = tuple(name for name in alike if assumptions in getattr(module(name), "WORLDS", ("kept",)))
        if wanted:
            yield from (Task(seed, assumptions, wanted, scratch, size) for seed in wished)


def judged(seeds: range, broken: int, names: Sequence[str]) -> list[Judged]:
    """Returns what was found in every company, in the order of the seeds; says how far it is."""
    # fork would copy locks that threads of the engine hold; one thread each, or two processes would fight over cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    started, found = time.perf_counter(), []
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cxloop-truth-", dir=where) as scratch:
        template(Path(scratch))
        todo = list(tasks(seeds, broken, names, Path(scratch)))
        with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
            for place, item in enumerate(pool.map(one, todo), 1):
                found.append(item)
                if place % 20 == 0 or place == len(todo):
                    print(f"  {place} of {len(todo)} companies, {time.perf_counter() - started:.0f} s", flush=True)
    return found


def print_seconds(found: Sequence[Judged]) -> None:
    """Prints what each step takes for one company."""
    steps: dict[str, list[float]] = defaultdict(list)
    for item in found:
        for step, seconds in item.seconds.items():
            steps[step].append(seconds)
    told = (f"{step} {sum(seconds) / len(seconds):.2f} s" for step, seconds in steps.items())
    print(f"  for each company: {', '.join(told)}")


def main() -> int:
    """Judges all companies and prints the verdicts; returns 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description="What measure says of simulated companies, against the truth.")
    usual = int(os.environ.get("CXLOOP_TRUTH_SEEDS", SEEDS))
    parser.add_argument("--seeds", type=int, default=usual, help="how many companies")
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--broken", type=int, default=BROKEN, help="how many of them in the broken world as well")
    parser.add_argument("--only", type=chosen, default=list(MODULES), help="modules, with commas between")
    parser.add_argument("--write", type=Path, help="a file for what was found in each company, as JSON")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    names: list[str] = asked.only
    print(f"{len(seeds)} companies of {CUSTOMERS:,} customers and {MONTHS} months; judged: {', '.join(names)}")
    found = judged(seeds, asked.broken, names)
    print_seconds(found)
    if asked.write:
        asked.write.write_text(json.dumps([asdict(item) for item in found]))
    return 0 if all([*verdicts(found, names, f"seeds {seeds[0]:,} to {seeds[-1]:,}")]) and found else 1


def verdicts(found: Sequence[Judged], names: Sequence[str], which: str) -> Iterator[bool]:
    """Prints each promise with the companies that it was judged by; yields whether it holds."""
    for name in names:
        rows = [{"assumptions": item.assumptions, **item.found[name]} for item in found if name in item.found]
        for good, sentence in module(name).verdicts(rows):
            print(f"{'PASS' if good else 'FAIL'}  {which}: {sentence}", flush=True)
            yield good


if __name__ == "__main__":
    sys.exit(main())
