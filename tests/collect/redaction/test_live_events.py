"""Redaction of live events: nothing reaches the log or `rejected`, and every event is there exactly once."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.conftest import Desk
from tests.collect.loader.conftest import Line, track

from cxloop.collect.loader import Loader
from cxloop.collect.loader.replay import replay_live
from cxloop.collect.redaction import open_seal
from cxloop.collect.spool import Spool
from cxloop.core.config import Settings
from cxloop.core.errors import InputError
from cxloop.engine.duckdb.engine import DuckDBEngine

TOKEN = "anna.secret@example.org"
EVERYTHING = ["email", "phone", "card", "iban", "names"]
KEY = "a key that is long enough for thirty-two"


def settings(*redact: str, key: str = "") -> Settings:
    return Settings.model_validate({"privacy": {"redact": redact, "country": "DE", "redaction_key": key}})


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    desk = Desk(tmp_path, DuckDBEngine(tmp_path / "analytics"), settings(*EVERYTHING))
    spool = Spool(tmp_path / "spool")
    made = Line(desk, spool, Loader(desk, spool))
    yield made
    made.loader.close()
    spool.close()
    desk.close()


def again(line: Line, changed: Settings) -> None:
    """Begins to load with other settings, as after a restart."""
    line.loader.close()
    line.desk.settings = changed
    line.loader = Loader(line.desk, line.spool)


def everything(line: Line) -> str:
    """All texts of the log and of what was set aside."""
    rows = line.desk.rows("select text, answer_value, properties, sealed from interactions")
    rows += line.desk.rows("select path, name, null, null from event_codes")
    rows += line.desk.rows("select raw, reason, null, null from rejected")
    return json.dumps(rows)


def answer(text: str, **more: Any) -> dict[str, Any]:
    return track("Answered", properties={"metric": "nps", "score": 3, "text": text}, **more)


def test_the_words_of_a_customer_reach_the_log_without_what_identifies(line: Line) -> None:
    line.send(answer(f"I am {TOKEN}, card 4242 4242 4242 4242, call 0171 1234567", messageId="m1"))
    line.load()

    ((text, properties),) = line.log("text, properties")
    assert text == "I am [email], card [card], call [phone]"
    assert json.loads(properties)["text"] == text
    assert TOKEN not in everything(line)


def test_the_identifiers_of_the_person_stay_what_they_are(line: Line) -> None:
    line.send({"type": "identify", "userId": "u1", "traits": {"email": TOKEN, "name": "Anna Öz"}, "messageId": "m1"})
    line.load()

    assert line.desk.rows("select value from keys where type = 'email'") == [(TOKEN,)]
    assert line.desk.rows("select value from traits where name = 'name'") == [("Anna Öz",)]


def test_the_own_name_goes_once_it_is_known_also_from_another_key_of_the_customer(line: Line) -> None:
    line.send({"type": "identify", "userId": "u1", "traits": {"name": "Anna Schmidt"}, "messageId": "m1"})
    line.load()
    line.send(answer("Ich bin die Anna", messageId="m2"), answer("Greetings, Schmidt", messageId="m3"))
    line.load()

    assert line.log("text", "text is not null") == [("Ich bin die [name]",), ("Greetings, [name]",)]


def test_addresses_of_pages_reach_the_dictionary_without_e_mail_addresses(line: Line) -> None:
    line.send({"type": "page", "userId": "u1", "context": {"page": {"path": f"/unsubscribe/{TOKEN}"}}})
    line.load()

    assert line.desk.rows("select path from event_codes") == [("/unsubscribe/[email]",)]
    assert TOKEN not in everything(line)


def test_sent_again_an_event_is_known_again(line: Line) -> None:
    for _ in range(3):
        line.send(answer(f"mail {TOKEN}", messageId="m1", originalTimestamp="2026-05-01T10:00:00Z"))
        line.load()

    assert line.log("text") == [("mail [email]",)]
    assert line.rejects() == []


@pytest.mark.parametrize("first", [[], EVERYTHING])
def test_a_repeat_after_the_setting_was_changed_is_no_conflict(line: Line, first: list[str]) -> None:
    second = [] if first else EVERYTHING
    for redact in (first, second):
        again(line, settings(*redact))
        line.send(answer(f"mail {TOKEN}", messageId="m1", originalTimestamp="2026-05-01T10:00:00Z"))
        line.load()

    assert len(line.log("text")) == 1
    assert line.rejects() == []


def test_what_is_set_aside_is_redacted_whether_it_can_be_read_or_not(line: Line) -> None:
    first = answer("fine", messageId="m1", originalTimestamp="2026-05-01T10:00:00Z")
    line.send(first)
    line.send({**first, "properties": {"text": TOKEN}})  # a conflict
    line.append(f'{{"batch": [{{"broken": "{TOKEN}"'.encode())
    line.append(gzip.compress(json.dumps({"batch": "no list", "note": TOKEN}).encode()), encoding="gzip")
    line.append(b"\xff\xfe " + TOKEN.encode(), format="unheard-of")
    line.load()

    assert len(line.rejects()) == 4
    for raw, reason in line.desk.rows("select raw, reason from rejected"):
        body = json.loads(raw)["request"].get("body", "")
        assert TOKEN not in raw + reason
        assert TOKEN.encode() not in base64.b64decode(body)


def test_a_redacted_reject_can_be_replayed(line: Line) -> None:
    line.send(answer(TOKEN, messageId="m1", userId="u1", timestamp="never"))
    line.load()
    line.desk.engine.cursor().execute("update rejected set raw = replace(raw, 'never', '2026-05-01T10:00:00Z')")

    ids = [row[0] for row in line.desk.rows("select rejected_id from rejected")]
    if ids:
        assert replay_live(line.desk, ids).replayed == len(ids)
    assert line.log("text") == [("[email]",)]


def test_with_a_key_the_original_is_sealed_beside_and_only_that_key_opens_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_TEST_KEY", KEY)
    again(line, settings("email", key="env:CX_TEST_KEY"))
    line.send(answer(f"mail {TOKEN}", messageId="m1"), answer("nothing here", messageId="m2"))
    line.load()

    (sealed, nothing) = (row[0] for row in line.log("sealed"))
    assert nothing is None
    assert TOKEN not in everything(line)
    opened = open_seal("env:CX_TEST_KEY", "web", "m1", sealed)
    assert opened["text"] == f"mail {TOKEN}"
    assert TOKEN in opened["properties"]
    with pytest.raises(InputError, match="cannot be opened"):
        open_seal("env:CX_TEST_KEY", "web", "m2", sealed)
    monkeypatch.setenv("CX_TEST_KEY", KEY[::-1])
    with pytest.raises(InputError, match="cannot be opened"):
        open_seal("env:CX_TEST_KEY", "web", "m1", sealed)


def test_without_the_key_that_the_settings_name_nothing_is_loaded_and_nothing_lost(line: Line) -> None:
    line.send(answer(TOKEN, messageId="m1"))

    with pytest.raises(InputError, match="is not set"):
        again(line, settings("email", key="env:CX_NO_SUCH_KEY"))
    assert line.spool.state().requests == 1

    again(line, settings("email"))
    line.load()
    assert line.log("text") == [("[email]",)]
