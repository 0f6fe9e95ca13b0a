"""`cxloop serve` as a person runs it: a supervisor, an app process, a browser and a second shell."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.support.servers import SECONDS, end, free_port, until

from cxloop.runtime.folder import Folder
from cxloop.runtime.remote import server_of
from cxloop.store.base import open_store
from cxloop.store.keys import NewKey, create


def cxloop(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=False)


class Server:
    """A running `cxloop serve`."""

    def __init__(self, workspace: Path, written: Path) -> None:
        self.workspace = workspace
        self.port, self.collect_port = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.written = written
        words = [sys.executable, "-m", "cxloop", "serve", "-w", str(workspace), "--port", str(self.port)]
        words += ["--collect-port", str(self.collect_port)]
        with written.open("wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        """Waits until it can be used."""
        until(lambda: "Sign in" in self.written.read_text(), "the sign-in link", of=self.process)

    @property
    def pid(self) -> int | None:
        """Process of the app."""
        found = server_of(Folder(self.workspace))
        return None if found is None else int(found["pid"])

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    @contextmanager
    def session(self) -> Iterator[httpx.Client]:
        """A browser that has used the link."""
        link = re.search(r"token=(\S+)", self.written.read_text())
        assert link is not None
        with httpx.Client(base_url=self.address, timeout=SECONDS) as client:
            answer = client.post("/signin", data={"token": link[1]}, headers={"origin": self.address})
            assert answer.status_code == 303
            yield client

    def stop(self) -> int:
        return end(self.process)


@pytest.fixture
def server(bare_workspace: Path, tmp_path: Path) -> Iterator[Server]:
    """A server on an empty workspace."""
    running = Server(bare_workspace, tmp_path / "serve.txt")
    try:
        running.wait()
        yield running
    finally:
        end(running.process)


def test_a_server_from_its_start_to_its_end(server: Server) -> None:
    # One start for all of this: it takes seconds.
    stranger = httpx.get(f"{server.address}/api/measure/nps", timeout=SECONDS)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "sign_in_needed")
    assert "cxloop_uptime_seconds" in httpx.get(f"{server.address}/metrics", timeout=SECONDS).text
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    assert httpx.get(f"{server.address}/metrics", headers=forwarded, timeout=SECONDS).status_code == 403

    with server.session() as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/api/measure/nps").json()["kind"] == "Estimates"
        assert browser.get("/api/openapi.json").json()["openapi"].startswith("3.1")

    shell = cxloop("measure", "nps", "-w", str(server.workspace), "--json")
    assert json.loads(shell.stdout)["kind"] == "Estimates"
    assert shell.stderr == f"Through the server that runs on {server.workspace} (process {server.pid}).\n"

    link = cxloop("link", "-w", str(server.workspace)).stdout.strip()
    assert link.startswith(f"{server.address}/signin?token=")
    assert httpx.get(link, timeout=SECONDS).status_code == 200

    second = cxloop("serve", "-w", str(server.workspace), "--port", str(free_port()))
    assert (second.returncode, "already" in second.stderr) == (1, True)

    crowded = cxloop("serve", "-w", str(server.workspace.parent / "none"), "--port", str(server.port))
    assert crowded.returncode == 1

    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: server.pid not in (None, first) and server.ready(), "the app to be there again")

    assert server.stop() == 0
    assert not (server.workspace / "server.sock").exists()
    log = (server.workspace / "logs" / "cxloop.log").read_text()
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert [event for event in events if not event.startswith("collector")] == ["start", "start", "stop"]
    assert sorted(event for event in events if event.startswith("collector")) == ["collector start", "collector stop"]


def test_the_app_ends_with_its_supervisor(server: Server) -> None:
    app = server.pid
    server.process.kill()

    assert app is not None
    until(lambda: server.pid is None, "the app to end")
    until(lambda: cxloop("doctor", "-w", str(server.workspace)).returncode == 0, "the workspace to be free")


def test_collectors_and_app_live_and_die_apart(server: Server) -> None:
    collector = f"http://127.0.0.1:{server.collect_port}"
    store = open_store(Folder(server.workspace).store)
    key = create(store, NewKey(kind="write", name="shop", source="shop")).secret
    store.close()

    def send(address: str, number: int) -> bool:
        event = {"userId": "u1", "event": "Seen", "messageId": f"m{number}"}
        try:
            return httpx.post(f"{address}/v1/track", json=event, auth=(key, ""), timeout=SECONDS).status_code == 200
        except httpx.TransportError:
            return False

    until(lambda: send(collector, 1) and send(server.address, 2), "both to take events")
    app = server.pid
    assert app is not None
    os.kill(app, signal.SIGKILL)
    assert send(collector, 3)
    until(lambda: server.pid not in (None, app) and server.ready(), "the app to be there again")

    (taking,) = [
        each for each in psutil.Process(server.process.pid).children() if "cxloop.entry.collector" in each.cmdline()
    ]
    assert psutil.Process(server.pid).nice() > taking.nice()  # a long query takes every core
    taking.kill()
    assert send(server.address, 4)
    until(lambda: send(collector, 5), "the collector to be there again")

    assert server.pid not in (None, app)
    assert server.stop() == 0
    assert not psutil.pid_exists(taking.pid)


def test_a_taken_port_of_the_collectors_is_refused_politely(bare_workspace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["--port", str(free_port()), "--collect-port", str(taken.getsockname()[1])]

        ran = cxloop("serve", "-w", str(bare_workspace), *words)

    assert ran.returncode == 1
    assert "Choose another port with --collect-port" in ran.stderr


def test_a_taken_port_is_refused_politely(bare_workspace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        ran = cxloop("serve", "-w", str(bare_workspace), "--port", str(taken.getsockname()[1]))

    assert ran.returncode == 1
    assert "Choose another port with --port" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_mistakes_in_the_settings_are_all_told_before_anything_starts(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text("[server]\nport = 0\nhots = 'x'\n")

    ran = cxloop("serve", "-w", str(bare_workspace))

    assert ran.returncode == 2
    assert "has 2 mistakes" in ran.stderr


def test_a_second_server_is_refused_while_the_app_of_the_first_has_crashed(server: Server) -> None:
    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    second = cxloop("serve", "-w", str(server.workspace), "--port", str(free_port()), "--collect-port", "0")

    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.startswith(f"Error: A server runs on {server.workspace} already")
    until(lambda: server.pid not in (None, first), "the app to be there again")
