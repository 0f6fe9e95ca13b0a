"""How long `import cxloop` and `cxloop --help` take: promised are 0.3 s and 0.5 s.

The times are also given as ratios: the import against a bare interpreter, the help against a two-command program of
the same command-line library. Each is the best of several runs: noise of a shared machine only ever adds.

Run: python benchmarks/startup.py
"""

from __future__ import annotations

import subprocess
import sys
import time

RUNS = 7
IMPORT_SECONDS, HELP_SECONDS = 0.3, 0.5
PEER = """
import typer
app = typer.Typer()
@app.command()
def one(name: str): "Say one."
@app.command()
def two(name: str): "Say two."
app(["--help"])
"""


def best(*words: str) -> float:
    """Returns the shortest time of a Python process, in seconds."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


def promise(what: str, seconds: float, limit: float, peer: str, peer_seconds: float) -> bool:
    """Prints whether a promise holds, and returns it."""
    held = seconds < limit
    ratio = f"{seconds / limit:.2f} of the limit, {seconds / peer_seconds:.1f} times {peer} ({peer_seconds:.3f} s)"
    print(f"{'PASS' if held else 'FAIL'}  {what} takes {seconds:.3f} s (limit {limit} s): {ratio}")
    return held


def main() -> int:
    """Measures both."""
    held = [
        promise("import cxloop", best("-c", "import cxloop"), IMPORT_SECONDS, "bare Python", best("-c", "pass")),
        promise("cxloop --help", best("-m", "cxloop", "--help"), HELP_SECONDS, "a typer hello-world", best("-c", PEER)),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
