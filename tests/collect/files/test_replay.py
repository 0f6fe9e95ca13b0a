"""Rejected rows through a corrected mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxloop.collect.files.history import list_imports, list_rejects
from cxloop.collect.files.replays import replay_rejected
from cxloop.core.errors import InputError, NotFoundError
from cxloop.runtime import parts

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

ROWS = "id,who,at,score\n1,ann,2026-01-05,9\n2,bob,2026-01-05,11\n3,cid,05/01/2026,7\n4,dan,never,3\n"


def test_rows_that_a_corrected_mapping_can_take_are_taken_and_wait_no_longer(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)
    corrected = desk.write("better.toml", 'formats = ["iso", "%d/%m/%Y"]\n' + answers)

    replay = replay_rejected(desk, "import-1", (), corrected)

    assert (replay.rows, replay.admitted, replay.still_rejected) == (3, 1, 2)
    assert desk.rows("select message_id from interactions order by 1") == [("nps:1",), ("nps:3",)]
    waiting = list_rejects(desk, "import-1", waiting=True, limit=10).records()
    assert [row["code"] for row in waiting] == ["out_of_scale", "not_a_date"]


def test_rows_that_the_corrected_mapping_leaves_out_wait_no_longer(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)
    corrected = desk.write(
        "better.toml", answers.replace('score = "score"', 'score = { from = "score", missing = ["11"] }')
    )

    replay = replay_rejected(desk, None, (1,), corrected)

    assert (replay.rows, replay.admitted, replay.still_rejected) == (1, 0, 0)


def test_a_row_that_fails_again_is_not_kept_twice(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)

    replay = replay_rejected(desk, "import-1", (), None)

    assert (replay.admitted, replay.still_rejected) == (0, 3)
    assert {reason.code for reason in replay.reasons} == {"out_of_scale", "not_a_date"}
    assert desk.number("select count(*) from rejected") == 3


def test_replaying_and_importing_the_whole_file_give_the_same_log(desk: Desk, answers: str) -> None:
    file = desk.write("a.csv", ROWS)
    desk.again(file, answers)
    better = 'formats = ["iso", "%d/%m/%Y"]\n' + answers
    replay_rejected(desk, "import-1", (), desk.write("better.toml", better))

    again = desk.again(file, better)

    assert (again.admitted, again.already_there) == (0, 2)


def test_a_replay_needs_none_of_the_files_that_were_looked_up(desk: Desk) -> None:
    people = desk.write("people.csv", "no,mail\n1,ann@example.org\n")
    mapping = """
source = "calls"
[[lookup]]
files = "people.csv"
on = { who = "no" }
columns = ["mail"]
[[key]]
type = "email"
value = "mail"
[[interaction]]
name = "call"
kind = "call"
id = "id"
occurred_at = "at"
"""
    desk.take("calls.csv", "id,who,at\n1,1,05/01/2026\n", mapping)
    people.unlink()

    replay = replay_rejected(desk, "import-1", (), desk.write("b.toml", 'formats = ["%d/%m/%Y"]\n' + mapping))

    assert replay.admitted == 1
    assert desk.rows("select value from keys") == [("ann@example.org",)]


def test_lines_that_were_no_rows_go_on_waiting(desk: Desk, answers: str) -> None:
    desk.take("a.csv", "id,who,at,score\n1,ann\n", answers)

    replay = replay_rejected(desk, "import-1", (), None)

    assert (replay.rows, replay.still_rejected) == (1, 1)


def test_what_is_to_be_replayed_must_be_said_once(desk: Desk) -> None:
    with pytest.raises(InputError, match="Say what to replay"):
        replay_rejected(desk, None, (), None)
    with pytest.raises(InputError, match="not both"):
        replay_rejected(desk, "import-1", (1,), None)


def test_a_form_that_leaves_the_mapping_out_replays_through_the_one_that_was_used() -> None:
    checked = parts.find("collect.replay").check({"import_id": "import-1", "mapping": ""})

    assert checked["mapping"] is None


def test_an_import_without_waiting_rows_is_not_found(desk: Desk, answers: str) -> None:
    desk.take("a.csv", "id,who,at,score\n1,ann,2026-01-05,9\n", answers)

    with pytest.raises(NotFoundError, match="No rejected row of import-1"):
        replay_rejected(desk, "import-1", (), None)


def test_imports_are_listed_with_what_went_in_and_what_did_not(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)

    [row] = list_imports(desk, 10).records()

    assert (row["import_id"], row["source"], row["rows_read"]) == ("import-1", "survey", 4)
    assert (row["admitted"], row["already_there"], row["rejected"]) == (1, 0, 3)
