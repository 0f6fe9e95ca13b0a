"""A cluster of Spark, a session on it, and empty tables. Processes are shared by all tests, tables by none."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.conftest import log_rows
from tests.spark.cluster import Cluster, running

from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.session import connect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["log_rows"]

_SMALL = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A master and two workers, each a process of its own."""
    with running(workers=2) as started:
        yield started


@pytest.fixture(scope="session")
def session(cluster: Cluster) -> Iterator[SparkSession]:
    """A session on the cluster."""
    opened = connect(cluster.address, settings=_SMALL)
    yield opened
    opened.stop()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """The folder of `spark_tables`."""
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def spark_tables(session: SparkSession, warehouse: Warehouse) -> Iterator[SparkTables]:
    """Empty tables on the cluster."""
    tables = SparkTables(session, warehouse)
    yield tables
    tables.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Shows what the cluster wrote beside a test that failed."""
    report = yield
    started = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and started is not None:
        report.sections.append(("The cluster's logs", started.logs()))
    return report
