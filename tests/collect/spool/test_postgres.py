"""What only the spool in PostgreSQL has to withstand: late commits, lost connections, a server that starts again."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from tests.collect.connectors.postgres import Postgres, running
from tests.collect.spool.conftest import Place, request

from cxloop.collect.spool import DAMAGED, AnySpool, SpoolError
from cxloop.collect.spool.postgres import PostgresSpool
from cxloop.collect.spool.tables import APPEND, LIFT


def bodies(spool: AnySpool) -> list[bytes]:
    return [item.envelope.body for item in spool.read(0, 1 << 40)]


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    with running() as found:
        yield found


def test_who_begins_first_commits_first_so_no_number_comes_up_behind_a_reader(tables: Place, server: Postgres) -> None:
    spool, other = tables.open(), tables.open()
    spool.append([request(1)])
    late = threading.Thread(target=other.append, args=([request(2)],))
    with psycopg.connect(server.url()) as slow:  # an append that has its numbers and has not committed yet
        slow.execute("update cxloop_spool.totals set last = last + 1, requests = requests + 1")
        late.start()
        _until_somebody_waits(server)

        assert bodies(spool) == [request(1).body]
        first = spool.read(0, 1000)[0].seq
        slow.execute(
            "insert into cxloop_spool.requests select last, 'a', 'b', 0, 1, '', 0, 'slow', 0 from cxloop_spool.totals"
        )
    late.join()

    found = spool.read(first, 1000)
    assert [each.envelope.body for each in found] == [b"slow", request(2).body]
    assert [each.seq for each in found] == [first + 1, first + 2]


def _until_somebody_waits(server: Postgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as look:
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        while not (look.execute(waits).fetchone() or (0,))[0]:
            pass


def test_a_server_that_is_away_is_told_and_found_again_with_all_that_was_acknowledged(own_server: Postgres) -> None:
    spool = PostgresSpool(own_server.url())
    spool.append([request(1)])

    own_server.stop()
    for _ in range(2):
        with pytest.raises(SpoolError) as told:
            spool.append([request(2)])
        assert "owner-password" not in told.value.message
    own_server.start()
    spool.append([request(3)])

    assert bodies(spool) == [request(1).body, request(3).body]
    spool.close()


def test_a_restart_while_nothing_is_sent_is_not_noticed(own_server: Postgres) -> None:
    spool = PostgresSpool(own_server.url())
    spool.append([request(1)])

    own_server.stop()
    own_server.start()
    spool.append([request(2)])

    assert bodies(spool) == [request(1).body, request(2).body]
    spool.close()


def test_a_connection_that_is_ended_in_the_middle_of_an_append_keeps_all_or_nothing(
    tables: Place, server: Postgres
) -> None:
    spool, failures = tables.open(), []

    def append() -> None:
        try:
            spool.append([request(1), request(2)])
        except SpoolError as failure:
            failures.append(failure)

    with psycopg.connect(server.url()) as holder:
        holder.execute("select 1 from cxloop_spool.totals for update")
        writer = threading.Thread(target=append)
        writer.start()
        _until_somebody_waits(server)
        holder.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'")
        writer.join()

    assert len(failures) == 1
    assert bodies(spool) == []
    spool.append([request(1), request(2)])
    assert bodies(spool) == [request(1).body, request(2).body]


def test_a_commit_waits_for_the_disk_whatever_the_server_is_set_to(tables: Place, server: Postgres) -> None:
    spool = tables.open()
    spool.append([request(1)])

    given: dict[str, list[object]] = {
        name: [] for name in ("source", "format", "received_at", "events", "about", "size", "body", "checksum")
    }
    shown = "select current_setting('synchronous_commit')"
    with psycopg.connect(server.url()) as connection:
        for before, during in (("off", "on"), ("on", "on"), ("remote_apply", "remote_apply"), ("local", "local")):
            connection.execute(f"set synchronous_commit = {before}".encode())
            connection.execute(APPEND.encode(), {**given, "requests": 0, "all_events": 0, "bytes": 0, "limit": 1 << 40})
            assert connection.execute(shown).fetchone() == (during,)
            connection.rollback()


def test_a_password_that_is_wrong_is_told_without_it(server: Postgres) -> None:
    with pytest.raises(SpoolError, match="somewhere") as told:
        PostgresSpool(server.url(password="not-the-password"), named="somewhere")

    assert "not-the-password" not in told.value.message


def test_tables_that_somebody_drops_are_made_again(tables: Place, server: Postgres) -> None:
    spool = tables.open()
    spool.append([request(1)])
    last = spool.state().last_seq
    server.run("drop schema cxloop_spool cascade")

    with pytest.raises(SpoolError, match="42P01"):
        spool.append([request(2)])
    spool.append([request(3)])

    assert bodies(spool) == [request(3).body]
    assert spool.read(0, 1000)[0].seq > last


def test_what_vanished_from_the_table_is_told_once(tables: Place, server: Postgres) -> None:
    spool = tables.open()
    spool.append([request(1), request(2)])
    server.run("delete from cxloop_spool.requests")

    for _ in range(2):
        spool.forget(spool.state().last_seq)

    assert [damage.lost for damage in spool.damages()] == [2]
    assert spool.state().requests == 0


def test_a_row_that_is_not_what_was_written_is_handed_out_as_damaged(tables: Place, server: Postgres) -> None:
    spool = tables.open()
    spool.append([request(1), request(2)])
    server.run("update cxloop_spool.requests set body = 'changed' where received_at = 1000001")

    found = [item.envelope for item in spool.read(0, 1000)]

    assert [(each.format, each.body) for each in found] == [(DAMAGED, b"changed"), ("segment", request(2).body)]


def test_deleted_bodies_leave_the_files_also_where_an_old_snapshot_could_still_see_them(
    tables: Place, server: Postgres
) -> None:
    spool = tables.open()
    mark = b"nobody-may-find-this-" * 200
    spool.append([request(1, body=mark), request(2, body=b"kept-" * 1000)])
    assert {mark[:100], b"kept-kept-"} == _in_files(server, mark[:100], b"kept-kept-")

    with psycopg.connect(server.url()) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select 1")
        spool.forget(spool.read(0, 1)[0].seq)
        spool.scrub()

    assert {b"kept-kept-"} == _in_files(server, mark[:100], b"kept-kept-")


def _in_files(server: Postgres, *wanted: bytes) -> set[bytes]:
    server.run("checkpoint")
    files = [path.read_bytes() for path in (server.folder / "data" / "base").rglob("*") if path.is_file()]
    return {each for each in wanted if any(each in content for content in files)}


def test_many_that_begin_at_once_make_the_tables_once(tables: Place, server: Postgres) -> None:
    server.run("drop schema if exists cxloop_spool cascade")
    failures: list[BaseException] = []

    def begin(number: int) -> None:
        try:
            tables.open().append([request(number)])
        except BaseException as failure:  # noqa: BLE001 - a thread would swallow it
            failures.append(failure)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(bodies(tables.opened[0])) == sorted(request(number).body for number in range(8))


def test_the_loader_lifts_the_numbers_with_a_statement_that_never_lowers_them(tables: Place, server: Postgres) -> None:
    spool = tables.open()
    spool.continue_after(1 << 60)

    spool.continue_after(5)

    assert spool.state().last_seq == 1 << 60
    assert "last <" in LIFT
