"""Counters of a running process, in the text format that Prometheus reads."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from cxloop._version import __version__

__all__ = ["Counters", "metrics"]


@dataclass
class Counters:
    """How often each verb ran, how it ended and how long it took in all, since the process began."""

    began: float = field(default_factory=time.monotonic)
    runs: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, verb: str, outcome: str, seconds: float) -> None:
        """Counts one run."""
        with self.guard:
            self.runs[verb, outcome] += 1
            self.seconds[verb] += seconds


def metrics(counters: Counters) -> str:
    """Returns the counters as lines of text."""
    with counters.guard:
        runs, seconds = dict(counters.runs), dict(counters.seconds)
    lines = [
        "# TYPE cxloop_info gauge",
        f'cxloop_info{{version="{__version__}"}} 1',
        "# TYPE cxloop_uptime_seconds gauge",
        f"cxloop_uptime_seconds {time.monotonic() - counters.began:.0f}",
        "# TYPE cxloop_verb_runs_total counter",
        *(f'cxloop_verb_runs_total{{verb="{v}",outcome="{o}"}} {n}' for (v, o), n in sorted(runs.items())),
        "# TYPE cxloop_verb_seconds_total counter",
        *(f'cxloop_verb_seconds_total{{verb="{v}"}} {total:.6f}' for v, total in sorted(seconds.items())),
    ]
    return "\n".join(lines) + "\n"
