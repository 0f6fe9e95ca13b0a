"""A worker that is killed in the middle of a query, of an append and of a rewrite: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pytest
from tests.spark.cluster import Cluster
from tests.support.servers import until

from cxloop.engine.query import Query
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import DataFile, Draft, Warehouse
from cxloop.engine.spark.jobs import written

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")

ROWS = 4_200
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
    for first in range(1, ROWS, ROWS // 6):  # files enough for both workers
        spark_tables.append("keys", keys(first, first + ROWS // 6 - 1))
    found = _while_a_worker_is_killed(two_workers, session, lambda: spark_tables.rows(PAIRS))

    assert found == [ANSWER]


def test_appends_while_a_worker_is_killed_are_there_once(
    two_workers: Cluster, session: SparkSession, spark_tables: SparkTables
) -> None:
    """A transaction that asks the cluster between two appends, and loses a worker meanwhile."""
    spark_tables.append("keys", keys(1, ROWS))

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


def slow(session: SparkSession, rows: int) -> DataFrame:
    """Rows of `keys`, in eight tasks that take some seconds each."""
    dear = "aggregate(sequence(1, 60000), '', (a, i) -> sha2(a || cast(id + i as string), 256))"
    return session.range(1, rows + 1, 1, 8).selectExpr(
        "id as key_id", "'shop' as namespace", "'user_id' as type", f"left({dear}, 4) as value"
    )


def _while_a_worker_is_killed(
    cluster: Cluster, session: SparkSession, work: Callable[[], T], *, after_tasks: int = 1
) -> T:
    """Runs something, and kills a worker once some tasks of it are done and others run."""
    tracker = session.sparkContext.statusTracker()

    def busy() -> bool:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return any(
            info is not None and info.numActiveTasks >= 2 and info.numCompletedTasks >= after_tasks - 1
            for info in stages
        )

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        until(lambda: running.done() or busy(), "both workers have something to do")
        assert not running.done(), "it was over before a worker could be killed"
        cluster.kill_worker()
        assert not running.done(), "it was over before the worker was killed"
        return running.result(timeout=240)
