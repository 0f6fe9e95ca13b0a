"""Opening the store: its schema, its durability, and what is refused."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cxloop.core.errors import InputError, WorkspaceError
from cxloop.store import audit, documents
from cxloop.store.base import HEAD, Store
from cxloop.store.models import Account, Base
from cxloop.store.upgrade import configuration


def test_the_migrations_lead_to_the_models(store: Store) -> None:
    with store.engine.connect() as connection:
        # PostgreSQL has no equality of json, by which Alembic would compare defaults
        options = {"compare_type": True, "compare_server_default": not store.is_shared}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, Base.metadata)
    ours = {"alembic_version", "changes"}  # of PostgreSQL only, where Alembic has no say about its own
    assert [each for each in found if not (each[0] == "remove_table" and each[1].name in ours)] == []


def test_the_migrations_give_constraints_the_names_of_the_models(store: Store) -> None:
    # Alembic does not compare checks and names on SQLite, so the statements themselves are
    declared = {constraint.name for table in Base.metadata.tables.values() for constraint in table.constraints}
    names = {"sqlite": "select sql from sqlite_master", "postgresql": "select conname::text from pg_constraint"}
    with store.engine.connect() as connection:
        written = " ".join(row[0] or "" for row in connection.execute(text(names[store.engine.dialect.name])))

    assert [name for name in declared if str(name) not in written] == []


def test_head_is_the_newest_script() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_a_store_opens_again_with_its_records(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "app.sqlite")
    store.audit(account_id=None, verb="collect.file", outcome="done", seconds=1.5)
    store.close()

    again = Store.open(tmp_path / "app.sqlite")
    assert [entry.verb for entry in audit.entries(again)] == ["collect.file"]
    again.close()


def test_writes_are_durable_and_references_hold(store: Store) -> None:
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            assert connection.execute(text("show synchronous_commit")).scalar_one() == "on"
        with pytest.raises(IntegrityError):
            documents.save(store, "mapping", "shop", {}, author_id=99)
        return
    with store.engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"pragma {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    # 2 is FULL (sqlite.org/pragma.html#pragma_synchronous)
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    with pytest.raises(IntegrityError):
        documents.save(store, "mapping", "shop", {}, author_id=99)


def test_a_unit_of_work_that_fails_leaves_no_trace(store: Store) -> None:
    def fail_midway() -> None:
        with store.work() as work:
            work.execute(text("insert into accounts (name, role, created_at) values ('A', 'owner', '2026-01-01')"))
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError):
        fail_midway()

    with store.work() as work:
        assert work.execute(text("select count(*) from accounts")).scalar_one() == 0


def test_several_threads_write_at_once(store: Store) -> None:
    def write(number: int) -> None:
        store.audit(account_id=None, verb=f"x.{number}", outcome="done", seconds=0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))

    assert len({entry.verb for entry in audit.entries(store, limit=1000)}) == 80


def test_several_threads_read_and_then_write_at_once(store: Store) -> None:
    def save(number: int) -> int:
        return documents.save(store, "mapping", "shop", {"number": number}, author_id=None).version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(save, range(40)))

    assert sorted(versions) == list(range(1, 41))


def test_reading_waits_for_no_writer(store: Store) -> None:
    documents.save(store, "mapping", "shop", {}, author_id=None)

    with ThreadPoolExecutor(1) as pool, store.work() as work:
        work.execute(text("delete from documents"))
        # the writer has not committed, and the reader sees what was there before
        assert pool.submit(documents.names, store, "mapping").result(timeout=4) == ["shop"]


def test_a_migration_that_stops_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = command.upgrade

    def stop_at_the_end(config: Config, revision: str) -> None:
        complete(config, revision)
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", stop_at_the_end)
        with pytest.raises(RuntimeError, match="killed"):
            Store.open(tmp_path / "app.sqlite")
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == []

    Store.open(tmp_path / "app.sqlite").close()


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "app.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "app.sqlite")) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")

    with pytest.raises(WorkspaceError, match=r"version 9999.*Update cxloop"):
        Store.open(tmp_path / "app.sqlite")


def test_a_file_that_is_no_store_is_an_error_that_a_person_understands(tmp_path: Path) -> None:
    (tmp_path / "app.sqlite").write_bytes(b"not a database, " * 1000)

    with pytest.raises(WorkspaceError, match=r"cannot be read.*Restore it"):
        Store.open(tmp_path / "app.sqlite")


def test_a_full_disk_is_told_and_undoes_the_unit_of_work(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "app.sqlite")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("pragma max_page_count = 1")  # no page more than the file has

    with pytest.raises(WorkspaceError, match=r"app\.sqlite cannot be written: database or disk is full"):
        documents.save(store, "taxonomy", "large", {"text": "x" * 1_000_000}, author_id=None)

    assert documents.names(store, "taxonomy") == []
    audit.record(store, account_id=None, verb="measure.nps", outcome="done", seconds=0.1)


def test_an_error_of_the_records_does_not_say_what_was_written(store: Store) -> None:
    with pytest.raises(IntegrityError) as failure, store.work() as work:
        work.execute(text("insert into surveys (name) values (:words)"), {"words": "Ada Lovelace"})

    assert "Ada" not in str(failure.value)


def test_a_text_with_a_nul_is_kept_or_refused_with_what_to_do(store: Store) -> None:
    question = text("select count(*) from surveys where name = :words")
    if not store.is_shared:
        with store.read() as work:
            assert work.execute(question, {"words": "a\0b"}).scalar_one() == 0
        return
    for unit in (store.read, store.work):
        with pytest.raises(InputError, match=r"NUL .* Take it out"), unit() as work:
            work.execute(question, {"words": "a\0b"})


def test_a_number_beyond_every_record_finds_none(store: Store) -> None:
    with store.read() as work:
        assert work.get(Account, 2**40) is None
