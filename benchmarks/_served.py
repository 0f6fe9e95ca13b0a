"""A workspace with a running `cxloop serve`, as the scripts here that try faults need it: start, send, kill, look."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import psutil
from benchmarks._ports import free_port

import cxloop
from cxloop.engine.query import Query

__all__ = [
    "SOURCE",
    "Log",
    "Server",
    "Site",
    "ask",
    "drain",
    "event",
    "post",
    "site",
    "workspace_with_key",
]

SOURCE = "faults"
DRAIN_SECONDS = 120
MODULES = {"a collector": "cxloop.entry.collector", "the app": "cxloop.entry.process"}

IDS = Query(
    name="benchmark.message_ids",
    sql="select message_id, count(*) as times from interactions where source = 'faults' group by message_id",
    inputs=("interactions",),
    output={"message_id": "text", "times": "bigint"},
)
REFUSED = Query(
    name="benchmark.refused",
    sql="select code, count(*) as rows from rejected group by code",
    inputs=("rejected",),
    output={"code": "text", "rows": "bigint"},
)


@dataclass
class Server:
    """`cxloop serve` on a workspace, started again whenever it is gone."""

    folder: Path
    ports: tuple[int, int]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> Path:
        """What it prints."""
        return self.folder.parent / f"{self.folder.name}-serve.txt"

    def ensure(self) -> None:
        """Starts it where it does not run."""
        if self.process is not None and self.process.poll() is None:
            return
        words = ["serve", "--workspace", str(self.folder), "--port", str(self.ports[0])]
        with self.said.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cxloop", *words, "--collect-port", str(self.ports[1])],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        self.starts += 1

    def victims(self, what: str) -> list[psutil.Process]:
        """Returns the processes that a kill of `what` hits; none where such a one is not running just now."""
        if what == "all of it":
            return self.processes()
        found = self.processes(what)
        return random.sample(found, 1) if found else []

    def processes(self, what: str = "") -> list[psutil.Process]:
        """Returns the supervisor and its children, or only its collectors or its app."""
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.process.pid)
            children = own.children(recursive=True)
            return [each for each in children if MODULES[what] in " ".join(_words(each))] if what else [own, *children]
        return []

    def wait_until_it_answers(self, seconds: float = 30) -> None:
        """Returns once a collector takes connections."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.ensure()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports[1]), timeout=1):
                return
            time.sleep(0.05)

    def wait_until_ready(self, seconds: float = 60) -> bool:
        """Returns once the app answers, too; False where it does not in time."""
        self.wait_until_it_answers(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if get(self.ports[0], "/healthz")[0] == 200:
                    return True
            time.sleep(0.1)
        return False

    def kill(self) -> None:
        """Kills all of it at once."""
        for victim in self.victims("all of it"):
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        if self.process is not None:
            self.process.wait()

    def stop(self) -> None:
        """Ends it in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Returns status and body of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def post(
    port: int, key: str, body: bytes, path: str = "/v1/batch", headers: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """Returns the status of one attempt, or how it failed, and what was answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    authorization = "Basic " + b64encode(f"{key}:".encode()).decode()
    try:
        connection.request("POST", path, body, {"authorization": authorization, **(headers or {})})
        answer = connection.getresponse()
        return str(answer.status), answer.read()
    except (OSError, http.client.HTTPException) as failure:
        return type(failure).__name__, b""
    finally:
        connection.close()


def event(name: str, **more: object) -> dict[str, object]:
    """Returns an event with a message id."""
    return {
        "type": "track",
        "event": "Step",
        "userId": f"u{crc32(name.encode()) % 97}",
        "messageId": name,
        "timestamp": "2026-11-01T10:00:00Z",
        **more,
    }


def workspace_with_key(folder: Path) -> str:
    """Makes a workspace with two collectors, and returns a write key."""
    with cxloop.create(folder) as workspace:
        made: Any = workspace.admin.create_key(name=SOURCE, kind="write", source=SOURCE)
    with (folder / "cxloop.toml").open("a") as settings:
        settings.write("\n[collect]\nprocesses = 2\n")
    return str(made.secret)


@dataclass
class Log:
    """What is in the log at the end: how often each message id, and how many rejects by code."""

    ids: Counter[str]
    rejected: Counter[str]

    def lost(self, acknowledged: Sequence[str] | set[str]) -> int:
        """Returns how many acknowledged events are not there."""
        return len(set(acknowledged) - self.ids.keys())

    @property
    def doubled(self) -> int:
        """How many events are there more than once."""
        return sum(times > 1 for times in self.ids.values())


def ask(folder: Path) -> Log:
    """Returns what a workspace that nobody serves has in its log."""
    from cxloop.runtime.folder import Folder
    from cxloop.runtime.workspace import open_workspace

    workspace = open_workspace(Folder(folder))
    try:
        ids = workspace.engine.fetch(IDS).to_pylist()
        refused = workspace.engine.fetch(REFUSED).to_pylist()
    finally:
        workspace.close()
    return Log(
        Counter({row["message_id"]: row["times"] for row in ids}),
        Counter({row["code"]: row["rows"] for row in refused}),
    )


def drain(folder: Path, server: Server, seconds: float = DRAIN_SECONDS) -> float:
    """Waits until nothing is left in the spool; returns for how many seconds."""
    from cxloop.collect.spool import Spool

    server.ensure()
    began = time.monotonic()
    spool = Spool(folder / "spool")
    try:
        while spool.state().requests and time.monotonic() - began < seconds:
            server.ensure()
            time.sleep(0.2)
    finally:
        spool.close()
    return time.monotonic() - began


@dataclass
class Site:
    """A workspace, its server, its write key, and what was acknowledged."""

    folder: Path
    server: Server
    key: str
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def port(self) -> int:
        """Of the collectors."""
        return self.server.ports[1]

    def send(self, names: Sequence[str], **more: object) -> str:
        """Sends one batch and notes whether it was acknowledged; returns the status."""
        body = json.dumps({"batch": [event(name, **more) for name in names]}).encode()
        status, _ = post(self.port, self.key, body)
        self.answers[status] += 1
        if status == "200":
            self.acknowledged.update(names)
        return status

    def settled(self, seconds: float = DRAIN_SECONDS) -> Log:
        """Waits until everything is loaded, stops the server, and returns what is in the log."""
        drain(self.folder, self.server, seconds)
        self.server.stop()
        return ask(self.folder)


@contextlib.contextmanager
def site(
    parent: Path, name: str, environment: Mapping[str, str] | None = None, *, start: bool = True
) -> Iterator[Site]:
    """Gives a workspace of its own with a server that runs, and stops it afterwards."""
    folder = parent / name
    key = workspace_with_key(folder)
    server = Server(folder, (free_port(), free_port()), environment=environment or {})
    made = Site(folder, server, key)
    try:
        if start:
            server.ensure()
            server.wait_until_ready()
        yield made
    finally:
        if server.process is not None:
            server.kill()
