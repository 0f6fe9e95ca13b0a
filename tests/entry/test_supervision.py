"""The supervisor: starts again after a crash, stops with care, gives up where starting makes no sense."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from cxloop.entry.serve import MOST_ATTEMPTS, keep_running

ENDS_ON_TERM = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); time.sleep(60)"


class Programs:
    """Starts one small program after the other, and remembers how often."""

    def __init__(self, *programs: str) -> None:
        self.programs = programs
        self.attempts: list[int] = []
        self.said: list[str] = []

    def start(self, attempt: int) -> subprocess.Popen[bytes]:
        program = self.programs[min(len(self.attempts), len(self.programs) - 1)]
        self.attempts.append(attempt)
        return subprocess.Popen([sys.executable, "-c", program])

    def run(self, stop: threading.Event | None = None) -> int:
        return keep_running(self.start, stop or threading.Event(), say=self.said.append, pause=0.001)


def test_a_process_that_ends_well_ends_the_server() -> None:
    programs = Programs("")

    assert programs.run() == 0
    assert programs.attempts == [0]


def test_a_crashed_process_is_started_again() -> None:
    programs = Programs("exit(1)", "import os; os.kill(os.getpid(), 9)", "")

    assert programs.run() == 0
    assert programs.attempts == [0, 1, 2]
    assert [said.partition(";")[0] for said in programs.said] == [
        "The app process crashed (exit code 1)",
        "The app process crashed (exit code -9)",
    ]


def test_a_process_that_crashes_again_and_again_is_given_up() -> None:
    programs = Programs("exit(1)")

    assert programs.run() == 1
    assert len(programs.attempts) == MOST_ATTEMPTS + 1
    assert programs.said[-1].endswith("Giving up.")


def test_a_process_that_refuses_is_not_started_again() -> None:
    programs = Programs("exit(3)")

    assert programs.run() == 1
    assert programs.attempts == [0]


def test_a_stop_reaches_the_process_as_sigterm() -> None:
    stop = threading.Event()
    programs = Programs(ENDS_ON_TERM)
    threading.Timer(0.5, stop.set).start()
    started = time.monotonic()

    assert programs.run(stop) == 0
    assert time.monotonic() - started < 10
    assert programs.attempts == [0]


def test_a_stop_during_the_pause_starts_nothing_more() -> None:
    stop = threading.Event()
    programs = Programs("exit(1)")

    def say(_text: str) -> None:
        stop.set()

    assert keep_running(programs.start, stop, say=say, pause=30) == 0
    assert programs.attempts == [0]
