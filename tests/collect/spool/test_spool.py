"""What the spool promises while nothing is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.collect.spool.conftest import Place, request

from cxloop.collect.spool import AnySpool, DiskFullError, Envelope, Spool, SpoolError, SpoolFullError
from cxloop.collect.spool.table import Table


def bodies(spool: AnySpool, after: int = 0) -> list[bytes]:
    return [item.envelope.body for item in spool.read(after, 1_000_000_000)]


def test_a_request_comes_out_as_it_went_in(spool: AnySpool) -> None:
    envelope = Envelope("shop", "segment", 1_700_000_000_000_000, b"\x1f\x8b\0 raw", 3, {"refused": [[1, "a", "b"]]})

    spool.append([envelope])

    assert [item.envelope for item in spool.read(0, 1000)] == [envelope]


def test_requests_come_out_in_the_order_of_their_numbers(spool: AnySpool) -> None:
    spool.append([request(1), request(2)])
    spool.append([request(3)])

    found = spool.read(0, 1_000_000)

    assert [item.envelope for item in found] == [request(1), request(2), request(3)]
    assert [item.seq for item in found] == sorted({item.seq for item in found})
    assert spool.read(found[1].seq, 1_000_000) == found[2:]


@pytest.mark.parametrize("number", [1, 3, 4, 21, 64, 150])
def test_a_group_of_any_size_keeps_its_order(spool: AnySpool, number: int) -> None:
    spool.append([request(each) for each in range(number)])

    found = spool.read(0, 1 << 40)
    assert [item.envelope for item in found] == [request(each) for each in range(number)]
    assert spool.state().requests == number


def test_reading_stops_at_the_size_that_was_asked_for_but_never_before_the_first(spool: AnySpool) -> None:
    spool.append([request(number, body=b"x" * 100) for number in range(5)])

    assert len(spool.read(0, 1)) == 1
    assert len(spool.read(0, 250)) == 2
    assert len(spool.read(0, 500)) == 5


def test_what_is_forgotten_is_gone_and_its_numbers_are_not_given_again(spool: AnySpool) -> None:
    spool.append([request(1), request(2)])
    first, second = spool.read(0, 1000)

    spool.forget(first.seq)
    assert spool.read(0, 1000) == [second]
    spool.forget(second.seq)
    spool.append([request(3)])

    assert spool.read(0, 1000)[0].seq > second.seq
    assert spool.state().requests == 1


def test_the_state_counts_what_waits(spool: AnySpool) -> None:
    assert spool.state().oldest_received_at is None
    spool.append([Envelope("shop", "segment", 50, b"x" * 1000, 7), Envelope("shop", "segment", 60, b"y" * 1000, 2)])

    state = spool.state()

    assert (state.requests, state.events, state.oldest_received_at) == (2, 9, 50)
    assert 2000 <= state.bytes < 2500
    spool.forget(state.last_seq)
    assert (spool.state().requests, spool.state().events, spool.state().bytes) == (0, 0, 0)


def test_much_is_forgotten_in_several_transactions(spool: AnySpool) -> None:
    for number in range(12):
        spool.append([request(number, body=b"x" * 1_000_000)])
    found = spool.read(0, 100_000_000)

    spool.forget(found[9].seq)

    assert [item.seq for item in spool.read(0, 100_000_000)] == [found[10].seq, found[11].seq]
    assert 2_000_000 < spool.state().bytes < 2_001_000


def test_to_forget_waits_for_no_disk_and_what_is_kept_afterwards_does(
    file_spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In SQLite's words: 1 is `normal`, a commit that waits for no disk; 2 is `full`.
    waits: list[tuple[str, int]] = []
    for name in ("_forget", "_insert"):
        monkeypatch.setattr(Table, name, _noting(name, getattr(Table, name), waits))

    file_spool.append([request(1)])
    file_spool.forget(file_spool.state().last_seq)
    file_spool.append([request(2)])

    assert waits == [("_insert", 2), ("_forget", 1), ("_insert", 2)]


def _noting(name: str, method: Callable[..., Any], waits: list[tuple[str, int]]) -> Callable[..., Any]:
    def noted(table: Table, *arguments: Any) -> Any:
        waits.append((name, table._connection.execute("pragma synchronous").fetchone()[0]))
        return method(table, *arguments)

    return noted


def test_a_full_spool_takes_nothing_more_until_the_loader_has_caught_up(place: Place) -> None:
    spool = place.open(limit_bytes=3_000)
    spool.append([request(1, body=b"x" * 2_000)])

    with pytest.raises(SpoolFullError, match="3,000 bytes"):
        spool.append([request(2), request(3, body=b"x" * 2_000)])

    assert spool.state().requests == 1
    spool.forget(spool.state().last_seq)
    spool.append([request(3, body=b"x" * 2_000)])


def test_the_reserve_of_the_disk_is_not_touched(folder: Path) -> None:
    spool = Spool(folder, reserve_bytes=1 << 60)

    with pytest.raises(DiskFullError, match="Make room"):
        spool.append([request(1)])

    assert spool.state().requests == 0
    spool.close()


def test_a_spool_that_is_opened_again_holds_what_was_acknowledged(place: Place) -> None:
    first = place.open()
    first.append([request(1)])
    place.opened.remove(first)
    first.close()

    second = place.open()

    assert bodies(second) == [request(1).body]
    assert second.damages() == []


def test_two_that_hold_the_same_spool_see_each_others_requests(spool: AnySpool, place: Place) -> None:
    other = place.open()
    spool.append([request(1)])
    other.append([request(2)])

    assert bodies(spool) == bodies(other) == [request(1).body, request(2).body]


def test_a_reader_that_follows_sees_everything_once_while_many_write(spool: AnySpool, place: Place) -> None:
    def write(writer: int) -> None:
        own = place.open()
        for number in range(30):
            own.append([request(0, body=b"%d/%d" % (writer, number))])

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    seen: list[bytes] = []
    position, end = 0, time.monotonic() + 60
    while len(seen) < 120 and time.monotonic() < end:
        found = spool.read(position, 200)
        seen += [item.envelope.body for item in found]
        position = found[-1].seq if found else position
        spool.forget(position)
    for writer in writers:
        writer.join()

    assert sorted(seen) == sorted(b"%d/%d" % (writer, number) for writer in range(4) for number in range(30))


def test_the_loader_can_lift_the_numbers_above_its_position(spool: AnySpool) -> None:
    spool.continue_after(1 << 60)
    spool.append([request(1)])

    assert spool.read(1 << 60, 1000)[0].envelope == request(1)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SpoolError, match="cannot be opened"):
        Spool(tmp_path / "file" / "spool")


def test_what_was_deleted_is_scrubbed_and_what_waits_is_not(spool: AnySpool) -> None:
    spool.append([request(number) for number in range(3)])
    found = spool.read(0, 1000)
    spool.forget(found[0].seq)

    spool.scrub()

    assert spool.read(0, 1000) == found[1:]
    assert spool.state().requests == 2
    spool.append([request(4)])
    assert spool.read(0, 1000)[-1].seq > found[-1].seq


text = st.text(max_size=40)


@given(st.lists(st.tuples(text, text, st.integers(0, 1 << 50), st.binary(max_size=30_000), st.integers(0, 2500))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_comes_out_as_it_went_in(spool: AnySpool, given_: list[tuple[str, str, int, bytes, int]]) -> None:
    before = spool.state().last_seq
    envelopes = [Envelope(*values, {"user_agent": values[0]}) for values in given_]

    spool.append(envelopes)

    assert [item.envelope for item in spool.read(before, 1 << 40)] == envelopes
