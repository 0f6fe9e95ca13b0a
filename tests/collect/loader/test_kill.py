"""`kill -9` of a loading process at random moments: every acknowledged event is found exactly once afterwards."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.collect.loader.conftest import Line, track

from cxloop.collect.spool import Envelope, Spool
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

KILLS = 5
BATCHES = 40
EVENTS = 50
LOADING = """
import sys
from pathlib import Path
from cxloop.collect.intake import open_spool
from cxloop.collect.loader import Loader
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

workspace = open_workspace(Folder(Path(sys.argv[1])))
loader = Loader(workspace, open_spool(workspace.path, workspace.settings))
print("loading", flush=True)
while loader.step(4 * 10_000) is not None:
    pass
print("done", flush=True)
sys.stdin.read()
"""


def fill(spool: Spool, first: int) -> int:
    """Appends requests with one bad event each; returns how many messages were acknowledged."""
    for batch in range(first, first + BATCHES):
        events = [
            {"type": "track", "userId": "u1", "event": "Clicked", "messageId": f"{batch}-{place}"}
            for place in range(EVENTS)
        ]
        body = json.dumps({"batch": [*events, {"type": "track", "userId": f"bad {batch}"}]}).encode()
        spool.append([Envelope("web", "segment", time.time_ns() // 1000, body, EVENTS + 1, {"endpoint": "batch"})])
    return BATCHES * EVENTS


def start(folder: Path) -> subprocess.Popen[str]:
    """Starts a process that loads; returns once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOADING, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    return process


def test_nothing_is_lost_and_nothing_comes_twice(bare_workspace: Path) -> None:
    chance = random.Random(7)
    spool = Spool(bare_workspace / "spool")
    acknowledged = 0
    for kill in range(KILLS):
        acknowledged += fill(spool, kill * BATCHES)
        with start(bare_workspace) as process:
            time.sleep(chance.uniform(0.0, 0.4))
            process.kill()
        assert process.returncode == -signal.SIGKILL
    with start(bare_workspace) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        process.kill()

    workspace = open_workspace(Folder(bare_workspace))
    counts = workspace.engine.cursor().execute(  # type: ignore[attr-defined]
        "select (select count(*) from interactions), (select count(distinct message_id) from interactions), "
        "(select count(*) from rejected), (select count(distinct raw) from rejected)"
    )
    found = counts.fetchall()
    workspace.close()
    assert found == [(acknowledged, acknowledged, KILLS * BATCHES, KILLS * BATCHES)]
    assert spool.state().requests == 0
    spool.close()


def test_what_was_committed_and_not_forgotten_does_not_wait_for_ever(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.send(track(messageId="m1"))
    with monkeypatch.context() as killed:
        killed.setattr(Spool, "forget", lambda _spool, _through: None)
        line.loader.step()
    assert line.spool.state().requests == 1

    line.load()

    assert line.spool.state().requests == 0
    assert len(line.log("1")) == 1
