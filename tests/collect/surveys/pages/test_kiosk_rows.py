"""What a kiosk sends is checked as any page is, stored once, and at the moment when it was answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxloop.collect.surveys.definition import read
from cxloop.collect.surveys.pages import kiosk
from cxloop.collect.surveys.pages.widget import offers
from cxloop.collect.surveys.responding.taking import Live
from cxloop.collect.surveys.settings import Kiosk, SurveySettings
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.keys import WriteKey
from cxloop.store.surveys import responses, surveys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOCUMENT = {
    "pages": [
        {"name": "a", "elements": [{"type": "rating", "name": "stars", "isRequired": True}]},
        {"name": "b", "visibleIf": "{stars} < 4", "elements": [{"type": "comment", "name": "why"}]},
    ],
    "hidden": [{"name": "store", "maxLength": 4}],
}
KEY = WriteKey(1, "website", "Website")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "app.sqlite")
    documents.save(opened, surveys.PUBLISHED, "visit", DOCUMENT, author_id=None)
    surveys.create(opened, "visit", title="Your visit", settings={"kiosk": {}})
    surveys.set_state(opened, "visit", "live", version=1)
    yield opened
    opened.close()


def live(store: Store) -> Live:
    definition = read(DOCUMENT)
    return Live(surveys.get(store, "visit"), SurveySettings(kiosk=Kiosk()), definition, lambda _version: definition)


def row(number: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    begun = (NOW - timedelta(days=40)).isoformat()
    given = {"client_id": number, "survey": "visit", "version": 1, "begun_at": begun, "state": "finished"}
    return {**given, "steps": [{"at": begun, "seconds": 3, **step} for step in steps], **more}


def send(store: Store, *rows: dict[str, Any], sent_at: datetime = NOW) -> list[kiosk.Stored]:
    batch = kiosk.read(json.dumps({"sent_at": sent_at.isoformat(), "responses": rows}).encode())
    assert batch is not None
    return list(responses.together(store, kiosk.storing(live(store), batch, now=NOW)))  # type: ignore[arg-type]


def test_a_row_sent_three_times_is_one_response_at_the_time_it_was_answered(store: Store) -> None:
    sent = row("kiosk-1-0001", {"page": "a", "given": {"stars": 5}}, hidden={"store": "Hamburg", "admin": "yes"})

    results = [send(store, sent), send(store, sent, sent)]

    [stored] = responses.of_survey(store, "visit")
    assert [each.refused for result in results for each in result] == ["", "", ""]
    assert (stored.state, stored.answers) == ("finished", {"store": "Hamb", "stars": 5})
    assert stored.finished_at == datetime(2026, 10, 13, 12)
    assert (stored.mode, stored.client_id) == ("kiosk", "kiosk-1-0001")


def test_a_forged_answer_to_a_hidden_question_is_not_stored(store: Store) -> None:
    send(
        store,
        row(
            "kiosk-1-0002", {"page": "a", "given": {"stars": 5, "why": "forged"}}, {"page": "b", "given": {"why": "x"}}
        ),
    )

    assert responses.of_survey(store, "visit")[0].answers == {"stars": 5}


def test_whoever_stops_before_the_end_has_a_partial_response(store: Store) -> None:
    send(store, row("kiosk-1-0003", {"page": "a", "given": {"stars": 1}, "move": "stay"}, state="partial"))

    stored = responses.of_survey(store, "visit")[0]
    assert (stored.state, stored.answers) == ("partial", {"stars": 1})


def test_a_clock_that_is_a_year_ahead_is_read_as_what_it_means(store: Store) -> None:
    ahead = timedelta(days=365)
    at = (NOW + ahead - timedelta(hours=2)).isoformat()
    sent = row("kiosk-1-0004", {"page": "a", "given": {"stars": 5}, "at": at}, begun_at=at)

    send(store, sent, sent_at=NOW + ahead)

    assert responses.of_survey(store, "visit")[0].finished_at == datetime(2026, 11, 22, 10)


def test_what_was_answered_before_the_survey_closed_is_kept_when_it_comes_after(store: Store) -> None:
    surveys.set_state(store, "visit", "closed")

    send(store, row("kiosk-1-0005", {"page": "a", "given": {"stars": 4}}))

    assert responses.of_survey(store, "visit")[0].state == "finished"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"survey": "other"}, "belongs to the survey 'other'"),
        ({"version": 2}, "no version 2"),
        ({"client_id": "../../x"}, "not what a kiosk"),
        ({"steps": []}, "no page"),
        ({"extra": 1}, "not what a kiosk"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_and_the_others_are_stored(
    store: Store, change: dict[str, Any], why: str
) -> None:
    good = row("kiosk-1-0006", {"page": "a", "given": {"stars": 5}})

    bad, other = send(store, {**row("kiosk-1-0007", {"page": "a", "given": {"stars": 5}}), **change}, good)

    assert why in bad.refused
    assert other.refused == ""
    assert len(responses.of_survey(store, "visit")) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"responses": 1}', b"\xff", b'{"sent_at": "x", "responses": []}']
)
def test_what_no_kiosk_sends_is_no_batch(body: bytes) -> None:
    assert kiosk.read(body) is None


def test_a_kiosk_gets_a_digest_of_the_staffs_code_that_takes_long_to_make() -> None:
    told = kiosk.exit_code(Kiosk(exit_code="4711"), "00" * 16)

    assert told is not None
    # openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:4711 -kdfopt hexsalt:00...00 -kdfopt iter:200000 PBKDF2
    assert told["digest"] == "9b0805c6025bacef9ab3067799879eb1be2c4dc66a065c893675790a99dba49a"
    assert kiosk.exit_code(Kiosk(), "00" * 16) is None


def test_a_widget_is_offered_only_what_is_open_live_and_wants_it(store: Store) -> None:
    for name, state, settings in (
        ("low", "live", {"widget": {"segment": "gold"}, "priority": 10}),
        ("high", "live", {"widget": {"again_after": "36h", "pages": ["/cart*"]}, "priority": 90}),
        ("invited", "live", {"widget": {}, "access": "invited"}),
        ("closed", "closed", {"widget": {}}),
    ):
        surveys.create(store, name, title=name, settings=settings)
        surveys.set_state(store, name, state, version=1)  # type: ignore[arg-type]

    found = offers(store, key=KEY, language="de-AT")["surveys"]

    assert [each["name"] for each in found] == ["high", "low"]
    assert (found[0]["again"], found[0]["pages"]) == (129_600.0, ["/cart*"])
    assert found[1]["segment"] is True
    assert "gold" not in str(found)
    assert found[0]["words"]["close"] == "Umfrage schließen"
    assert offers(store, key=None) == {"surveys": []}
    assert [each["name"] for each in offers(store, key=None, survey="low")["surveys"]] == ["low"]
