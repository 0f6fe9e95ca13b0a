"""Work that several ask for at once is done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cxloop.runtime.flights import Flights


class Work:
    """Work that goes on until it is let go, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.name = ""
        self.entered, self.go_on = threading.Event(), threading.Event()

    def __call__(self, name: str) -> int:
        self.begun += 1
        self.name = name
        self.entered.set()
        assert self.go_on.wait(10)
        return self.begun


def test_who_asks_meanwhile_gets_the_same_and_who_asks_later_gets_it_anew() -> None:
    flights, work = Flights[int](), Work()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flights.join, "a", work)
        assert work.entered.wait(10)
        assert flights.wait("a", work, 0.01) is None
        assert flights.join("b", lambda _name: 7) == 7
        assert work.begun == 1
        work.go_on.set()
        assert first.result(10) == 1

    assert flights.join("a", work) == 2


def test_who_has_no_patience_is_told_so_and_finds_it_going_on() -> None:
    flights, work = Flights[int](), Work()

    assert flights.wait("a", work, 0.01) is None
    assert flights.wait("a", work, 0.01) is None
    assert work.begun == 1
    joined = threading.Timer(0.05, work.go_on.set)
    joined.start()
    assert flights.wait("a", work, 10) == 1
    joined.join()


def test_a_failure_is_told_to_who_waits_and_to_the_first_who_asks_afterwards() -> None:
    flights, failed = Flights[int](), threading.Event()

    def fail(_name: str) -> int:
        failed.set()
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        flights.join("a", fail)
    with pytest.raises(LookupError, match="nothing there"):
        flights.wait("a", fail, 10)
    assert flights.wait("a", lambda _name: 3, 10) == 3


def test_work_that_nobody_comes_back_to_is_cancelled_and_begun_anew_when_it_is_asked_for() -> None:
    cancelled: list[str] = []
    stopped = threading.Event()

    def cancel(name: str) -> None:
        cancelled.append(name)
        stopped.set()

    flights, left, again = Flights[int](cancel, abandoned_seconds=0.05), Work(), Work()

    assert flights.wait("a", left, 0.01) is None
    assert stopped.wait(10)
    again.go_on.set()
    assert flights.wait("a", again, 10) == 1
    left.go_on.set()
    assert cancelled == [left.name]
    assert again.name not in cancelled


def test_work_that_somebody_waits_for_is_not_cancelled_however_long_it_takes() -> None:
    cancelled: list[str] = []
    flights, work = Flights[int](cancelled.append, abandoned_seconds=0.02), Work()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flights.wait, "a", work, 10)
        assert work.entered.wait(10)
        threading.Event().wait(0.2)  # ten times what is patience
        work.go_on.set()
        assert waiting.result(10) == 1
    assert cancelled == []
