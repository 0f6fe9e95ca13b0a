"""Each event of the spool ends in one place, once: in the log, or in the rejects with its reason."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pyarrow as pa
import pytest
from tests.collect.loader.conftest import Line, track

from cxloop.collect.files.replays import replay_rejected
from cxloop.collect.loader import Loader
from cxloop.core.errors import EngineError
from cxloop.store import documents


def test_a_client_that_retries_three_times_is_counted_once(line: Line) -> None:
    for second in range(3):
        line.send(track(messageId="m1", timestamp="2026-05-01T11:00:00Z"), sentAt=f"2026-05-01T12:00:0{second}Z")
    line.load()

    assert len(line.log("1")) == 1
    assert line.rejects() == []
    assert (line.loader.totals.admitted, line.loader.totals.already_there) == (1, 2)


def test_another_content_under_one_id_is_a_conflict(line: Line) -> None:
    line.send(track("first", messageId="m1"), track("second", messageId="m1"))
    line.load()

    assert line.log("e.name") == [("first",)]
    [(where, code, _, waits)] = line.rejects()
    assert (where, code, waits) == ("live-web", "conflict", True)


def test_the_same_id_of_two_sources_is_two_events(line: Line) -> None:
    line.send(track(messageId="m1"))
    line.send(track(messageId="m1"), source="app")
    line.load()

    assert len(line.log("1")) == 2


def test_events_without_an_id_get_one_of_their_place(line: Line) -> None:
    line.send(track(), track())
    line.load()

    assert len({message for (message,) in line.log("i.message_id")}) == 2


def test_gzip_is_unpacked(line: Line) -> None:
    line.append(gzip.compress(json.dumps({"batch": [track()]}).encode()), encoding="gzip")
    line.load()

    assert len(line.log("1")) == 1


def test_good_events_of_a_batch_are_taken_and_bad_ones_say_why(line: Line) -> None:
    line.send(track(), {"type": "track", "userId": "u1"}, track(), refused=[[1, "no_event", "It has no name."]])
    line.load()

    assert len(line.log("1")) == 2
    assert line.rejects() == [("live-web", "no_event", "It has no name.", True)]
    [(file, place, raw)] = line.desk.rows("select file, line, raw from rejected")
    assert (file, place, json.loads(raw)["event"]) == ("batch", 2, {"type": "track", "userId": "u1"})


@pytest.mark.parametrize(
    ("body", "about", "code"),
    [
        (b"no json", {}, "json"),
        (b"no gzip", {"encoding": "gzip"}, "gzip"),
        (b"{}", {"format": "morse"}, "unknown_format"),
        (b"\xff\x00", {"format": "damaged"}, "damaged"),
    ],
)
def test_a_request_that_cannot_be_read_is_kept_whole(line: Line, body: bytes, about: dict[str, Any], code: str) -> None:
    line.append(body, **about)
    line.send(track())
    line.load()

    assert [found for _, found, _, _ in line.rejects()] == [code]
    assert len(line.log("1")) == 1


def test_what_the_engine_refuses_does_not_hold_up_the_rest(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    admit = line.desk.engine.admit

    def picky(rows: pa.Table, **named: Any) -> Any:
        if "poison" in rows["name"].to_pylist():
            raise EngineError("nobody foresaw this")
        return admit(rows, **named)

    monkeypatch.setattr(line.desk.engine, "admit", picky)
    for name in ("a", "b", "poison", "c", "d"):
        line.send(track(name))
    line.load()

    assert [name for (name,) in line.log("e.name")] == ["a", "b", "c", "d"]
    assert [code for _, code, _, _ in line.rejects()] == ["not_loaded"]
    assert line.spool.state().requests == 0


def test_an_engine_that_cannot_write_at_all_leaves_everything_in_the_spool(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise EngineError("The disk is full.")

    line.send(track())
    with monkeypatch.context() as broken:
        broken.setattr(line.desk.engine, "replace", full)
        with pytest.raises(EngineError, match="disk is full"):
            line.load()

    assert (line.spool.state().requests, line.log("1"), line.rejects()) == (1, [], [])
    line.load()
    assert len(line.log("1")) == 1


def test_a_crash_between_commit_and_forgetting_loads_nothing_twice(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.send(track(), {"type": "track", "userId": "u1"})
    with monkeypatch.context() as crash:
        crash.setattr(line.spool, "forget", lambda _through: None)
        line.loader.step()

    again = Loader(line.desk, line.spool)
    line.send(track("later"))
    while again.step() is not None:
        pass
    again.close()

    assert [name for (name,) in line.log("e.name")] == ["Signed up", "later"]
    assert len(line.rejects()) == 1
    assert line.spool.state().requests == 0


def test_a_lost_place_costs_work_and_nothing_else(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.send(track(), track())
    with monkeypatch.context() as crash:
        crash.setattr(line.spool, "forget", lambda _through: None)
        line.loader.step()
    line.desk.engine.delete("intake", "loader", ["spool"])

    again = Loader(line.desk, line.spool)
    again.step()
    again.close()

    assert len(line.log("1")) == 2


def test_flagged_by_the_plan_an_event_says_so(line: Line) -> None:
    _plan(line, "flag")
    line.send(track("Unheard of"))
    line.load()

    [(properties,)] = line.log("i.properties")
    assert "Unheard of" in json.loads(properties)["tracking_plan"]


def test_events_that_a_plan_rejected_are_replayed_once_it_is_relaxed(line: Line) -> None:
    _plan(line, "reject")
    line.send(track("Unheard of", messageId="m1"), sentAt="2026-05-01T12:00:00Z", refused=[[0, "tracking_plan", "No."]])
    line.load()
    refused = replay_rejected(line.desk, "live-web", (), None)
    _plan(line, "allow")
    taken = replay_rejected(line.desk, "live-web", (), None)

    assert (refused.admitted, refused.still_rejected, refused.reasons[0].code) == (0, 1, "tracking_plan")
    assert (taken.admitted, taken.still_rejected) == (1, 0)
    assert line.log("e.name, i.message_id") == [("Unheard of", "m1")]
    assert line.rejects() == [("live-web", "tracking_plan", "No.", False)]


def _plan(line: Line, unknown: str) -> None:
    content = {"mode": "allow", "unknown": unknown, "events": {}}
    documents.save(line.desk.store, "tracking_plan", "web", content, author_id=None)
