"""A workspace goes to Spark and comes back: every digest is the same, and whoever is interrupted begins again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.spark.cluster import Cluster
from tests.unify.erasure.conftest import ANNA, BEN, opened

from cxloop.core.errors import EngineError
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.spark.writing import SparkEngine
from cxloop.runtime.folder import Folder
from cxloop.runtime.moving import aimed, move

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORDS = '# ours\n[company]\nname = "Acme" # as on the door\n'


@pytest.fixture
def filled(bare_workspace: Path, session: SparkSession) -> Folder:
    """A workspace on DuckDB with two people, one of whom was erased; somebody has written its settings by hand."""
    assert session
    (bare_workspace / "cxloop.toml").write_text(WORDS)
    desk = opened(bare_workspace)
    desk.verb("unify.erase", customers=[ANNA])
    desk.host.close()
    return Folder(bare_workspace)


def test_tables_go_to_spark_and_come_back_with_the_same_digests(filled: Folder, cluster: Cluster) -> None:
    away = move(filled, aimed(filled, cluster.address, "shared/tables"))

    rows = {row["table"]: row["rows"] for row in away.records()}
    assert rows["interactions"] == 3
    assert rows["erased"] != 0
    assert not filled.analytics.exists()
    settings = tomllib.loads(filled.settings.read_text())
    assert settings["engine"] == {"address": cluster.address, "warehouse": "shared/tables"}
    assert filled.settings.read_text().startswith(WORDS)

    desk = opened(filled.path)  # the same two write again: Anna's old messages stay out
    assert desk.verb("unify.customers", query=BEN).total == 1
    assert desk.rows("interactions") == 3
    desk.admit(desk.row(BEN, text="one more"))
    desk.host.close()

    back = move(filled, aimed(filled, "duckdb"))
    assert {row["table"]: row["rows"] for row in back.records()} == rows | {
        "interactions": 4,
        "imports": rows["imports"],
    }
    assert not (filled.path / "shared" / "tables").exists()
    there_again = move(filled, aimed(filled, cluster.address))
    assert there_again.cells == back.cells


@pytest.mark.parametrize("after", [0, 4])
def test_whoever_is_interrupted_begins_again(
    filled: Folder, cluster: Cluster, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = SparkEngine.take
    taken: list[str] = []

    def stopped(engine: SparkEngine, table: str, blocks: Iterable[pa.Table]) -> int:
        if len(taken) == after:
            raise KeyboardInterrupt
        taken.append(table)
        return take(engine, table, blocks)

    monkeypatch.setattr(SparkEngine, "take", stopped)
    with pytest.raises(KeyboardInterrupt):
        move(filled, aimed(filled, cluster.address))
    assert len(taken) == after
    assert filled.settings.read_text() == WORDS
    monkeypatch.setattr(SparkEngine, "take", take)
    desk = opened(filled.path)  # still where it was, and may change meanwhile
    desk.admit(desk.row(BEN, text="meanwhile"))
    desk.host.close()

    moved = move(filled, aimed(filled, cluster.address))
    assert {row["table"]: row["rows"] for row in moved.records()}["interactions"] == 4
    assert not filled.analytics.exists()


def test_a_table_that_arrives_otherwise_stops_it(
    filled: Folder, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = SparkEngine.take

    def loses(engine: SparkEngine, table: str, blocks: Iterable[pa.Table]) -> int:
        return take(engine, table, [block.slice(1) for block in blocks])

    monkeypatch.setattr(SparkEngine, "take", loses)
    told = r"The table interactions has 3 rows \(digest \w+\), and 2 \(digest \w+\) arrived"
    with pytest.raises(EngineError, match=told):
        move(filled, aimed(filled, cluster.address))
    assert filled.settings.read_text() == WORDS
    tables = DuckDBEngine(filled.analytics)
    assert tables.count("interactions") == 3
    tables.close()
