"""Taking a workspace's records from its files to PostgreSQL and back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Table, delete
from tests.collect.connectors.postgres import Postgres, running

from cxloop.collect.spool.opening import open_spool
from cxloop.collect.spool.records import Envelope
from cxloop.core.config import Store as StoreSettings
from cxloop.core.errors import InputError, WorkspaceError
from cxloop.engine.query import Query
from cxloop.runtime.folder import Folder
from cxloop.runtime.moving_records import FILES, aimed_records, move_records
from cxloop.runtime.workspace import Workspace, open_workspace
from cxloop.store import documents, passing
from cxloop.store.accounts import create_account
from cxloop.store.audit import record, verify
from cxloop.store.database import Database
from cxloop.store.keys import NewKey, create

PASSWORD = "MOVING_RECORDS_PASSWORD"
EVENTS = Query("test.events", "select count(*) as n from interactions", ("interactions",), {"n": "bigint"})
ACCOUNTS, ENTRIES = 3, 30


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL."""
    with running() as started:
        yield started


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "_TOGETHER", 7)


@pytest.fixture
def database(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty database, whose password is in the environment."""
    made = server.new_database()
    monkeypatch.setenv(PASSWORD, made.password)
    return made


@pytest.fixture
def target(database: Database) -> StoreSettings:
    """The settings that name it."""
    return aimed_records(database.address, f"env:{PASSWORD}")


@pytest.fixture
def folder(bare_workspace: Path) -> Folder:
    """A workspace with accounts, a key, a document, more audit entries than are read at once, and a waiting event."""
    folder = Folder(bare_workspace)
    folder.settings.write_text("# ours\n[company]\nname = 'Acme'  # a shop\n")
    workspace = open_workspace(folder)
    store = workspace.store
    for number in range(ACCOUNTS):
        create_account(store, name=f"Zoë {number}", email=f"a{number}@x.de", role="analyst", now=store.clock())
    create(store, NewKey(kind="write", name="shop", source="shop"))
    documents.save(store, "segment", "regulars", {"rule": {"über": [1, 2.5, None, "ß"]}}, author_id=1)
    for number in range(ENTRIES):
        record(store, account_id=1, verb=f"x.{number}", outcome="done", seconds=number / 7)
    _send(workspace, "m1")
    workspace.close()
    return folder


def _send(workspace: Workspace, message: str) -> None:
    spool = open_spool(workspace.path, workspace.settings)
    event = {"type": "track", "userId": "u1", "event": "Seen", "messageId": message}
    body = json.dumps({"batch": [event]}).encode()
    spool.append([Envelope("shop", "segment", time.time_ns() // 1_000, body, 1, {"endpoint": "batch"})])
    spool.close()


def _content(folder: Folder) -> dict[str, object]:
    """What somebody would miss."""
    workspace = open_workspace(folder)
    try:
        store = workspace.store
        verdict = verify(store)
        with store.read() as work:
            accounts = [tuple(row) for row in work.connection().exec_driver_sql("select id, name, email from accounts")]
        return {
            "accounts": sorted(accounts),
            "regulars": documents.get(store, "segment", "regulars").content,
            "audit": (verdict.entries, verdict.faults, verdict.head),
            "events": workspace.engine.fetch(EVENTS).column("n").to_pylist(),
        }
    finally:
        workspace.close()


def _schemas(database: Database) -> set[str]:
    with psycopg.connect(database.url) as connection:
        found = connection.execute("select nspname from pg_namespace where nspname !~ '^(pg_|information_)'").fetchall()
    return {row[0] for row in found}


def test_records_go_to_a_database_and_come_back(folder: Folder, target: StoreSettings, database: Database) -> None:
    there = move_records(folder, target)

    before = _content(folder)
    assert before["audit"][0] == ENTRIES  # type: ignore[index]
    assert before["audit"][1] == ()  # type: ignore[index]
    assert before["events"] == [1]
    assert "[company]\nname = 'Acme'  # a shop\n" in folder.settings.read_text()
    assert f'database = "{database.address}"' in folder.settings.read_text()
    assert [path.name for path in folder.path.rglob("*.sqlite*")] == []

    back = move_records(folder, aimed_records(FILES))

    assert _content(folder) == before
    assert back.cells == there.cells
    assert "[store]" not in folder.settings.read_text().replace("[store]\n\n", "").replace("[store]\n", "", 1)
    assert _schemas(database) == {"public"}


def test_work_goes_on_in_the_database(folder: Folder, target: StoreSettings) -> None:
    move_records(folder, target)
    workspace = open_workspace(folder)
    number = create_account(workspace.store, name="N", email="n@x.de", role="viewer", now=workspace.store.clock())
    record(workspace.store, account_id=number, verb="x", outcome="done", seconds=0.0)
    faults = verify(workspace.store).faults
    _send(workspace, "m2")
    workspace.close()

    assert (number, faults) == (ACCOUNTS + 1, ())
    move_records(folder, aimed_records(FILES))
    assert _content(folder)["events"] == [2]


def test_what_fails_on_the_way_changes_nothing(
    folder: Folder, target: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, settings = _content(folder), folder.settings.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(passing, "_count_on", _take_one_out)
        with pytest.raises(WorkspaceError, match="Nothing was changed"):
            move_records(folder, target)

    # what waited is loaded before anything else
    assert (_content(folder), folder.settings.read_text()) == (before | {"events": [1]}, settings)
    assert len(move_records(folder, target).cells) > 20  # and the next attempt finds nothing in its way


def _take_one_out(connection: Connection, table: Table) -> None:
    if table.name == "documents":
        connection.execute(delete(table))


def test_a_database_with_other_records_is_left_alone(
    folder: Folder, target: StoreSettings, tmp_path: Path, database: Database
) -> None:
    move_records(folder, target)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("cxloop.toml", "experience.toml"):
        (other / name).touch()

    with pytest.raises(InputError, match=r"holds other records already: \d+ of \w+\. Give an empty database"):
        move_records(Folder(other), target)

    assert _content(folder)["events"] == [1]


def test_records_that_are_there_already_are_not_taken(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"The records of .*/acme are in files of .*/acme already"):
        move_records(folder, aimed_records(FILES))


def test_the_setting_alone_is_refused_with_what_to_do(folder: Folder, target: StoreSettings) -> None:
    with folder.settings.open("a") as settings:
        settings.write(f'[store]\ndatabase = "{target.database}"\npassword = "env:{PASSWORD}"\n')
    workspace = open_workspace(folder)
    with pytest.raises(WorkspaceError, match=r"has no records, and .*cxloop move --database postgresql://owner@127"):
        _ = workspace.store
    workspace.close()


def test_a_refused_password_is_told_without_it(
    folder: Folder, target: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "wrong-word")
    with pytest.raises(WorkspaceError, match="password authentication failed") as failure:
        move_records(folder, target)
    assert "wrong-word" not in failure.value.message
    monkeypatch.delenv(PASSWORD)
    with pytest.raises(WorkspaceError, match=rf"\${PASSWORD} is not set. Set it"):
        move_records(folder, target)


@pytest.mark.parametrize("address", ["nonsense", "postgresql://user:secret@host/name", "mysql://user@host/name"])
def test_an_address_that_is_none_is_refused_with_what_is_allowed(address: str) -> None:
    with pytest.raises(InputError, match="Give an address without a password, such as postgresql://"):
        aimed_records(address)
