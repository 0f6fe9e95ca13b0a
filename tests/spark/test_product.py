"""The product with its tables under Spark: chosen by a setting or handed in, filled, asked, erased, looked over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.spark.cluster import Cluster
from tests.unify.erasure.conftest import ANNA, BEN, PLANTED, Desk, files_with, leave_traces, opened

import cxloop as cx
from cxloop.core.errors import EngineError, WorkspaceError
from cxloop.core.host import LOCAL
from cxloop.core.schema import TABLES
from cxloop.engine.spark.writing import SparkEngine
from cxloop.entry.demo import prepare
from cxloop.runtime.doctor import examine
from cxloop.runtime.folder import Folder, create
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SMALL = {"customers": 100, "months": 3, "seed": 5}
QUESTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    ("measure.nps", {"by": "channel"}),
    ("measure.csat", {}),
    ("measure.retention", {}),
    ("unify.customers", {}),
    ("unify.segments", {}),
    ("collect.rejects", {}),
)


def to_spark(folder: Path, address: str, more: str = "") -> None:
    """Lets the settings of a workspace name a Spark."""
    with (folder / "cxloop.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[engine]\naddress = "{address}"\n{more}')


@pytest.fixture
def on_spark(cluster: Cluster, session: SparkSession, bare_workspace: Path) -> Path:
    """A workspace with nothing in it, whose settings name the cluster; the process has its session already."""
    assert session
    to_spark(bare_workspace, cluster.address)
    return bare_workspace


@pytest.fixture
def desk(on_spark: Path) -> Iterator[Desk]:
    """Anna and Ben, who wrote three messages each."""
    desk = opened(on_spark)
    yield desk
    desk.host.close()


def test_a_simulated_company_is_made_and_asked_alike(cluster: Cluster, session: SparkSession, tmp_path: Path) -> None:
    """From the same files and the same draws, each on its own engine from the first row on."""
    assert session
    made = create(tmp_path / "spark", "shop")
    to_spark(made.path, cluster.address, f'warehouse = "{tmp_path / "shared"}"\n')
    hosts = [LocalHost(open_workspace(prepare(tmp_path / name, SMALL))) for name in ("duckdb", "spark")]
    try:
        assert isinstance(hosts[1].workspace.engine, SparkEngine)
        counts = [{table.name: host.workspace.engine.count(table.name) for table in TABLES} for host in hosts]
        assert counts[0] == counts[1]
        assert counts[0]["interactions"] > 1000
        for verb, asked in QUESTIONS:
            said = [str(host.run(verb, asked, actor=LOCAL)) for host in hosts]
            assert said[0] == said[1], verb
        assert (tmp_path / "shared" / "log").is_dir()
        assert not (made.path / "warehouse").exists()
    finally:
        for host in hosts:
            host.close()


def test_no_file_holds_a_byte_of_who_was_erased(desk: Desk) -> None:
    leave_traces(desk)
    warehouse = [path for path in (desk.path / "warehouse").rglob("*.parquet") if holds(path, ANNA)]
    assert warehouse

    erased = desk.verb("unify.erase", customers=[ANNA], reason="asked by letter")

    assert (erased.state, erased.failure) == ("proved", "")
    assert files_with(desk.path, ANNA, PLANTED) == []
    left = list((desk.path / "warehouse").rglob("*.parquet"))
    assert [path for path in left if holds(path, ANNA) or holds(path, PLANTED)] == []
    assert any(holds(path, BEN) for path in left)
    desk.reopen()
    assert desk.verb("unify.customers").total == 2
    assert desk.rows("interactions") == 5
    assert desk.verb("unify.receipt", erasure=1).valid


def holds(path: Path, word: str) -> bool:
    """Whether a value of a Parquet file has a word in it."""
    import pyarrow.parquet as pq

    return word in str(pq.read_table(path, partitioning=None).to_pylist())


def test_a_session_is_handed_in_and_stays_open(session: SparkSession, bare_workspace: Path) -> None:
    with cx.open(bare_workspace, spark=session) as ws:
        assert ws.unify.customers().table.num_rows == 0
    assert (bare_workspace / "warehouse" / "log").is_dir()
    assert not (bare_workspace / "analytics").exists()
    assert session.sql("select 1 as one").collect()[0].one == 1


def test_whoever_looks_the_workspace_over_is_told_where_its_tables_are(on_spark: Path, cluster: Cluster) -> None:
    found = {row["what"]: row for row in examine(on_spark).table.to_pylist()}
    assert found["tables"]["state"] == "ok"
    assert found["tables"]["found"] == f"{cluster.address}, 0 interactions"


def test_tables_that_are_in_the_other_engine_are_not_forgotten(on_spark: Path) -> None:
    desk = opened(on_spark)
    desk.host.close()
    told = (on_spark / "cxloop.toml").read_text()
    (on_spark / "cxloop.toml").write_text("")
    with pytest.raises(WorkspaceError, match=r"are under Spark, in .*acme/warehouse\. Let address of \[engine\]"):
        open_workspace(Folder(on_spark))

    (on_spark / "warehouse").rename(on_spark / "elsewhere")
    opened(on_spark).host.close()  # now in DuckDB
    (on_spark / "cxloop.toml").write_text(told)
    with pytest.raises(WorkspaceError, match=r"are in DuckDB \(6 interactions\), and its warehouse .* is empty"):
        open_workspace(Folder(on_spark))


def test_one_process_has_one_spark(on_spark: Path, cluster: Cluster) -> None:
    other = "spark://127.0.0.1:9"
    (on_spark / "cxloop.toml").write_text(f'[engine]\naddress = "{other}"\n')
    with pytest.raises(EngineError, match=rf"works on the Spark at {cluster.address} already.*{other}"):
        open_workspace(Folder(on_spark))

    (on_spark / "cxloop.toml").write_text(f'[engine]\naddress = "{cluster.address}"\n')
    open_workspace(Folder(on_spark)).close()  # the lock of the warehouse was given back
