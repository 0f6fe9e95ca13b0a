"""From an installed environment to the first page: promised are 90 s, and 150 ms per page after that.

Runs `cxloop demo` with its usual company (50,000 customers, 24 months), waits for the sign-in link, signs in as a
person does, and asks for the Pulse. Then Pulse and Explore are asked for again and again, over the network interface,
and the slower half of the answers counts: the median is what is promised.

Run: python benchmarks/demo.py [CUSTOMERS]
"""

from __future__ import annotations

import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

FIRST_PAGE_SECONDS = 90.0
PAGE_SECONDS = 0.150
ASKED = 20
PAGES = {"Pulse": "/", "Explore": "/explore"}


def free_port() -> int:
    """Returns a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(folder: Path, customers: str, port: int) -> Iterator[str]:
    """Runs the demo, and gives its sign-in link once that is printed."""
    words = [sys.executable, "-m", "cxloop", "demo", str(folder), "--customers", customers, "--port", str(port)]
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
            held += [promise(name, page_seconds(browser, path), PAGE_SECONDS) for name, path in PAGES.items()]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
