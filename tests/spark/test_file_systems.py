"""A cluster whose own file system is another one, as with YARN, EMR and Databricks: the tables are found anyway."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
USED = """
import sys
from pathlib import Path

import pyarrow as pa

from cxloop.engine.query import Query
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.jobs import written
from cxloop.engine.spark.session import connect

settings = {"spark.hadoop.fs.defaultFS": "hdfs://127.0.0.1:9", "spark.sql.warehouse.dir": f"file:{sys.argv[1]}/unused"}
session = connect("local[1]", settings=settings)
warehouse = Warehouse(Path(sys.argv[1]) / "a folder")
tables = SparkTables(session, warehouse)
rows = [{"key_id": n, "namespace": "shop", "type": "email", "value": str(n)} for n in (1, 2)]
tables.append("keys", pa.Table.from_pylist(rows))
draft = warehouse.draft()
draft.put("keys", written(draft, "keys", session.table(tables._views.name("keys", warehouse.head))))
draft.commit()
some = Query("test.some", "select count(*) as n from keys", ("keys",), {"n": "bigint"})
print(tables.rows(some))
tables.close()
"""


def test_tables_are_in_the_file_system_of_the_machines_whatever_the_clusters_own_is(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USED, str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-6_000:]
    assert done.stdout.splitlines() == ["[{'n': 4}]"]
