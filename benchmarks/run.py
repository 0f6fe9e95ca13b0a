"""Runs every benchmark and prints what was promised, what was measured, and whether it holds: `make bench`.

A benchmark is a script here that prints a line `PASS  sentence` or `FAIL  sentence` for each of its promises (the
sentence says figure and limit) and exits with 1 where one is broken. Each runs in a process of its own, one after
the other, so that none disturbs the next.

Run: python benchmarks/run.py [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Promise", "benchmarks", "measure", "promises"]

FOLDER = Path(__file__).resolve().parent


class Promise(NamedTuple):
    """One promise: which benchmark measured it, what it says, and whether it holds."""

    benchmark: str
    sentence: str
    held: bool


def benchmarks(names: list[str]) -> list[Path]:
    """Returns the scripts called `names`, or all; raises SystemExit for an unknown name."""
    scripts = sorted(path for path in FOLDER.glob("*.py") if path.name != Path(__file__).name and path.name[0] != "_")
    known = [path.stem for path in scripts]
    for name in names:
        if name not in known:
            raise SystemExit(f"There is no benchmark {name!r}. Known: {', '.join(known)}.")
    return [path for path in scripts if path.stem in names or not names]


def promises(benchmark: str, printed: str, code: int) -> list[Promise]:
    """Reads the verdicts that a benchmark printed; one that broke off, or promised nothing, broke its promise."""
    found = [
        Promise(benchmark, line[4:].strip(), held=line.startswith("PASS"))
        for line in printed.splitlines()
        if line.startswith(("PASS ", "FAIL "))
    ]
    if not found:
        return [Promise(benchmark, f"no verdict (exit code {code})", held=False)]
    if code and all(promise.held for promise in found):
        return [*found, Promise(benchmark, f"ended with exit code {code}", held=False)]
    return found


def measure(script: Path) -> list[Promise]:
    """Runs one benchmark, shows what it prints as it comes, and returns its promises."""
    print(f"\n== {script.stem}", flush=True)
    started, lines = time.monotonic(), []
    with subprocess.Popen(
        [sys.executable, str(script)], cwd=FOLDER.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    print(f"({time.monotonic() - started:.0f} s)")
    return promises(script.stem, "".join(lines), process.returncode)


def main(names: list[str]) -> int:
    """Runs the benchmarks and prints the summary; returns 1 where a promise is broken."""
    found = [promise for script in benchmarks(names) for promise in measure(script)]
    width = max(len(promise.benchmark) for promise in found)
    print("\n== Promises")
    for promise in found:
        print(f"{'PASS' if promise.held else 'FAIL'}  {promise.benchmark:<{width}}  {promise.sentence}")
    broken = sum(not promise.held for promise in found)
    print(f"{len(found) - broken} of {len(found)} promises hold.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
