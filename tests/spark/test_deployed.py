"""Spark as the manifests of Kubernetes start it: their own commands, with addresses and folders of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from tests.deploy.manifests import Document, container_of, documents_of, pods_of
from tests.spark.test_connect import USED
from tests.support.servers import SECONDS, end, free_port, until

CHECKOUT = Path(__file__).resolve().parents[2]


def answered(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def started(pod: Document, here: Mapping[str, str], port: int, folder: Path) -> Iterator[None]:
    """Runs the command of a pod.

    Args:
        pod: whose.
        here: what stands in its command and environment, to what it is on this machine.
        port: where it will listen.
        folder: the pod's own /tmp.
    """

    def put(text: str) -> str:
        for name, value in {**here, "/tmp": str(folder)}.items():
            text = text.replace(name, value)
        return text

    container = container_of(pod)
    program, *words = container["command"]
    given = {each["name"]: put(each["value"]) for each in container["env"] if "value" in each}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # python3 is the one with Spark
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name(program), *map(put, words)],
            cwd=folder,
            # nothing of the machine's own settings; in a pod the name of the host leads to its address
            env={**kept, **given, "PATH": path, "SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: answered(port), program, of=process, seconds=2 * SECONDS)
        yield
    except BaseException as failure:
        failure.add_note((folder / "log").read_text(errors="replace")[-3_000:])
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        end(process, signal.SIGKILL)


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[str]:
    """The address of Spark Connect on a master and a worker, all three as in the manifests."""
    pods = pods_of(documents_of(CHECKOUT / "deploy" / "kubernetes" / "cxloop.yaml"))
    master, worker, connect = free_port(), free_port(), free_port()
    here = {
        "$(POD_IP)": "127.0.0.1",
        "0.0.0.0": "127.0.0.1",
        "cxloop-spark-master:7077": f"localhost:{master}",  # another name than the one that it binds, as a Service's is
        "7077": str(master),
        "7078": str(worker),
        "8080": "0",
        "8081": "0",
        "15002": str(connect),
    }
    with ExitStack() as stack:
        for name, port in (("spark-master", master), ("spark-worker", worker), ("spark-connect", connect)):
            stack.enter_context(started(pods[name], here, port, tmp_path / name))
        yield f"sc://127.0.0.1:{connect}"


def test_tables_are_kept_by_the_spark_of_the_manifests(deployed: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USED, deployed, str(tmp_path / "warehouse")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-6_000:]
    assert done.stdout.startswith("[{'key_id': 3, 'value': '3@example.com'}]")
    assert [each.name for each in (tmp_path / "spark-worker" / "work").iterdir()] != []  # an executor ran there
