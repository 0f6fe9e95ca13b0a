"""Tables on a real cluster: the same rows and types as on DuckDB, transactions, and errors that say what failed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.engine.conftest import LogRows
from tests.support.servers import until

from cxloop.core.errors import EngineError, InputError, UnknownNameError
from cxloop.engine.base import Value
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.session import connect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Tables = SparkTables | DuckDBEngine

WHOLE = Query(
    "test.whole",
    """select interaction_id, occurred_at, kind, event_code, key_id, other_keys, score, text
    from interactions where occurred_at >= $since and source in (select unnest($sources)) order by interaction_id""",
    inputs=("interactions",),
    output={
        "interaction_id": "bigint",
        "occurred_at": "timestamp",
        "kind": "text",
        "event_code": "int",
        "key_id": "bigint",
        "other_keys": "bigints",
        "score": "double",
        "text": "text",
    },
    parameters={"since": "timestamp", "sources": "texts"},
)
NUMBERS = Query(
    "test.numbers",
    "select count(*) as n, max(score) as most from interactions",
    ("interactions",),
    {"n": "bigint", "most": "double"},
)
KEYS = Query(
    "test.keys",
    "select key_id, value from keys order by key_id",
    ("keys",),
    {"key_id": "bigint", "value": "text"},
)
LISTED = Query(
    "test.listed",
    "select distinct cast(n as bigint) as n from (select unnest($numbers) as n) as given order by n",
    (),
    {"n": "bigint"},
    {"numbers": "bigints"},
)
PAGE = Query(
    "test.page",
    "select key_id from keys order by key_id limit $rows offset $skip",
    ("keys",),
    {"key_id": "bigint"},
    {"rows": "bigint", "skip": "bigint"},
)
BROKEN = Query(
    "test.broken",
    "select cast(kind as bigint) as n from interactions",
    ("interactions",),
    {"n": "bigint"},
)


ENDLESS = Query(
    "test.endless",
    """select count(*) as n
    from (select unnest(generate_series(1, 60000)) as x) as a
    cross join (select unnest(generate_series(1, 60000)) as y) as b
    cross join (select unnest(generate_series(1, 60000)) as z) as c
    where (a.x * b.y * c.z) % 1000003 = 7""",
    (),
    {"n": "bigint"},
)


def keys(*pairs: tuple[int, str]) -> pa.Table:
    """Rows of `keys`."""
    return pa.Table.from_pylist(
        [{"key_id": number, "namespace": "shop", "type": "user_id", "value": value} for number, value in pairs]
    )


@pytest.fixture
def duckdb_engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """Empty tables in DuckDB."""
    opened = DuckDBEngine(tmp_path / "duckdb")
    yield opened
    opened.close()


@pytest.fixture
def both(spark_tables: SparkTables, duckdb_engine: DuckDBEngine) -> tuple[Tables, Tables]:
    """Empty tables on each engine."""
    return spark_tables, duckdb_engine


@pytest.mark.parametrize("numbers", [[], [3, 1, 3], [2**40, 7], [-(2**63), -5, 0, 2**63 - 1], range(1, 20_001)])
def test_lists_of_numbers_of_any_size_are_bound(both: tuple[Tables, Tables], numbers: list[int]) -> None:
    for tables in both:
        rows = tables.rows(LISTED, {"numbers": list(numbers)})
        assert [row["n"] for row in rows] == sorted(set(numbers))


def test_there_may_be_any_limit(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        tables.append("keys", keys((1, "anna"), (2, "ben"), (3, "cleo")))
        for rows, skip, wanted in ((2, 0, [1, 2]), (2**31, 1, [2, 3]), (2**40, 2**40, [])):
            assert [row["key_id"] for row in tables.rows(PAGE, {"rows": rows, "skip": skip})] == wanted


def test_rows_come_back_as_they_do_from_duckdb(both: tuple[Tables, Tables], log_rows: LogRows) -> None:
    rows = log_rows(
        {"score": 9.5, "text": "gut'n Tag \"\\ 😀", "other_keys": [3, 4], "key_id": 2**62},
        {"occurred_at": datetime(2026, 5, 1, 23, 59, 59, 999_999), "score": None, "other_keys": []},
        {"occurred_at": datetime(2025, 1, 1), "source": "crm"},
        {"source": "other"},
    )
    found = []
    for tables in both:
        assert tables.append("interactions", rows) == 4
        given: dict[str, Value] = {"since": datetime(2025, 6, 1), "sources": ["shop", "crm"]}
        found.append((tables.fetch(WHOLE, given), tables.rows(NUMBERS), tables.count("interactions")))

    (spark, *few), (duckdb, *others) = found
    assert spark.schema.equals(duckdb.schema)
    assert spark.to_pylist() == duckdb.to_pylist()
    assert [row["interaction_id"] for row in spark.to_pylist()] == [1, 2]
    assert few == others == [[{"n": 4, "most": 9.5}], 4]


def test_nothing_is_nothing_on_both(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        assert tables.rows(NUMBERS) == [{"n": 0, "most": None}]
        found = tables.fetch(WHOLE, {"since": datetime(2025, 6, 1), "sources": ["shop"]})
        assert (found.num_rows, found.column_names) == (0, list(WHOLE.output))
        assert tables.count("interactions") == 0


def test_rows_are_replaced_and_removed_alike(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        before = tables.commits()
        tables.append("keys", keys((1, "a"), (2, "b"), (3, "c")))
        assert tables.replace("keys", keys((2, "B"), (4, "D"))) == 2
        assert tables.delete("keys", "key_id", [1, 9]) == 1
        assert tables.rows(KEYS) == [
            {"key_id": 2, "value": "B"},
            {"key_id": 3, "value": "c"},
            {"key_id": 4, "value": "D"},
        ]
        assert tables.delete("keys", "value", ["D"]) == 1
        assert tables.replace("keys", keys((7, "x")), whole=True) == 1
        assert tables.rows(KEYS) == [{"key_id": 7, "value": "x"}]
        assert tables.commits() - before == 5


def test_a_transaction_happens_whole(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        with tables.transaction():
            tables.append("keys", keys((1, "a")))
            with tables.transaction():
                tables.append("keys", keys((2, "b")))
            assert tables.count("keys") == 2, "its writer sees what it wrote"
            assert len(tables.rows(KEYS)) == 2
            assert _elsewhere(tables) == [], "nobody else does"
        assert len(_elsewhere(tables)) == 2


def test_each_transaction_sees_its_own_rows(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        for number in (1, 2, 3):
            with tables.transaction():
                tables.append("keys", keys((number, "a")))
                assert [row["key_id"] for row in tables.rows(KEYS)] == [*range(1, number + 1)]


def test_two_workspaces_share_a_session(session: SparkSession, tmp_path: Path) -> None:
    pair = [SparkTables(session, Warehouse(tmp_path / name)) for name in ("one", "two")]
    for _ in range(2):
        for number, tables in enumerate(pair):
            tables.replace("keys", keys((number, "a")), whole=True)
        for number, tables in enumerate(pair):
            assert tables.rows(KEYS) == [{"key_id": number, "value": "a"}]
            assert tables.rows(KEYS) == [{"key_id": number, "value": "a"}]
    for tables in pair:
        tables.close()


def test_a_transaction_that_fails_leaves_nothing(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        tables.append("keys", keys((1, "a")))
        before = tables.commits()
        with pytest.raises(EngineError, match="do not fit"):
            _changed_and_failed(tables)
        assert tables.rows(KEYS) == [{"key_id": 1, "value": "a"}]
        assert tables.commits() == before
        tables.append("keys", keys((3, "c")))
        assert [row["key_id"] for row in tables.rows(KEYS)] == [1, 3]


def test_many_small_appends_do_not_make_many_files(spark_tables: SparkTables, warehouse: Warehouse) -> None:
    for number in range(120):
        spark_tables.append("keys", keys((number, "x")))

    assert [row["key_id"] for row in spark_tables.rows(KEYS)] == list(range(120))
    assert len(warehouse.head.table("keys").files) < 60


def test_threads_take_turns_and_lose_nothing(spark_tables: SparkTables) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 5):
            spark_tables.append("keys", keys((number, "x")))

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    counts = [row["key_id"] for row in spark_tables.rows(KEYS)]
    for thread in threads:
        thread.join()
    assert len(counts) <= 15
    assert [row["key_id"] for row in spark_tables.rows(KEYS)] == [*range(5), *range(100, 105), *range(200, 205)]


def test_a_query_that_fails_says_its_name_and_its_sql(both: tuple[Tables, Tables], log_rows: LogRows) -> None:
    for tables in both:
        tables.append("interactions", log_rows({}))
        with pytest.raises(EngineError, match=r"(?is)The query test\.broken failed: .*cast\(kind as bigint\)"):
            tables.fetch(BROKEN)


def test_unknown_names_are_told(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        with pytest.raises(UnknownNameError, match="interactionz"):
            tables.append("interactionz", keys((1, "a")))
        with pytest.raises(UnknownNameError, match="valuee"):
            tables.append("keys", pa.table({"valuee": ["a"]}))
        with pytest.raises(UnknownNameError, match="column of keys"):
            tables.delete("keys", "valuee", ["a"])
        with pytest.raises(EngineError, match="1 rows do not fit the table keys"):
            tables.append("keys", pa.table({"key_id": ["one"]}))
        assert tables.count("keys") == 0


def test_the_settings_that_answers_rely_on_are_set(session: SparkSession) -> None:
    assert session.conf.get("spark.sql.session.timeZone") == "UTC"
    assert session.conf.get("spark.sql.timestampType") == "TIMESTAMP_NTZ"


def test_an_address_that_is_no_spark_is_refused() -> None:
    with pytest.raises(InputError, match="'http://x' is no Spark: write spark://host:port"):
        connect("http://x")


def _changed_and_failed(tables: Tables) -> None:
    with tables.transaction():
        tables.append("keys", keys((2, "b")))
        assert len(tables.rows(KEYS)) == 2
        tables.delete("keys", "key_id", [1])
        tables.append("keys", pa.table({"key_id": ["one"]}))


def _elsewhere(tables: Tables) -> list[dict[str, object]]:
    """What another thread sees of the keys."""
    found: list[list[dict[str, object]]] = []
    thread = threading.Thread(target=lambda: found.append(tables.rows(KEYS)))
    thread.start()
    thread.join()
    return found[0]


def test_a_question_that_nobody_waits_for_is_stopped_with_its_jobs(
    spark_tables: SparkTables, session: SparkSession
) -> None:
    begun = threading.Event()

    def ask() -> str:
        with spark_tables.cancellable("left"):
            begun.set()
            with pytest.raises(EngineError) as failure:
                spark_tables.fetch(ENDLESS)
        return failure.value.message

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        assert begun.wait(10)
        running = session.sparkContext.statusTracker()
        until(lambda: bool(running.getActiveJobsIds()), "a job", seconds=60)
        assert spark_tables.count("keys") == 0  # others go on meanwhile
        spark_tables.cancel("left")
        assert "test.endless failed" in asked.result(60)
    until(lambda: not running.getActiveJobsIds(), "the job to end", seconds=30)
    assert spark_tables.fetch(KEYS).num_rows == 0
