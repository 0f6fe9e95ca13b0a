"""The stories of the app in a real browser, unchanged, with the tables on the cluster and the records in PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collect.connectors.postgres import Postgres
from tests.collect.connectors.postgres import running as postgres_running
from tests.spark.cluster import Cluster
from tests.spark.cluster import running as spark_running

SETTINGS = """
[engine.spark]
"spark.driver.memory" = "1g"
"spark.executor.memory" = "512m"
"spark.executor.cores" = "1"
"spark.sql.shuffle.partitions" = "2"
"spark.driver.host" = "127.0.0.1"
"spark.driver.bindAddress" = "127.0.0.1"
"spark.ui.enabled" = "false"
"""
STORIES = (
    "tests/stories/test_browser_walk.py::test_from_sign_in_to_a_replayed_row",
    "tests/stories/test_browser_customers.py::test_one_page_tells_a_person_s_story_and_a_wrong_merge_is_found_explained_and_undone",
)


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A cluster that no session of this process holds the cores of."""
    with spark_running(workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL."""
    with postgres_running() as started:
        yield started


@pytest.mark.timeout(1_500)
def test_stories_of_the_app_are_the_same(own_cluster: Cluster, server: Postgres, checkout: Path) -> None:
    where = server.new_database()
    environment = {
        **os.environ,
        "PGPASSWORD": where.password,
        "CXLOOP_STORIES_SETTINGS": SETTINGS,
        "CXLOOP_STORIES_ENGINE": own_cluster.address,
        "CXLOOP_STORIES_DATABASE": where.address,
        "CXLOOP_STORIES_PATIENCE": "4",
    }
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *STORIES]
    done = subprocess.run(words, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(STORIES)} passed" in done.stdout
