"""A server reads the conditions of several people at once."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cxloop.core.expr import Expr, parse


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns, and garbage is collected, as often as can be: what is rare becomes certain."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(50)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


class Litter:
    """Garbage that runs code while it is collected, in the middle of whatever the thread does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        sum(range(50))


@pytest.mark.usefixtures("restless")
def test_conditions_are_read_in_several_threads_at_once() -> None:
    text = " or ".join(f"(score == {score} and lower(channel) == 'web')" for score in range(60))
    expected = parse(text)

    def read(_: int) -> Expr:
        Litter()
        return parse(text)

    with ThreadPoolExecutor(3) as pool:
        trees = list(pool.map(read, range(200)))

    assert all(tree == expected for tree in trees)
