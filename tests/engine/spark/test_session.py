"""What needs no Spark: addresses, and the product where the extra is not installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cxloop.core.errors import EngineError, InputError
from cxloop.core.patterns import SPARK
from cxloop.engine.spark.session import connect

USED = """
import sys
import cxloop
from pathlib import Path
from cxloop.core.engine import Engine
from cxloop.engine.query import Query
from cxloop.runtime import parts
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

parts.load()
workspace = open_workspace(Folder(Path(sys.argv[1])))
count = Query("test.count", "select count(*) as n from interactions", ("interactions",), {"n": "bigint"})
assert workspace.engine.rows(count) == [{"n": 0}]
workspace.close()
print(*sys.modules)
"""


def test_a_workspace_on_duckdb_imports_nothing_of_spark(bare_workspace: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USED, str(bare_workspace)], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    assert "duckdb" in loaded
    assert [name for name in loaded if name.partition(".")[0] in ("pyspark", "py4j", "grpc")] == []
    assert [name for name in loaded if name.startswith("cxloop.engine.spark")] == []


@pytest.mark.parametrize("address", ["spark://127.0.0.1:7077", "sc://spark.example:15002", "local[2]"])
def test_without_the_extra_it_says_which_one_is_missing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError, match=re.escape("pip install 'cxloop[spark]'")):
        connect(address)


@pytest.mark.parametrize(
    "address",
    [
        "spark://master:7077",
        "spark://one:7077,two:7077",
        "sc://spark.example",
        "sc://spark.example:443/;use_ssl=true;token=x",
        "local[1]",
        "local[*]",
    ],
)
def test_addresses_of_spark_are_known(address: str) -> None:
    assert re.fullmatch(SPARK, address)


@pytest.mark.parametrize("address", ["", "duckdb", "spark://", "spark://master", "local", "local[]", "yarn", "sc:// x"])
def test_other_addresses_are_refused_with_what_is_allowed(address: str) -> None:
    with pytest.raises(InputError, match=r"is no Spark: write spark://host:port, sc://host:port or local\[2\]"):
        connect(address)
