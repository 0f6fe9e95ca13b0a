"""Health of a running process: whether it can do its work, and its counters in the format that Prometheus reads."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxloop._version import __version__
from cxloop.core.errors import CxloopError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from cxloop.collect.spool import SpoolState
    from cxloop.runtime.workspace import Workspace

__all__ = ["Counters", "metrics", "not_ready"]

NEARLY_FULL = 0.95
"""Of the spool's limit: beyond it, an answer 429 is a matter of seconds."""
FAILING_SECONDS = 10.0
"""A loader that fails for so long will not mend itself."""


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


def not_ready(workspace: Workspace) -> dict[str, str]:
    """Returns what keeps the process from doing its work, by name of the part; empty where it is ready."""
    from cxloop.collect.loader.progress import progress_of

    found: dict[str, str] = {}
    try:
        workspace.engine.count("watermarks")
    except CxloopError:
        found["engine"] = "The engine does not answer."
    try:
        state = _spool_state(workspace)
        if state.bytes >= NEARLY_FULL * state.limit_bytes:
            found["spool"] = "The spool is full, so the collector takes no more events."
    except CxloopError:
        found["spool"] = "The spool cannot be written, so the collector takes no events."
    progress = progress_of(workspace.path)
    if progress is not None and not progress.is_alive():
        found["loader"] = "The loader has stopped, so events wait in the spool."
    elif progress is not None and progress.failing_seconds > FAILING_SECONDS:
        found["loader"] = "The loader cannot load, so events wait in the spool. The log has the reason."
    return found


def _spool_state(workspace: Workspace) -> SpoolState:
    from cxloop.collect.intake import open_spool

    spool = open_spool(workspace.path, workspace.settings)  # opening it writes: a full or lost disk shows here
    try:
        return spool.state()
    finally:
        spool.close()


def metrics(counters: Counters, workspace: Workspace) -> str:
    """Returns the counters of the process, of its loader, its spool and all collectors as lines of text."""
    from prometheus_client import CollectorRegistry, generate_latest

    from cxloop.collect.http.counters import exposition

    registry = CollectorRegistry()
    registry.register(_Families(counters, workspace))
    collectors = exposition(workspace.folder.spool)
    return generate_latest(registry).decode() + "\n".join(collectors) + "\n"


class _Families:
    """What Prometheus is told, read anew at each scrape."""

    def __init__(self, counters: Counters, workspace: Workspace) -> None:
        self._counters = counters
        self._workspace = workspace

    def collect(self) -> Iterator[Metric]:
        """Gives every family."""
        yield from self._process()
        yield from self._spool()
        yield from self._loader()

    def _process(self) -> Iterator[Metric]:
        with self._counters.guard:
            runs, seconds = dict(self._counters.runs), dict(self._counters.seconds)
        yield _gauge("cxloop_info", "Version of cxloop.", 1, version=__version__)
        up = time.monotonic() - self._counters.began
        yield _gauge("cxloop_uptime_seconds", "Since the process began.", round(up))
        ran = _counter("cxloop_verb_runs", "How often each verb ran, by how it ended.", ["verb", "outcome"])
        for names, number in sorted(runs.items()):
            ran.add_metric(list(names), number)
        took = _counter("cxloop_verb_seconds", "How long each verb took in all.", ["verb"])
        for verb, total in sorted(seconds.items()):
            took.add_metric([verb], total)
        yield from (ran, took)

    def _spool(self) -> Iterator[Metric]:
        try:
            state = _spool_state(self._workspace)
        except CxloopError:
            yield _gauge("cxloop_spool_usable", "Whether the spool can be written.", 0)
            return
        since = state.oldest_received_at
        age = 0.0 if since is None else max(0.0, time.time() - since / 1e6)
        yield _gauge("cxloop_spool_usable", "Whether the spool can be written.", 1)
        yield _gauge("cxloop_spool_requests", "Requests that wait to be loaded.", state.requests)
        yield _gauge("cxloop_spool_events", "Events that wait to be loaded.", state.events)
        yield _gauge("cxloop_spool_bytes", "Bytes that wait to be loaded.", state.bytes)
        yield _gauge("cxloop_spool_limit_bytes", "Beyond which the collector takes no more.", state.limit_bytes)
        yield _gauge("cxloop_spool_oldest_age_seconds", "For how long the first request waits: the lag.", age)

    def _loader(self) -> Iterator[Metric]:
        from cxloop.collect.loader.place import totals
        from cxloop.collect.loader.progress import progress_of

        progress = progress_of(self._workspace.path)
        running = progress is not None and progress.is_alive() and progress.failure is None
        yield _gauge("cxloop_loader_running", "Whether events are being loaded.", int(running))
        if progress is not None:
            yield _gauge("cxloop_loader_events_per_second", "Over the last half minute.", progress.events_a_second)
            busy = _counter("cxloop_loader_busy_seconds", "How long the loader has worked since it began.", [])
            busy.add_metric([], progress.seconds)
            yield busy
        counted = totals(self._workspace.engine)
        events = _counter("cxloop_loader_events", "Events by what became of them, for all time.", ["outcome"])
        for outcome in ("admitted", "already_there", "rejected"):
            events.add_metric([outcome], getattr(counted, outcome))
        flagged = _counter("cxloop_loader_flagged", "Loaded events that are no customer's.", ["traffic"])
        flagged.add_metric(["bot"], counted.bots)
        flagged.add_metric(["test"], counted.tests)
        yield from (events, flagged)


def _gauge(name: str, about: str, value: float, **labels: str) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, about, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _counter(name: str, about: str, labels: list[str]) -> Any:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, about, labels=labels)
