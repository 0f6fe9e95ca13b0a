"""An erasure with records and spool in PostgreSQL: nothing is left in the files of its tables either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.collect.connectors.postgres import Postgres, running
from tests.unify.erasure.conftest import ANNA, BEN, PLANTED, Desk, files_with, leave_traces, opened

from cxloop.store import notes
from cxloop.store.database import Database

PASSWORD = "ERASING_IN_POSTGRESQL"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL."""
    with running() as started:
        yield started


@pytest.fixture
def database(server: Postgres) -> Database:
    """An empty database."""
    return server.new_database()


@pytest.fixture
def desk(bare_workspace: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workspace in PostgreSQL in which Anna and Ben wrote three messages each."""
    monkeypatch.setenv(PASSWORD, database.password)
    settings = f'[store]\ndatabase = "{database.address}"\npassword = "env:{PASSWORD}"\n'
    (bare_workspace / "cxloop.toml").write_text(settings)
    desk = opened(bare_workspace)
    yield desk
    desk.host.close()


def _in_files_of(server: Postgres, database: Database, *words: str) -> list[str]:
    """The files of a database's tables in which a word stands."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("checkpoint")  # what was written is in the files now, and dropped files are gone
        row = connection.execute("select oid from pg_database where datname = current_database()").fetchone()
    assert row is not None
    return files_with(server.folder / "data" / "base" / str(row[0]), *words)


def test_nothing_is_left_in_the_tables_and_their_files(desk: Desk, server: Postgres, database: Database) -> None:
    leave_traces(desk)
    notes.add(desk.host.workspace.store, 2, "Benjamin is content", author_id=None, author="local")
    assert len(_in_files_of(server, database, ANNA, PLANTED)) >= 2

    desk.verb("unify.erase", customers=[ANNA])
    desk.reopen()

    receipt = desk.verb("unify.receipt", erasure=1)
    assert receipt.valid
    assert _in_files_of(server, database, ANNA, PLANTED) == []
    assert files_with(desk.path, ANNA, PLANTED) == []
    assert _in_files_of(server, database, "Benjamin is content") != []
    assert desk.rows("interactions") == 5  # of Ben: three messages and two events


def test_what_is_found_in_the_database_keeps_the_receipt_from_being_signed(desk: Desk, database: Database) -> None:
    leave_traces(desk)
    with psycopg.connect(database.url, autocommit=True) as connection:
        # as a program of somebody else might, beside the records
        connection.execute("create table cxloop.mail (who text)")
        connection.execute("insert into cxloop.mail values (%s), (%s)", [ANNA, BEN])
    desk.verb("unify.erase", customers=[ANNA])
    desk.reopen()

    found = desk.verb("unify.erasures").records()[0]
    assert found["state"] == "found"
    assert "cxloop.mail.who" in found["failure"]

    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("drop table cxloop.mail")
    desk.verb("unify.check_erasure", erasure=1)
    assert desk.verb("unify.receipt", erasure=1).valid
