"""Erasure killed at each of its steps and finished by whoever opens next; and in a real server, killed under load."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.servers import SECONDS, answers, end, free_port, until
from tests.unify.erasure.conftest import ANNA, BEN, PLANTED, files_with, leave_traces, opened

from cxloop.core.errors import NotFoundError, WorkspaceError
from cxloop.core.host import LOCAL
from cxloop.core.results import Result
from cxloop.runtime.connect import Connection, connect
from cxloop.runtime.folder import Folder
from cxloop.runtime.remote import RemoteHost, server_of
from cxloop.store.base import open_store
from cxloop.store.keys import NewKey, create

PLACES = {
    "before anything": "cxloop.unify.erasure.requests hide before",
    "inside of the transaction": "cxloop.unify.erasure.hiding clean_requests before",
    "out of the tables, not yet out of the records": "cxloop.store.personal forget_keys before",
    "hidden": "cxloop.unify.erasure.requests hide after",
    "while the tables are copied": "cxloop.engine.duckdb.rewriting:_Copy _require_same_rows before",
    "new file named, old one open": "cxloop.engine.duckdb.engine:DuckDBEngine swap_to before",
    "two files": "cxloop.engine.duckdb.engine:DuckDBEngine close_old before",
    "half of a file cut": "os fsync before",
    "files cut": "cxloop.unify.erasure.finishing clean after",
    "spool written anew": "cxloop.collect.spool:Spool scrub after",
    "records written anew": "cxloop.unify.erasure.finishing scrub after",
    "before the proof": "cxloop.unify.erasure.finishing prove before",
    "proved, not signed": "cxloop.unify.erasure.finishing settle before",
    "signed": "cxloop.unify.erasure.finishing settle after",
}
"""Where the process dies: what, where it is looked up, and whether before or after it is done."""

DIE = """
import importlib, os, signal, sys
from cxloop.core.host import LOCAL
from cxloop.runtime.connect import connect
import alembic.context, pandas, sqlalchemy.dialects.sqlite, ua_parser
import cxloop.collect.loader.loading, cxloop.store.upgrade, cxloop.unify.derivations, cxloop.unify.erasure.requests

def deadly(where):
    place, name, when = where.split()
    module, _, inner = place.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, inner) if inner else owner
    original = getattr(owner, name)

    def dies(*arguments, **named):
        if when == "after":
            original(*arguments, **named)
        elif name == "fsync" and not os.readlink(f"/proc/self/fd/{arguments[0]}").endswith(".csv.partial"):
            return original(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dies)

who, *jobs = sys.argv[1:]
for job in jobs:
    folder, where = job.split("|")
    child = os.fork()  # what is imported is imported once
    if not child:
        host = connect(folder).host
        deadly(where)
        host.run("unify.erase", {"customers": [who]}, actor=LOCAL)
        os._exit(1)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs erasures without a server, each in a process of its own that is killed on the way."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each place the folder of a workspace in which an erasure of Anna died there."""
    folder = tmp_path_factory.mktemp("killed")
    whole = folder / "whole"
    whole.mkdir(mode=0o700)
    for name in ("cxloop.toml", "experience.toml"):
        (whole / name).touch()
    desk = opened(whole)
    leave_traces(desk)
    desk.host.close()
    folders = {place: folder / str(number) for number, place in enumerate(PLACES)}
    for copy in folders.values():
        shutil.copytree(whole, copy)
    jobs = [f"{folders[place]}|{where}" for place, where in PLACES.items()]
    done = subprocess.run([sys.executable, "-c", DIE, ANNA, *jobs], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(int(signal.SIGKILL))] * len(PLACES), (done.stdout, done.stderr)
    return folders


@pytest.mark.parametrize("place", PLACES)
def test_killed_at_any_step_whoever_opens_next_finishes_it(killed: Mapping[str, Path], place: str) -> None:
    folder = killed[place]
    assert (folder / "erasing").exists()

    connection = connect(folder)
    found = _erasure(connection)
    receipt: Any = _verb(connection, "unify.receipt", erasure=1)
    customers: Any = _verb(connection, "unify.customers")
    connection.close()

    assert (found["state"], found["failure"]) == ("proved", "")
    assert receipt.valid
    assert not (folder / "erasing").exists()
    assert files_with(folder, ANNA, PLANTED) == []
    assert [path.suffix for path in (folder / "analytics").glob("*.duckdb*")] == [".duckdb"]
    with closing(sqlite3.connect(folder / "app.sqlite")) as records:  # no page is left of what was looked for
        assert records.execute("pragma freelist_count").fetchone() == (0,)
    assert {row.label for row in customers.rows} == {"Benjamin of the shop", BEN}
    assert sum(row.interactions for row in customers.rows) == 5  # three, and the two that waited


def _verb(connection: Connection, name: str, **arguments: Any) -> Result:
    return connection.host.run(name, arguments, actor=LOCAL)


def _erasure(connection: Connection) -> dict[str, Any]:
    return dict(_verb(connection, "unify.erasures").records()[0])


@contextmanager
def served(workspace: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server, and the address of its collector."""
    port, collect = free_port(), free_port()
    words = ["serve", "-w", str(workspace), "--port", str(port), "--collect-port", str(collect)]
    process = subprocess.Popen(
        [sys.executable, "-m", "cxloop", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the app", of=process)
        yield process, f"http://127.0.0.1:{collect}/v1/batch"
    finally:
        end(process)


def write_key(workspace: Path) -> str:
    store = open_store(Folder(workspace).store)
    try:
        return create(store, NewKey(kind="write", name="shop", source="shop")).secret
    finally:
        store.close()


def events(first: int, *people: str) -> dict[str, object]:
    now = datetime.now(UTC).isoformat()
    made = [
        {"type": "track", "userId": who, "event": "Wrote", "messageId": f"{first}-{place}", "timestamp": now}
        | {"properties": {"text": PLANTED if who == ANNA else f"fine {first}"}}
        for place, who in enumerate(people)
    ]
    return {"batch": made}


def ask(workspace: Path, name: str, **arguments: Any) -> Any:
    """Asks the server; None where it is not there, or knows nobody of that name."""
    found = server_of(Folder(workspace))
    if found is None:
        return None
    try:
        return RemoteHost(Folder(workspace), found["pid"], found["version"]).run(name, arguments, actor=LOCAL)
    except (NotFoundError, WorkspaceError):
        return None


def rows(workspace: Path, who: str) -> int:
    timeline = ask(workspace, "unify.timeline", customer=who)
    return 0 if timeline is None else int(timeline.total)


def is_settled(workspace: Path) -> bool:
    erasures = ask(workspace, "unify.erasures")
    return erasures is not None and erasures.records()[0]["state"] in ("proved", "found")


def test_under_load_and_killed_on_the_way_it_ends_with_a_receipt(bare_workspace: Path) -> None:
    key = write_key(bare_workspace)
    sent: list[int] = []
    stop = threading.Event()

    def load(address: str) -> None:
        with httpx.Client(auth=(key, ""), timeout=SECONDS) as client:
            while not stop.is_set():
                number = len(sent) + 100
                if client.post(address, json=events(number, BEN, f"user{number % 7}")).status_code == 200:
                    sent.append(number)
                stop.wait(0.1)

    with served(bare_workspace) as (process, address):
        with httpx.Client(auth=(key, ""), timeout=SECONDS) as client:
            assert client.post(address, json=events(1, ANNA, BEN, ANNA)).status_code == 200
        until(lambda: rows(bare_workspace, ANNA) == 2, "Anna's events", of=process)
        sender = threading.Thread(target=load, args=(address,))
        sender.start()
        try:
            with httpx.Client(auth=(key, ""), timeout=SECONDS) as client:
                assert client.post(address, json=events(2, ANNA, BEN)).status_code == 200
            assert ask(bare_workspace, "unify.erase", customers=[ANNA]) is not None
            assert rows(bare_workspace, ANNA) == 0
            app = server_of(Folder(bare_workspace))
            assert app is not None
            os.kill(app["pid"], signal.SIGKILL)  # the supervisor starts it again, and it goes on by itself
            until(lambda: server_of(Folder(bare_workspace)) not in (None, app), "the app again", of=process)
            until(lambda: is_settled(bare_workspace), "the receipt", of=process, seconds=3 * SECONDS)
        finally:
            stop.set()
            sender.join()
        erasure = ask(bare_workspace, "unify.erasures").records()[0]
        assert (erasure["state"], erasure["failure"]) == ("proved", "")
        assert ask(bare_workspace, "unify.receipt", erasure=1).valid
        until(lambda: rows(bare_workspace, BEN) == len(sent) + 2, "all of Ben's events, each once", of=process)
        assert files_with(bare_workspace, ANNA, PLANTED) == []
    assert files_with(bare_workspace, ANNA, PLANTED) == []
