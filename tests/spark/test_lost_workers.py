"""A worker that is killed in the middle of a query, an append, an erasure, a derivation: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pytest
from tests.spark.cluster import Cluster
from tests.support.servers import until

from cxloop.core.schema import TABLES
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.passing import Digest, digest
from cxloop.engine.query import Query
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import DataFile, Draft, Warehouse
from cxloop.engine.spark.jobs import written
from cxloop.engine.spark.writing import SparkEngine
from cxloop.runtime import derivations
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")

ROWS = 4_200
PEOPLE, SHARE = 20_000, 200_000
PAIRS = Query(
    "test.pairs",
    """select count(*) as n, sum(a.key_id * b.key_id) as total, max(length(sha256(concat(a.value, b.value)))) as digits
    from keys as a cross join keys as b""",
    ("keys",),
    {"n": "bigint", "total": "bigint", "digits": "bigint"},
)
"""Long enough to lose a worker in the middle; its answer is known beforehand."""
ANSWER = {"n": ROWS**2, "total": (ROWS * (ROWS + 1) // 2) ** 2, "digits": 64}
SUMS = Query(
    "test.sums",
    "select count(*) as n, sum(key_id) as total, count(distinct key_id) as each from keys",
    ("keys",),
    {"n": "bigint", "total": "bigint", "each": "bigint"},
)


def keys(first: int, last: int) -> pa.Table:
    """Rows of `keys` with the numbers from one to another."""
    return pa.Table.from_pylist(
        [
            {"key_id": number, "namespace": "shop", "type": "user_id", "value": str(number)}
            for number in range(first, last + 1)
        ]
    )


def append_in_files(tables: SparkTables) -> None:
    """Appends the numbers from 1 to ROWS, in files enough for both workers."""
    for first in range(1, ROWS, ROWS // 6):
        tables.append("keys", keys(first, first + ROWS // 6 - 1))


def sums(last: int) -> list[dict[str, int]]:
    """What `SUMS` says of the numbers from 1 to another."""
    return [{"n": last, "total": last * (last + 1) // 2, "each": last}]


@pytest.fixture
def two_workers(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, which has its two workers again afterwards."""
    before = cluster.workers
    yield cluster
    while cluster.workers < before:
        cluster.start_worker()


def test_a_query_whose_worker_is_killed_has_its_answer(
    two_workers: Cluster, session: SparkSession, spark_tables: SparkTables
) -> None:
    append_in_files(spark_tables)
    found = _while_a_worker_is_killed(two_workers, session, lambda: spark_tables.rows(PAIRS))

    assert found == [ANSWER]


def test_appends_while_a_worker_is_killed_are_there_once(
    two_workers: Cluster, session: SparkSession, spark_tables: SparkTables
) -> None:
    """A transaction that asks the cluster between two appends, and loses a worker meanwhile."""
    append_in_files(spark_tables)

    def transaction() -> list[dict[str, object]]:
        with spark_tables.transaction():
            spark_tables.append("keys", keys(ROWS + 1, ROWS + 10))
            answer = spark_tables.rows(PAIRS)
            spark_tables.append("keys", keys(ROWS + 11, ROWS + 20))
        return answer

    found = _while_a_worker_is_killed(two_workers, session, transaction)

    assert found[0]["n"] == (ROWS + 10) ** 2
    assert spark_tables.rows(SUMS) == sums(ROWS + 20)
    assert spark_tables.count("keys") == ROWS + 20


def test_files_that_a_job_writes_hold_each_row_once(
    two_workers: Cluster, session: SparkSession, spark_tables: SparkTables, warehouse: Warehouse
) -> None:
    rows = slow(session, 80)
    draft = warehouse.draft()

    def write() -> tuple[Draft, tuple[DataFile, ...]]:
        return draft, written(draft, "keys", rows)

    _, files = _while_a_worker_is_killed(two_workers, session, write, after_tasks=2)
    draft.put("keys", files)
    assert spark_tables.count("keys") == 0, "nobody sees it before it is done"
    draft.commit()

    assert sum(file.rows for file in files) == 80
    assert spark_tables.rows(SUMS) == sums(80)


@pytest.fixture
def twins(session: SparkSession, bare_workspace: Path, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """A workspace with a log that takes a cluster seconds to read, once on each engine."""
    mine = open_workspace(Folder(bare_workspace))
    spark = SparkEngine(session, Warehouse(tmp_path / "warehouse"), tmp_path / "working")
    chance = np.random.default_rng(11)
    for engine in (mine.engine, spark):
        engine.append("keys", keys(1, PEOPLE))
        engine.append("event_codes", pa.Table.from_pylist([{"event_code": 1, "source": "shop", "kind": "touch"}]))
    for place in range(8):  # files enough for both workers
        rows = log(place * SHARE + 1, chance)
        for engine in (mine.engine, spark):
            engine.append("interactions", rows)
    yield mine, replace(mine, engine=spark)
    spark.close()
    mine.close()


def log(first: int, chance: np.random.Generator) -> pa.Table:
    """A share of the log."""
    numbers = np.arange(first, first + SHARE)
    moments = np.datetime64("2026-01-01T00:00:00", "us") + chance.integers(0, 10**13, SHARE).astype("timedelta64[us]")
    same = {"batch": 1, "ordinal": 0, "source": "shop", "kind": "touch", "event_code": 1}
    columns = {
        "interaction_id": numbers,
        "message_id": numbers.astype(str),
        "content_hash": chance.integers(0, 2**62, SHARE),
        "key_id": chance.integers(1, PEOPLE + 1, SHARE),
        "text": chance.integers(0, 2**62, SHARE).astype(str),
        **dict.fromkeys(("occurred_at", "received_at", "known_at"), moments),
        **{name: np.full(SHARE, value) for name, value in same.items()},
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def digests(engine: Engine) -> dict[str, Digest]:
    """What every table holds, but for when a derivation ran."""
    return {table.name: digest(table.name, engine.blocks(table.name)) for table in TABLES if table.name != "watermarks"}


def test_an_erasure_whose_worker_is_killed_takes_all_of_some_and_nothing_of_others(
    two_workers: Cluster, session: SparkSession, twins: tuple[Workspace, Workspace]
) -> None:
    gone = list(range(1, PEOPLE, 100))
    mine, theirs = (twin.engine for twin in twins)

    removed = _while_a_worker_is_killed(two_workers, session, lambda: theirs.erase(gone), busy_with=1)

    assert removed == mine.erase(gone)
    assert removed["keys"] == len(gone)
    assert digests(theirs) == digests(mine)
    assert theirs.numbers_left(gone) == {}


def test_derivations_whose_worker_is_killed_come_to_the_same(
    two_workers: Cluster, session: SparkSession, twins: tuple[Workspace, Workspace]
) -> None:
    mine, theirs = twins

    done = _while_a_worker_is_killed(two_workers, session, lambda: derivations.run(theirs), busy_with=1)

    assert done == derivations.run(mine) != []
    assert digests(theirs.engine) == digests(mine.engine)
    assert theirs.engine.count("event_catalogue") == 1


def slow(session: SparkSession, rows: int) -> DataFrame:
    """Rows of `keys`, in eight tasks that take some seconds each."""
    dear = "aggregate(sequence(1, 60000), '', (a, i) -> sha2(a || cast(id + i as string), 256))"
    return session.range(1, rows + 1, 1, 8).selectExpr(
        "id as key_id", "'shop' as namespace", "'user_id' as type", f"left({dear}, 4) as value"
    )


def _while_a_worker_is_killed(
    cluster: Cluster, session: SparkSession, work: Callable[[], T], *, after_tasks: int = 1, busy_with: int = 2
) -> T:
    """Runs something, and kills a worker once some tasks of a stage are done and others run."""
    tracker = session.sparkContext.statusTracker()

    def busy() -> bool:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return any(
            info is not None and info.numActiveTasks >= busy_with and info.numCompletedTasks >= after_tasks - 1
            for info in stages
        )

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        until(lambda: running.done() or busy(), "both workers have something to do", pause=0.002)
        assert not running.done(), "it was over before a worker could be killed"
        cluster.kill_worker()
        assert not running.done(), "it was over before the worker was killed"
        return running.result(timeout=240)
