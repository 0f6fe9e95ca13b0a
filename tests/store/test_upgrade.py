"""A store of an earlier version comes along with everything in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from cxloop.store import audit, documents
from cxloop.store.accounts import session_of
from cxloop.store.base import Store
from cxloop.store.upgrade import configuration

NOW = datetime(2026, 5, 1, 12)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as version 0001 wrote it: two accounts, a session, a document, three entries in the audit log."""
    path = tmp_path / "app.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with engine.begin() as connection:
        for statement in (
            "insert into accounts (id, name, email, role, created_at) values (1, 'Olga', 'o@x.org', 'owner', :now)",
            "insert into accounts (id, name, role, created_at) values (2, 'Max', 'viewer', :now)",
            "insert into sessions (id, account_id, digest, created_at, expires_at) values (7, 2, :digest, :now, :then)",
            (
                "insert into documents (kind, name, version, content, author_id, created_at) "
                "values ('mapping', 'shop', 1, '{}', 2, :now)"
            ),
            (
                "insert into audit_entries (id, account_id, verb, arguments, outcome, seconds, happened_at) "
                "values (1, 2, 'unify.timeline', '{}', 'done', 0.1, :now), "
                "(2, null, 'collect.file', '{}', 'done', 2, :now)"
            ),
        ):
            values = {
                "now": "2026-05-01 12:00:00.000000",
                "then": "2026-05-20 12:00:00.000000",
                "digest": sha256(b"a browser").hexdigest(),
            }
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    engine.dispose()
    return path


def test_nobody_is_signed_out_and_nothing_that_refers_to_an_account_is_lost(old: Path) -> None:
    store = Store.open(old, lambda: NOW)

    actor = session_of(store, "a browser", now=NOW)
    author = documents.get(store, "mapping", "shop").author_id
    store.close()

    assert actor is not None
    assert (actor.name, actor.role, author) == ("Max", "viewer", 2)


def test_the_audit_log_becomes_a_whole_chain_and_goes_on(old: Path) -> None:
    store = Store.open(old, lambda: NOW)
    store.audit(account_id=1, verb="measure.nps", outcome="done")

    verdict, written = audit.verify(store), audit.entries(store)
    store.close()

    assert verdict.faults == ()
    assert [entry.verb for entry in written] == ["audit.head", "measure.nps", "collect.file", "unify.timeline"]
    assert [entry.who for entry in written] == [None, "Olga", None, "Max"]


def test_an_agent_may_be_an_account_now(old: Path) -> None:
    Store.open(old).close()

    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("update accounts set role = 'agent' where id = 2")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("update accounts set role = 'boss' where id = 2")
