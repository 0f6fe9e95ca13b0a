"""Nothing leaves the machine unless it was configured: not from the server, not from a pull, not by a library."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
from tests.support.servers import answers, end, free_port, until

GUARD = """
import os, socket, sys

def note(kind, what):
    with open(os.environ["GUARD_FILE"], "a") as file:
        file.write(f"{kind} {what} {' '.join(sys.orig_argv[1:3])}\\n")

def heard(event, given):
    if event == "socket.connect" and isinstance(given[1], tuple):
        note("connect", given[1][0])
    elif event == "socket.getaddrinfo":
        note("name", given[0])

note("guarded", os.getpid())
sys.addaudithook(heard)
"""
"""Loaded by every Python process that inherits it; libraries in C are not heard, and none that is used connects."""
HERE = {"127.0.0.1", "::1", "localhost", "None"}
MAPPING = """
[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
"""


def test_serving_and_pulling_ask_nobody_and_listen_where_it_was_said(bare_workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    heard = tmp_path / "heard"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "guard"), "GUARD_FILE": str(heard)}
    (bare_workspace / "inbox").mkdir()
    with closing(sqlite3.connect(bare_workspace / "inbox" / "shop.db")) as database:
        database.execute("create table orders (id integer primary key, at text)")
        database.execute("insert into orders values (1, '2026-04-01 10:00:00')")
        database.commit()
    (tmp_path / "mapping.toml").write_text(MAPPING)
    settings = json.dumps({"url": "sqlite:///shop.db", "table": "orders"})

    def cxloop(*words: str) -> str:
        command = [sys.executable, "-m", "cxloop", *words, "-w", str(bare_workspace)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    cxloop("collect", "connect", "sql", "shop", "--settings", settings, "--mapping", str(tmp_path / "mapping.toml"))
    ports = {free_port(), free_port()}
    words = ["serve", "-w", str(bare_workspace)]
    for option, port in zip(("--port", "--collect-port"), ports, strict=True):
        words += [option, str(port)]
    serving = subprocess.Popen(
        [sys.executable, "-m", "cxloop", *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    app = words[words.index("--port") + 1]
    try:
        # a command that comes before the server would open the workspace itself, and the server would find it in use
        until(lambda: answers(f"http://127.0.0.1:{app}/healthz"), "the app", of=serving)
        until(lambda: '"done"' in cxloop("collect", "connections", "--json"), "the first pull", of=serving)
        processes = [psutil.Process(serving.pid), *psutil.Process(serving.pid).children(recursive=True)]
        listening = {
            (found.laddr.ip, found.laddr.port)
            for process in processes
            for found in process.net_connections("inet")
            if found.status == psutil.CONN_LISTEN
        }
    finally:
        end(serving)

    lines = [line.split(maxsplit=2) for line in heard.read_text().splitlines()]
    guarded = {line[2] for line in lines if line[0] == "guarded"}
    assert {"-m cxloop.entry.process", "-m cxloop.entry.collector", "-m cxloop.collect.connectors.extract"} <= guarded
    assert [line for line in lines if line[0] != "guarded" and line[1] not in HERE] == []
    assert listening == {("127.0.0.1", port) for port in ports}
