"""Spark Connect: the same tables through a server of another process, without a Java in this one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.servers import SECONDS, end, free_port, until

CHECKOUT = Path(__file__).resolve().parents[2]

USED = """
import sys
from pathlib import Path

import pyarrow as pa

from cxloop.engine.query import Query
from cxloop.engine.spark.engine import SparkTables
from cxloop.engine.spark.files import Warehouse
from cxloop.engine.spark.session import connect

some = Query(
    "test.some",
    "select key_id, value from keys where type = $type and key_id in (select unnest($numbers)) order by key_id",
    ("keys",),
    {"key_id": "bigint", "value": "text"},
    {"type": "text", "numbers": "bigints"},
)
tables = SparkTables(connect(sys.argv[1]), Warehouse(Path(sys.argv[2])))
rows = [{"key_id": n, "namespace": "shop", "type": "email", "value": f"{n}@example.com"} for n in (1, 2, 3)]
assert tables.rows(some, {"type": "email", "numbers": [1]}) == []
assert tables.append("keys", pa.Table.from_pylist(rows)) == 3
with tables.transaction():
    tables.delete("keys", "key_id", [2])
    assert len(tables.rows(some, {"type": "email", "numbers": [1, -2, 3, 2**40]})) == 2
print(tables.rows(some, {"type": "email", "numbers": [2, 3]}))
print(tables.intern(pa.Table.from_pylist([rows[0] | {"key_id": None}]).select(["namespace", "type", "value"])))
print([(held.column, held.rows) for held in tables.holding(["3@example.com"])], tables.numbers_left([3]))
tables.close()
"""


@pytest.fixture(scope="module")
def connect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of Spark Connect."""
    import pyspark

    port, folder = free_port(), tmp_path_factory.mktemp("connect")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "unused"),
        "spark.ui.enabled": "false",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                Path(pyspark.__file__).parent / "bin" / "spark-submit",
                *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
                *("--master", "local[1]", "--driver-memory", "1g"),
                *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
                "spark-internal",
            ],
            cwd=folder,
            env={**kept, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: _listens(port), "the server of Spark Connect listens", of=server, seconds=2 * SECONDS)
        yield f"sc://127.0.0.1:{port}"
    except AssertionError as failure:
        failure.add_note((folder / "log").read_text(errors="replace")[-4_000:])
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        end(server, signal.SIGKILL)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_tables_are_the_same_through_spark_connect(connect_server: str, tmp_path: Path) -> None:
    # a process holds either a session of its own or one of Connect
    done = subprocess.run(
        [sys.executable, "-c", USED, connect_server, str(tmp_path / "warehouse")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-6_000:]
    assert done.stdout.splitlines() == [
        "[{'key_id': 3, 'value': '3@example.com'}]",
        "0",
        "[('value', 1)] {'keys.key_id': 1}",
    ]
