"""`admit`: exactly once, also where messages repeat, conflict or collide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxloop.core.errors import InputError
from cxloop.engine.duckdb.admission import admit
from cxloop.engine.duckdb.engine import DuckDBEngine

NOW = datetime(2026, 5, 1)
AT = datetime(2026, 1, 1, 9)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """An empty engine."""
    made = DuckDBEngine(tmp_path / "analytics")
    yield made
    made.close()


def _rows(*messages: str, **more: Any) -> pa.Table:
    size = len(messages)
    columns: dict[str, Any] = {"message_id": messages, "source": ["shop"] * size, "kind": ["touch"] * size}
    columns["occurred_at"] = pa.array([AT] * size, pa.timestamp("us"))
    for name, value in more.items():
        columns[name] = value if isinstance(value, list) else [value] * size
    return pa.table(columns)


def _all(engine: DuckDBEngine, sql: str) -> list[tuple[Any, ...]]:
    return engine.cursor().execute(sql).fetchall()


def test_an_id_is_eight_bytes_of_md5_over_source_and_message(engine: DuckDBEngine) -> None:
    engine.admit(_rows("order-1"), now=NOW)

    expected = int.from_bytes(hashlib.md5(b"shop\x1forder-1").digest()[8:], "little", signed=True)
    assert _all(engine, "select interaction_id from interactions") == [(expected,)]


def test_a_message_counts_once_however_often_it_comes(engine: DuckDBEngine) -> None:
    first = engine.admit(_rows("a", "b", "a"), now=NOW)
    second = engine.admit(_rows("b", "c"), now=NOW)

    assert (first.admitted, first.already_there) == (2, 1)
    assert (second.admitted, second.already_there) == (1, 1)
    assert (first.batch, second.batch) == (1, 2)


def test_the_same_message_of_two_sources_is_two_messages(engine: DuckDBEngine) -> None:
    rows = pa.concat_tables([_rows("1"), _rows("1").set_column(1, "source", pa.array(["app"]))])

    assert engine.admit(rows, now=NOW).admitted == 2


def test_another_content_under_a_known_message_is_a_conflict_and_is_kept(engine: DuckDBEngine) -> None:
    engine.admit(_rows("a", score=9.0), now=NOW)

    found = engine.admit(_rows("a", score=2.0), now=NOW)

    assert (found.admitted, found.conflicts) == (0, 1)
    assert _all(engine, "select score from interactions") == [(9.0,)]
    [(code, raw)] = _all(engine, "select code, raw from rejected")
    assert code == "conflict"
    assert '"score":2.0' in raw


def test_a_repeat_with_a_later_receipt_is_no_conflict(engine: DuckDBEngine) -> None:
    engine.admit(_rows("a"), now=NOW)

    assert engine.admit(_rows("a"), now=datetime(2026, 6, 1)).already_there == 1


def test_keys_and_events_are_interned_and_42_of_two_namespaces_never_meets(engine: DuckDBEngine) -> None:
    keys = {"key_type": "id", "key_value": "42", "name": "visit"}
    engine.admit(_rows("a", "b", key_namespace=["shop", "crm"], **keys), now=NOW)

    assert _all(engine, "select count(distinct key_id), count(distinct event_code) from interactions") == [(2, 1)]
    assert len(_all(engine, "from keys")) == 2


def test_what_comes_beside_an_interaction_goes_beside_the_log(engine: DuckDBEngine) -> None:
    rows = _rows(
        "a",
        key_namespace="shop",
        key_type="id",
        key_value="42",
        other_keys='[["shop","email","a@example.org"]]',
        objects='[["order","7"],["parcel","9"]]',
        traits='{"city":"Bonn","we/ird~":"x"}',
        consents='[["news","email",true],["news",null,false]]',
        promise_what="delivery",
        promise_due_at=pa.array([datetime(2026, 1, 3)], pa.timestamp("us")).to_pylist(),
        promise_due_precision="day",
    )

    engine.admit(rows, now=NOW)
    engine.admit(rows, now=NOW)

    assert _all(engine, "select type, id from interaction_objects order by 1") == [("order", "7"), ("parcel", "9")]
    assert _all(engine, "select name, value from traits order by 1") == [("city", "Bonn"), ("we/ird~", "x")]
    assert _all(engine, "select purpose, channel, granted from consents order by 3") == [
        ("news", None, False),
        ("news", "email", True),
    ]
    assert _all(engine, "select what, due_precision from promises") == [("delivery", "day")]
    [(other,)] = _all(engine, "select other_keys from interactions")
    assert _all(engine, f"select value from keys where key_id = {other[0]}") == [("a@example.org",)]


@pytest.mark.parametrize("column", ["message_id", "source", "kind", "occurred_at"])
def test_a_row_without_what_every_row_needs_stops_the_batch(engine: DuckDBEngine, column: str) -> None:
    rows = _rows("a", "b")
    place = rows.column_names.index(column)
    rows = rows.set_column(
        place, column, pa.array([None, rows.column(column)[1].as_py()], rows.schema.field(place).type)
    )

    with pytest.raises(InputError, match=f"1 incoming rows have no {column}"):
        engine.admit(rows, now=NOW)
    assert engine.count("interactions") == 0


def test_an_unknown_column_is_refused_with_the_nearest_name(engine: DuckDBEngine) -> None:
    with pytest.raises(InputError, match='Did you mean "channel"'):
        engine.admit(_rows("a", chanel="web"), now=NOW)


BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 1)), max_size=30), min_size=1, max_size=4)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
def test_colliding_hashes_change_nothing_of_what_is_admitted(
    tmp_path: Path, batches: list[list[tuple[int, int]]]
) -> None:
    engine = DuckDBEngine(tmp_path / "narrow")
    for name in ("interactions", "rejected", "event_codes"):
        engine.cursor().execute(f"delete from {name}").fetchall()
    log: dict[int, int] = {}
    try:
        for batch in batches:
            expected = [0, 0, 0]
            for message, score in batch:
                seen = log.setdefault(message, score) if message in log else None
                expected[0 if seen is None else 1 if seen == score else 2] += 1
                log.setdefault(message, score)
            rows = _rows(*(str(message) for message, _ in batch), score=[float(score) for _, score in batch])
            # 26 messages in 32 places: most of them collide
            found = admit(engine, rows, now=NOW, bits=5)
            assert [found.admitted, found.already_there, found.conflicts] == expected
        kept = _all(engine, "select message_id::int, score::int from interactions order by 1")
        assert dict(kept) == log
        assert _all(engine, "select count(distinct interaction_id) from interactions") == [(len(log),)]
    finally:
        engine.close()
