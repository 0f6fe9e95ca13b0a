"""Questions of one batch: each is asked once, and as many at a time as the engine likes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from cxloop.core.errors import EngineError
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query
from cxloop.runtime.batches import Batch, together

KEYS = Query(
    "test.keys",
    "select count(*) as n from keys where type = $type",
    ("keys",),
    {"n": "bigint"},
    {"type": "text"},
)


class Noting(DuckDBEngine):
    """An engine that notes what it was asked."""

    asked: list[str]

    def fetch(self, query: Query, parameters: Any = None, slots: Any = None) -> pa.Table:
        """Notes, and answers."""
        self.asked.append(f"{query.name} {parameters}")
        return super().fetch(query, parameters, slots)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Noting]:
    """An engine with three keys."""
    opened = Noting(tmp_path / "analytics")
    opened.asked = []
    rows = [{"namespace": "shop", "type": kind, "value": str(at)} for at, kind in enumerate(("email", "email", "id"))]
    opened.intern(pa.Table.from_pylist(rows))
    yield opened
    opened.close()


def test_what_is_asked_twice_is_answered_once(engine: Noting) -> None:
    batch = Batch(engine)

    counts = [batch.fetch(KEYS, {"type": kind})["n"][0].as_py() for kind in ("email", "id", "email", "email")]
    rows = batch.rows(KEYS, {"type": "id"})

    assert (counts, rows) == ([2, 1, 2, 2], [{"n": 1}])
    assert len(engine.asked) == 2
    assert (batch.asked, batch.shared) == (5, 3)


def test_a_batch_sees_one_count_and_the_next_one_another(engine: Noting) -> None:
    batch = Batch(engine)
    before = batch.count("keys")
    engine.intern(pa.Table.from_pylist([{"namespace": "shop", "type": "id", "value": "new"}]))

    assert (before, batch.count("keys"), Batch(engine).count("keys")) == (3, 3, 4)


def test_limits_make_another_question(engine: Noting) -> None:
    batch = Batch(engine)
    batch.fetch(KEYS, {"type": "id"})
    batch.fetch(replace(KEYS, within=lambda tree, **_: tree.limit(0)), {"type": "id"})

    assert len(engine.asked) == 2


def test_a_failure_reaches_everybody_who_asked(engine: Noting) -> None:
    batch = Batch(engine)
    broken = replace(KEYS, sql="select nothing as n from keys where type = $type")
    for _ in range(2):
        with pytest.raises(EngineError, match=r"test\.keys"):
            batch.fetch(broken, {"type": "id"})
    assert len(engine.asked) == 1


def test_a_batch_changes_nothing_and_is_its_engine_to_whoever_keeps_something(engine: Noting) -> None:
    batch = cast(Engine, Batch(engine))
    with pytest.raises(EngineError, match="append is nothing that a batch of questions does"):
        batch.append("keys", pa.table({}))
    kept: dict[Engine, str] = {engine: "kept"}
    assert kept[batch] == "kept"
    assert batch != object()


def test_an_engine_that_works_on_several_gets_several_and_one_that_fails_stops_no_other(engine: Noting) -> None:
    batch = Batch(engine)
    batch.at_once = 3
    meeting = threading.Barrier(3, timeout=30)
    met: list[int] = []
    failures: list[Exception] = []

    def meet() -> None:
        met.append(meeting.wait())

    together(batch, [_fail, meet, meet, meet], failures.append)

    assert len(met) == 3
    assert [str(failure) for failure in failures] == ["no"]


def _fail() -> None:
    raise ValueError("no")


def test_an_engine_that_takes_every_core_gets_one_after_the_other(engine: Noting) -> None:
    order: list[int] = []
    works: list[Callable[[], object]] = [lambda at=at: order.append(at) for at in range(5)]  # type: ignore[misc]
    together(Batch(engine), works, lambda failure: pytest.fail(str(failure)))
    assert order == [0, 1, 2, 3, 4]
