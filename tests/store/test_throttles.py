"""Whoever fails waits, twice as long each time; nobody slips through, and nobody else has to wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.store.conftest import everything_in

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import AccessDeniedError
from cxloop.store.base import Store
from cxloop.store.throttles import ACCOUNT, ADDRESS, attempt, wait_of

if TYPE_CHECKING:
    from tests.store.conftest import Clock


def _fail(store: Store, who: str = "max@example.org", address: str = "203.0.113.7") -> str:
    try:
        with attempt(store, who, address):
            raise AccessDeniedError("wrong")
    except AccessDeniedError as failure:
        return failure.code


def _succeed(store: Store, who: str, address: str) -> None:
    with attempt(store, who, address):
        pass


def test_waiting_doubles_up_to_a_quarter_of_an_hour(store: Store, clock: Clock) -> None:
    told = []
    for _ in range(30):
        try:
            with attempt(store, "max@example.org", ""):
                raise AccessDeniedError("wrong")
        except ThrottledError as failure:
            told.append(failure.seconds)
            clock.forward(seconds=failure.seconds)
        except AccessDeniedError:
            told.append(0)

    waits = [seconds for seconds in told if seconds]
    assert told[:5] == [0] * 5
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900][: len(waits)]
    assert waits[-1] == 900


@given(st.integers(0, 10_000))
def test_one_more_failure_never_shortens_the_wait(failures: int) -> None:
    for bucket in (ACCOUNT, ADDRESS):
        assert timedelta() <= wait_of(bucket, failures) <= wait_of(bucket, failures + 1) <= bucket.longest


def test_success_clears_the_account_and_not_the_address(store: Store) -> None:
    for _ in range(4):
        _fail(store)
    _succeed(store, "max@example.org", "203.0.113.7")

    codes = [_fail(store) for _ in range(5)]
    others = [_fail(store, f"{number}@example.org") for number in range(20)]

    assert codes == ["access_denied"] * 5  # all five are free again
    assert others == ["access_denied"] * 11 + ["throttled"] * 9  # 4 + 5 + 11 make the twenty of one address


def test_many_at_the_same_moment_do_not_slip_through(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: _fail(store), range(40)))

    assert sorted(codes) == ["access_denied"] * 5 + ["throttled"] * 35


def test_whoever_shares_nothing_with_the_guesser_does_not_wait(store: Store) -> None:
    for _ in range(30):
        _fail(store)

    codes = [_fail(store, "olga@example.org", "198.51.100.1") for _ in range(6)]
    assert codes == ["access_denied"] * 5 + ["throttled"]  # as if nobody had failed before


def test_one_customer_of_a_provider_cannot_hide_in_a_large_network(store: Store) -> None:
    codes = [_fail(store, f"{number}@example.org", f"2001:db8:1:2::{number:x}") for number in range(25)]

    assert codes.count("throttled") == 5


def test_failures_are_forgotten_after_a_day(store: Store, clock: Clock) -> None:
    for _ in range(9):
        _fail(store)

    clock.forward(days=1, seconds=1)

    assert [_fail(store) for _ in range(6)] == ["access_denied"] * 5 + ["throttled"]


def test_a_clock_that_is_set_back_keeps_nobody_out_until_then(store: Store, clock: Clock) -> None:
    while _fail(store) != ThrottledError.code:
        pass

    clock.forward(days=-3)

    assert [_fail(store), _fail(store)] == [AccessDeniedError.code, ThrottledError.code]


def test_neither_account_nor_address_is_readable_in_the_file(store: Store) -> None:
    _fail(store, "marta@example.org", "203.0.113.77")

    written = everything_in(store)
    assert b"2026-05-01 12:00:00" in written
    assert b"marta@example.org" not in written
    assert b"203.0.113.77" not in written
