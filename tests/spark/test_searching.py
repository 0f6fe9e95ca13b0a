"""Whether something is still there: the cluster says the same as DuckDB, of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from tests.engine.conftest import LogRows

from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.erasure import Held
from cxloop.engine.spark.engine import SparkTables

Tables = SparkTables | DuckDBEngine


@pytest.fixture
def both(spark_tables: SparkTables, tmp_path: Path, log_rows: LogRows) -> Iterator[tuple[Tables, Tables]]:
    """Two keys and three interactions on each engine."""
    duckdb = DuckDBEngine(tmp_path / "duckdb")
    keys = [("ann@example.com", 1), ("ÉMILE+x@example.com", 2)]
    for tables in (spark_tables, duckdb):
        tables.append(
            "keys",
            pa.Table.from_pylist(
                [{"key_id": number, "namespace": "shop", "type": "email", "value": value} for value, number in keys]
            ),
        )
        tables.append(
            "interactions",
            log_rows(
                {"key_id": 1, "other_keys": [2, 3], "text": "Ask ANN@example.com, or ann@example.com.", "source": "a"},
                {"key_id": 2, "other_keys": None, "text": "émile+X@EXAMPLE.com (50%_off) \\d", "source": "a"},
                {"key_id": None, "other_keys": [], "text": None, "properties": '{"to": "ann@example.com"}'},
            ),
        )
    yield spark_tables, duckdb
    duckdb.close()


def test_texts_are_found_where_they_stand(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        found = tables.holding(["Ann@Example.com", "émile+x@example.com", "nobody@example.com"])
        assert sorted(found, key=str) == sorted(
            [
                Held("Ann@Example.com", "interactions", "text", 2),
                Held("Ann@Example.com", "interactions", "properties", 1),
                Held("Ann@Example.com", "keys", "value", 1),
                Held("émile+x@example.com", "interactions", "text", 1),
                Held("émile+x@example.com", "keys", "value", 1),
            ],
            key=str,
        )


@pytest.mark.parametrize("text", ["(50%_off)", "\\d", "example", "x@e", "[a", "a.n", "$", "^a"])
def test_signs_of_patterns_are_only_signs(both: tuple[Tables, Tables], text: str) -> None:
    spark, duckdb = (sorted(tables.holding([text]), key=str) for tables in both)

    assert spark == duckdb
    assert bool(spark) == (text in ("(50%_off)", "\\d", "example", "x@e"))


def test_a_text_inside_of_another_is_found_too(both: tuple[Tables, Tables]) -> None:
    spark, duckdb = (sorted(tables.holding(["ann", "ann@example.com"]), key=str) for tables in both)

    assert spark == duckdb
    assert {held.text for held in spark} == {"ann", "ann@example.com"}


def test_nothing_is_held_of_nothing(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        assert tables.holding([]) == []
        assert tables.holding(["zzz"]) == []
        assert tables.numbers_left([]) == {}
        assert tables.numbers_left([99]) == {}


def test_numbers_are_found_in_every_column_that_holds_them(both: tuple[Tables, Tables]) -> None:
    for tables in both:
        assert tables.numbers_left([2]) == {
            "interactions.key_id": 1,
            "interactions.other_keys": 1,
            "keys.key_id": 1,
        }
        assert tables.numbers_left([1, 3, 99]) == {
            "interactions.key_id": 1,
            "interactions.other_keys": 1,
            "keys.key_id": 1,
        }
