"""Erasure in a real server: under load, killed again and again, and finished by whoever opens the workspace next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.support.servers import SECONDS, answers, end, free_port, until

from cxloop.runtime.folder import Folder
from cxloop.runtime.remote import server_of
from cxloop.store.base import open_store
from cxloop.store.keys import NewKey, create

ANNA, BEN = "anna.secret.7431@example.org", "ben.public@example.org"
PLANTED = "QX7731ZZ"

DIE = """
import os, signal, sys
import cxloop.unify.erasure.finishing as finishing
import cxloop.unify.erasure.requests as requests
from cxloop.engine.duckdb import rewriting
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.runtime.connect import connect
from cxloop.core.host import LOCAL

folder, who, place = sys.argv[1:]
owners = {"hide": requests, "rewrite": DuckDBEngine, "swap_to": DuckDBEngine, "clean": finishing,
          "_scrub": finishing, "prove": finishing, "settle": finishing}
original = getattr(owners[place], place)

def deadly(*arguments, **named):
    if place == "swap_to":
        original(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owners[place], place, deadly)
connect(folder).host.run("unify.erase", {"customers": [who]}, actor=LOCAL)
"""
"""Runs an erasure without a server and kills its process at one of its steps."""


def cxloop(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=False)


def files_with(folder: Path, *words: str) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(
        str(path.relative_to(folder))
        for path in paths
        if any(word.lower().encode() in path.read_bytes().lower() for word in words)
    )


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


def state(workspace: Path) -> dict[str, object]:
    shown = cxloop("unify", "erasures", "-w", str(workspace), "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    return dict(zip(found["columns"], found["cells"][0], strict=True)) if found["cells"] else {}


def proved(workspace: Path, process: subprocess.Popen[bytes]) -> None:
    try:
        until(
            lambda: state(workspace).get("state") in ("proved", "found"), "the receipt", of=process, seconds=3 * SECONDS
        )
    except AssertionError:
        raise AssertionError(state(workspace)) from None
    found = state(workspace)
    assert (found["state"], found["failure"]) == ("proved", "")


def rows(workspace: Path, who: str) -> int:
    shown = cxloop("unify", "timeline", who, "-w", str(workspace), "--json")
    return int(json.loads(shown.stdout)["total"]) if shown.returncode == 0 else 0


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
                stop.wait(0.02)

    with served(bare_workspace) as (process, address):
        with httpx.Client(auth=(key, ""), timeout=SECONDS) as client:
            assert client.post(address, json=events(1, ANNA, BEN, ANNA)).status_code == 200
        until(lambda: rows(bare_workspace, ANNA) == 2, "Anna's events", of=process)
        sender = threading.Thread(target=load, args=(address,))
        sender.start()
        try:
            with httpx.Client(auth=(key, ""), timeout=SECONDS) as client:
                assert client.post(address, json=events(2, ANNA, BEN)).status_code == 200
            asked = cxloop("unify", "erase", ANNA, "-w", str(bare_workspace), "--json")
            assert asked.returncode == 0, asked.stderr
            assert rows(bare_workspace, ANNA) == 0
            app = server_of(Folder(bare_workspace))
            assert app is not None
            os.kill(app["pid"], signal.SIGKILL)  # the supervisor starts it again, and it goes on by itself
            until(lambda: server_of(Folder(bare_workspace)) not in (None, app), "the app again", of=process)
            proved(bare_workspace, process)
        finally:
            stop.set()
            sender.join()
        until(lambda: rows(bare_workspace, BEN) == len(sent) + 2, "all of Ben's events, each once", of=process)
        assert files_with(bare_workspace, ANNA, PLANTED) == []
    assert files_with(bare_workspace, ANNA, PLANTED) == []
    receipt = json.loads(cxloop("unify", "receipt", "1", "-w", str(bare_workspace), "--json").stdout)
    assert receipt["valid"]


@pytest.mark.parametrize("place", ["hide", "rewrite", "swap_to", "clean", "_scrub", "prove", "settle"])
def test_killed_at_any_step_the_next_command_finishes_it(bare_workspace: Path, place: str) -> None:
    (bare_workspace / "mapping.toml").write_text(
        'source = "desk"\n[[key]]\ntype = "email"\nvalue = "who"\n[[interaction]]\nname = "wrote"\nkind = "message"\nid = "id"\noccurred_at = "at"\n'
        'text = "said"\n'
    )
    (bare_workspace.parent / "rows.csv").write_text(
        f"id,at,who,said\n1,2026-05-01 10:00,{ANNA},{PLANTED}\n2,2026-05-01 11:00,{BEN},fine\n"
    )
    imported = cxloop(
        "collect", "file", str(bare_workspace.parent / "rows.csv"), "--mapping", str(bare_workspace / "mapping.toml"),
        "-w", str(bare_workspace),
    )  # fmt: skip
    assert imported.returncode == 0, imported.stderr

    killed = subprocess.run(
        [sys.executable, "-c", DIE, str(bare_workspace), ANNA, place], check=False, capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    found = state(bare_workspace)

    assert found["state"] == "proved"
    assert not (bare_workspace / "erasing").exists()
    assert files_with(bare_workspace, ANNA, PLANTED) == []
    assert files_with(bare_workspace, "fine") != []
