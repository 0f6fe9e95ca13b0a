"""What changes the log, on both engines: the same rows in every table after the same admissions, loads and erasures."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.spark.test_every_query import copy, everything, plain, same

from cxloop.core.expr import parse
from cxloop.core.schema import INCOMING, TABLES
from cxloop.engine.arrow import arrow_type
from cxloop.engine.duckdb import erasure, erasure_ledger, suppression
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.erasure import EraseMode, Hiding
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.writing import SparkEngine
from cxloop.entry.demo import prepare
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NOW = datetime(2026, 5, 1)
Engines = tuple[DuckDBEngine, SparkEngine]


@pytest.fixture
def spark_engine(session: SparkSession, tmp_path: Path) -> Iterator[SparkEngine]:
    """An empty engine on the cluster."""
    made = SparkEngine(session, Warehouse(tmp_path / "warehouse"), tmp_path / "working")
    yield made
    made.close()
    assert not (tmp_path / "working").exists()


@pytest.fixture
def both(spark_engine: SparkEngine, tmp_path: Path) -> Iterator[Engines]:
    """An empty engine of each kind."""
    made = DuckDBEngine(tmp_path / "analytics")
    yield made, spark_engine
    made.close()


@pytest.fixture(autouse=True)
def known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn at random is the same for both."""
    for module in (suppression, erasure, erasure_ledger):
        monkeypatch.setattr(module, "secrets", SimpleNamespace(token_hex=lambda size: "5a" * size))


def incoming(*rows: Mapping[str, Any]) -> pa.Table:
    """Rows for `admit`."""
    names = {name for row in rows for name in row}
    columns = [(column.name, arrow_type(column.type)) for column in INCOMING.columns if column.name in names]
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema(columns))


def drawn(seed: int, size: int) -> pa.Table:
    """Some rows of few people and few messages, so that they repeat, contradict each other and share identifiers."""
    rng = random.Random(seed)
    rows = []
    for _ in range(size):
        who = rng.choice(["ann@x.example", "bob@x.example", "cleo@x.example", "d@x.example"])
        row: dict[str, Any] = {
            "message_id": f"m{rng.randrange(40)}",
            "source": rng.choice(["shop", "app"]),
            "kind": rng.choice(["touch", "order", "answer"]),
            "name": rng.choice(["seen", "bought", None]),
            "occurred_at": datetime(2026, 1, 1) + timedelta(days=rng.randrange(90)),
            "score": rng.choice([1.0, 9.0, None]),
            "key_namespace": "crm",
            "key_type": "email",
            "key_value": rng.choice([who, None]),
            "other_keys": json.dumps([["web", "device", f"d{rng.randrange(5)}"]]) if rng.random() < 0.5 else None,
            "account_namespace": "crm",
            "account_type": "household",
            "account_value": rng.choice(["h1", "h2", None]),
            "objects": json.dumps([["order", f"o{rng.randrange(9)}"]]) if rng.random() < 0.3 else None,
            "traits": json.dumps({"email": who, "city": "Ulm"}) if rng.random() < 0.4 else None,
            "consents": json.dumps([["news", None, True]]) if rng.random() < 0.3 else None,
        }
        rows.append(row)
    return incoming(*rows)


def assert_same(engines: Engines, *, but: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """Every table holds the same rows on both, but for columns that are named."""
    duckdb, spark = engines
    for table in TABLES:
        found = [duckdb.fetch(everything(table.name)), spark.warehouse.read(table.name)]
        left_out = ["started_at", "finished_at", "seconds", *(but or {}).get(table.name, ())]
        mine, theirs = (plain(each.drop_columns([n for n in left_out if n in each.column_names])) for each in found)
        assert same(mine, theirs), (table.name, len(mine), len(theirs), mine[:2], theirs[:2])
        assert duckdb.count(table.name) == spark.count(table.name)


def test_what_repeats_contradicts_and_is_new_is_told_apart_alike(both: Engines) -> None:
    for seed, size in ((1, 30), (2, 30), (3, 1), (4, 60)):
        rows = drawn(seed, size)
        found = [engine.admit(rows, now=NOW) for engine in both]
        assert found[0] == found[1]
        assert_same(both)
    assert both[0].count("rejected") > 0


def test_conflicts_are_told_to_who_keeps_them_alike(both: Engines) -> None:
    for seed in (1, 2):
        rows = drawn(seed, 40)
        found = [engine.admit(rows, now=NOW, keep_conflicts=False) for engine in both]
        assert found[0] == found[1]
    assert found[0].conflicting
    assert_same(both)


def test_who_was_erased_stays_out_and_who_writes_again_is_new(both: Engines) -> None:
    for engine in both:
        engine.admit(drawn(1, 40), now=NOW)
    keys = everything("keys")
    gone = [row["key_id"] for row in both[0].fetch(keys).to_pylist() if row["value"] in ("ann@x.example", "d2")]
    assert len(gone) == 2

    removed = [dict(engine.erase(gone, Hiding(name="e1", now=datetime(2026, 2, 1)))) for engine in both]
    assert removed[0] == removed[1]
    assert removed[0]["interactions"] > 0
    assert_same(both)
    assert [dict(engine.erase(gone, Hiding(name="e1", now=datetime(2026, 2, 1)))) for engine in both] == removed

    for seed in (1, 5, 6):  # the first brings back what was erased
        found = [engine.admit(drawn(seed, 40), now=NOW) for engine in both]
        assert found[0] == found[1]
        assert_same(both)
    again = [engine.known_again(datetime(2026, 2, 1)) for engine in both]
    assert again[0] == again[1] > 0


def test_files_are_staged_previewed_loaded_and_replayed_alike(both: Engines, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("id,when,who,score\n" + "".join(f"{n},2026-01-{n:02},c{n % 7},{n % 11}\n" for n in range(1, 36)))
    reports = []
    for engine in both:
        engine.admit(drawn(1, 30), now=NOW)
        reports.append([loaded(engine, file), loaded(engine, file)])
    assert reports[0] == reports[1]
    assert reports[0][0].admission.admitted == 31
    assert sum(reason.rows for reason in reports[0][0].rejections) == 4
    assert reports[0][1].admission.already_there == 31
    assert_same(both)


def loaded(engine: Any, file: Path) -> Any:
    """Loads orders, after a look at what would come of it."""
    from cxloop.engine.loading import EntryPlan, FileFormat, KeyPlan, Limits, LoadPlan, Moment, Number, TablePlan

    when = Moment(parse("when"), ("%Y-%m-%d",), "UTC", "day", "reject", "earlier")
    entry = EntryPlan(
        "order", "order", parse("'ordered'"), when, id=(parse("id"),), numbers={"score": Number(parse("score"))}
    )
    plan = LoadPlan("shop", "", NOW, (TablePlan("orders", (entry,), keys=(KeyPlan("crm", "id", parse("who")),)),))
    with engine.loader(Limits(), lambda *_: None) as loader:
        loader.stage("orders", [file], FileFormat())
        before = engine.count("interactions")
        assert loader.preview(plan, 5).interactions > 0
        assert engine.count("interactions") == before
        return loader.load(plan)


def test_what_is_old_goes_alike(both: Engines) -> None:
    for engine in both:
        engine.admit(drawn(1, 60), now=NOW)
    steps: list[Callable[[Any], Any]] = [
        lambda engine: engine.discard("order", datetime(2026, 2, 15)),
        lambda engine: engine.discard(None, datetime(2026, 1, 20), keep=("answer",)),
        lambda engine: engine.discard_old("traits", datetime(2026, 2, 20)),
        lambda engine: engine.discard_old("consents", datetime(2026, 3, 1)),
        lambda engine: engine.discard_old("matched_records", datetime(2026, 3, 1)),
        lambda engine: engine.discard(None, datetime(2000, 1, 1)),
    ]
    for step in steps:
        found = [step(engine) for engine in both]
        assert found[0] == found[1]
        assert_same(both)


def test_no_file_holds_what_was_erased_once_the_rest_is_swept(both: Engines, tmp_path: Path) -> None:
    engine = both[1]
    engine.admit(incoming({**ROW, "text": "the word is mangosteen"}, {**ROW, "message_id": "2"}), now=NOW)
    [key] = [row["key_id"] for row in engine.fetch(everything("keys")).to_pylist() if row["value"] == "ann"]

    assert not engine.is_rewrite_due()
    engine.erase([key])
    assert engine.is_rewrite_due()
    assert engine.holding(["mangosteen"]) == []
    engine.rewrite()
    assert not engine.is_rewrite_due()
    held = [file for file in (tmp_path / "warehouse").rglob("*.parquet") if "mangosteen" in str(read(file))]
    assert held == []
    assert engine.count("interactions") == 0


ROW = {
    "message_id": "1",
    "source": "shop",
    "kind": "touch",
    "occurred_at": NOW,
    "key_namespace": "crm",
    "key_type": "id",
    "key_value": "ann",
}


def read(file: Path) -> Any:
    """All values of a file."""
    import pyarrow.parquet as pq

    return pq.read_table(file, partitioning=None).to_pylist()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    """A small company with an identity ledger, segments and everything else that is derived."""
    folder = prepare(tmp_path_factory.mktemp("company") / "shop", {"customers": 100, "months": 6, "seed": 3})
    host = LocalHost(open_workspace(folder))
    host.derive()
    yield host
    host.close()


@pytest.mark.parametrize("mode", ["erase", "detach", "anonymise"])
def test_customers_of_a_whole_company_are_erased_alike(company: LocalHost, both: Engines, mode: EraseMode) -> None:
    for engine in both:
        copy(company.workspace.engine, engine)  # type: ignore[arg-type]
    rng = random.Random(7)
    keys = sorted(row["key_id"] for row in both[0].fetch(everything("customer_keys")).to_pylist())
    for name in ("first", "second"):
        chosen = rng.sample(keys, 6)
        hiding = Hiding(mode, name, datetime(2026, 6, 1))
        removed = [dict(engine.erase(chosen, hiding)) for engine in both]
        assert removed[0] == removed[1]
        assert removed[0]["keys"] > 0
        assert_same(both, but=AT_RANDOM if mode == "anonymise" else None)
        assert both[1].numbers_left(chosen) == both[0].numbers_left(chosen)


AT_RANDOM = {table.name: ("interaction_id", "message_id", "content_hash", "refers_to", "revises") for table in TABLES}
"""What anonymous rows get at random."""
