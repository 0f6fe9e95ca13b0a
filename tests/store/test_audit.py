"""The audit log only grows, and whoever changes it behind its back is found out."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.store.conftest import Opening

from cxloop.store.audit import Filter, entries, record, verify
from cxloop.store.base import Store
from cxloop.store.chain import COVERED, GUARDS, POSTGRES_GUARDS, digest_of
from cxloop.store.head import HEAD_FILE

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


def _write(store: Store, count: int) -> None:
    for number in range(1, count + 1):
        record(store, account_id=None, verb=f"x.{number}", outcome="done", seconds=0.1)


def _tamper(store: Store, *statements: str) -> None:
    """Changes the file as somebody could who has it: past the guards."""
    in_file = store.engine.dialect.name == "sqlite"
    guards = GUARDS if in_file else [guard for guard in POSTGRES_GUARDS if guard.startswith("create trigger")]
    with store.engine.begin() as connection:
        for guard in guards:
            connection.execute(text(f"drop trigger {guard.split()[2]}{'' if in_file else ' on audit_entries'}"))
        for statement in statements:
            connection.execute(text(statement))


def _found(store: Store) -> list[tuple[int, str]]:
    return [(fault.entry_id, fault.what.split(":")[0]) for fault in verify(store).faults]


def test_a_log_that_nobody_touched_is_whole(store: Store) -> None:
    _write(store, 5)

    verdict = verify(store)

    assert (verdict.entries, verdict.faults) == (5, ())
    assert verdict.head == entries(store)[0].digest


def test_an_empty_log_is_whole(store: Store) -> None:
    assert verify(store).faults == ()


@pytest.mark.parametrize("statement", ["update audit_entries set outcome = 'x'", "delete from audit_entries"])
def test_the_table_itself_refuses_every_change(store: Store, statement: str) -> None:
    _write(store, 1)

    with pytest.raises(IntegrityError, match="append-only"), store.work() as work:
        work.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update audit_entries set outcome = 'failed' where id = 3", [(3, "the entry was changed")]),
        ("update audit_entries set account_id = 7 where id = 1", [(1, "the entry was changed")]),
        ("update audit_entries set happened_at = '2020-01-01' where id = 5", [(5, "the entry was changed")]),
        ("delete from audit_entries where id = 3", [(3, "entry 3 is missing")]),
        ("delete from audit_entries where id in (1, 2)", [(1, "entries 1 to 2 are missing")]),
        ("delete from audit_entries where id > 3", [(5, "the log ends at entry 3, but once went on to entry 5")]),
        ("delete from audit_entries", [(5, "the log ends at entry 0, but once went on to entry 5")]),
    ],
)  # fmt: skip
def test_an_entry_that_was_changed_or_taken_out_is_named(
    store: Store, statement: str, found: list[tuple[int, str]]
) -> None:
    _write(store, 5)

    _tamper(store, statement)

    assert _found(store) == found


def test_an_entry_that_was_put_in_is_named(store: Store) -> None:
    _write(store, 3)
    columns = "account_id, key_id, verb, target, arguments, outcome, seconds, address, happened_at, previous, digest"

    _tamper(store, f"insert into audit_entries (id, {columns}) select 4, {columns} from audit_entries where id = 3")

    assert [number for number, _ in _found(store)] == [3, 4]


def _rewritten(store: Store, number: int) -> str:
    """The statement of somebody who knows how digests are made, and makes a new one for a changed entry."""
    with store.read() as work:
        row = dict(work.execute(text("select * from audit_entries where id = :id"), {"id": number}).mappings().one())
    row |= {"arguments": {}, "happened_at": datetime.fromisoformat(str(row["happened_at"])), "outcome": "failed"}
    return f"update audit_entries set outcome = 'failed', digest = '{digest_of(row)}' where id = {number}"


def test_who_also_rewrites_the_digest_is_found_by_the_next_entry(store: Store) -> None:
    _write(store, 5)

    _tamper(store, _rewritten(store, 2))

    assert _found(store) == [(2, "the entry was replaced")]


def test_who_rewrites_the_last_entry_is_found_by_the_signed_head(store: Store) -> None:
    _write(store, 5)

    _tamper(store, _rewritten(store, 5))

    assert _found(store) == [(5, "the entry is another one than when the head of the log was signed")]


def test_a_cut_end_stays_visible_when_the_log_goes_on(store: Store) -> None:
    _write(store, 5)
    _tamper(store, "delete from audit_entries where id > 3")

    _write(store, 9)

    assert [number for number, _ in _found(store)] == [5]


def test_a_head_that_was_forged_or_taken_away_is_told(store: Store, tmp_path: Path) -> None:
    _write(store, 3)
    head = tmp_path / HEAD_FILE
    kept = head.read_text()

    head.write_text(kept.replace("3 ", "2 ", 1))
    forged = _found(store)
    head.unlink()
    missing = _found(store)
    _write(store, 1)

    assert forged == [(2, "the head of the log (audit.head) was not signed with this workspace's key")]
    assert missing == [(3, "the signed head of the log (audit.head) is missing, so a cut end cannot be seen")]
    assert entries(store)[0].verb == "audit.head"
    assert stat.S_IMODE(head.stat().st_mode) == 0o600


def test_a_head_that_lags_behind_after_a_crash_catches_up(store: Store, tmp_path: Path) -> None:
    _write(store, 2)
    behind = (tmp_path / HEAD_FILE).read_bytes()
    _write(store, 2)
    (tmp_path / HEAD_FILE).write_bytes(behind)

    lagging = _found(store)
    _write(store, 1)

    assert (lagging, _found(store)) == ([], [])
    kept = store.head.read()
    assert kept is not None
    assert kept.number == 5


def test_a_digest_that_was_written_down_elsewhere_is_looked_for(store: Store) -> None:
    _write(store, 3)
    noted = verify(store).head
    _write(store, 2)

    assert verify(store, head=noted).faults == ()
    assert [fault.entry_id for fault in verify(store, head="0" * 64).faults] == [5]


def _write_from_elsewhere(opening: Opening) -> None:
    store = opening()
    _write(store, 10)
    store.close()


def test_several_processes_and_threads_write_one_chain(store: Store) -> None:
    opening = Opening.of(store)

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as others, ThreadPoolExecutor(4) as threads:
        done = [others.submit(_write_from_elsewhere, opening) for _ in range(2)]
        done += [threads.submit(_write, store, 10) for _ in range(4)]
        for each in done:
            each.result()

    verdict = verify(store)
    assert (verdict.entries, verdict.faults) == (60, ())


def test_entries_are_found_by_account_target_outcome_and_time(store: Store, clock: Clock, cast: Cast) -> None:
    record(
        store, account_id=cast.mate, verb="unify.timeline", outcome="done", target="customer 42", address="203.0.113.0"
    )
    clock.forward(hours=1)
    record(store, account_id=cast.owner, verb="unify.timeline", outcome="failed")

    def found(chosen: Filter) -> list[str | None]:
        return [entry.who for entry in entries(store, chosen=chosen)]

    assert found(Filter(account_id=cast.mate)) == ["Max"]
    assert found(Filter(target="customer 42")) == ["Max"]
    assert found(Filter(outcome="failed")) == ["Olga"]
    assert found(Filter(since=clock())) == ["Olga"]
    assert found(Filter(until=clock())) == ["Max"]
    assert [entry.who for entry in entries(store, offset=1)] == ["Max"]


@given(column=st.sampled_from(COVERED), value=st.one_of(st.text(), st.integers()))
def test_a_digest_changes_with_every_column(column: str, value: object) -> None:
    entry: dict[str, object] = dict.fromkeys(COVERED)

    assert digest_of(entry) != digest_of({**entry, column: value})
