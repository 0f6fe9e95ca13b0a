"""Redaction of files: the same functions, before anything of a row reaches the log or `rejected`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collect.conftest import Desk
from tests.collect.redaction.test_live_events import EVERYTHING, KEY, TOKEN, settings

from cxloop.collect.files.replays import replay_rejected
from cxloop.collect.redaction import open_seal
from cxloop.engine.duckdb.engine import DuckDBEngine

MAPPING = """
source = "desk"
time_zone = "UTC"

[[table]]
key = [{ type = "email", value = "mail" }]

[[table.interaction]]
name = "nps"
kind = "answer"
id = "id"
occurred_at = "at"
metric = "nps"
score = "score"
text = "remark"
answer_value = "option"
path = "page"
traits = { name = "who" }
properties = { note = "note" }
"""
HEAD = "id,mail,who,at,score,remark,option,note,page,unused"
ROW = f"1,anna@b.org,Anna Schmidt,2026-01-05,9,Anna hier: {TOKEN},0171 1234567,card 4242424242424242,/u/{TOKEN},{TOKEN}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, DuckDBEngine(tmp_path / "analytics"), settings(*EVERYTHING))
    yield made
    made.close()


def test_texts_answers_properties_and_addresses_of_pages_are_redacted_and_keys_stay(desk: Desk) -> None:
    done = desk.take("a.csv", f"{HEAD}\n{ROW}\n", MAPPING)

    assert (done.admitted, done.rejected) == (1, 0)
    ((text, option, properties, sealed),) = desk.rows("select text, answer_value, properties, sealed from interactions")
    assert (text, option, json.loads(properties), sealed) == (
        "[name] hier: [email]",
        "[phone]",
        {"note": "card [card]"},
        None,
    )
    assert desk.rows("select path from event_codes") == [("/u/[email]",)]
    assert desk.rows("select value from keys where namespace = 'desk'") == [("anna@b.org",)]


def test_a_preview_shows_what_the_log_would_hold(desk: Desk) -> None:
    seen = desk.take("a.csv", f"{HEAD}\n{ROW}\n", MAPPING, dry_run=True)

    assert TOKEN not in str(seen.first)
    assert desk.number("select count(*) from interactions") == 0


def test_the_same_file_again_adds_nothing_also_after_redaction_was_switched_on_or_off(desk: Desk) -> None:
    for redact in (EVERYTHING, EVERYTHING, [], EVERYTHING):
        desk.settings = settings(*redact)
        done = desk.take("a.csv", f"{HEAD}\n{ROW}\n", MAPPING)
        assert done.rejected == 0

    assert desk.number("select count(*) from interactions") == 1


def test_a_name_that_an_earlier_file_told_goes(desk: Desk) -> None:
    desk.take("a.csv", f"{HEAD}\n{ROW}\n", MAPPING)
    desk.take("b.csv", f"{HEAD}\n2,anna@b.org,,2026-01-06,9,Schmidt again,,,,\n", MAPPING)

    assert desk.rows("select text from interactions where message_id = 'nps:2'") == [("[name] again",)]


def test_rejected_rows_keep_what_a_replay_needs_and_nothing_else(desk: Desk) -> None:
    bad = ROW.replace("2026-01-05", "never")
    desk.take("a.csv", f'{HEAD}\n{bad}\n"broken {TOKEN}\n', MAPPING)

    rows = desk.rows("select raw, reason from rejected order by rejected_id")
    assert len(rows) == 2
    assert TOKEN not in json.dumps(rows)
    assert json.loads(rows[1][0])["mail"] == "anna@b.org"

    better = desk.write("better.toml", MAPPING.replace('occurred_at = "at"', 'occurred_at = "\\"2026-01-05\\""'))
    assert replay_rejected(desk, None, (2,), better).admitted == 1
    assert TOKEN not in json.dumps(desk.rows("select text, properties from interactions"))


def test_with_a_key_the_originals_are_sealed_for_their_row(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_TEST_KEY", KEY)
    desk.settings = settings(*EVERYTHING, key="env:CX_TEST_KEY")
    desk.take("a.csv", f"{HEAD}\n{ROW}\n2,bo@b.org,,2026-01-05,9,fine,,,,\n", MAPPING)

    (sealed, nothing) = (row[0] for row in desk.rows("select sealed from interactions order by message_id"))
    assert nothing is None
    assert open_seal("env:CX_TEST_KEY", "desk", "nps:1", sealed) == {
        "text": f"Anna hier: {TOKEN}",
        "answer_value": "0171 1234567",
        "properties": '{"note":"card 4242424242424242"}',
    }
