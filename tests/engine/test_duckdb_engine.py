"""Reading and writing tables: what fits, what is refused, and what other threads see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import EngineError, UnknownNameError, WorkspaceError
from cxloop.core.schema import TABLES
from cxloop.engine.base import Engine
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query

LogRows = Callable[..., pa.Table]

KEY_VALUES = Query(
    name="test.key_values",
    sql="select value from keys where key_id >= $least order by key_id",
    inputs=("keys",),
    output={"value": "text"},
    parameters={"least": "bigint"},
)
BROKEN = Query("test.broken", "select nonsense from keys", ("keys",), {})


def keys(*values: str, first: int = 1) -> pa.Table:
    numbers = range(first, first + len(values))
    return pa.table(
        {
            "key_id": list(numbers),
            "namespace": ["shop"] * len(values),
            "type": ["user_id"] * len(values),
            "value": list(values),
        }
    )


def values(engine: Engine, least: int = 0) -> list[str]:
    return [row["value"] for row in engine.fetch(KEY_VALUES, {"least": least}).to_pylist()]


def test_a_new_engine_has_every_table_and_no_rows(engine: DuckDBEngine) -> None:
    assert [engine.count(table.name) for table in TABLES] == [0] * len(TABLES)


def test_rows_are_there_after_the_engine_was_closed(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    engine.append("keys", keys("a", "b"))
    engine.close()

    again = DuckDBEngine(folder)
    assert values(again) == ["a", "b"]
    again.close()


def test_columns_are_matched_by_name_and_missing_ones_are_null(engine: DuckDBEngine, log_rows: LogRows) -> None:
    rows = log_rows({"score": 9.0, "other_keys": [3, 4]})
    engine.append("interactions", rows.select(sorted(rows.column_names)))
    query = Query("test.one", "select score, other_keys, text from interactions", ("interactions",), {})

    assert engine.fetch(query).to_pylist() == [{"score": 9.0, "other_keys": [3, 4], "text": None}]


def test_an_unknown_table_or_column_is_refused_with_the_nearest_name(engine: DuckDBEngine) -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "keys"'):
        engine.append("key", keys("a"))
    with pytest.raises(UnknownNameError, match='Did you mean "value"'):
        engine.append("keys", keys("a").rename_columns(["key_id", "namespace", "type", "valeu"]))
    with pytest.raises(UnknownNameError):
        engine.delete("keys", "nothing", [1])


def test_rows_without_a_required_column_are_refused_and_nothing_is_written(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError, match="do not fit the table keys"):
        engine.append("keys", keys("a").drop_columns(["value"]))

    assert engine.count("keys") == 0


def test_a_table_called_like_a_column_of_arrow_is_no_trap(engine: DuckDBEngine) -> None:
    assert engine.append("keys", keys()) == 0
    assert values(engine) == []


def test_deleting_says_how_many(engine: DuckDBEngine) -> None:
    engine.append("keys", keys("a", "b", "c"))

    assert engine.delete("keys", "key_id", [1, 3, 99]) == 2
    assert engine.delete("keys", "value", ["nobody"]) == 0
    assert engine.delete("keys", "key_id", []) == 0
    assert values(engine) == ["b"]


def test_replacing_touches_only_rows_with_the_same_key(engine: DuckDBEngine) -> None:
    engine.append("keys", keys("a", "b", "c"))
    engine.replace("keys", keys("B", "C", "D", first=2))

    assert values(engine) == ["a", "B", "C", "D"]


def test_replacing_the_whole_leaves_nothing_else(engine: DuckDBEngine) -> None:
    engine.append("keys", keys("a", "b", "c"))
    engine.replace("keys", keys("z"), whole=True)

    assert values(engine) == ["z"]


def test_a_transaction_that_fails_leaves_no_trace(engine: DuckDBEngine) -> None:
    engine.append("keys", keys("a"))

    def fail_midway() -> None:
        with engine.transaction():
            engine.append("keys", keys("b", first=2))
            assert values(engine) == ["a", "b"]
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail_midway()

    assert values(engine) == ["a"]


def test_an_inner_transaction_is_part_of_the_outer_one(engine: DuckDBEngine) -> None:
    def fail_after_the_inner_one() -> None:
        with engine.transaction():
            with engine.transaction():
                engine.append("keys", keys("a"))
            raise RuntimeError("outside")

    with pytest.raises(RuntimeError, match="outside"):
        fail_after_the_inner_one()

    assert values(engine) == []


def test_after_a_failed_append_the_engine_works_on(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError), engine.transaction():
        engine.append("keys", keys("a").drop_columns(["value"]))

    engine.append("keys", keys("a"))
    assert values(engine) == ["a"]


def test_another_thread_sees_rows_only_when_they_are_committed(engine: DuckDBEngine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with engine.transaction():
            engine.append("keys", keys("a"))
            assert pool.submit(values, engine).result(timeout=30) == []
        assert pool.submit(values, engine).result(timeout=30) == ["a"]


def test_writers_of_several_threads_take_turns(engine: DuckDBEngine) -> None:
    def add(number: int) -> None:
        with engine.transaction():
            # reading and writing together: with two writers at once one of these would be lost
            engine.append("keys", keys(f"{engine.count('keys')}", first=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))

    assert sorted(map(int, values(engine))) == list(range(40))


def test_readers_go_on_while_the_file_is_rewritten(engine: DuckDBEngine) -> None:
    engine.append("keys", keys(*map(str, range(1000))))
    done = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(len(values(engine)))
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for _ in range(5):
            engine.compact()
        done.set()
        assert [reader.result(timeout=60) for reader in readers] == [{1000}] * 3


def test_a_failing_query_is_reported_with_its_name_and_its_sql(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError, match=r"(?s)test\.broken failed.*nonsense.*FROM keys"):
        engine.fetch(BROKEN)


def test_a_query_after_a_failed_one_works(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError):
        engine.fetch(BROKEN)

    assert values(engine) == []


def test_a_closed_engine_says_so(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    engine.close()
    engine.close()  # closing twice is closing once

    with pytest.raises(WorkspaceError, match="has been closed"):
        engine.count("keys")


# each example takes its row away again, so that one engine serves them all
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_value_is_a_value_whatever_it_says(engine: DuckDBEngine, text: str) -> None:
    engine.append("keys", keys(text))
    query = Query("test.by_value", "select key_id from keys where value = $value", ("keys",), {}, {"value": "text"})

    assert engine.fetch(query, {"value": text}).to_pylist() == [{"key_id": 1}]
    assert engine.delete("keys", "value", [text]) == 1


def test_limits_of_the_machine_are_handed_to_duckdb(folder: Path) -> None:
    engine = DuckDBEngine(folder, EngineSettings(memory_limit="512MB", threads=1))
    query = Query("test.limits", "select current_setting('threads') as t, current_setting('memory_limit') as m", (), {})

    # 512 MB in DuckDB's own words
    assert engine.fetch(query).to_pylist() == [{"t": 1, "m": "488.2 MiB"}]
    engine.close()


def test_extensions_are_never_fetched_from_elsewhere(engine: DuckDBEngine) -> None:
    query = Query("test.home", "select current_setting('autoinstall_known_extensions') as fetched", (), {})

    assert engine.fetch(query)["fetched"].to_pylist() == [False]


def test_the_engine_is_what_parts_expect(engine: DuckDBEngine) -> None:
    assert isinstance(engine, Engine)


def test_the_customer_of_a_key_is_the_key_as_long_as_nothing_is_merged(engine: DuckDBEngine) -> None:
    engine.append("keys", keys("a", "b"))
    query = Query("test.customers", "select * from customer_of order by key_id", ("customer_of",), {})

    assert engine.fetch(query).to_pylist() == [{"key_id": 1, "customer_id": 1}, {"key_id": 2, "customer_id": 2}]


def test_times_come_back_as_they_went_in(engine: DuckDBEngine, log_rows: LogRows) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456)  # does not exist on Berlin clocks, and must not care
    engine.append("interactions", log_rows({"occurred_at": moment}))
    query = Query("test.time", "select occurred_at from interactions", ("interactions",), {})

    assert engine.fetch(query)["occurred_at"].to_pylist() == [moment]
