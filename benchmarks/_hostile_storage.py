"""Faults of the machine beneath a running server: a full disk, a damaged spool, a clock that is set back."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from benchmarks._served import Log, Site, ask, drain, event, get, post, site

__all__ = ["Verdict", "clock_set_back", "full_disk", "spool_damaged_at_rest", "spool_damaged_while_running"]

Verdict = tuple[bool, str]
"""Whether it held, and the sentence that says so with its counts."""

ROOM_BYTES = 450_000_000
PAD = "x" * 24_000
LARGE, LARGE_EVENTS = 120, 8
"""Requests of 200 KB: more than the write-ahead log holds, so that the main file has most of them."""
BACK = -3 * 86_400
GONE = ("ConnectionRefusedError", "ConnectionResetError", "RemoteDisconnected")
"""What a client sees of a process that was killed."""


@dataclass
class Load:
    """Clients that send until told to stop, and count answers by phase."""

    site: Site
    batch: int = 20
    clients: int = 3
    more: dict[str, object] = field(default_factory=dict)
    phase: str = ""
    statuses: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.clients)]

    @contextlib.contextmanager
    def running(self, phase: str) -> Iterator[Load]:
        """Sends meanwhile."""
        self.enter(phase)
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def enter(self, phase: str) -> None:
        """Counts answers under another name from now on."""
        self.statuses[phase] = Counter()
        self.phase = phase

    def _run(self, client: int) -> None:
        number = 0
        while not self._stop.is_set():
            phase = self.phase
            names = [f"{client}-{number}-{place}" for place in range(self.batch)]
            status = self.site.send(names, **self.more)
            self.statuses[phase][status] += 1
            number += status == "200"
            if status != "200":
                time.sleep(0.05)


@contextlib.contextmanager
def small_disk(parent: Path) -> Iterator[Path | None]:
    """Gives a folder on a file system of its own; None where this user may mount none."""
    where = parent / "disk"
    where.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(where)], capture_output=True, check=False
    )
    if made.returncode:
        yield None
        return
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def full_disk(parent: Path) -> Iterator[Verdict]:
    """Fills the disk under load, for some seconds."""
    with small_disk(parent) as where:
        how = f"a tmpfs of {ROOM_BYTES / 1e6:.0f} MB" if where else "RLIMIT_FSIZE of the collectors, mount not allowed"
        with site(where or parent, "full") as on:
            load = Load(on, clients=2)
            with load.running("before"):
                time.sleep(3)
                load.enter("filling")
                with _filled(where) if where else _limited(on):
                    load.enter("during")
                    before = set(on.acknowledged)
                    time.sleep(2)
                    killed = _killed(on)
                    time.sleep(5)
                    answered = _answers(on)
                load.enter("after")
                back = on.server.wait_until_ready()
                time.sleep(2)
            waited = drain(on.folder, on.server)
            crashed = on.server.said.read_text().count("crashed")
            on.server.stop()
            log = ask(on.folder)
    said = f"/healthz said {answered}; {killed} killed meanwhile, {crashed} new starts; drained {waited:.1f} s"
    yield _disk_verdict(how, load, on, before, log, back, said)


def _disk_verdict(how: str, load: Load, on: Site, before: set[str], log: Log, back: bool, more: str) -> Verdict:
    first, during, after = (load.statuses[phase] for phase in ("before", "during", "after"))
    other = during.total() - during["503"] - sum(during[each] for each in GONE)
    lost = log.lost(on.acknowledged)
    print(f"  before {dict(first)}; full {dict(during)}; room again {dict(after)}; {more}")
    held = back and not lost and not log.doubled and first.keys() == {"200"} and during["503"] > 0
    held = held and other <= load.clients and after["200"] > 0  # a request that was under way
    return held, (
        f"full disk ({how}): {len(before):,} acknowledged before, {during['503']:,} answers 503 during, "
        f"{len(on.acknowledged) - len(before):,} acknowledged after; {lost} lost, {log.doubled} doubled (limit: none)"
    )


def _killed(on: Site) -> int:
    """Kills one collector and the app: they have to come back by themselves once there is room."""
    hit = [*on.server.victims("a collector"), *on.server.victims("the app")]
    for each in hit:
        each.kill()
    return len(hit)


@contextlib.contextmanager
def _filled(where: Path) -> Iterator[None]:
    filler = where / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1_000_000))
            file.flush()
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def _limited(on: Site) -> Iterator[None]:
    """The collectors may not write beyond the first bytes of any file."""
    hit = on.server.processes("a collector")
    for each in hit:
        each.rlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for each in hit:
            each.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _answers(on: Site) -> str:
    try:
        return str(get(on.port, "/healthz")[0])
    except OSError as failure:
        return type(failure).__name__


@contextlib.contextmanager
def collectors(on: Site, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Runs collectors alone, without an app that would load what they take."""
    words = [sys.executable, "-m", "cxloop.entry.collector", str(on.folder), "127.0.0.1", str(on.port)]
    with on.server.said.open("a") as log:
        started = [
            subprocess.Popen([*words, str(each + 1)], stdin=subprocess.PIPE, stdout=log, stderr=log)
            for each in range(number)
        ]
    end = time.monotonic() + 30
    while _answers(on) != "200" and time.monotonic() < end:
        time.sleep(0.05)
    try:
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
            assert process.stdin is not None
            process.stdin.close()


def cut_in_half(path: Path) -> None:
    """Cuts a file off in the middle of a record."""
    os.truncate(path, path.stat().st_size * 3 // 5 + 11)


def cut_marks(path: Path) -> None:
    """Leaves seven bytes of the marks."""
    os.truncate(path, 7)


DAMAGES: dict[str, tuple[str, Callable[[Path], None], signal.Signals]] = {
    "main file": ("spool.sqlite", cut_in_half, signal.SIGTERM),
    "write-ahead log": ("spool.sqlite-wal", cut_in_half, signal.SIGKILL),
    "marks": ("spool.marks", cut_marks, signal.SIGKILL),
}
"""What is cut, how, and how the collector ends before that: an orderly end sweeps the log into the file."""


def spool_damaged_at_rest(parent: Path) -> Iterator[Verdict]:
    """Cuts each file of the spool off while nothing runs, and starts the server."""
    for number, (what, (file, cut, end)) in enumerate(DAMAGES.items()):
        with site(parent, f"rest{number}", start=False) as on:
            with collectors(on, 1) as (process,):
                _send_large(on, LARGE)
                process.send_signal(end)
                process.wait(30)
            cut(on.folder / "spool" / file)
            yield _damage_verdict(f"{what} of the spool cut off at rest", on, exact=True)


def spool_damaged_while_running(parent: Path) -> Iterator[Verdict]:
    """Cuts each file of the spool off while two collectors take events, then with the loader at work as well."""
    for number, (what, (file, cut, _)) in enumerate(DAMAGES.items()):
        with site(parent, f"run{number}", start=False) as on:
            with collectors(on, 2) as running:
                _send_large(on, LARGE)
                cut(on.folder / "spool" / file)
                went_on = _send_large(on, 10, "later")
                alive = all(process.poll() is None for process in running)
            yield _damage_verdict(f"{what} cut off under two collectors", on, exact=True, went_on=went_on and alive)
    with site(parent, "all") as on:
        load = Load(on, batch=LARGE_EVENTS, more={"properties": {"pad": PAD[:4000]}})
        with load.running("all"):
            for file, cut, _ in DAMAGES.values():
                time.sleep(1.5)
                with contextlib.suppress(FileNotFoundError):
                    cut(on.folder / "spool" / file)
            time.sleep(1.5)
            load.enter("after")
            time.sleep(2)
        print(f"  under load: { ({phase: dict(each) for phase, each in load.statuses.items()}) }")
        went_on = load.statuses["after"].keys() == {"200"}
        yield _damage_verdict("all three files cut off under load with the loader at work", on, went_on=went_on)


def _send_large(on: Site, requests: int, prefix: str = "first") -> bool:
    sent = [
        on.send([f"{prefix}-{number}-{place}" for place in range(LARGE_EVENTS)], properties={"pad": PAD})
        for number in range(requests)
    ]
    return set(sent) == {"200"}


def _damage_verdict(what: str, on: Site, *, exact: bool = False, went_on: bool = True) -> Verdict:
    """Starts the server, and holds what arrived and what is told as lost against what was acknowledged."""
    on.server.ensure()
    ready = on.server.wait_until_ready()
    fresh = on.send(["fresh"]) == "200"
    drain(on.folder, on.server, 60)
    told, doctor = _told(on)
    on.server.stop()
    log = ask(on.folder)
    missing = (log.lost(on.acknowledged) + LARGE_EVENTS - 1) // LARGE_EVENTS
    held = ready and fresh and went_on and not log.doubled and missing < len(on.acknowledged) // LARGE_EVENTS
    held = held and (missing == told if exact else missing <= told) and (doctor or not told)
    return held, (
        f"{what}: of {(len(on.acknowledged) + 7) // LARGE_EVENTS:,} acknowledged requests {missing} are lost, "
        f"{told} told on Sources{' and by doctor' if doctor else ''}; {log.doubled} doubled; it "
        f"{'goes on' if fresh and went_on else 'does not go on'} (limit: what is missing is told)"
    )


def _told(on: Site) -> tuple[int, bool]:
    """Returns how many requests the server says are lost, and whether doctor says so, too."""
    import cxloop
    from cxloop.collect.spool.damage import read
    from cxloop.runtime.doctor import examine

    told = sum(damage.lost for damage in read(on.folder / "spool"))
    with cxloop.open(on.folder) as workspace:  # asks the server
        intake: Any = workspace.collect.intake()
    found = str(examine(on.folder).to_dict())
    return (told if bool(intake.damages) == bool(told) else -1), f"In all {told:,} requests were lost" in found


def _shifted_clock(folder: Path) -> Path | None:
    """Builds the library that shifts the wall clock of processes; None where no C compiler is there.

    libfaketime does not serve: it makes time.sleep fail where only the wall clock is to be shifted.
    """
    compiler, library = shutil.which("cc"), folder / "clock.so"
    if compiler is None:
        return None
    source = Path(__file__).with_name("_hostile_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return library


def clock_set_back(parent: Path) -> Iterator[Verdict]:
    """Sets the clock of collectors and app back by three days and forward again, with and without a new start."""
    library, clock = _shifted_clock(parent), parent / "clock.txt"
    if library is None:
        print("  SKIPPED: the clock of a process is shifted by a small library, and there is no C compiler (cc)")
        return
    clock.write_text("0\n")
    environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(clock)}
    with site(parent, "clock", environment) as on:
        signed_in = _reader(on)
        seqs, entered = [], []
        for name, offset in {"now": 0, "back": BACK, "started": BACK, "again": 0}.items():
            clock.write_text(f"{offset}\n")
            if name == "started":
                on.server.kill()
                on.server.ensure()
                on.server.wait_until_ready()
            _send_timed(on, name)
            _send_timed(on, "now")  # once more: a client that was not sure
            entered.append(signed_in())
            seqs.append(_last_seq(on))
        log = on.settled()
        rows = _moments(on)
    lost, sane = log.lost(on.acknowledged), _sane(rows)
    print(f"  answers {dict(on.answers)}; pages with the same key {entered}; numbers of the spool {seqs}; {sane}")
    held = not lost and not log.doubled and seqs == sorted(set(seqs)) and set(entered) == {200} and sane[-1] == 0
    yield (
        held and on.answers.keys() == {"200"},
        (
            f"clock set back three days and forward again (preloaded in collectors and app): {len(on.acknowledged):,} "
            f"acknowledged, {lost} lost, {log.doubled} doubled, numbers of the spool "
            f"{'only grow' if seqs == sorted(set(seqs)) else 'go back'}, {sane[-1]} events with an impossible time, "
            f"{entered.count(200)} of {len(entered)} times key and session were let in (limit: all)"
        ),
    )


def _send_timed(on: Site, name: str) -> None:
    for number in range(40):
        events = [event(f"{name}-{number}-{place}", timestamp="2026-11-01T10:00:00Z") for place in range(10)]
        body = json.dumps({"batch": events, "sentAt": "2026-11-01T10:00:05Z"}).encode()
        status, _ = post(on.port, on.key, body)
        on.answers[status] += 1
        if status == "200":
            on.acknowledged.update(str(each["messageId"]) for each in events)


def _reader(on: Site) -> Callable[[], int]:
    """Returns what asks the API with a key and with a session, both made now: the worse of the two answers."""
    words = ["admin", "create-key", "read", "reader", "--workspace", str(on.folder), "--json"]
    made = subprocess.run([sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=True)
    key = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}"}
    while (link := re.search(r"token=(\S+)", on.server.said.read_text())) is None:
        time.sleep(0.1)
    port = on.server.ports[0]
    browser = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    entered = browser.post("/signin", data={"token": link[1]}, headers={"origin": f"http://127.0.0.1:{port}"})
    assert entered.status_code == 303
    path = "/api/collect/intake"
    return lambda: max(get(port, path, key)[0], browser.get(path).status_code)


def _last_seq(on: Site) -> int:
    """Returns the highest number given, without the spool's own code: that one would lift it by this script's clock."""
    with contextlib.closing(sqlite3.connect(f"file:{on.folder}/spool/spool.sqlite?mode=ro", uri=True)) as file:
        return int(file.execute("select seq from sqlite_sequence where name = 'requests'").fetchone()[0])


def _moments(on: Site) -> list[dict[str, Any]]:
    from cxloop.engine.query import Query
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.workspace import open_workspace

    query = Query(
        name="benchmark.moments",
        sql="select message_id, epoch(received_at) as received, epoch(occurred_at) as occurred from interactions "
        "where source = 'faults' order by message_id",
        inputs=("interactions",),
        output={"message_id": "text", "received": "double", "occurred": "double"},
    )
    workspace = open_workspace(Folder(on.folder))
    try:
        return list(workspace.engine.fetch(query).to_pylist())
    finally:
        workspace.close()


def _sane(rows: list[dict[str, Any]]) -> tuple[str, int]:
    """An event happened five seconds before its receipt by the collector's clock, and that one was now or back."""
    now = time.time()
    off = sum(abs(row["received"] - row["occurred"] - 5) > 0.001 for row in rows)
    known = sum(min(abs(now - row["received"]), abs(now + BACK - row["received"])) < 600 for row in rows)
    return f"{known} of {len(rows)} received at a moment of either clock", off + len(rows) - known
