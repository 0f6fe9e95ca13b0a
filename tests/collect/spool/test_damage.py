"""Damage to the spool's files: what can be read is kept under its number, what is lost is told."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.collect.spool.conftest import request

from cxloop.collect.spool import DAMAGED, Spool

LARGE = b"x" * 100_000
KILLED = """
import os, sys
from pathlib import Path
from cxloop.collect.spool import Envelope, Spool
spool = Spool(Path(sys.argv[1]), reserve_bytes=0)
for number in range(int(sys.argv[2])):
    spool.append([Envelope("shop", "segment", number + 1, b"%d" % number + b"x" * 3000)])
os.kill(os.getpid(), 9)
"""


CUT_OFF_MEANWHILE = """
import os, sys
from pathlib import Path
from cxloop.collect.spool import Envelope, Spool
folder = Path(sys.argv[1])
spool = Spool(folder, reserve_bytes=0)
for number in range(40):
    if number == 30:
        os.truncate(folder / "spool.sqlite-wal", (folder / "spool.sqlite-wal").stat().st_size * 2 // 3 + 11)
    spool.append([Envelope("shop", "segment", number + 1, b"%d" % number + b"x" * 30_000)])
os.kill(os.getpid(), 9)
"""


def killed_after(folder: Path, requests: int) -> None:
    """A process that dies with everything acknowledged and its log not swept into the file."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(requests)], check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.fixture
def spool(file_spool: Spool) -> Spool:
    return file_spool


def whole(spool: Spool) -> list[bytes]:
    return [item.envelope.body for item in spool.read(0, 1 << 40) if item.envelope.format != DAMAGED]


def test_everything_acknowledged_is_there_after_kill_9(folder: Path) -> None:
    killed_after(folder, 40)

    spool = Spool(folder, reserve_bytes=0)

    assert [body.rstrip(b"x") for body in whole(spool)] == [b"%d" % number for number in range(40)]
    assert spool.damages() == []
    spool.close()


def test_a_log_cut_off_in_the_middle_of_a_record_loses_its_end_and_says_how_much(folder: Path) -> None:
    killed_after(folder, 40)
    log = folder / "spool.sqlite-wal"
    os.truncate(log, log.stat().st_size * 2 // 3 + 11)

    spool = Spool(folder, reserve_bytes=0)

    kept = whole(spool)
    assert [body.rstrip(b"x") for body in kept] == [b"%d" % number for number in range(len(kept))]
    assert [damage.lost for damage in spool.damages()] == [40 - len(kept)]
    assert 0 < len(kept) < 40
    spool.close()


def test_what_is_acknowledged_after_the_log_was_cut_off_under_way_is_kept(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", CUT_OFF_MEANWHILE, str(folder)], check=False)

    spool = Spool(folder, reserve_bytes=0)

    kept = [int(body.rstrip(b"x")) for body in whole(spool)]
    assert kept[-10:] == list(range(30, 40))
    assert kept == sorted(kept)
    assert [damage.lost for damage in spool.damages()] == [40 - len(kept)]
    assert 20 < len(kept) < 40
    spool.close()


def test_numbers_lost_with_the_end_of_the_log_are_not_given_again(folder: Path) -> None:
    first = Spool(folder, reserve_bytes=0)
    first.append([request(1)])
    position = first.state().last_seq
    first.close()
    killed_after(folder, 10)
    (folder / "spool.sqlite-wal").unlink()

    spool = Spool(folder, reserve_bytes=0)
    spool.append([request(2)])

    assert [item.envelope for item in spool.read(position + 10, 1000)] == [request(2)]
    assert spool.damages()[0].lost == 10
    spool.close()


def test_a_file_cut_off_in_the_middle_is_set_aside_and_what_is_whole_goes_on(folder: Path) -> None:
    first = Spool(folder, reserve_bytes=0)
    first.append([request(number, body=b"%d" % number + LARGE) for number in range(20)])
    seqs = {item.envelope.body: item.seq for item in first.read(0, 1 << 40)}
    first.close()
    file = folder / "spool.sqlite"
    os.truncate(file, file.stat().st_size // 2 + 3)

    spool = Spool(folder, reserve_bytes=0)
    kept = spool.read(0, 1 << 40)
    spool.append([request(99)])

    assert {item.envelope.body: item.seq for item in kept}.items() <= seqs.items()
    (damage,) = spool.damages()
    assert (damage.salvaged, damage.lost) == (len(kept), 20 - len(kept))
    assert 5 < len(kept) < 12
    assert (folder / damage.kept_in / "spool.sqlite").exists()
    assert spool.state().requests == len(kept) + 1
    assert max(seqs.values()) < spool.read(0, 1 << 40)[-1].seq
    spool.close()


def test_a_file_overwritten_with_something_else_is_whole_as_far_as_its_log_is(folder: Path) -> None:
    killed_after(folder, 30)
    (folder / "spool.sqlite").write_bytes(b"this is no database " * 4000)

    spool = Spool(folder, reserve_bytes=0)

    kept = whole(spool)
    assert [body.rstrip(b"x") for body in kept] == [b"%d" % number for number in range(30)]
    spool.close()


def test_what_the_loader_has_finished_does_not_come_back_with_a_salvage(folder: Path) -> None:
    first = Spool(folder, reserve_bytes=0)
    first.append([request(number, body=b"%d" % number + LARGE) for number in range(10)])
    found = first.read(0, 1 << 40)
    first.forget(found[4].seq)
    first.close()
    with (folder / "spool.sqlite").open("r+b") as file:
        file.write(b"\xff" * 100)

    spool = Spool(folder, reserve_bytes=0)

    assert [item.seq for item in spool.read(0, 1 << 40)] == [item.seq for item in found[5:]]
    assert [(damage.salvaged, damage.lost) for damage in spool.damages()] == [(5, 0)]
    spool.close()


def test_a_deleted_file_is_told(folder: Path) -> None:
    first = Spool(folder, reserve_bytes=0)
    first.append([request(1), request(2)])
    first.close()
    (folder / "spool.sqlite").unlink()

    spool = Spool(folder, reserve_bytes=0)

    assert whole(spool) == []
    assert [damage.lost for damage in spool.damages()] == [2]
    spool.close()


def test_two_that_find_the_damage_mend_it_once_and_both_go_on(folder: Path) -> None:
    first, second = Spool(folder, reserve_bytes=0), Spool(folder, reserve_bytes=0)
    first.append([request(number, body=LARGE) for number in range(40)])
    second.append([request(number, body=LARGE) for number in range(40)])
    assert sqlite3.connect(folder / "spool.sqlite").execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0
    with (folder / "spool.sqlite").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 8192 * 20)

    first.append([request(100)])
    second.append([request(101)])

    assert [item.envelope for item in first.read(0, 1 << 40)][-2:] == [request(100), request(101)]
    assert len(first.damages()) <= 1
    assert first.state() == second.state()
    first.close()
    second.close()


def test_a_row_that_is_not_what_was_written_is_handed_out_as_damaged(spool: Spool, folder: Path) -> None:
    spool.append([request(1), request(2)])
    with sqlite3.connect(folder / "spool.sqlite") as connection:
        connection.execute("update requests set body = ? where body = ?", (b"changed", request(1).body))
    connection.close()

    found = [item.envelope for item in spool.read(0, 1000)]

    assert [(envelope.format, envelope.body) for envelope in found] == [
        (DAMAGED, b"changed"),
        ("segment", request(2).body),
    ]


@pytest.mark.parametrize("content", [b"", b"garbage", b"{\n"])
def test_a_record_of_damages_that_was_cut_off_is_read_as_far_as_it_goes(
    spool: Spool, folder: Path, content: bytes
) -> None:
    (folder / "damages.jsonl").write_bytes(content)

    assert spool.damages() == []
