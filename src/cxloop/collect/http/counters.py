"""Counters of all collectors of a workspace: one small file each, added up by whoever is asked.

A file belongs to one process at a time and outlives it: counters never go back when a process starts again.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BUCKETS", "Counters", "exposition", "totals"]

STATUSES = (200, 204, 304, 400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503)
LATER = (302, 303, 410, 422)
"""Statuses that came later: their places are at the end, so that a file of an older version is read right."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
NAMES = (
    *(f"status_{status}" for status in STATUSES),
    "events_accepted",
    "events_refused",
    "commits",
    "microseconds",
    *(f"le_{bucket}" for bucket in (*BUCKETS, "inf")),
    *(f"status_{status}" for status in LATER),
)
PLACES = {name: place for place, name in enumerate(NAMES)}
BYTES = 8 * len(NAMES)
SUFFIX = ".counters"


class Counters:
    """The counters of this process.

    Args:
        folder: of the spool; the file lies in it.
        name: of the process among those of the workspace: "app", "collector-1".
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}{SUFFIX}"
        path.touch(0o600)
        with path.open("r+b") as file:
            file.truncate(BYTES)
            self._map = mmap.mmap(file.fileno(), BYTES)
        self._values = memoryview(self._map).cast("q")

    def add(self, name: str, number: int = 1) -> None:
        """Adds to one counter."""
        self._values[PLACES[name]] += number

    def answered(self, status: int, seconds: float) -> None:
        """Counts an answer and how long it took."""
        values = self._values
        values[PLACES.get(f"status_{status}", PLACES["status_500"])] += 1
        values[PLACES["microseconds"]] += int(seconds * 1e6)
        values[PLACES[next((f"le_{bucket}" for bucket in BUCKETS if seconds <= bucket), "le_inf")]] += 1

    def close(self) -> None:
        """Closes the file."""
        self._values.release()
        self._map.close()


def totals(folder: Path) -> dict[str, int]:
    """Returns the counters of all processes of a workspace, added up."""
    found = dict.fromkeys(NAMES, 0)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        content = path.read_bytes()
        if len(content) == BYTES:
            for name, value in zip(NAMES, memoryview(content).cast("q"), strict=True):
                found[name] += value
    return found


def exposition(folder: Path) -> list[str]:
    """Returns the lines for Prometheus of all collectors of a workspace.

    Args:
        folder: of the spool.
    """
    found = totals(folder)
    return [
        "# TYPE cxloop_collect_requests_total counter",
        *(
            f'cxloop_collect_requests_total{{status="{each}"}} {found[f"status_{each}"]}'
            for each in sorted((*STATUSES, *LATER))
        ),
        "# TYPE cxloop_collect_events_total counter",
        f'cxloop_collect_events_total{{outcome="accepted"}} {found["events_accepted"]}',
        f'cxloop_collect_events_total{{outcome="refused"}} {found["events_refused"]}',
        "# TYPE cxloop_collect_commits_total counter",
        f"cxloop_collect_commits_total {found['commits']}",
        "# TYPE cxloop_collect_seconds histogram",
        *_histogram(found),
    ]


def _histogram(found: dict[str, int]) -> Iterator[str]:
    below = 0
    for bucket in (*BUCKETS, "inf"):
        below += found[f"le_{bucket}"]
        label = "+Inf" if bucket == "inf" else bucket
        yield f'cxloop_collect_seconds_bucket{{le="{label}"}} {below}'
    yield f"cxloop_collect_seconds_sum {found['microseconds'] / 1e6:.6f}"
    yield f"cxloop_collect_seconds_count {below}"
