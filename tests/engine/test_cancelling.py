"""Questions that are stopped from another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxloop.core.errors import EngineError
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query

ENDLESS = Query(
    "test.endless",
    "select count(*) as n from range(1000000000) as a cross join range(1000000000) as b where a.range * b.range = 7",
    (),
    {"n": "bigint"},
)
KEYS = Query("test.keys", "select count(*) as n from keys", ("keys",), {"n": "bigint"})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """An engine without rows."""
    opened = DuckDBEngine(tmp_path / "analytics")
    yield opened
    opened.close()


def test_a_question_that_is_cancelled_ends_and_the_next_of_its_thread_is_refused(engine: DuckDBEngine) -> None:
    begun = threading.Event()

    def ask() -> list[str]:
        told = []
        with engine.cancellable("mine"):
            begun.set()
            for query in (ENDLESS, KEYS):
                with pytest.raises(EngineError) as failure:
                    engine.fetch(query)
                told.append(failure.value.message)
        assert engine.fetch(KEYS)["n"].to_pylist() == [0]  # what it asks by no name is none of it
        return told

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        assert begun.wait(10)
        # an interruption before the question has begun stops the next one
        threading.Event().wait(0.3)
        engine.cancel("mine")
        interrupted, refused = asked.result(60)

    assert "test.endless failed" in interrupted
    assert refused == "Nobody waits for this answer any more."


def test_others_are_not_disturbed_and_a_name_that_nobody_asks_under_is_nothing(engine: DuckDBEngine) -> None:
    with engine.cancellable("mine"):
        engine.cancel("of somebody else")
        assert engine.fetch(KEYS)["n"].to_pylist() == [0]
    engine.cancel("mine")
    with engine.cancellable("mine"):  # cancelled before it began
        assert engine.rows(KEYS) == [{"n": 0}]
