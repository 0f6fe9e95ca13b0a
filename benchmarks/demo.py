"""From an installed environment to the first page: promised are 90 s, and 150 ms per page after that.

Runs `cxloop demo` with its usual company (50,000 customers, 24 months), waits for the sign-in link, signs in as a
person does, and asks for the Pulse. Then Pulse and Explore are asked for again and again, over the network interface:
the median is what is promised. Those answers are kept ones; what nobody has asked before has to be computed, and is
measured by itself: every question of a list, each asked once. Its median is held against the promise too, and the
slowest is shown.

Run: python benchmarks/demo.py [CUSTOMERS]
"""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._ports import free_port

FIRST_PAGE_SECONDS = 90.0
PAGE_SECONDS = 0.150
ASKED = 20
PAGES = {"Pulse": "/", "Explore": "/explore"}
WARMING = "/explore?metric=nps&by=late&every=month&since=90d"
NEW_QUESTIONS = tuple(
    f"/explore?metric={metric}&by={by}&every={every}&since={since}"
    for metric in ("nps", "csat", "ces", "rating")
    for by, every in (("", "month"), ("channel", "none"), ("late", "week"), ("region", "week"))
    for since in ("180d", "all")
)
"""32 questions, of each metric, that no page has asked before: few groups and hundreds, half a year and everything."""
THINKING_SECONDS = 0.2
"""A person reads before they ask again."""


@contextmanager
def demo(folder: Path, customers: str, port: int) -> Iterator[str]:
    """Runs the demo, and gives its sign-in link once that is printed."""
    words = [sys.executable, "-m", "cxloop", "demo", str(folder), "--customers", customers, "--port", str(port)]
    words += ["--collect-port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(filter(None, map(link_in, process.stdout)))
        finally:
            process.send_signal(signal.SIGTERM)


def link_in(line: str) -> str | None:
    """Shows a line of the demo, and returns the sign-in link if it has one."""
    found = re.search(r"http://\S+/signin\?token=(\S+)", line)
    if found is None:
        print("   ", line.rstrip(), flush=True)
    return found[1] if found else None


def page_seconds(browser: httpx.Client, path: str) -> float:
    """Returns the median time of a page, in seconds, once it has been asked for."""
    times = []
    for _ in range(ASKED + 1):
        started = time.perf_counter()
        browser.get(path).raise_for_status()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def seconds_when_new(browser: httpx.Client) -> dict[str, float]:
    """Returns how long each of the new questions takes, in seconds, asked for the first time."""
    browser.get(WARMING).raise_for_status()
    times = {}
    for path in NEW_QUESTIONS:
        time.sleep(THINKING_SECONDS)
        started = time.perf_counter()
        browser.get(path).raise_for_status()
        times[path] = time.perf_counter() - started
    return times


def promise_new(times: dict[str, float]) -> bool:
    """Prints whether new questions keep the promise, how many do not, and the slowest; returns the first."""
    held = promise(f"the median of {len(times)} new questions", statistics.median(times.values()), PAGE_SECONDS)
    slowest = max(times, key=lambda path: times[path])
    over = sum(seconds >= PAGE_SECONDS for seconds in times.values())
    print(f"      {over} of {len(times)} over the limit; the slowest took {times[slowest]:.3g} s: {slowest}")
    return held


def promise(what: str, seconds: float, limit: float) -> bool:
    """Prints whether a promise holds, and returns it."""
    held = seconds < limit
    ratio = seconds / limit
    print(f"{'PASS' if held else 'FAIL'}  {what} takes {seconds:.3g} s (limit {limit:g} s): {ratio:.2f} of the limit")
    return held


def main() -> int:
    """Measures the way to the first page, and the pages."""
    customers = sys.argv[1] if len(sys.argv) > 1 else "50000"
    port = free_port()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder) / "demo", customers, port) as token:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, timeout=60) as browser:
            browser.post("/signin", data={"token": token}, headers={"origin": address})
            browser.get("/").raise_for_status()
            first = time.perf_counter() - started
            held = [promise(f"the first page with {int(customers):,} customers", first, FIRST_PAGE_SECONDS)]
            held += [
                promise(f"{name}, kept,", page_seconds(browser, path), PAGE_SECONDS) for name, path in PAGES.items()
            ]
            held.append(promise_new(seconds_when_new(browser)))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
