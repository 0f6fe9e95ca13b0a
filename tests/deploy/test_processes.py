"""App and collectors as the manifests of Kubernetes start them: they answer where the manifests ask whether they do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.collect.connectors.postgres import Postgres, running
from tests.deploy.manifests import Document, container_of, data_of, pods_of
from tests.support.servers import SECONDS, answers, end, free_port, until


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running() as found:
        yield found


@contextmanager
def pod(documents: list[Document], component: str, volume: Path, server: Postgres, port: int) -> Iterator[str]:
    """Runs the command of a pod in a folder that stands for its volume, and gives the address of its readiness."""
    template = pods_of(documents)[component]
    (prepare,), container = template["spec"]["initContainers"], container_of(template)
    settings = volume.with_name(f"{volume.name}-settings")
    data_of(documents, settings)
    told = (settings / "cxloop.toml").read_text().replace("0.0.0.0", "127.0.0.1")
    told = re.sub(r"^port = (8440|8441)$", f"port = {port}", told, flags=re.MULTILINE)
    told = re.sub(r"^(address|warehouse) = .*$", "", told, flags=re.MULTILINE)  # tests/spark have a Spark
    (settings / "cxloop.toml").write_text(
        told.replace("cxloop@db.example:5432/acme", f"owner@127.0.0.1:{server.port}/acme")
    )

    def put(text: str) -> str:
        return text.replace("/srv/cxloop", str(volume)).replace("/etc/cxloop", str(settings))

    environment = {**os.environ, "CXLOOP_DATABASE_PASSWORD": "owner-password", "CXLOOP_SECRET_KEY": "k" * 44}
    given = {each["name"]: put(each["value"]) for each in container["env"] if "value" in each}
    environment |= {name: value for name, value in given.items() if name.startswith("CXLOOP_")}
    subprocess.run([put(word) for word in prepare["command"]], check=True)
    program, *words = container["command"]
    process = subprocess.Popen([Path(sys.executable).with_name(program), *words], env=environment)
    try:
        address = f"http://127.0.0.1:{port}{container['readinessProbe']['httpGet']['path']}"
        until(lambda: answers(address), f"the {component} is ready", of=process, seconds=2 * SECONDS)
        yield address
        process.terminate()
        assert process.wait(min(SECONDS, template["spec"]["terminationGracePeriodSeconds"])) == 0
    finally:
        end(process, signal.SIGKILL)


def test_app_and_collectors_are_ready_and_end_in_time(
    documents: list[Document], server: Postgres, tmp_path: Path
) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create database acme")
    first, second = tmp_path / "first", tmp_path / "second"
    with (
        pod(documents, "app", first, server, free_port()) as app,
        pod(documents, "collector", second, server, free_port()) as collector,
    ):
        # as kubelet asks: by the pod's address
        told = [httpx.get(address, headers={"Host": "10.1.2.3:8440"}, timeout=SECONDS) for address in (app, collector)]
        workspaces = [volume / "workspace" for volume in (first, second)]
        modes = {oct(each.stat().st_mode & 0o777) for each in workspaces}

    assert [(each.status_code, each.json()["ready"]) for each in told] == [(200, True), (200, True)]
    assert modes == {"0o700"}
    assert (first / "workspace" / "analytics").is_dir()
    assert not (second / "workspace" / "analytics").exists()
    assert [each for workspace in workspaces for each in workspace.glob("*.sqlite")] == []
