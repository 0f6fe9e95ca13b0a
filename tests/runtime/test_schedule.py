"""The schedule: what is due is pulled, what was killed is pulled again, and a stop leaves nothing running."""

from __future__ import annotations

import base64
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from tests.collect.connectors.postgres import running

from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.schedule import Schedule
from cxloop.runtime.workspace import open_workspace
from cxloop.store import connections
from cxloop.unify.privacy.retention import last_run

MAPPING = """
[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
"""


@pytest.fixture
def shop(bare_workspace: Path) -> Path:
    """A database of a shop with one order."""
    folder = bare_workspace / "inbox"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("create table orders (id integer primary key, at text)")
        database.execute("insert into orders values (1, '2026-04-01 10:00:00')")
        database.commit()
    return folder / "shop.db"


@pytest.fixture
def host(bare_workspace: Path, shop: Path) -> Iterator[LocalHost]:
    """The host of a workspace."""
    opened = LocalHost(open_workspace(Folder(bare_workspace)))
    yield opened
    opened.close()


def connect(host: LocalHost, name: str, **settings: object) -> None:
    given = {"url": "sqlite:///shop.db", "table": "orders", "cursor": "id", **settings}
    host.run(
        "collect.connect", {"system": "sql", "name": name, "settings": given, "mapping_text": MAPPING}, actor=LOCAL
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.05)


def test_what_is_due_is_pulled_and_is_due_again_later(host: LocalHost) -> None:
    connect(host, "shop")
    schedule = Schedule(host, look_seconds=0.1)
    schedule.start()
    store = host.workspace.store
    try:
        wait_for(lambda: connections.get(store, "shop").finished_at is not None)
    finally:
        schedule.stop()

    found = connections.get(store, "shop")
    assert (found.outcome, found.reason, found.admitted) == ("done", "", 1)
    assert found.finished_at is not None
    assert found.next_due is not None
    assert (found.next_due - found.finished_at).total_seconds() == pytest.approx(3600, abs=60)


def test_a_paused_connection_is_left_alone_while_others_are_pulled(host: LocalHost) -> None:
    connect(host, "asleep")
    connect(host, "awake")
    host.run("collect.pause", {"name": "asleep"}, actor=LOCAL)
    schedule = Schedule(host, look_seconds=0.1)
    schedule.start()
    try:
        wait_for(lambda: connections.get(host.workspace.store, "awake").outcome == "done")
    finally:
        schedule.stop()

    assert connections.get(host.workspace.store, "asleep").started_at is None


def test_a_failure_that_may_pass_is_tried_again_soon_and_another_only_in_its_time(host: LocalHost) -> None:
    connect(host, "nobody", url="postgresql://reader@127.0.0.1:1/shop")
    connect(host, "nothing", table="does_not_exist")
    schedule = Schedule(host, look_seconds=0.1)
    schedule.start()
    store = host.workspace.store
    try:
        for name in ("nobody", "nothing"):
            wait_for(lambda name=name: connections.get(store, name).outcome == "failed")  # type: ignore[misc]
    finally:
        schedule.stop()

    pauses = {}
    for each in connections.every_one(store):
        assert each.next_due is not None
        assert each.finished_at is not None
        pauses[each.name] = (each.failure, round((each.next_due - each.finished_at).total_seconds(), -1))
    assert pauses == {"nobody": ("unreachable", 60), "nothing": ("missing", 3600)}


SERVING = """
import sys, time
from pathlib import Path
from typing import Any
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.schedule import Schedule
from cxloop.runtime.workspace import open_workspace

Schedule(LocalHost(open_workspace(Folder(Path(sys.argv[1])))), look_seconds=0.1, database=sys.argv[2]).start()
time.sleep(120)
"""


@pytest.fixture(params=["file", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where DBOS keeps what is under way: nothing for the file, or an address."""
    if request.param == "file":
        yield ""
    else:
        with running() as server:
            yield server.url()


def test_a_pull_whose_process_is_killed_is_run_again_by_the_next_one(
    bare_workspace: Path, shop: Path, database: str
) -> None:
    opened = LocalHost(open_workspace(Folder(bare_workspace)))
    connect(opened, "shop")
    opened.close()
    first = subprocess.Popen([sys.executable, "-c", SERVING, str(bare_workspace), database], cwd=bare_workspace)
    with closing(sqlite3.connect(bare_workspace / "app.sqlite")) as records:
        wait_for(lambda: records.execute("select started_at from connections").fetchone()[0] is not None)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    again = LocalHost(open_workspace(Folder(bare_workspace)))
    schedule = Schedule(again, look_seconds=0.1, database=database)
    schedule.start()
    try:
        wait_for(lambda: connections.get(again.workspace.store, "shop").outcome == "done")
    finally:
        schedule.stop()
    assert again.workspace.engine.count("interactions") == 1
    again.close()
    assert (bare_workspace / "work.sqlite").exists() == (not database)
    assert _states(bare_workspace, database) == {("SUCCESS", "cxloop_json")}


def _states(workspace: Path, database: str) -> set[tuple[str, str]]:
    if database:
        with psycopg.connect(database) as served:
            return set(served.execute("select status, serialization from dbos.workflow_status").fetchall())
    with closing(sqlite3.connect(workspace / "work.sqlite")) as work:
        return set(work.execute("select status, serialization from workflow_status").fetchall())


class _Program:
    """What a pickle can be: here it makes a file."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return os.mkdir, (str(self.made),)


def test_a_workspace_of_somebody_else_runs_no_program_of_theirs(host: LocalHost, tmp_path: Path) -> None:
    def pulled(after: datetime | None) -> bool:
        found = connections.get(host.workspace.store, "shop").finished_at
        return found is not None and found != after

    def run_until(condition: Callable[[], bool]) -> None:
        schedule = Schedule(host, look_seconds=0.1)
        schedule.start()
        try:
            wait_for(condition)
        finally:
            schedule.stop()

    connect(host, "shop")
    run_until(lambda: pulled(None))
    first = connections.get(host.workspace.store, "shop").finished_at
    pickled = base64.b64encode(pickle.dumps(_Program(tmp_path / "made"))).decode()
    with closing(sqlite3.connect(host.workspace.folder.path / "work.sqlite")) as work:
        written = {row[0] for row in work.execute("select serialization from workflow_status")}
        work.execute("update workflow_status set status = 'PENDING', serialization = 'py_pickle'")
        work.execute("update workflow_input set inputs = ?", (pickled,))
        work.commit()
    connections.set_due(host.workspace.store, "shop", host.workspace.now())
    run_until(lambda: pulled(first))

    assert written == {"cxloop_json"}
    assert not (tmp_path / "made").exists()


def test_what_is_past_its_term_goes_by_itself_also_where_no_system_is_connected(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text('[[retention]]\nkind = "touch"\nkeep = "1y"\n')
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    old: dict[str, list[Any]] = {
        "message_id": ["m1"],
        "source": ["web"],
        "kind": ["touch"],
        "occurred_at": [datetime(2020, 1, 1)],
    }
    host.workspace.engine.admit(pa.table(old), now=datetime(2020, 1, 1))
    schedule = Schedule(host, look_seconds=0.1)
    schedule.start()
    try:
        wait_for(lambda: last_run(host.workspace) is not None)
    finally:
        schedule.stop()

    assert host.workspace.engine.count("interactions") == 0
    host.close()
