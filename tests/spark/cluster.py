"""A standalone cluster of Spark of the tests' own: a master and workers, each a process, at 127.0.0.1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from tests.support.servers import SECONDS, end, free_port, until

__all__ = ["Cluster", "running"]

_DEPLOY = "org.apache.spark.deploy"


class Cluster:
    """A master with its workers. One can be killed, with all that it has started, and another one take its place."""

    def __init__(self, programs: Path, folder: Path, memory: str = "1g") -> None:
        self._memory = memory
        self._programs = programs
        self._folder = folder
        self._port, self._page = free_port(), free_port()
        self._master: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self._started = 0

    @property
    def address(self) -> str:
        """Where sessions find it."""
        return f"spark://127.0.0.1:{self._port}"

    @property
    def workers(self) -> int:
        """How many of its workers nobody has killed."""
        return len(self._workers)

    def start(self, workers: int = 2) -> None:
        """Starts the master and its workers, and waits until they have found each other."""
        page = ("--webui-port", str(self._page))
        self._master = self._java("master.Master", "master", "--port", str(self._port), *page)
        until(lambda: self._alive() is not None, "the master answers", of=self._master, seconds=2 * SECONDS)
        for _ in range(workers):
            self.start_worker()

    def start_worker(self) -> None:
        """Adds a worker of one core."""
        before = self._alive() or 0
        self._started += 1
        name = f"worker{self._started}"
        size = ("--cores", "1", "--memory", self._memory, "--webui-port", "0")
        worker = self._java(
            "worker.Worker", name, "--work-dir", str(self._folder / name), *size, self.address, SPARK_NO_DAEMONIZE="1"
        )
        self._workers.append(worker)
        until(lambda: (self._alive() or 0) > before, f"{name} is known", of=worker, seconds=2 * SECONDS)

    def kill_worker(self) -> None:
        """Kills the oldest worker and its executors at once, as the loss of a machine would."""
        _kill(self._workers.pop(0))

    def stop(self) -> None:
        """Ends every process."""
        for worker in self._workers:
            _kill(worker)
        if self._master is not None:
            end(self._master, signal.SIGKILL)

    def logs(self) -> str:
        """What master and workers have written, the end of each."""
        return "\n".join(
            f"== {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-40:])
            for log in sorted(self._folder.glob("*.log"))
        )

    def _alive(self) -> int | None:
        """How many workers the master hears of; None where it does not answer."""
        with suppress(OSError, ValueError), urlopen(f"http://127.0.0.1:{self._page}/json/", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return len([worker for worker in told["workers"] if worker["state"] == "ALIVE"])
        return None

    def _java(self, what: str, log: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        settings = self._folder / "conf"  # empty: nothing of the machine's own
        settings.mkdir(exist_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_CONF_DIR": str(settings),
            "SPARK_DAEMON_MEMORY": "384m",
            "PYSPARK_PYTHON": sys.executable,
            **more,
        }
        with (self._folder / f"{log}.log").open("wb") as output:
            return subprocess.Popen(
                [self._programs / "bin" / "spark-class", f"{_DEPLOY}.{what}", "--host", "127.0.0.1", *words],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that a worker and its executors can be killed as one
            )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    end(process, signal.SIGKILL)


@contextmanager
def running(workers: int = 2, memory: str = "1g") -> Iterator[Cluster]:
    """Starts a cluster, and ends it however the block ends; its logs come along where it could not start."""
    import pyspark

    with TemporaryDirectory(prefix="cxloop-spark-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(pyspark.__file__).parent, Path(folder), memory)
        try:
            try:
                cluster.start(workers)
            except BaseException as failure:
                failure.add_note(cluster.logs())
                raise
            yield cluster
        finally:
            cluster.stop()
