"""Bad days of a real PostgreSQL: gone in the middle, password changed, columns changed, killed at any moment."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collect.connectors.conftest import Office
from tests.collect.connectors.postgres import Postgres, running
from tests.collect.connectors.sql.conftest import MAPPING, insert
from tests.collect.connectors.sql.test_pulls import connected, numbers

from cxloop.collect import connections as verbs
from cxloop.collect.connectors.base import SourceError
from cxloop.core.errors import MistakesError
from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import connections


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that this test may stop."""
    with running() as found:
        found.run(
            "create table orders (id bigint primary key, customer text, amount numeric, state text, "
            "at timestamptz, updated_at timestamptz, extra jsonb)"
        )
        yield found


def test_a_server_that_goes_away_and_comes_back_loses_nothing(office: Office, own_server: Postgres) -> None:
    insert(own_server, 1, 10)
    connected(office, own_server, url=own_server.url())
    office.pull("shop")
    insert(own_server, 11, 20)
    own_server.stop()

    with pytest.raises(SourceError, match="Nothing answers at this host and port"):
        office.pull("shop")
    kept = office.connection("shop")
    assert (kept.outcome, kept.failure, kept.failures) == ("failed", "unreachable", 1)

    own_server.start()
    assert office.pull("shop").admitted == 10
    assert office.orders("shop") == numbers(1, 20)
    assert (office.connection("shop").outcome, office.connection("shop").failures) == ("done", 0)


def test_a_changed_password_is_told_and_never_shown(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 3)
    connected(office, postgres)
    office.pull("shop")
    postgres.run("alter role reader password 'another-password'")

    with pytest.raises(SourceError, match="refused the account or its password") as failure:
        office.pull("shop")
    kept = office.connection("shop")
    assert kept.failure == "credentials"
    shown = failure.value.message + kept.reason + str(kept.settings) + str(verbs.connection(office, "shop").to_dict())
    assert "reader-password" not in shown
    assert b"reader-password" not in (office.path / "app.sqlite").read_bytes()

    connected(office, postgres, url=postgres.url("reader", "another-password"))
    assert office.pull("shop").rows == 0


def test_the_password_may_stay_in_the_environment(
    office: Office, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(postgres, 1, 3)
    connected(office, postgres, url=postgres.url("reader", None), password="env:SHOP_DB_PASSWORD")

    with pytest.raises(SourceError, match="SHOP_DB_PASSWORD, which is not set"):
        office.pull("shop")
    monkeypatch.setenv("SHOP_DB_PASSWORD", "reader-password")
    assert office.pull("shop").admitted == 3
    assert office.connection("shop").settings["password"] == "env:SHOP_DB_PASSWORD"


def test_a_new_column_is_told_and_a_renamed_one_waits_for_a_corrected_mapping(
    office: Office, postgres: Postgres
) -> None:
    insert(postgres, 1, 3)
    connected(office, postgres)
    office.pull("shop")

    postgres.run("alter table orders add column colour text")
    insert_with_colour = "insert into orders (id, customer, state, at, updated_at, amount) values "
    postgres.run(insert_with_colour + "(4, 'c', 'new', '2026-05-01', '2026-05-01', 1)")
    assert "New columns of orders: colour. The mapping may use them." in office.pull("shop").notes

    postgres.run("alter table orders rename column amount to total")
    postgres.run(insert_with_colour.replace("amount", "total") + "(5, 'c', 'new', '2026-05-02', '2026-05-02', 1)")
    with pytest.raises(MistakesError, match="Unknown column 'amount'"):
        office.pull("shop")
    assert office.connection("shop").failure == "schema"

    connected_again = MAPPING.replace('value = "amount"', 'value = "total"')
    verbs.connect(office, "sql", "shop", mapping_text=connected_again)
    assert office.pull("shop").admitted == 1
    assert office.orders("shop") == numbers(1, 5)


def test_a_cursor_or_a_table_that_is_not_there_is_told_with_the_nearest_name(
    office: Office, postgres: Postgres
) -> None:
    connected(office, postgres, cursor="updated")
    with pytest.raises(SourceError, match=r"no column 'updated', which is the cursor.*updated_at"):
        office.pull("shop")

    connected(office, postgres, table="order")
    with pytest.raises(SourceError, match=r"There is no table 'order'.*orders"):
        office.pull("shop")
    assert office.connection("shop").failure == "missing"


def test_nothing_can_be_written_through_a_query(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 3)
    postgres.run(
        "create or replace function wipe() returns bigint language plpgsql as "
        "$$ begin delete from orders; return 1; end $$"
    )
    connected(office, postgres, url=postgres.url(), table=None, query="select wipe() as id, now() as updated_at")

    with pytest.raises(SourceError, match="may only read"):
        office.pull("shop")
    with pytest.raises(MistakesError, match="begins with select"):
        connected(office, postgres, url=postgres.url(), table=None, query="delete from orders")


def test_a_statement_that_takes_too_long_is_given_up(office: Office, postgres: Postgres) -> None:
    insert(postgres, 1, 3)
    query = "select id, customer, amount, state, at, updated_at, pg_sleep(5) as nap from orders"
    connected(office, postgres, table=None, query=query, timeout_seconds=1)

    with pytest.raises(SourceError, match="did not answer within 1 s"):
        office.pull("shop")
    assert office.connection("shop").failure == "timeout"


PULLING = """
import os, signal, sys, time
from pathlib import Path
import alembic.context, pandas, sqlalchemy.dialects.sqlite
import cxloop.collect.connectors.running, cxloop.collect.loader.loading
from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

def pull():
    host = LocalHost(open_workspace(Folder(Path(sys.argv[1]))))
    host.run("collect.pull", {"name": "shop"}, actor=LOCAL)
    host.close()
    os._exit(0)

kills, delay = 0, 0.2
while True:
    child = os.fork()  # what is imported is imported once
    if not child:
        pull()
    latest = time.monotonic() + delay
    ended, status = 0, 0
    while not ended and time.monotonic() < latest:
        time.sleep(0.01)
        ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kills += 1
    delay *= 1.4  # a slow machine is not killed for hours
    time.sleep(0.1)
print(kills, status)
"""
"""Pulls, and is killed a little later each time, until a pull comes to its end by itself."""


def test_a_pull_killed_at_any_moment_loses_nothing_and_doubles_nothing(
    bare_workspace: Path, postgres: Postgres
) -> None:
    insert(postgres, 1, 8_000)
    # one of a hundred rows cannot be taken: rejects must not double either
    postgres.run("update orders set at = null where id % 100 = 0")
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    settings = {"url": postgres.url("reader", "reader-password"), "table": "orders", "cursor": "updated_at"}
    arguments = {"system": "sql", "name": "shop", "settings": settings, "mapping_text": MAPPING}
    host.run("collect.connect", arguments, actor=LOCAL)
    host.close()

    words = [sys.executable, "-c", PULLING, str(bare_workspace)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    kills, status = map(int, done.stdout.split())
    assert kills >= 4
    assert status == 0
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    try:
        found = connections.get(host.workspace.store, "shop")
        engine = host.workspace.engine
        assert (found.outcome, engine.count("interactions"), engine.count("rejected")) == ("done", 7_920, 80)
        landed = bare_workspace / "sources" / "shop" / "landed"
        assert Counter(path.name for path in landed.iterdir()) == Counter()
    finally:
        host.close()
