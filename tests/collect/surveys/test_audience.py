"""Who a widget is for: written by the app from its tables, asked by the collector from a file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxloop.collect.surveys import audience
from cxloop.collect.surveys.audience import Audience
from cxloop.core.schema import TABLES
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.store.base import Store
from cxloop.store.surveys import surveys

SECRET = b"s" * 32


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(tmp_path / "analytics")
    yield opened
    opened.close()


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(st.tuples(st.sampled_from(["web", "app"]), st.text(max_size=8)), max_size=30), other=st.text())
def test_a_file_says_of_exactly_its_members_that_they_belong(
    tmp_path_factory: pytest.TempPathFactory, ids: list[tuple[str, str]], other: str
) -> None:
    there = Audience(tmp_path_factory.mktemp("audience"), SECRET)
    audience.write(there, "gold", ids)

    assert all(there.holds("gold", *each) for each in ids)
    assert there.holds("gold", "web", other) is (("web", other) in ids)
    assert not there.holds("silver", "web", ids[0][1] if ids else "")


def test_members_are_known_by_the_anonymous_ids_of_all_their_keys(engine: DuckDBEngine, tmp_path: Path) -> None:
    known = [("shop", "user_id", "7"), ("website", "anonymous_id", "a-1"), ("website", "anonymous_id", "b-1")]
    rows = [{"key_id": n, "namespace": k[0], "type": k[1], "value": k[2]} for n, k in enumerate(known, 1)]
    engine.append("keys", typed("keys", rows))
    since = datetime(2026, 1, 1)
    # the second key is the first one's, as the ledger found
    engine.append(
        "customer_keys", typed("customer_keys", [{"key_id": 2, "customer_id": 1, "since": since, "changed": 1}])
    )
    engine.append("segment_members", typed("segment_members", [{"segment": "gold", "customer_id": 1, "since": since}]))
    there = Audience(tmp_path, SECRET)
    audience.write(there, "left over", [("website", "a-1")])

    audience.refresh(engine, there, ["gold"])

    assert there.holds("gold", "website", "a-1")
    assert not there.holds("gold", "website", "b-1")
    assert not there.holds("left over", "website", "a-1")


def typed(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with every column of a table."""
    kinds: dict[str, pa.DataType] = {"bigint": pa.int64(), "text": pa.string(), "timestamp": pa.timestamp("us")}
    columns = [(each.name, kinds[str(each.type)]) for t in TABLES if t.name == table for each in t.columns]
    whole = [{name: row.get(name) for name, _ in columns} for row in rows]
    return pa.Table.from_pylist(whole, schema=pa.schema(columns))


def test_files_are_stale_when_missing_old_or_of_no_widget(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "app.sqlite")
    there = Audience(tmp_path, SECRET)
    surveys.create(store, "pulse", title="Pulse", settings={"widget": {"segment": "gold"}})
    assert audience.wanted(store) == frozenset()
    surveys.set_state(store, "pulse", "live", version=1)
    wanted = audience.wanted(store)
    store.close()

    assert wanted == {"gold"}
    assert audience.is_stale(there, wanted, 0)
    audience.write(there, "gold", [])
    assert not audience.is_stale(there, wanted, time.time() - 60)
    assert audience.is_stale(there, wanted, time.time() + 60)
    assert audience.is_stale(there, frozenset(), 0)
